"""Learns the small models that search ships as data: ranker weights and calibration."""
