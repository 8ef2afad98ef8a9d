"""Measures retrieval and decisions on question files (DESIGN 4.4)."""
