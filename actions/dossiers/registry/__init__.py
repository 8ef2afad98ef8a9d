"""Submitted dossiers: codes, states, due dates, tracking."""
