"""What can be done next: at most five buttons under an answer, never none."""

from __future__ import annotations

import json

from actions.messages import Messages
from common.messages import Aspect, Button
from knowledge_base.model import Case, Media, Origin, Published

__all__ = ["Buttons", "payload"]

_MOST = 5
_MOST_CASES = 3
_MOST_MEDIA = 2
_TITLE = 80
# After an answer about the first, what citizens ask next.
_NEXT = {
    Aspect.OVERVIEW: (Aspect.DOCUMENTS, Aspect.FEE, Aspect.PLACE),
    Aspect.DOCUMENTS: (Aspect.FEE, Aspect.PLACE, Aspect.TIME),
    Aspect.FEE: (Aspect.DOCUMENTS, Aspect.TIME, Aspect.PLACE),
    Aspect.TIME: (Aspect.DOCUMENTS, Aspect.FEE, Aspect.PLACE),
    Aspect.PLACE: (Aspect.DOCUMENTS, Aspect.FEE, Aspect.ONLINE),
}
_OTHERWISE = (Aspect.DOCUMENTS, Aspect.FEE, Aspect.PLACE)


def payload(intent: str, **entities: str) -> str:
    """A button's payload: `/intent{"entity": "value"}`."""
    return f"/{intent}" + (json.dumps(entities, ensure_ascii=False) if entities else "")


class Buttons:
    """Builds the buttons of answers from the catalogue's titles."""

    def __init__(self, messages: Messages, portal_url: str) -> None:
        self._messages = messages
        self._portal_url = portal_url

    def next_steps(self, published: Published, aspect: Aspect, case: Case | None) -> list[Button]:
        """Under a normal answer: cases to choose, other aspects, filing, and the way out of a wrong guess."""
        guide = published.guide
        buttons = self._narrowing(published, case) if aspect is Aspect.DOCUMENTS else []
        if aspect is Aspect.STEPS:
            buttons = [self._media(item) for item in guide.media[:_MOST_MEDIA]]
        if guide.e_form:
            buttons.append(self.button("submit", "submit_dossier", procedure_code=published.code))
        for following in _NEXT.get(aspect, _OTHERWISE):
            if len(buttons) < _MOST - 1 and _has(published, following):
                buttons.append(self.aspect(published.code, following))
        return [*buttons[: _MOST - 1], self.button("other", "correct_topic")]

    def _narrowing(self, published: Published, case: Case | None) -> list[Button]:
        """Under a list of papers: the personal one where the guide says what to ask for it, else its cases."""
        guide = published.guide
        if guide.asks:
            return [self.button("checklist", "print_checklist", procedure_code=published.code)]
        bound = {document.when for document in guide.documents}  # a choice must change the list above it
        cases = [known for known in guide.cases if known.id in bound] if case is None else []
        return [self.case(published.code, known) for known in cases[:_MOST_CASES]]

    def _media(self, item: Media) -> Button:
        title = self._messages.render(f"button.{item.kind}", title=item.title, step=item.step)
        return Button(title=title[:_TITLE], url=item.url)

    def doubt(self, published: Published) -> list[Button]:
        """Where the guide is silent or only quoted: a person, the portal, the conditions."""
        return [
            self.button("person", "talk_to_person"),
            self.portal(published),
            self.aspect(published.code, Aspect.DOCUMENTS),
            self.button("other", "correct_topic"),
        ]

    def catalogue(self, published: Published) -> list[Button]:
        return [self.portal(published), self.button("person", "talk_to_person"), self.button("other", "correct_topic")]

    def aspect(self, code: str, aspect: Aspect) -> Button:
        return self.button(str(aspect), f"ask_{aspect}", procedure_code=code)

    def case(self, code: str, case: Case) -> Button:
        return Button(title=case.label[:_TITLE], payload=payload("choose_case", case=case.id, procedure_code=code))

    def portal(self, published: Published) -> Button:
        sources = published.guide.sources
        return Button(title=self._messages.render("button.portal"), url=sources[0].url if sources else self._portal_url)

    def button(self, title: str, intent: str, **entities: str) -> Button:
        return Button(title=self._messages.render(f"button.{title}"), payload=payload(intent, **entities))


def _has(published: Published, aspect: Aspect) -> bool:
    guide = published.guide
    parts = {
        Aspect.DOCUMENTS: guide.documents,
        Aspect.PLACE: guide.places,
        Aspect.TIME: guide.time,
        Aspect.ONLINE: guide.channels,
    }
    return published.origin is not Origin.CATALOGUE and bool(parts.get(aspect, True))
