"""Addresses of the one-page form: the link says which draft of which conversation it opens."""

from __future__ import annotations

from datetime import timedelta

from actions.dossiers.eforms.draft import Draft
from common.links import Links

__all__ = ["LINK_LIFE", "FormPages"]

# As long as a draft left alone is kept; whoever holds the link may go on with the draft, so it says that on the page.
LINK_LIFE = timedelta(days=30)
_KIND = "draft"


class FormPages:
    """Makes and opens the links of drafts."""

    def __init__(self, links: Links, base_url: str) -> None:
        self._links = links
        self._base = base_url.rstrip("/")

    life = LINK_LIFE

    @property
    def all(self) -> str:
        """The list of all e-forms."""
        return f"{self._base}/forms"

    def of(self, draft: Draft) -> str:
        """The address of a draft's page, to be opened on any device."""
        return f"{self._base}{self.path(draft.conversation_id, draft.id)}"

    def path(self, conversation_id: str, draft_id: str) -> str:
        return f"/forms/{self._links.make(_KIND, f'{conversation_id}/{draft_id}', LINK_LIFE)}"

    def open(self, token: str) -> tuple[str, str]:
        """Conversation and draft. Raises NotFound for a link that has expired or is not ours."""
        conversation_id, _, draft_id = self._links.open(_KIND, token).rpartition("/")
        return conversation_id, draft_id
