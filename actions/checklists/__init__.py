"""Personal checklists: which case is the citizen's, what applies then, and what of it is at hand already."""

from actions.checklists.decide import Answers, Decision, decide
from actions.checklists.service import Checklist, ChecklistService
from actions.checklists.talk import CaseTalk
from actions.checklists.texts import load_texts

__all__ = ["Answers", "CaseTalk", "Checklist", "ChecklistService", "Decision", "decide", "load_texts"]
