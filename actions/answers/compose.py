"""Turns a guide, an aspect and a case into a reply. Pure: every value said is the guide's own, and is repeated
word for word in `Answer.fields`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actions.answers import lines
from actions.answers.buttons import Buttons
from actions.answers.passages import Passage
from actions.messages import Messages
from common.language import in_english
from common.messages import Answer, Aspect, Button, ProcedureRef, Reply, Source, Status
from indexer.text.language import has_vietnamese
from knowledge_base.model import Case, Document, Guide, Origin, Published

__all__ = ["Composer", "short_name"]

# Imported texts can run to pages; the whole stands in `fields` and at the source.
_MOST_ITEMS = 12
_LONGEST_ITEM = 400
_CASES_IN_OVERVIEW = 450
_CONTRACT = {"legal": "legal_basis", "place": "places", "form": "documents"}


class Composer:
    """Builds replies from published guides with the words of the catalogue."""

    def __init__(self, messages: Messages, portal_url: str) -> None:
        self._messages = messages
        self._buttons = Buttons(messages, portal_url)

    def answer(
        self,
        published: Published,
        aspect: Aspect,
        case: str | None = None,
        *,
        confidence: float | None = None,
        centre: str = "",
    ) -> Reply:
        """The reply about `aspect` of `published`. `case` narrows to a case of the guide; `centre` is a sentence
        about the citizen's place, put before the places.
        """
        guide = published.guide
        chosen = next((known for known in guide.cases if known.id == case), None)
        if published.origin is Origin.CATALOGUE:
            return self._catalogue(published, aspect, confidence)
        text, fields = getattr(self, f"_{aspect}")(guide, chosen)
        if text is None:
            return self.silent(published, aspect)
        if aspect is Aspect.PLACE and centre:
            text = f"{centre}\n\n{text}"
        if published.origin is Origin.IMPORTED:
            text = f"{text}\n\n{self._messages.render('answer.imported_note')}"
        buttons = self._buttons.next_steps(published, aspect, chosen)
        return self._reply(published, aspect, text, fields, buttons, Status.ANSWERED, confidence, chosen)

    def quoted(self, published: Published, found: Sequence[Passage], confidence: float | None = None) -> Reply:
        """The guide's own passages about a situation, unchanged."""
        text = self._messages.render(
            "answer.passage", name=short_name(published.guide), texts=[passage.text for passage in found]
        )
        fields = {"passages": [{"section": passage.section, "text": passage.text} for passage in found]}
        buttons = self._buttons.doubt(published)
        return self._reply(published, Aspect.CONDITIONS, text, fields, buttons, Status.ANSWERED, confidence, None)

    def silent(self, published: Published, aspect: Aspect) -> Reply:
        """Says plainly that the guide does not settle the point."""
        text = self._messages.render("answer.silent", name=short_name(published.guide))
        return self._reply(published, aspect, text, {}, self._buttons.doubt(published), Status.ABSTAINED, None, None)

    def _overview(self, guide: Guide, case: Case | None) -> tuple[str | None, dict[str, Any]]:
        documents = lines.needed(guide.documents, case)
        cases = [] if case else lines.names_by_case(guide)
        text = self._messages.render(
            "answer.overview",
            guide=guide,
            case=case,
            documents=documents[:_MOST_ITEMS],
            cases=cases if _fits(cases) else [],
            labels=[known["label"] for known in cases],
            fee_line=lines.fee_line(self._messages, guide, case),
            time_line=lines.time_line(self._messages, guide, case),
            place_line=guide.places[0] if guide.places else self._messages.render("line.place_unset"),
            channel_line=lines.channel_line(self._messages, guide),
        )
        fields = _fields(guide, case, "fee", "time", "places", "channels", "online_level", "documents", "cases")
        return text, fields

    def _documents(self, guide: Guide, case: Case | None) -> tuple[str | None, dict[str, Any]]:
        if not guide.documents:
            return None, {}
        groups = [] if case else lines.by_case(self._messages, guide)
        text = self._messages.render(
            "answer.documents",
            name=short_name(guide),
            case=case,
            groups=groups,
            documents=[lines.document(self._messages, item) for item in lines.needed(guide.documents, case)],
        )
        return text, _fields(guide, case, "documents", "cases")

    def _fee(self, guide: Guide, case: Case | None) -> tuple[str | None, dict[str, Any]]:
        items = lines.fee_items(self._messages, guide, case)
        text = self._messages.render("answer.fee", name=short_name(guide), items=items)
        return text, _fields(guide, case, "fee")

    def _time(self, guide: Guide, case: Case | None) -> tuple[str | None, dict[str, Any]]:
        if not guide.time:
            return None, {}
        text = self._messages.render(
            "answer.time", name=short_name(guide), items=lines.time_items(self._messages, guide, case)
        )
        return text, _fields(guide, case, "time")

    def _place(self, guide: Guide, case: Case | None) -> tuple[str | None, dict[str, Any]]:
        if not (guide.places or guide.agency):
            return None, {}
        places = guide.places or [guide.agency or ""]
        text = self._messages.render(
            "answer.place", name=short_name(guide), places=places, agency=guide.agency if guide.places else None
        )
        return text, _fields(guide, case, "places", "agency")

    def _online(self, guide: Guide, case: Case | None) -> tuple[str | None, dict[str, Any]]:
        if not guide.channels and guide.online_level is None:
            return None, {}
        text = self._messages.render(
            "answer.online",
            name=short_name(guide),
            online="online" in guide.channels,
            level=guide.online_level,
            channel_line=lines.channel_line(self._messages, guide),
        )
        return text, _fields(guide, case, "channels", "online_level")

    def _steps(self, guide: Guide, case: Case | None) -> tuple[str | None, dict[str, Any]]:
        text, fields = self._list("steps", "steps", guide, guide.steps)
        if text and guide.media:
            fields["media"] = [_plain(item) for item in guide.media]
        return text, fields

    def _conditions(self, guide: Guide, case: Case | None) -> tuple[str | None, dict[str, Any]]:
        return self._list("conditions", "conditions", guide, guide.conditions)

    def _result(self, guide: Guide, case: Case | None) -> tuple[str | None, dict[str, Any]]:
        return self._list("result", "results", guide, guide.result)

    def _legal(self, guide: Guide, case: Case | None) -> tuple[str | None, dict[str, Any]]:
        if not (guide.legal_basis or guide.decision_no):
            return None, {}
        text = self._messages.render(
            "answer.legal", name=short_name(guide), laws=guide.legal_basis[:_MOST_ITEMS], decision_no=guide.decision_no
        )
        return text, _fields(guide, case, "legal_basis", "decision_no")

    def _form(self, guide: Guide, case: Case | None) -> tuple[str | None, dict[str, Any]]:
        forms = [item for item in lines.needed(guide.documents, case) if item.kind == "form"]
        if not forms:
            return None, {}
        text = self._messages.render(
            "answer.form",
            name=short_name(guide),
            documents=[lines.document(self._messages, item) for item in forms],
            e_form=guide.e_form,
        )
        return text, {"documents": [_plain(item) for item in forms]}

    def _list(self, key: str, name: str, guide: Guide, items: Sequence[str]) -> tuple[str | None, dict[str, Any]]:
        if not items:
            return None, {}
        shown = [lines.clipped(item, _LONGEST_ITEM) for item in items[:_MOST_ITEMS]]
        text = self._messages.render(f"answer.{key}", **{"name": short_name(guide), name: shown})
        if len(items) > _MOST_ITEMS:
            text += "\n" + self._messages.render("answer.more", count=len(items) - _MOST_ITEMS)
        elif shown != list(items[:_MOST_ITEMS]):
            text += "\n" + self._messages.render("answer.shortened_note")
        return text, {key: list(items)}

    def _catalogue(self, published: Published, aspect: Aspect, confidence: float | None) -> Reply:
        guide = published.guide
        shown = lines.catalogue_lines(self._messages, guide)
        fields = _fields(guide, None, "fee", "time", "agency", "channels", "decision_no", "field", "levels")
        wanted = _CONTRACT.get(aspect, aspect)
        if aspect is Aspect.OVERVIEW:
            text = self._messages.render("catalogue.overview", guide=guide, lines=list(shown.values()))
        elif getattr(guide, wanted, None) and aspect in (Aspect.FEE, Aspect.TIME, Aspect.LEGAL):
            text, fields = getattr(self, f"_{aspect}")(guide, None)
        else:
            text = self._messages.render(
                "catalogue.missing",
                name=short_name(guide),
                code=guide.code,
                asked=self._messages.render(f"catalogue.asked.{aspect}"),
                lines=list(shown.values()),
            )
        status = Status.ANSWERED if fields else Status.ABSTAINED
        return self._reply(
            published, aspect, text, fields, self._buttons.catalogue(published), status, confidence, None
        )

    def _reply(
        self,
        published: Published,
        aspect: Aspect,
        text: str,
        fields: dict[str, Any],
        buttons: list[Button],
        status: Status,
        confidence: float | None,
        case: Case | None,
    ) -> Reply:
        guide = published.guide
        text, fields = self._abroad(guide, text, fields)
        answer = Answer(
            procedure=ProcedureRef(code=guide.code, name=_said_name(guide)),
            aspect=aspect,
            guide_version=published.version,
            decision_no=guide.decision_no or "",
            checked_on=guide.checked_on.isoformat() if guide.checked_on else None,
            origin=published.origin.value,
            case=case.id if case else None,
            fields=fields,
            sources=[Source(title=source.title, url=source.url) for source in guide.sources],
            confidence=round(confidence, 3) if confidence is not None else None,
        )
        return Reply(text=text, status=status, buttons=buttons, answer=answer)


    def _abroad(self, guide: Guide, text: str, fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """For those who write in another language: that Vietnamese words stand in the text, and the name in both."""
        if not in_english():
            return text, fields
        names = {"name": guide.name, "name_en": guide.name_en}
        if has_vietnamese(text.replace(guide.name, "")):
            text = f"{text}\n\n{self._messages.render('answer.only_vietnamese')}"
        return text, {**fields, **{key: name for key, name in names.items() if name}} if fields else fields


def _said_name(guide: Guide) -> str:
    return guide.name_en if in_english() and guide.name_en else guide.name


def short_name(guide: Guide) -> str:
    """What the procedure is called after its official name was said once."""
    if in_english() and guide.name_en:
        return guide.name_en
    name = guide.short_names[0] if guide.short_names else guide.name.removeprefix("Thủ tục ")
    return name[:1].upper() + name[1:]


def _fits(cases: Sequence[dict[str, Any]]) -> bool:
    """Whether the papers of all cases can stand in an overview without making it long."""
    return sum(len(name) for known in cases for name in known["names"]) <= _CASES_IN_OVERVIEW


def _fields(guide: Guide, case: Case | None, *names: str) -> dict[str, Any]:
    """The guide's own values; case-bound entries of other cases are left out when a case is chosen."""
    found: dict[str, Any] = {}
    for name in names:
        value = getattr(guide, name)
        if isinstance(value, list):
            kept = [item for item in value if case is None or _applies(item, case)]
            value = [_plain(item) for item in kept]
        if value:
            found[name] = _plain(value)
    return found


def _applies(item: Any, case: Case) -> bool:
    if isinstance(item, Case):
        return item.id == case.id
    return getattr(item, "when", None) in (None, case.id)


def _plain(value: Any) -> Any:
    return (
        value.model_dump(mode="json", exclude_none=True)
        if isinstance(value, Document) or hasattr(value, "model_dump")
        else value
    )
