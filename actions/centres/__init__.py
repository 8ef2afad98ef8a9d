"""Service centres, hours, old-to-new place names, nearest."""
