from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.export import export_yaml
from knowledge_base.loader import parse_guide
from knowledge_base.model import Guide, Origin, Published
from tests.knowledge_base.conftest import GuideMaker, guide_data

_TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=80).filter(lambda text: text.strip())
_ODD = st.sampled_from([
    "no", "null", "~", "1.10", "- a", "a: b", "# x", "a\n\nb", "a \nb", "\ta\nb", "'x'", '"', "{a}", "a\n  b\n c",
    "é\u00a0b",
])


@given(_TEXT | _ODD, st.lists(_TEXT | _ODD, max_size=4))
def test_what_is_written_reads_back_equal(text: str, texts: list[str]) -> None:
    guide = Guide.model_validate(guide_data(name=text, summary=text, steps=texts, conditions=texts))
    file = parse_guide(export_yaml(guide))
    assert file.errors == []
    assert file.guide == guide


def test_the_form_is_stable_and_readable(make_guide: GuideMaker) -> None:
    guide = make_guide(steps=["Bước 1: nộp.\nMang theo giấy tờ."], fee=[{"amount": 8000}])
    written = export_yaml(Published(guide=guide, origin=Origin.CURATED, version=3))
    assert written == export_yaml(parse_guide(written).guide or guide)
    assert written.startswith("code: '1.001193'\nname: Đăng ký việc thử 1.001193\n")
    assert "steps:\n  - |-\n    Bước 1: nộp.\n    Mang theo giấy tờ.\n" in written
    assert "amount: 1\n" in written
    assert "e_form" not in written


def test_one_changed_word_changes_one_line(make_guide: GuideMaker) -> None:
    before = export_yaml(make_guide(summary="một hai ba " * 60)).splitlines()
    after = export_yaml(make_guide(summary="một hai bốn " + "một hai ba " * 59)).splitlines()
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1
