"""The pipeline on text as people type it on a telephone: blanks and dots in numbers, words run together, lost marks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

spacy = pytest.importorskip("spacy")

from indexer.spacy_vi.build import make_pipeline  # noqa: E402

COMMUNES = Path(__file__).resolve().parents[3] / "actions" / "centres" / "data" / "communes.json"
NLP = make_pipeline(COMMUNES)

# text, label, the span as typed, the canonical value ("" where a pattern has none)
NOISY = [
    ("so can cuoc 022 199 001 234", "personal_id", "022 199 001 234", ""),
    ("cccd:022199001234", "personal_id", "022199001234", ""),
    ("số 022.199.001.234 ạ", "personal_id", "022.199.001.234", ""),
    ("022-199-001-234", "personal_id", "022-199-001-234", ""),
    ("so cccd 022199 001234", "personal_id", "022199 001234", ""),
    ("căn cước 022199001234nhé", "personal_id", "022199001234", ""),
    ("cccd022199001234", "personal_id", "022199001234", ""),
    ("cmnd 101234567 a", "personal_id", "101234567", ""),
    ("sdt0912345678", "phone", "0912345678", ""),
    ("0912-345-678 goi em", "phone", "0912-345-678", ""),
    ("091 234 5678", "phone", "091 234 5678", ""),
    ("09 1234 5678", "phone", "09 1234 5678", ""),
    ("0912 34 56 78", "phone", "0912 34 56 78", ""),
    ("+84 912 345 678", "phone", "+84 912 345 678", ""),
    ("84912345678", "phone", "84912345678", ""),
    ("ban 0203 3825 678", "phone", "0203 3825 678", ""),
    ("tổng đài 1900 1009", "phone", "1900 1009", ""),
    ("h49-260101-0001", "dossier_code", "h49-260101-0001", ""),
    ("H49 - 260101 - 0001", "dossier_code", "H49 - 260101 - 0001", ""),
    ("mã H49–260101–0001", "dossier_code", "H49–260101–0001", ""),
    ("ma H49_260101_0001", "dossier_code", "H49_260101_0001", ""),
    ("H49.260101.0001 xong chua", "dossier_code", "H49.260101.0001", ""),
    ("hs H49 260101 0001", "dossier_code", "H49 260101 0001", ""),
    ("H49-260101-0001xong chưa", "dossier_code", "H49-260101-0001", ""),
    ("hs 000.00.16.H49-261102-0008,", "dossier_code", "000.00.16.H49-261102-0008", ""),
    ("thu tuc 1.001193.000.00.00.H49", "procedure_code", "1.001193.000.00.00.H49", ""),
    ("thủ tục 1,001193", "procedure_code", "1,001193", ""),
    ("ma 1 . 001193", "procedure_code", "1 . 001193", ""),
    ("ma 1. 001193", "procedure_code", "1. 001193", ""),
    ("sinh mùng 5 tháng 4", "date", "mùng 5 tháng 4", ""),
    ("sinh ngay 5 thang4 nam 2025", "date", "ngay 5 thang4 nam 2025", ""),
    ("ngày 05 04 2025", "date", "ngày 05 04 2025", ""),
    ("nop hqua", "date", "hqua", ""),
    ("het 1tr2", "amount", "1tr2", ""),
    ("1 triệu 2", "amount", "1 triệu 2", ""),
    ("hai muoi 200 ngan dong", "amount", "200 ngan dong", ""),
    ("cai thu2", "nth", "cai thu2", "2"),
    ("lấy số3", "nth", "số3", "3"),
    ("cái chót", "nth", "cái chót", "last"),
    ("cai cuoi cung di", "nth", "cai cuoi cung", "last"),
    ("dòng trên cùng", "nth", "dòng trên cùng", "1"),
    ("cái thứ tư ấy", "nth", "cái thứ tư", "4"),
    ("phuong hg gai", "commune", "phuong hg gai", "06685"),
    ("em ở phg hong gai", "commune", "phg hong gai", "06685"),
    ("f hồng gài", "commune", "f hồng gài", "06685"),
    ("phường Hồng gai", "commune", "phường Hồng gai", "06685"),
    ("em o uongbi", "commune", "uongbi", "06811"),
    ("p bãi chay", "commune", "p bãi chay", "06673"),
    ("phưong tuần chau", "commune", "phưong tuần chau", "06706"),
    ("halong", "commune", "halong", "06688"),
    ("thành phố hạlong", "commune", "hạlong", "06688"),
    ("tx quang yen", "old_place", "tx quang yen", "Thị xã Quảng Yên"),
    ("huyen van don cu", "old_place", "huyen van don", "Huyện Vân Đồn"),
    ("mongcai", "old_place", "mongcai", "Thành phố Móng Cái"),
    ("mat sodo", "document", "sodo", "giấy chứng nhận quyền sử dụng đất"),
    ("lam gks cho con", "document", "gks", "giấy khai sinh"),
    ("doi banglai", "document", "banglai", "giấy phép lái xe"),
    ("mất thẻ bhyt", "document", "thẻ bhyt", "thẻ bảo hiểm y tế"),
]


@pytest.mark.parametrize(("text", "label", "span", "identifier"), NOISY)
def test_noisy_entities(text: str, label: str, span: str, identifier: str) -> None:
    found = {(entity.text, entity.label_): entity.ent_id_ for entity in NLP(text).ents}
    assert (span, label) in found, found
    assert found[span, label] == identifier


@pytest.mark.parametrize(
    "text",
    [
        "có to không em", "xã hội hóa", "phí hạ đi", "bốn mươi phần trăm", "em chờ lâu quá", "p hỏi chút", "thủ tục ấy",
        "tp nào cũng được", "xa quá không đi được", "số nhà nào", "cái đó", "mấy cái cuối tuần", "hai con", "3 ngày",
    ],
)  # fmt: skip
def test_ordinary_words_stay_ordinary(text: str) -> None:
    labels = {entity.label_ for entity in NLP(text).ents} - {"nth" if "cuối tuần" in text else ""}
    assert not labels


tail = st.sampled_from(["", " ạ", ".", ",", "?", " nhé", "nhé", " dung khong"])
head = st.sampled_from(["", "so ", "của em là ", "sđt: ", "(", "mã "])


def grouped(number: str, sizes: tuple[int, ...], mark: str) -> str:
    """`number` cut into groups, as people write them."""
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return mark.join(parts)


@settings(max_examples=150, deadline=None)
@given(
    st.from_regex(r"0[0-9]{2}[0-3][0-9]{8}", fullmatch=True),
    st.sampled_from([((12,), ""), ((3, 3, 3, 3), " "), ((4, 4, 4), " "), ((3, 3, 3, 3), "."), ((4, 4, 4), "-")]),
    head,
    tail,
)
def test_personal_ids_in_any_grouping(number: str, cut: tuple[tuple[int, ...], str], before: str, after: str) -> None:
    written = grouped(number, *cut)
    if len(cut[0]) > 1 and after[:1].isalpha():
        after = f" {after}"
    found = [
        re.sub(r"\D", "", entity.text)
        for entity in NLP(before + written + after).ents
        if entity.label_ == "personal_id"
    ]
    assert number in found


@settings(max_examples=150, deadline=None)
@given(
    st.from_regex(r"0[35789][0-9]{8}", fullmatch=True),
    st.sampled_from(
        [((10,), ""), ((4, 3, 3), " "), ((4, 3, 3), "."), ((3, 3, 4), " "), ((4, 2, 2, 2), " "), ((4, 3, 3), "-")]
    ),
    head,
    tail,
)
def test_telephone_numbers_in_any_grouping(
    number: str, cut: tuple[tuple[int, ...], str], before: str, after: str
) -> None:
    written = grouped(number, *cut)
    if len(cut[0]) > 1 and after[:1].isalpha():
        after = f" {after}"
    found = [
        re.sub(r"\D", "", entity.text) for entity in NLP(before + written + after).ents if entity.label_ == "phone"
    ]
    assert number in found


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["H49", "h49", "H49.22", "000.00.16.H49", "H49.12.3"]),
    st.from_regex(r"2[0-9](0[1-9]|1[0-2])(0[1-9]|[12][0-9])", fullmatch=True),
    st.from_regex(r"[0-9]{4}", fullmatch=True),
    st.sampled_from(["-", "–", "_", " - "]),
    tail,
)
def test_dossier_codes_with_any_dash(agency: str, day: str, number: str, dash: str, after: str) -> None:
    if dash != "-" and after and after[0].isalpha():
        after = f" {after}"
    text = f"ho so {agency}{dash}{day}{dash}{number}{after}"
    found = [entity.text for entity in NLP(text).ents if entity.label_ == "dossier_code"]
    assert found and found[0].endswith(number) and day in found[0]
