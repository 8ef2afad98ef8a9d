"""The dossier companion in conversation: the parts put together, and their rasa-sdk actions, thin, over services."""
