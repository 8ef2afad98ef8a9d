"""Rasa custom components; run under Python 3.10 in the Rasa environment."""
