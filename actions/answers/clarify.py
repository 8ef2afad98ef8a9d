"""Asks which of several procedures is meant: by the fact in which they differ where there is one, else by name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from actions.answers.buttons import payload
from actions.answers.compose import short_name
from actions.answers.facts import fact_about
from actions.answers.words import data, fold
from actions.messages import Messages
from actions.services import Knowledge
from common.language import in_english
from common.messages import Button, Reply, Status
from knowledge_base.model import Guide
from knowledge_base.twins import twins

__all__ = ["Clarifier"]

MOST = 4
_TITLE = 80


class Clarifier:
    """Builds clarifying questions with at most four numbered choices."""

    def __init__(self, messages: Messages, kb: Knowledge) -> None:
        self._messages = messages
        self._kb = kb

    def ask(
        self, codes: Sequence[str], key: str = "clarify.ask", status: Status = Status.CLARIFIED, **values: str
    ) -> tuple[Reply, list[str]]:
        """The question and the codes offered, in order. `codes` must hold at least one published code; `values` are
        what the sentence `key` wants besides the titles.
        """
        guides = self.offered(codes)
        # The facts that tell them apart are worded in Vietnamese: in another language the names must do.
        tell = key == "clarify.ask" and not in_english()
        facet = (_told_apart(guides) or _facet(guides)) if tell else None
        if facet:
            guides = facet[2]
        titles = facet[1] if facet else _titles(guides)
        if len(guides) == 1 and key == "clarify.ask":
            return self._confirm(guides[0], status)
        if facet:
            text = self._messages.render("clarify.facet", question=facet[0], titles=titles)
        else:
            text = self._messages.render(key, titles=titles, **values)
        buttons = [
            Button(title=_clip(title), payload=payload("choose_procedure", procedure_code=guide.code))
            for title, guide in zip(titles, guides, strict=True)
        ]
        buttons.append(Button(title=self._messages.render("button.none_of_these"), payload=payload("correct_topic")))
        return Reply(text=text, status=status, buttons=buttons), [guide.code for guide in guides]

    def _confirm(self, guide: Guide, status: Status) -> tuple[Reply, list[str]]:
        """One procedure stands out, yet not enough to answer for: yes or no."""
        chosen = payload("choose_procedure", procedure_code=guide.code)
        buttons = [
            Button(title=self._messages.render("button.right"), payload=chosen),
            Button(title=self._messages.render("button.other"), payload=payload("correct_topic")),
        ]
        text = self._messages.render("clarify.confirm", name=short_name(guide), summary=guide.summary)
        return Reply(text=text, status=status, buttons=buttons), [guide.code]

    def offered(self, codes: Sequence[str]) -> list[Guide]:
        """The published guides of `codes`, each matter once, at most four."""
        guides: dict[str, Guide] = {}
        for published in map(self._kb.get, codes):
            if published:
                guides.setdefault(_matter(published.guide), published.guide)
        return list(guides.values())[:MOST]


def _matter(guide: Guide) -> str:
    """Equal for guides between which a citizen can't choose: one name at one level, or records of one matter that no
    question tells apart.
    """
    group = twins().group_of(guide.code)
    if group:
        return guide.code if group.asks else f"twins:{group.preferred}"
    return fold(guide.name) + "|" + "".join(guide.levels)


def _told_apart(guides: Sequence[Guide]) -> tuple[str, list[str], list[Guide]] | None:
    """The curated question that parts records of one matter, its answers and their guides, the usual one first."""
    fact = fact_about(guides[0].code) if len(guides) > 1 else None
    if fact and all(guide.code in fact.labels for guide in guides):
        told = sorted(guides, key=lambda guide: list(fact.labels).index(guide.code))
        return fact.question, [fact.labels[guide.code] for guide in told], told
    group = twins().group_of(guides[0].code) if len(guides) > 1 else None
    if not group or not group.asks or not all(guide.code in group.asks.labels for guide in guides):
        return None
    ordered = sorted(guides, key=lambda guide: guide.code != group.preferred)
    return group.asks.question, [group.asks.labels[guide.code] for guide in ordered], ordered


def _facet(guides: Sequence[Guide]) -> tuple[str, list[str], list[Guide]] | None:
    """The question, labels and guides of the first facet in which all differ and nothing else is left to tell; the
    usual value ("làm lần đầu") comes first.
    """
    if len(guides) < 2 or not _same_matter(guides):
        return None
    for facet in data("facets"):
        ordered = sorted(guides, key=lambda guide: _value(guide, facet) != facet["otherwise"])
        labels = [_value(guide, facet) for guide in ordered]
        if all(labels) and len(set(labels)) == len(labels):
            return facet["question"], labels, ordered
    return None


def _same_matter(guides: Sequence[Guide]) -> bool:
    """Whether the names are about one matter: nearly all syllables of the shortest stand in each of the others."""
    words = [set(fold(guide.name).split()) for guide in guides]
    shortest = min(words, key=len)
    return all(len(shortest & other) >= 0.7 * len(shortest) for other in words)


def _value(guide: Guide, facet: dict[str, object]) -> str:
    values = facet["values"]
    assert isinstance(values, list)
    name = fold(guide.name)
    return next((value["label"] for value in values if re.search(value["pattern"], name)), str(facet["otherwise"]))


def _titles(guides: Sequence[Guide]) -> list[str]:
    """Short names where they tell the guides apart, else official names."""
    short = [short_name(guide) for guide in guides]
    return short if len({fold(title) for title in short}) == len(short) else [guide.name for guide in guides]


def _clip(title: str) -> str:
    return title if len(title) <= _TITLE else title[: _TITLE - 2].rsplit(" ", 1)[0] + " …"
