"""A notice explained: which procedure it is about, what each point means, and the reply that says so."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Protocol

from actions.answers.compose import short_name
from actions.answers.words import spelled
from actions.dossiers.refusals.matching import Match, Matcher
from actions.dossiers.refusals.notice import Point, points, words
from actions.messages import CATALOGUE_DIR, Messages, sentences
from actions.services import Knowledge, Search, SearchResult
from common.identifiers import BULLET
from common.messages import Answer, Aspect, Button, ProcedureRef, Reply, Source, Status
from knowledge_base.model import Published

__all__ = ["Explainer", "MESSAGES_FILE", "Wanted"]

MESSAGES_FILE = Path(__file__).with_name("messages.yml")
_CANDIDATES = 4
_SUBJECT = 260
_LONGEST_NOTE = 240
_LONGEST_POINT = 160
_LEAST_SUBJECT = 2
_ADDRESS = re.compile(r"\s*(?:kính gửi|nơi nhận|số\s*[:\d]|cộng hòa|độc lập)", re.IGNORECASE)


class Wanted(Protocol):
    """What an officer asked for (`registry.status.RequestView`)."""

    @property
    def subject(self) -> str: ...
    @property
    def reason(self) -> str: ...


@dataclass(frozen=True)
class _Item:
    point: str
    said: str


class Explainer:
    """Reads notices against the published guides."""

    def __init__(self, kb: Knowledge, search: Search) -> None:
        self._kb = kb
        self._search = search
        self.texts = Messages.load(CATALOGUE_DIR / "vi.yml", MESSAGES_FILE)

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher(published.guide for published in self._kb.all())

    def guide(self, code: str) -> Published | None:
        """The curated guide of a procedure; one without documents has nothing to compare with."""
        published = self._kb.get(code) or self._kb.get(code[:8])
        return published if published and published.guide.documents else None

    def about(self, text: str, found: Sequence[Point], current: str) -> tuple[Published | None, list[Published]]:
        """The procedure of a notice, else the ones it may be.

        What stands around the points decides where search is sure of it and a point agrees; else the procedure under
        discussion does, if a point agrees with that. Papers alone never decide: many procedures ask for the same.
        """
        subject = _subject(text, found)
        result = self._search.search(subject, k=_CANDIDATES) if subject else None
        hits = self._curated(result)
        known = self.guide(current) if current else None
        sure = result is not None and result.decision == "answer" and hits[:1] and hits[0].code == result.hits[0].code
        if sure and (known is None or self._agrees(found, hits[0]) or not self._agrees(found, known)):
            return hits[0], hits
        if known and self._agrees(found, known):
            return known, hits
        others = self._curated(self._search.search(f"{subject} {_joined(found)}".strip(), k=_CANDIDATES))
        likely = {hit.code: hit for hit in [*([known] if known else []), *hits, *others]}
        return None, sorted(likely.values(), key=lambda hit: -self._found(found, hit))

    def knows(self, published: Published, found: Sequence[Point]) -> bool:
        """Whether the guide says anything of a point."""
        return self._agrees(found, published)

    def requested(self, wanted: Sequence[Wanted]) -> list[Point]:
        """What officers asked for as points: the paper's name and the reason."""
        return [Point(": ".join(filter(None, (item.subject, item.reason))), _kind(item)) for item in wanted]

    def reply(self, published: Published, found: Sequence[Point], code: str = "", *more: Button) -> Reply:
        """Each point with what the guide says of it. `code`: the dossier that the points are about."""
        matches = self._matcher.all(found, published.guide)
        unknown = sum(not match.found for match in matches)
        text = self.texts.render(
            "refusal.told", code=code, count=len(matches), unknown=unknown, name=short_name(published.guide),
            items=[_Item(_clipped(match.point.text), self._said(match, published)) for match in matches])
        buttons = [*more, *self._buttons(matches, published)]
        status = Status.ABSTAINED if unknown == len(matches) else Status.ANSWERED
        return Reply(text=text, status=status, buttons=buttons, answer=_answer(published, matches))

    def options(self, hits: Sequence[Published], ref: str) -> Reply:
        """Which procedure? `ref` keeps the notice for the choice."""
        buttons = [
            Button(
                title=self.texts.render("refusal.button.procedure", name=short_name(hit.guide))[:80],
                payload="/explain_refusal" + json.dumps({"procedure_code": hit.code, "eform_input": ref}))
            for hit in hits[:_CANDIDATES]]
        return Reply(text=self.texts.render("refusal.which"), status=Status.CLARIFIED, buttons=buttons)

    def _curated(self, result: SearchResult | None) -> list[Published]:
        return [guide for guide in (self.guide(hit.code) for hit in result.hits) if guide] if result else []

    def _agrees(self, found: Sequence[Point], published: Published) -> bool:
        return self._found(found, published) > 0

    def _found(self, found: Sequence[Point], published: Published) -> int:
        return sum(match.found for match in self._matcher.all(found, published.guide))

    def _said(self, match: Match, published: Published) -> str:
        if match.condition:
            return self.texts.render("refusal.condition", text=match.condition)
        document = match.document
        if document is None:
            return self.texts.render("refusal.unknown")
        case = next((case.label for case in published.guide.cases if case.id == document.when), "")
        copies = self.texts.render(f"copies.{document.kind}", count=document.copies) if document.copies else ""
        note = sentences(document.note, _LONGEST_NOTE) if document.note else ""
        fix = self.texts.render(f"refusal.fix.{match.point.defect}")
        return self.texts.render("refusal.document", name=document.name, copies=copies, case=case, note=note, fix=fix)

    def _buttons(self, matches: Sequence[Match], published: Published) -> list[Button]:
        procedure = json.dumps({"procedure_code": published.code})
        buttons = []
        if published.guide.e_form and any(match.document and match.document.kind == "form" for match in matches):
            buttons.append(self._button("form", f"/submit_dossier{procedure}"))
        return [*buttons, self._button("documents", f"/ask_documents{procedure}")]

    def _button(self, name: str, payload: str) -> Button:
        return Button(title=self.texts.render(f"refusal.button.{name}"), payload=payload)


