"""Guides on their way to publication: drafts, review, conflicts, scheduled texts, differences, imports, health."""
