"""What is wrong with a draft, field by field: the model's complaints first, then the rules of a curated guide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from knowledge_base.catalogue import undecided_codes
from knowledge_base.loader import explain
from knowledge_base.model import Guide, Origin
from knowledge_base.rules import ERROR_RULES, WARNING_RULES, Context, plain_key
from knowledge_base.snapshot import Snapshot

__all__ = ["Finding", "Judge", "Judged", "Path"]

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Finding:
    """One problem at `path`, such as `("fee", 0, "amount")`. An error keeps a draft from being published."""

    path: Path
    message: str
    error: bool = True

    @property
    def field(self) -> str:
        return str(self.path[0]) if self.path else ""

    @property
    def key(self) -> str:
        """The path as forms name it: `fee.0.amount`."""
        return ".".join(str(part) for part in self.path)


@dataclass(frozen=True)
class Judged:
    """The draft as a guide (None where the model refuses it) and all that was found."""

    guide: Guide | None
    findings: Sequence[Finding]

    @property
    def errors(self) -> Sequence[Finding]:
        return [found for found in self.findings if found.error]

    @property
    def warnings(self) -> Sequence[Finding]:
        return [found for found in self.findings if not found.error]

    @property
    def sound(self) -> bool:
        return self.guide is not None and not self.errors


class Judge:
    """Judges drafts against the published guides of a snapshot. `forms` are the e-forms that exist."""

    def __init__(self, forms: Collection[str] | None = None) -> None:
        self._forms = forms
        self._said: tuple[Snapshot, dict[str, str], dict[str, str]] | None = None

    def judge(self, payload: Mapping[str, Any], snapshot: Snapshot) -> Judged:
        """Every problem of `payload`, in the order in which it was found; never raises for what it holds."""
        try:
            guide = Guide.model_validate(dict(payload))
        except ValidationError as error:
            refused = (Finding(_path(item["loc"]), explain(item)) for item in error.errors(include_url=False))
            return Judged(None, list(dict.fromkeys(refused)))
        context = Context(snapshot.day, _codes(snapshot, guide), self._forms, undecided_codes())
        findings = [*_by_rules(guide, context), *self._beside(guide, snapshot)]
        return Judged(guide, findings)

    def _beside(self, guide: Guide, snapshot: Snapshot) -> Iterator[Finding]:
        """One question can't lead to two curated guides; a short name of another guide is worth a look."""
        questions, names = self._sayings(snapshot)
        for index, question in enumerate(guide.questions):
            if (other := questions.get(plain_key(question), guide.code)) != guide.code:
                yield Finding(("questions", index), f"câu hỏi này đã có ở thủ tục {other}")
        for index, name in enumerate(guide.short_names):
            if (other := names.get(plain_key(name), guide.code)) != guide.code:
                yield Finding(("short_names", index), f"tên gọi tắt này cũng có ở thủ tục {other}", error=False)

    def _sayings(self, snapshot: Snapshot) -> tuple[dict[str, str], dict[str, str]]:
        if self._said is None or self._said[0] is not snapshot:
            curated = [item.guide for key, item in snapshot.published.items() if key[1] is Origin.CURATED]
            self._said = (snapshot, _owners(curated, "questions"), _owners(curated, "short_names"))
        return self._said[1], self._said[2]


def _owners(guides: Iterable[Guide], field: str) -> dict[str, str]:
    """Text to the one guide that has it. What several guides share already is nobody's: no draft can mend that."""
    owner: dict[str, str | None] = {}
    for guide in guides:
        for text in getattr(guide, field):
            key = plain_key(text)
            owner[key] = guide.code if owner.get(key, guide.code) == guide.code else None
    return {key: code for key, code in owner.items() if code}


def _codes(snapshot: Snapshot, guide: Guide) -> set[str]:
    return {code for code, _ in snapshot.published} | {guide.code}


def _by_rules(guide: Guide, context: Context) -> Iterator[Finding]:
    for rules, error in ((ERROR_RULES, True), (WARNING_RULES, False)):
        for rule in rules:
            for path, message in rule(guide, context):
                yield Finding(path, message, error)


def _path(loc: Sequence[str | int]) -> Path:
    return tuple(loc)


