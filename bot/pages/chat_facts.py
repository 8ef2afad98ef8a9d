"""What an answer's card says: four facts, papers by case, where it all comes from. The same words as the widget's card
(bot/widget/src/card.js, format.js)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actions.messages import day
from bot.pages.chat_texts import Texts

__all__ = ["Card", "card"]

Fields = Mapping[str, Any]


class Card:
    """One answer, laid out. Lists are empty where the answer has no such part."""

    def __init__(self, answer: Mapping[str, Any], words: Texts) -> None:
        self._words, self._answer = words, answer
        fields: Fields = answer["fields"]
        listed = answer["aspect"] in ("overview", "documents")
        self.name: str = answer["procedure"]["name"]
        self.facts = _facts(fields, words) if answer["aspect"] == "overview" or answer.get("checklist") else []
        self.groups = self._groups(fields) if listed else []
        self.count = sum(len(papers) for _label, papers in self.groups)
        self.provenance = self._provenance()
        self.sources = [one for one in answer.get("sources", []) if safe(one["url"])]
        self.remark: str = words.by_key.get(answer.get("origin", ""), "")

    def _groups(self, fields: Fields) -> list[tuple[str, list[tuple[str, str]]]]:
        """Papers (name, details) that are always needed, then case by case."""
        labels = {case["id"]: case["label"] for case in fields.get("cases", [])}
        personal = bool(self._answer.get("checklist"))
        groups: dict[str, list[tuple[str, str]]] = {}
        for paper in fields.get("documents", []):
            groups.setdefault(self._label(paper.get("when"), labels, personal), []).append(
                (paper["name"], self._details(paper)))
        return list(groups.items())

    def _label(self, when: str | None, labels: Mapping[str, str], personal: bool) -> str:
        if not when:
            return self._words.yours if personal else self._words.always
        named = labels.get(when, when)
        return f"{self._words.perhaps}: {named}" if personal else named

    def _details(self, paper: Fields) -> str:
        words = self._words
        copies = f"{paper['copies']} {words.copies}" if paper.get("copies", 0) > 1 else ""
        kind = words.by_key.get(paper.get("kind", ""), "")
        return " · ".join(part for part in (kind, copies, paper.get("note")) if part)

    def _provenance(self) -> str:
        words, answer = self._words, self._answer
        parts = [f"{words.version} {answer['guide_version']}"]
        if answer.get("decision_no"):
            parts.append(f"{words.decision} {answer['decision_no']}")
        if answer.get("checked_on"):
            parts.append(f"{words.checked} {day(answer['checked_on'][:10])}")
        return ", ".join(parts)


def card(message: Mapping[str, Any], words: Texts) -> Card | None:
    """The card of a message; None where there is nothing to trace."""
    answer = message.get("answer")
    return Card(answer, words) if answer and answer.get("fields") else None


def safe(url: str) -> bool:
    """Whether an address may stand behind a link: javascript: and data: never may."""
    return url.lower().startswith(("https://", "http://", "/"))


def _facts(fields: Fields, words: Texts) -> list[tuple[str, str]]:
    found = [
        (words.fee, _fee(fields.get("fee", []), words)), (words.time, _time(fields.get("time", []), words)),
        (words.place_, next(iter(fields.get("places", [])), "")), (words.online, _online(fields, words)),
    ]
    return [(name, value) for name, value in found if value]


def _fee(fees: Sequence[Fields], words: Texts) -> str:
    """One line: the amount when there is one, else that it depends, or that the centre confirms it."""
    known = sorted(fee["amount"] for fee in fees if fee.get("amount") is not None)
    if not known:
        return fees[0]["verbatim"] if len(fees) == 1 and fees[0].get("verbatim") else words.feeUnknown
    lowest, highest = (_money(amount, words) for amount in (known[0], known[-1]))
    if lowest != highest:
        return f"{lowest} – {highest}"
    certain = len(known) == len(fees) and not any(fee.get("when") for fee in fees)
    if certain:
        return lowest
    # Free in one case is no promise for the others.
    return f"{lowest} ({words.byCase.lower()})" if known[0] else str(words.byCase)


def _money(amount: int, words: Texts) -> str:
    return f"{amount:,}".replace(",", words.thousands) + f" {words.dong}" if amount else str(words.free)


def _time(times: Sequence[Fields], words: Texts) -> str:
    lines = list(dict.fromkeys(filter(None, (_duration(time, words) for time in times))))
    return lines[0] if len(lines) == 1 else words.byCase if lines else ""


def _duration(time: Fields, words: Texts) -> str:
    if not time.get("amount"):
        return str(time.get("verbatim", ""))
    amount = f"{time['amount']:g}".replace(".", words.decimal, 1)
    unit = words.units.get(time.get("unit"), "")
    return f"{amount} {unit}{'' if amount == '1' else words.plural}" if unit else amount


def _online(fields: Fields, words: Texts) -> str:
    if fields.get("online_level"):
        return str(words.onlineLevel[fields["online_level"]])
    if not fields.get("channels"):
        return ""
    return str(words.onlineYes if "online" in fields["channels"] else words.onlineLevel["none"])