def _kind(item: Wanted) -> str:
    named = points(item.reason)
    return named[0].defect if named else "missing"


def _subject(text: str, found: Sequence[Point]) -> str:
    """The words around the points, without those of any notice: they name the procedure. "" where too few are left."""
    lines = [line for line in text.splitlines() if not _ADDRESS.match(line)]
    rest = " ".join(word for line in lines for word in line.split() if BULLET not in word)
    for point in found:
        rest = rest.replace(point.text, " ")
    named = " ".join(_of_any_notice().sub(" ", " ".join(spelled(rest))).split())
    return named[:_SUBJECT] if len(named.split()) >= _LEAST_SUBJECT else ""


def _joined(found: Sequence[Point]) -> str:
    return ", ".join(point.text for point in found)[:_SUBJECT]


@lru_cache(maxsize=1)
def _of_any_notice() -> re.Pattern[str]:
    phrases = {" ".join(phrase.split()) for phrase in words()["any_notice"].split("|")}
    return re.compile(rf"\b(?:{'|'.join(sorted(phrases, key=len, reverse=True))})\b|\b\w\b|\d+")


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST_POINT else text[: _LONGEST_POINT - 1].rsplit(" ", 1)[0] + "…"


def _answer(published: Published, matches: Sequence[Match]) -> Answer:
    guide = published.guide
    documents = {match.document.name: match.document for match in matches if match.document}
    conditions = list(dict.fromkeys(match.condition for match in matches if match.condition))
    fields: dict[str, object] = {}
    if documents:
        fields["documents"] = [item.model_dump(mode="json", exclude_none=True) for item in documents.values()]
    if conditions:
        fields["conditions"] = conditions
    return Answer(
        procedure=ProcedureRef(code=guide.code, name=guide.name), aspect=Aspect.DOCUMENTS,
        guide_version=published.version, decision_no=guide.decision_no or "",
        checked_on=guide.checked_on.isoformat() if guide.checked_on else None, origin=published.origin.value,
        fields=fields, sources=[Source(title=source.title, url=source.url) for source in guide.sources])
