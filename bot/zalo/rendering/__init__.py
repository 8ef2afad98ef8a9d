"""Stored messages as a phone chat shows them: pure functions, no database, no network."""
