"""Demand of the coming weeks per centre: series from the daily counts, a model tried against the naive forecast."""
