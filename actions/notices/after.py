"""What is said beside a receipt and beside a status: the question whether to tell of changes, and what may follow."""

from __future__ import annotations

from actions.answers.compose import short_name
from actions.notices.next_steps import Guides, load_next_steps
from actions.notices.service import Notices
from common.messages import Reply

__all__ = ["after_status", "after_submission"]

_FINISHED = ("approved", "result_ready", "returned")


def after_submission(notices: Notices, guides: Guides, conversation_id: str, code: str, procedure: str) -> list[Reply]:
    """Next steps where the reviewed file has some; then, once a conversation, whether to tell of changes."""
    replies = _following(notices, guides, procedure)
    if "dossier" not in notices.choices(conversation_id):
        replies.append(notices.cards.ask(code))
    return replies


def after_status(notices: Notices, guides: Guides, state: str, procedure: str) -> list[Reply]:
    """Next steps of a dossier that was decided well; nothing before."""
    return _following(notices, guides, procedure) if state in _FINISHED else []


def _following(notices: Notices, guides: Guides, procedure: str) -> list[Reply]:
    guide = guides.get(procedure) if procedure in load_next_steps() else None
    return [notices.cards.next_steps(guides, procedure, short_name(guide.guide))] if guide else []
