"""A checklist as it is shown: each paper in words, fee and time of this citizen's case, where the guide comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from actions.answers import lines
from actions.answers.compose import short_name
from actions.checklists.decide import Decision, Question, decide, questions, settled_all
from actions.checklists.service import Checklist, item_key
from actions.messages import Messages
from knowledge_base.model import Document, Guide, Media, Published

__all__ = ["Item", "Sheet", "Step", "labels", "sheet"]


@dataclass(frozen=True)
class Item:
    """One paper. `how` says original, copies or form; `condition` the case on which it hangs, "" when it is sure."""

    key: str
    name: str
    how: str
    note: str
    form_url: str
    condition: str
    ticked: bool
    document: Document


@dataclass(frozen=True)
class Step:
    text: str
    media: tuple[Media, ...]


@dataclass(frozen=True)
class Sheet:
    """Everything that a page or a message shows of one checklist."""

    checklist: Checklist
    guide: Guide
    version: int
    name: str
    decision: Decision
    complete: bool
    said: tuple[tuple[str, str], ...]
    items: tuple[Item, ...]
    fees: tuple[str, ...]
    times: tuple[str, ...]
    steps: tuple[Step, ...]
    media: tuple[Media, ...]
    changed: date | None

    @property
    def cases(self) -> list[str]:
        return [case.label for case in self.decision.chosen]

    @property
    def unsure(self) -> list[str]:
        return [case.label for case in self.decision.unsure]

    @property
    def left(self) -> int:
        """How many papers that surely apply aren't ticked yet."""
        return sum(not item.ticked for item in self.items if not item.condition)


def sheet(texts: Messages, checklist: Checklist, published: Published, changed: date | None = None) -> Sheet:
    """`checklist` in the light of the guide as it is published now."""
    guide = published.guide
    made = decide(guide, checklist.answers)
    return Sheet(
        checklist=checklist,
        guide=guide,
        version=published.version,
        name=short_name(guide),
        decision=made,
        complete=settled_all(guide, checklist.answers),
        said=tuple(
            (question.text or texts.render("checklist.which_case"), "; ".join(labels(texts, question, checklist)))
            for question in questions(guide)
        ),
        items=tuple(
            _item(texts, line.item, line.when.label if line.when else "", checklist) for line in made.documents
        ),
        fees=tuple(lines.fee_item(texts, line.item, line.when.label if line.when else "") for line in made.fee)
        or (texts.render("line.fee_unsettled"),),
        times=tuple(lines.time_item(texts, line.item, line.when.label if line.when else "") for line in made.time),
        steps=tuple(
            Step(text, tuple(media for media in guide.media if media.step == number))
            for number, text in enumerate(guide.steps, 1)
        ),
        media=tuple(media for media in guide.media if media.step is None),
        changed=changed,
    )


def labels(texts: Messages, question: Question, checklist: Checklist) -> list[str]:
    """The answer given to `question` in its own words; empty where it is open."""
    states = [checklist.answers.get(case.id) for case in question.cases]
    if None in states:
        return []
    if "unsure" in states:
        return [texts.render("checklist.choice.unsure")]
    chosen = [case.label for case, state in zip(question.cases, states, strict=True) if state == "yes"]
    return chosen or [question.other or texts.render("checklist.choice.other")]


def _item(texts: Messages, document: Document, condition: str, checklist: Checklist) -> Item:
    key = item_key(document)
    how = f"checklist.how.{document.kind}" if document.copies else "checklist.how.told"
    return Item(
        key=key,
        name=document.name,
        how=texts.render(how, count=document.copies),
        note=document.note or "",
        form_url=document.form_url or "",
        condition=condition,
        ticked=key in checklist.ticked,
        document=document,
    )
