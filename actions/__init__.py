"""What the assistant can do: rasa-sdk actions, thin, over services."""
