"""From a resolved question to an answer: aspect, case, follow-ups, text."""

from actions.answers.fallback import Answerer
from actions.answers.turn import Outcome, Turn

__all__ = ["Answerer", "Outcome", "Turn"]
