"""The shipped e-forms, and what the loader says about wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.dossiers import MESSAGES_FILE
from actions.dossiers.eforms.communes import CommuneFinder
from actions.dossiers.eforms.formlib import FORMS_DIR, FormLibrary
from actions.dossiers.eforms.values import ValueReader
from actions.messages import Messages
from common.clock import local_date
from common.errors import InvalidGuide

FORMS = FormLibrary.shipped()


def test_the_shipped_forms() -> None:
    assert {form.slug: form.procedure for form in FORMS}.items() >= {
        "khai_sinh": "1.001193", "tam_tru": "1.004194", "xac_nhan_hon_nhan": "1.004873",
        "trich_luc_ho_tich": "2.000635", "ket_hon": "1.000894", "ho_kinh_doanh": "1.001612",
        "huu_tri_xa_hoi": "1.014027",
    }.items()
    assert FORMS.for_procedure("1.001193.000.00.00.H49") is FORMS.get("khai_sinh")
    assert FORMS.for_procedure("9.999999") is None


@pytest.mark.parametrize("form", list(FORMS), ids=lambda form: form.slug)
def test_examples_are_valid_answers(form: object) -> None:
    reader = ValueReader(Messages.load(MESSAGES_FILE), CommuneFinder.load())
    for field in form.leaves:  # type: ignore[attr-defined]
        if field.type != "file":  # practice mode fills in all the others
            assert reader.read(field, field.sample, local_date()).value, field.name


@pytest.mark.parametrize("form", list(FORMS), ids=lambda form: form.slug)
def test_sentences_are_calm_and_plain(form: object) -> None:
    for sentence in [form.intro, form.receipt, *(f.question for f in (*form.fields, *form.leaves))]:  # type: ignore[attr-defined]
        assert "!" not in sentence and "  " not in sentence and sentence[0].isupper()


GOOD = (FORMS_DIR / "khai_sinh.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("old", "new", "line", "field", "words"), [
    ("type: name\n    example: Trần", "type: nom\n    example: Trần", 26, "fields.2.type", "Input should be"),
    ("version: 2", "version: one", 2, "version", "integer"),
    ("title: Đăng ký khai sinh\n", "", 1, "title", "Field required"),
    ("{field: relation, is: [father, ", "{field: relation, is: [uncle, ", 1, "", "never has the value uncle"),
    ("{field: parents_married, is", "{field: commune, is", 1, "", "not an earlier field"),
    ("include: applicant", "include: nobody", 11, "fields.0.include", "no block 'nobody'"),
    ("slug: khai_sinh", "slug: khai-sinh", 1, "slug", "match pattern"),
    ("slug: khai_sinh", "slug: other", 1, "slug", "does not match the file name"),
    ("accept: [jpg, png, pdf]", "accept: [exe]", 57, "fields.7.accept.0", "Input should be"),
    ("fields:", "fields: [", 0, "", "YAML"),
    ("not_future: true", "colour: red", 40, "fields.4.colour", "Extra inputs"),
])
def test_wrong_forms_are_located(tmp_path: Path, old: str, new: str, line: int, field: str, words: str) -> None:
    assert old in GOOD
    (tmp_path / "shared.yml").write_text((FORMS_DIR / "shared.yml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "khai_sinh.yml").write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidGuide) as caught:
        FormLibrary.load(tmp_path)
    assert caught.value.file == "khai_sinh.yml" and words in str(caught.value)
    assert caught.value.field == field
    if line:
        assert abs(caught.value.line - line) <= 3, caught.value.line


def test_two_forms_of_one_procedure_are_refused(tmp_path: Path) -> None:
    (tmp_path / "shared.yml").write_text((FORMS_DIR / "shared.yml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "khai_sinh.yml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "second.yml").write_text(GOOD.replace("slug: khai_sinh", "slug: second"), encoding="utf-8")
    with pytest.raises(InvalidGuide, match="already the form"):
        FormLibrary.load(tmp_path)


def test_the_example_for_curators_is_a_form(tmp_path: Path) -> None:
    written = (FORMS_DIR.parents[2] / "docs" / "dossiers" / "eforms.md").read_text(encoding="utf-8")
    example = written.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "shared.yml").write_text((FORMS_DIR / "shared.yml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "dang_ky_thuong_tru.yml").write_text(example, encoding="utf-8")
    form = FormLibrary.load(tmp_path).get("dang_ky_thuong_tru")
    assert form is not None and [group.name for group in form.groups] == ["members"]


@pytest.mark.parametrize(("fields", "words"), [
    ("- {include: person, with: {prefix: child}}", "needs a value for 'who'"),
    ("- {include: person, with: {prefix: a, who: x, what: y}}", "no parameter $what"),
    ("- {include: applicant, without: [fax]}", "has no field fax"),
    ("- {include: applicant, only: [fax]}", "an include takes"),
    ("- {name: g, label: G, question: Q, type: group, item: G, fields: []}", "needs fields, item and max"),
    ("- {name: g, label: G, question: Q, type: group, item: G, max: 40, more: M, fields: [{name: a, label: A, "
     "question: Q, type: text}]}", "0 to 30 items"),
    ("- {name: g, label: G, question: Q, type: group, item: G, max: 4, fields: [{name: a, label: A, question: Q, "
     "type: text}]}", "needs more"),
    ("- {name: g, label: G, question: Q, type: group, item: G, max: 1, fields: [{name: add, label: A, question: Q, "
     "type: text}]}", "reserved name"),
    ("- {name: g, label: G, question: Q, type: group, item: G, max: 1, fields: [{name: a, label: A, question: Q, "
     "type: text, when: {field: later, is: [x]}}]}", "not an earlier field"),
    ("- {name: a, label: A, question: Q, type: text, document: Giấy}", "document belongs to type file"),
    ("- {name: a, label: A, question: Q, type: text, required: false, required_when: {field: b, is: [x]}}",
     "leave required away"),
])
def test_wrong_groups_and_blocks_are_explained(tmp_path: Path, fields: str, words: str) -> None:
    (tmp_path / "shared.yml").write_text((FORMS_DIR / "shared.yml").read_text(encoding="utf-8"), encoding="utf-8")
    head, _, tail = GOOD.partition("fields:\n")
    body = f"{head}fields:\n  - include: applicant\n  {fields}\nreview:{tail.partition('review:')[2]}"
    (tmp_path / "khai_sinh.yml").write_text(body, encoding="utf-8")
    with pytest.raises(InvalidGuide) as caught:
        FormLibrary.load(tmp_path)
    assert words in str(caught.value) and caught.value.file == "khai_sinh.yml"
