"""E-forms, drafts, the dossier registry, tracking."""
