"""What may be done to a draft, as pure functions: a draft goes in, the changed draft comes out.

The stored draft and the practice draft, the chat and the page all go through these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from actions.dossiers.eforms.draft import Draft
from actions.dossiers.eforms.eform import ADD, Choice, EField
from actions.dossiers.eforms.naming import named_field
from actions.dossiers.eforms.values import Ambiguous, Doubtful, Texts, Value, ValueReader
from common.errors import InvalidInput

__all__ = ["AGAIN", "KEEP", "Moves", "Problem", "split_item"]

# Choices after a name that is in doubt.
KEEP, AGAIN = "keep_name", "type_again"
Problem = InvalidInput


class Moves:
    """Moves that need the value reader, the day and the sentences."""

    def __init__(self, reader: ValueReader, texts: Texts, today: Callable[[], date]) -> None:
        self._reader = reader
        self._texts = texts
        self._today = today

    def answer(self, draft: Draft, text: str) -> Draft:
        """`text` read as the answer to the question asked; refused, the values stay and `notice` says why."""
        field = draft.field
        if field is None:
            return draft
        sure = bool(draft.doubtful) and self._reader.agrees(text, KEEP)
        if draft.doubtful and self._reader.declines(text, AGAIN):
            return self.note(replace(draft, doubtful=""), self._texts.render("eform.name_again"))
        typed = draft.doubtful if sure else text
        draft = replace(draft, notice="", doubtful="")
        try:
            value = self._reader.read(field, typed, self._today(), () if sure else draft.options, sure=sure)
        except Doubtful as doubt:
            keep = Choice(value=KEEP, label=self._texts.render("eform.button.keep_name"))
            again = Choice(value=AGAIN, label=self._texts.render("eform.button.type_again"))
            return replace(draft, notice=doubt.detail, options=(keep, again), doubtful=typed)
        except InvalidInput as problem:
            return self.note(draft, problem.detail, problem.options if isinstance(problem, Ambiguous) else ())
        return self.put(draft, field.name, value)

    def sample(self, draft: Draft) -> Draft:
        """The form's own example as the answer (practice mode)."""
        if draft.field is None:
            return draft
        if draft.field.type == "file":
            return self.put(draft, draft.field.name, Value("sample", self._texts.render("eform.practice.file")))
        return self.answer(replace(draft, options=(), doubtful=""), draft.field.sample)

    def sample_all(self, draft: Draft) -> Draft:
        """Every question answered with the form's own example."""
        draft = replace(draft, consented=True, cursor=None)
        while draft.field:
            before, draft = draft, self.sample(draft)
            if draft.field == before.field:  # an example that is refused: a form's tests don't let it pass
                break
        return draft

    def put(self, draft: Draft, name: str, value: Value) -> Draft:
        """Sets one answer and drops the answers that this hides. The same answer again keeps where it came from."""
        old = draft.values.get(name)
        if old is not None and old.value == value.value and value.source == "typed":
            value = replace(value, source=old.source)
        return _only_visible(replace(
            draft, values={**draft.values, name: value}, cursor=None, notice="", options=(), doubtful=""))

    def take_out(self, draft: Draft, name: str) -> Draft:
        """Without the answer to one field, as if it had not been asked yet."""
        values = {other: value for other, value in draft.values.items() if other != name}
        return _only_visible(replace(draft, values=values))

    def note(self, draft: Draft, sentence: str, options: Sequence[Choice] = ()) -> Draft:
        return replace(draft, notice=sentence, options=tuple(options))

    def back(self, draft: Draft) -> Draft:
        """To the question before the one asked; on the first one, says that it is the first."""
        draft = replace(draft, notice="", options=(), doubtful="")
        names = [field.name for field in draft.visible]
        here = names.index(draft.field.name) if draft.field else len(names)
        if draft.stage == "consent" or here == 0:
            return self.note(draft, self._texts.render("eform.first_question"))
        return replace(draft, cursor=names[here - 1])

    def edit(self, draft: Draft, name: str) -> Draft:
        """Asks one field again, by its name or words of its label; `members.add` adds an item, `members.2.remove`
        takes one away."""
        draft = replace(draft, notice="", options=(), doubtful="")
        if draft.consented and name.endswith(".remove"):
            return self.remove_item(draft, name.removesuffix(".remove"))
        if draft.consented and name.endswith(f".{ADD}") and name.count(".") == 1:
            return self.add_item(draft, name.partition(".")[0])
        found = named_field(draft, name)
        if found is None or not draft.consented:
            return self.note(draft, self._texts.render("eform.edit_which"))
        return replace(draft, cursor=found.name)

    def skip(self, draft: Draft) -> Draft:
        """Leaves out the optional question asked; a required one is explained. No further item is a "no"."""
        draft = replace(draft, notice="", options=(), doubtful="")
        field = draft.field
        if field is None:
            return draft
        if field.asks_for_more:
            return self.put(draft, field.name, self._no())
        if field.required:
            return self.note(draft, self._texts.render("eform.required", label=field.label))
        return self.put(draft, field.name, Value("", ""))

    def add_item(self, draft: Draft, group: str) -> Draft:
        """One more item of `group`, to be filled in; at its limit, says so."""
        field, count = draft.form.field(group), draft.items(group)
        if field is None or field.type != "group" or not any(f.group == group for f in draft.visible):
            return self.note(draft, self._texts.render("eform.edit_which"))
        if count >= (field.max or 0):
            return self.note(draft, self._texts.render("eform.group.full", max=field.max, item=field.item))
        yes = Value("yes", self._texts.render("eform.yes"))
        return self.put(draft, field.gate(count + 1).name, yes)

    def remove_item(self, draft: Draft, path: str) -> Draft:
        """Takes away the item `members.2`; later ones move up. The least number of items stays."""
        group, index = split_item(path)
        field, count = draft.form.field(group), draft.items(group)
        if field is None or field.type != "group" or not 1 <= index <= count:
            return self.note(draft, self._texts.render("eform.edit_which"))
        if count <= (field.min or 0):
            return self.note(draft, self._texts.render("eform.group.least", min=field.min, item=field.item))
        values = {name: value for name, value in draft.values.items() if not name.startswith(f"{group}.")}
        for name, value in draft.values.items():
            _, _, rest = name.partition(f"{group}.")
            number, _, part = rest.partition(".")
            if name in values or part == ADD or int(number) == index:
                continue
            values[f"{group}.{int(number) - (int(number) > index)}.{part}"] = value
        yes, last = Value("yes", self._texts.render("eform.yes")), field.gate(count + 1).name
        values |= {field.gate(n).name: yes for n in range((field.min or 0) + 1, count)}
        if last in draft.values or count == field.max:
            values[field.gate(count).name] = self._no()
        sentence = self._texts.render("eform.group.removed", title=field.item_title(index))
        return _only_visible(replace(draft, values=values, cursor=None, notice=sentence, options=(), doubtful=""))

    def fill(
        self, draft: Draft, typed: Mapping[str, str], *, complete: bool, sure: frozenset[str] = frozenset(),
    ) -> tuple[Draft, dict[str, InvalidInput]]:
        """Many answers at once (the page), each read as in the chat; the refused ones come back with their problem.

        A blank takes the answer out. With `complete`, blanks of optional questions are taken as left out, and
        unanswered required ones are problems, too. `sure`: names confirmed as typed.
        """
        problems: dict[str, InvalidInput] = {}
        done: set[str] = set()
        while field := next((f for f in draft.visible if f.name not in done), None):
            done.add(field.name)
            text = typed.get(field.name)
            if text is not None and text.strip():
                try:
                    value = self._reader.read(field, text, self._today(), sure=field.name in sure)
                except InvalidInput as problem:
                    problems[field.name] = problem
                    draft = self.take_out(draft, field.name)
                else:
                    old = draft.values.get(field.name)
                    # What was only sent back unchanged keeps its source.
                    same = old is not None and old.value == value.value
                    draft = self.put(draft, field.name, old if old is not None and same else value)
            elif text is not None:
                draft = self.take_out(draft, field.name)
            if complete and field.name not in problems:
                draft = self._completed(draft, field, problems)
        return draft, problems

    def _completed(self, draft: Draft, field: EField, problems: dict[str, InvalidInput]) -> Draft:
        value = draft.values.get(field.name)
        if value is not None and (value.value or not field.required):
            return draft
        if field.asks_for_more:
            return self.put(draft, field.name, self._no())
        if not field.required:
            return self.put(draft, field.name, Value("", ""))
        problems[field.name] = self._reader.missing(field)
        return draft

    def _no(self) -> Value:
        return Value("no", self._texts.render("eform.no"))


def _only_visible(draft: Draft) -> Draft:
    shown = {field.name for field in draft.visible}
    if draft.values.keys() <= shown:
        return draft
    return replace(draft, values={name: value for name, value in draft.values.items() if name in shown})


def split_item(path: str) -> tuple[str, int]:
    """Group and number of `members.2`; 0 where there is no number."""
    group, _, index = path.partition(".")
    return group, int(index) if index.isdecimal() else 0
