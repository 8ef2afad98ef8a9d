"""Settings, errors, database, time, personal-number patterns and message contracts shared by every room."""
