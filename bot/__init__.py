"""What talks: the FastAPI service, gateway, channels, widget and the Rasa components."""
