"""Every shipped e-form: wired to its guide, answerable with its own examples, no question that nobody is ever asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest

from actions.dossiers import MESSAGES_FILE
from actions.dossiers.eforms.communes import CommuneFinder
from actions.dossiers.eforms.eform import EField, EForm
from actions.dossiers.eforms.formlib import FormLibrary
from actions.dossiers.eforms.values import ValueReader
from actions.messages import Messages
from common.clock import local_date
from knowledge_base.loader import GUIDES_DIR, load_tree
from knowledge_base.model import Guide

FORMS = FormLibrary.shipped()
GUIDES = {file.guide.code: file.guide for file in load_tree(GUIDES_DIR) if file.guide}
READER = ValueReader(Messages.load(MESSAGES_FILE), CommuneFinder.load())
EACH = pytest.mark.parametrize("form", list(FORMS), ids=lambda form: form.slug)


def test_there_are_at_least_twenty_five() -> None:
    assert len(FORMS) >= 25
    assert len({GUIDES[form.procedure].field for form in FORMS}) >= 10


def test_guide_and_form_name_each_other() -> None:
    assert {form.procedure: form.slug for form in FORMS} == {
        guide.code: guide.e_form for guide in GUIDES.values() if guide.e_form}


@EACH
def test_every_document_stands_in_the_guide(form: EForm) -> None:
    known = {document.name for document in GUIDES[form.procedure].documents}
    named = [leaf.document for leaf in form.leaves if leaf.document]
    assert set(named) <= known and len(named) == len(set(named))


@EACH
def test_the_time_limit_is_one_of_the_guide(form: EForm) -> None:
    times = {(time.amount, time.unit) for time in _guide(form).time if time.amount}
    if form.time_limit:
        assert (form.time_limit.amount, form.time_limit.unit) in times


@EACH
def test_every_question_has_a_valid_example(form: EForm) -> None:
    for leaf in form.leaves:
        if leaf.type == "file":
            assert not leaf.example
            continue
        assert leaf.sample, leaf.name
        assert READER.read(leaf, leaf.sample, local_date()).value, leaf.name
        for choice in leaf.choices:
            for words in (choice.label, *choice.also):
                assert READER.read(leaf, words, local_date()).value == choice.value, (leaf.name, words)


@EACH
def test_every_branch_can_be_walked_to_the_review(form: EForm) -> None:
    """All answers of all fields that decide something; each conditional question turns up on one of the ways."""
    asked: set[str] = set()
    ways = 0
    for decided in _ways(form):
        names = _walk(form, decided)
        asked |= {re.sub(r"\.\d+\.", ".", name) for name in names}
        ways += 1
    assert ways
    for field in form.fields:
        parts = [f"{field.name}.{part.name}" for part in field.fields] if field.type == "group" else [field.name]
        assert set(parts) <= asked, set(parts) - asked


@EACH
def test_sentences_are_calm_short_and_plain(form: EForm) -> None:
    sentences = [form.title, form.intro, form.review, form.receipt]
    for leaf in [*form.fields, *form.leaves]:
        sentences += [leaf.label, leaf.question, leaf.help or "", leaf.more or ""]
        assert len(leaf.question) <= 180 and len(leaf.label) <= 60, leaf.name
        assert leaf.question[-1] in ".?", leaf.name
    for sentence in filter(None, sentences):
        assert "!" not in sentence and "  " not in sentence and sentence[0].isupper(), sentence
        assert not re.search(r"\b(?:form|email|online|upload|scan|file|click)\b", sentence, re.IGNORECASE), sentence
    labels = [leaf.label for leaf in form.fields]
    assert len(labels) == len(set(labels))


def _guide(form: EForm) -> Guide:
    return GUIDES[form.procedure]


def _ways(form: EForm) -> Iterator[dict[str, str]]:
    """Every combination of the answers that conditions ask for; the other answers of such a field count as one."""
    wanted: dict[str, set[str]] = {}
    for leaf in [*form.fields, *form.leaves]:
        for when in [*leaf.when, *leaf.required_when]:
            wanted.setdefault(when.field, set()).update(when.is_)
    deciding = [leaf for leaf in [*form.fields, *form.leaves] if leaf.name in wanted]
    options = []
    for field in {field.name: field for field in deciding}.values():
        others = [answer for answer in field.answers if answer not in wanted[field.name]]
        options.append([(field.name, answer) for answer in [*sorted(wanted[field.name]), *others[:1]]])
    for combination in product(*options):
        yield dict(combination)


def _walk(form: EForm, decided: dict[str, str]) -> set[str]:
    """Answers what is asked until nothing is left: two items in each group, the examples elsewhere."""
    values: dict[str, str] = {}
    while field := next((f for f in form.visible(values) if f.name not in values), None):
        values[field.name] = _answer(field, decided)
        assert len(values) < 400, "the form never ends"
    return set(values)


def _answer(field: EField, decided: dict[str, str]) -> str:
    if field.asks_for_more:
        return "yes" if field.index <= 2 else "no"
    if field.type == "file":
        return "sample"
    own = field.name.rpartition(".")[2]
    return READER.read(field, decided.get(own, field.sample), local_date()).value
