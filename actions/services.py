"""What actions work with: one frozen bundle, made by the composition root, and the shapes they rely on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from common.database import Database
from common.keyring import Keyring
from common.language import Language
from common.settings import Settings
from knowledge_base.model import Published

if TYPE_CHECKING:
    from actions.centres import Centres
    from actions.handoff import Tickets
    from actions.messages import Messages

__all__ = ["Decision", "Hit", "Knowledge", "Search", "SearchResult", "Services", "Standing"]

Decision = Literal["answer", "clarify", "abstain"]


class Hit(Protocol):
    """One procedure found; `score` is comparable within one result only."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def score(self) -> float: ...


class SearchResult(Protocol):
    """What the index found, best first, and what it advises to do with it."""

    @property
    def decision(self) -> Any: ...
    @property
    def confidence(self) -> float: ...
    @property
    def hits(self) -> Sequence[Hit]: ...


class Standing(Protocol):
    """How one of the offered procedures stands: `share` of 1 over all, `gain` in log odds over the question alone."""

    @property
    def code(self) -> str: ...
    @property
    def share(self) -> float: ...
    @property
    def gain(self) -> float: ...


class Search(Protocol):
    """Which procedure a text is about (indexer.search)."""

    def search(self, text: str, k: int = 10, *, language: Language | None = None) -> SearchResult: ...
    def among(self, text: str, codes: Sequence[str], before: str = "") -> Sequence[Standing]: ...


class Knowledge(Protocol):
    """Published guides by code (knowledge_base)."""

    def get(self, code: str) -> Published | None: ...
    def all(self) -> Iterable[Published]: ...


def _nothing(_code: str) -> bool:
    return False


@dataclass(frozen=True)
class Services:
    """Everything that actions may use. `dossiers` is `actions.dossiers.bundle.Dossiers`; `withheld` tells whether staff
    withhold the answers of a guide.
    """

    settings: Settings
    database: Database
    keyring: Keyring
    kb: Knowledge
    search: Search
    messages: Messages
    dossiers: Any
    centres: Centres
    tickets: Tickets
    withheld: Callable[[str], bool] = _nothing
