"""The Rasa actions of conversation: answering, choosing, correcting, handing over. Thin, over services."""

from actions.dialogue.build import build_actions

__all__ = ["build_actions"]
