"""The conversation about cases: one question at a time with buttons, then the personal checklist.

Nothing is remembered here: the answers are in the checklist, and which question is open stands in the buttons under it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actions.answers.buttons import payload
from actions.answers.compose import short_name
from actions.answers.turn import Outcome
from actions.checklists.cards import ready, which
from actions.checklists.decide import Question, next_question, questions
from actions.checklists.reading import NONE, UNSURE, read_choice
from actions.checklists.service import Checklist, ChecklistService
from actions.checklists.sheet import sheet
from actions.messages import Messages
from common.errors import ISeeError
from common.messages import Button, Reply, Status
from knowledge_base.model import Case, Origin, Published

__all__ = ["CaseTalk"]

_MOST = 4
_TITLE = 80
# Longer explanations make the question harder to read than they help.
_WHENS = 300


@dataclass(frozen=True)
class _Choice:
    """One button: its title, and what it sends as `case`."""

    title: str
    value: str
    when: str = ""


class CaseTalk:
    """Asks and answers. Case ids can't hold a dot, so `other.1` or `unsure.0` in a button's `case` is never one."""

    def __init__(self, service: ChecklistService, texts: Messages) -> None:
        self._service = service
        self._texts = texts

    def start(self, conversation_id: str, published: Published) -> Outcome:
        """The next open question about the procedure, or the checklist where all is answered."""
        if published.origin is Origin.CATALOGUE:
            return Outcome((Reply(text=self._texts.render("checklist.no_guide"), status=Status.ABSTAINED),))
        kept = self._service.begin(conversation_id, published)
        reply = self._next(kept, published)
        asked = questions(published.guide)
        if not kept.answers and len(asked) > 1 and reply.form:
            intro = self._texts.render("checklist.start", name=short_name(published.guide), count=len(asked))
            reply = reply.model_copy(update={"text": f"{intro}\n\n{reply.text}"})
        return self._outcome(published, reply)

    def chosen(self, conversation_id: str, published: Published, value: str) -> Outcome | None:
        """What a button of ours says; None for a case that no open question offers."""
        name, index, page = [*value.split("."), "", ""][:3]
        if name == "again":
            self._service.restart(conversation_id, published)
            return self.start(conversation_id, published)
        question = self._question(published, index) if index else self._offering(conversation_id, published, value)
        if question is None:
            return None
        if name == "more":
            kept = self._service.begin(conversation_id, published)
            return self._outcome(published, self._ask(question, kept, published, int(page) if page.isdigit() else 0))
        try:
            kept = self._note(conversation_id, published, question, name if index else "", value)
        except ISeeError as problem:
            return Outcome((Reply(text=problem.detail, status=Status.CLARIFIED),))
        return self._outcome(published, self._next(kept, published))

    def typed(
        self, conversation_id: str, published: Published, text: str, last: Sequence[Mapping[str, Any]]
    ) -> Outcome | None:
        """The answer that `text` gives to the question in `last`, the latest replies; None where it is none."""
        question = self._open(published, last)
        if question is None:
            return None
        kept = self._service.begin(conversation_id, published)
        choices = self._choices(question, kept)
        read = read_choice(text, [choice.title for choice in choices])
        if read is None:
            return None
        if read == UNSURE:
            return self.chosen(conversation_id, published, f"unsure.{question.index}")
        ends = [c.value for c in choices if c.value.startswith(("other.", "done."))]
        if read == NONE and ends:
            return self.chosen(conversation_id, published, ends[0])
        if isinstance(read, int):
            return self.chosen(conversation_id, published, choices[read].value)
        reply = self._ask(question, kept, published)
        sorry = self._texts.render("checklist.not_understood")
        return self._outcome(published, reply.model_copy(update={"text": f"{sorry}\n\n{reply.text}"}))

    def asked(self, published: Published, last: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the latest replies ask about a case of the procedure."""
        return self._open(published, last) is not None

    def again(
        self, conversation_id: str, published: Published, last: Sequence[Mapping[str, Any]]
    ) -> Reply | None:
        """The question in `last` once more, after something else was answered; None where it was asked again already:
        a citizen who goes on to other things is not held up each time.
        """
        intro = self._texts.render("checklist.again")
        question = self._open(published, last)
        if question is None or str(last[-1].get("text") or "").startswith(intro):
            return None
        reply = self._ask(question, self._service.begin(conversation_id, published), published)
        return reply.model_copy(update={"text": f"{intro} {reply.text}"})

    def back(self, code: str) -> Button:
        """The way back to the open question."""
        title = self._texts.render("checklist.button.resume")
        return Button(title=title, payload=payload("print_checklist", procedure_code=code))

    def mine(self, conversation_id: str, kb: Any) -> Reply | None:
        """The checklists that the conversation has, as links; None where it has none."""
        pairs = [(kept, kb.get(kept.code)) for kept in self._service.of(conversation_id)]
        sheets = [sheet(self._texts, kept, published) for kept, published in pairs if published and kept.answers]
        if not sheets:
            return None
        return which(self._texts, sheets[:_MOST], self._service.address)

    def _note(
        self, conversation_id: str, published: Published, question: Question, name: str, case: str
    ) -> Checklist:
        if name == "unsure":
            return self._service.answer(conversation_id, published, question.index, None)
        if name == "other":
            return self._service.answer(conversation_id, published, question.index, [])
        if name == "done":
            return self._service.done(conversation_id, published, question.index)
        if not question.many:
            return self._service.answer(conversation_id, published, question.index, [case])
        kept = self._service.add(conversation_id, published, question.index, case)
        if all(kept.answers.get(known.id) == "yes" for known in question.cases):
            return self._service.done(conversation_id, published, question.index)
        return kept

    def _next(self, kept: Checklist, published: Published) -> Reply:
        question = next_question(published.guide, kept.answers)
        if question:
            return self._ask(question, kept, published)
        changed = self._service.changed_on(kept, published)
        shown = sheet(self._texts, kept, published, changed)
        if changed:
            self._service.seen(kept.id, published)
        return ready(self._texts, shown, published, self._service.address(kept.id))

    def _ask(self, question: Question, kept: Checklist, published: Published, page: int = 0) -> Reply:
        choices = self._choices(question, kept)
        noted = _noted(question, kept)
        asked = question.text or self._texts.render("checklist.which_case")
        if noted:
            asked = self._texts.render("checklist.more_cases", noted=[case.label for case in noted])
        listed = self._listed(choices)
        shown = self._page(question, choices, page)
        if not noted:
            shown = [*shown, _Choice(self._texts.render("checklist.choice.unsure"), f"unsure.{question.index}")]
        total = len(questions(published.guide))
        return Reply(
            text=self._texts.render("checklist.question", question=asked, choices=listed),
            status=Status.CLARIFIED,
            buttons=[self._button(choice, published.code) for choice in shown],
            form={"title": self._texts.render("checklist.title"), "step": question.index + 1, "total": total},
        )

    def _listed(self, choices: Sequence[_Choice]) -> list[dict[str, Any]]:
        """The choices as numbered lines: explained where that is short, by name where the buttons don't show all."""
        short = sum(len(choice.when) for choice in choices) <= _WHENS
        if not short and len(choices) <= _MOST:
            return []
        return [
            {"number": place, "label": choice.title, "when": choice.when if short else ""}
            for place, choice in enumerate(choices, 1)
        ]

    def _choices(self, question: Question, kept: Checklist) -> list[_Choice]:
        """All that can be answered beside "not sure", in order."""
        noted = _noted(question, kept)
        made = [_Choice(case.label[:_TITLE], case.id, case.when) for case in question.cases if case not in noted]
        if noted:
            made.append(_Choice(self._texts.render("checklist.choice.done"), f"done.{question.index}"))
        elif question.other is not None:
            title = question.other or self._texts.render("checklist.choice.other")
            made.append(_Choice(title, f"other.{question.index}"))
        return made

    def _page(self, question: Question, choices: list[_Choice], page: int) -> list[_Choice]:
        """At most four of the choices: "none of these" on each page, and one that leads to the rest."""
        if len(choices) <= _MOST:
            return choices
        pinned = [choice for choice in choices if "." in choice.value]
        cases = [choice for choice in choices if "." not in choice.value]
        size = _MOST - 1 - len(pinned)
        pages = -(-len(cases) // size)
        start = (page % pages) * size
        more = _Choice(self._texts.render("checklist.choice.more"), f"more.{question.index}.{(page + 1) % pages}")
        return [*cases[start : start + size], *pinned, more]

    def _button(self, choice: _Choice, code: str) -> Button:
        return Button(title=choice.title, payload=payload("choose_case", case=choice.value, procedure_code=code))

    def _offering(self, conversation_id: str, published: Published, case: str) -> Question | None:
        """The question that is open and offers `case`."""
        found = next((kept for kept in self._service.of(conversation_id) if kept.code == published.code), None)
        question = next_question(published.guide, found.answers) if found else None
        return question if question and any(known.id == case for known in question.cases) else None

    def _open(self, published: Published, last: Sequence[Mapping[str, Any]]) -> Question | None:
        """The question that the latest reply asks about this procedure."""
        for button in (last[-1].get("buttons") or []) if last else []:
            case = _sent(button, published.code)
            name, index = [*case.split("."), ""][:2]
            if name in ("unsure", "other", "done", "more"):
                return self._question(published, index)
        return None

    def _question(self, published: Published, index: str) -> Question | None:
        asked = questions(published.guide)
        return asked[int(index)] if index.isdigit() and int(index) < len(asked) else None

    def _outcome(self, published: Published, reply: Reply) -> Outcome:
        return Outcome((reply,), {"procedure": published.code, "case": None, "candidates": None})


def _noted(question: Question, kept: Checklist) -> list[Case]:
    return [case for case in question.cases if question.many and kept.answers.get(case.id) == "yes"]


def _sent(button: Mapping[str, Any], code: str) -> str:
    """The `case` that a button of this procedure sends, or ""."""
    text = str(button.get("payload") or "")
    if not text.startswith("/choose_case{"):
        return ""
    try:
        entities = json.loads(text.removeprefix("/choose_case"))
    except ValueError:
        return ""
    return str(entities.get("case") or "") if entities.get("procedure_code") == code else ""
