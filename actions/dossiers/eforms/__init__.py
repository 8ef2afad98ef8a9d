"""E-forms: what is asked for a procedure, answers read by type, drafts kept until they are submitted."""
