"""Guides: model, validation, import/export, versions and publication."""
