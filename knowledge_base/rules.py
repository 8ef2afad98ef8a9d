"""What a curated guide must hold beyond the shape of the model. Each rule is a generator of problems.

A rule gets the file as read and the `Context`; it yields `(path, sentence)`. The sentences are for the
people who write guides.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from knowledge_base.model import Ask, Channel, Document, Fee, Guide, Time

__all__ = ["ERROR_RULES", "MIN_QUESTIONS", "WARNING_RULES", "Context", "Finding", "plain_key"]

MIN_QUESTIONS = 8
MOST_ASKS = 4
Finding = tuple[tuple[str | int, ...], str]
Item = TypeVar("Item", Fee, Time)


@dataclass(frozen=True)
class Context:
    """What a guide is judged against.

    `known_codes` and `known_forms` are the procedures and e-forms that exist (None: not checked);
    `undecided` are procedures for which the official catalogue names no decision, so that none can be asked for.
    """

    today: date
    known_codes: Collection[str] | None = None
    known_forms: Collection[str] | None = None
    undecided: Collection[str] = ()


def plain_key(text: str) -> str:
    """`text` for comparing: NFC, lower case, single spaces, without closing punctuation."""
    return " ".join(unicodedata.normalize("NFC", text).lower().split()).rstrip(" ?.!…")


def completeness(guide: Guide, context: Context) -> Iterator[Finding]:
    """Everything that an answer needs is there."""
    wanted = {
        "summary": "thiếu tóm tắt (summary)",
        "checked_on": "thiếu ngày kiểm tra gần nhất (checked_on)",
        "legal_basis": "cần ít nhất một căn cứ pháp lý",
        "sources": "cần ít nhất một nguồn (sources)",
        "time": "cần ít nhất một thời hạn giải quyết",
        "fee": "cần ít nhất một dòng phí, lệ phí (chưa rõ thì để amount trống và ghi note)",
        "channels": "cần ít nhất một cách nộp (direct, online, post)",
        "levels": "thiếu cấp thực hiện (levels)",
        "places": "cần ít nhất một nơi nộp",
        "steps": "cần ít nhất một bước thực hiện",
        "result": "thiếu kết quả nhận được (result)",
    }
    for name, sentence in wanted.items():
        if not getattr(guide, name):
            yield (name,), sentence
    if not guide.decision_no and guide.code not in context.undecided:
        yield ("decision_no",), "thiếu số quyết định công bố (decision_no)"
    if not guide.documents and not any(_NO_PAPERS.search(text) for text in (*guide.conditions, *guide.steps)):
        sentence = "chưa có giấy tờ nào; nếu không cần giấy tờ, ghi rõ điều đó trong conditions hoặc steps"
        yield ("documents",), sentence


_NO_PAPERS = re.compile(r"không (?:cần|phải|yêu cầu)[^.;]{0,40}(?:giấy tờ|hồ sơ|tài liệu)", re.IGNORECASE)


def questions(guide: Guide, context: Context) -> Iterator[Finding]:
    """Enough different ways in which citizens ask."""
    first: dict[str, int] = {}
    for index, question in enumerate(guide.questions):
        earlier = first.setdefault(plain_key(question), index)
        if earlier != index:
            yield ("questions", index), f"trùng với câu hỏi thứ {earlier + 1}"
    if len(first) < MIN_QUESTIONS:
        yield ("questions",), f"cần ít nhất {MIN_QUESTIONS} câu hỏi khác nhau, mới có {len(first)}"


def cases(guide: Guide, context: Context) -> Iterator[Finding]:
    """Cases are distinct, and every `when` names one."""
    used = {item.when for items in (guide.documents, guide.fee, guide.time) for item in items}
    ids: set[str] = set()
    said: set[str] = set()
    for index, case in enumerate(guide.cases):
        if case.id in ids:
            yield ("cases", index, "id"), f"mã trường hợp “{case.id}” đã dùng ở trên"
        texts = {plain_key(case.label), plain_key(case.when)}
        if texts & said:
            extra = "" if case.id in used else " và không mục nào dùng đến"
            yield ("cases", index), f"trường hợp “{case.id}” giống trường hợp khác{extra}"
        ids.add(case.id)
        said |= texts
    conditional: dict[str, Sequence[Document | Fee | Time]] = {
        "documents": guide.documents, "fee": guide.fee, "time": guide.time,
    }
    for name, items in conditional.items():
        for index, item in enumerate(items):
            if item.when is not None and item.when not in ids:
                known = ", ".join(sorted(ids)) or "chưa khai báo trường hợp nào"
                yield (name, index, "when"), f"không có trường hợp “{item.when}” (có: {known})"


def asks(guide: Guide, context: Context) -> Iterator[Finding]:
    """The questions lead to every case once; an answer to each can always be given."""
    if len(guide.asks) > MOST_ASKS:
        yield ("asks", MOST_ASKS), f"nhiều nhất {MOST_ASKS} câu hỏi, gộp các trường hợp vào một câu"
    labels = {case.id: case.label for case in guide.cases}
    first: dict[str, int] = {}
    for index, ask in enumerate(guide.asks):
        for place, case in enumerate(ask.cases):
            earlier = first.setdefault(case, index)
            if case not in labels:
                known = ", ".join(labels) or "chưa khai báo trường hợp nào"
                yield ("asks", index, "cases", place), f"không có trường hợp “{case}” (có: {known})"
            elif earlier != index or case in ask.cases[:place]:
                yield ("asks", index, "cases", place), f"trường hợp “{case}” đã có ở câu hỏi thứ {earlier + 1}"
        yield from _choices(ask, index, labels)
    for index, case_id in enumerate(labels):
        if guide.asks and case_id not in first:
            yield ("cases", index), f"trường hợp “{case_id}” chưa có câu hỏi nào (asks) dẫn đến"


def _choices(ask: Ask, index: int, labels: Mapping[str, str]) -> Iterator[Finding]:
    if not ask.question.endswith("?"):
        yield ("asks", index, "question"), "câu hỏi phải kết thúc bằng dấu hỏi"
    if len(ask.cases) == 1 and not ask.other:
        yield ("asks", index, "other"), "chỉ có một trường hợp: ghi other cho người không thuộc trường hợp đó"
    if len(ask.cases) == 1 and ask.many:
        yield ("asks", index, "many"), "chỉ có một trường hợp thì không chọn được nhiều"
    if ask.other and plain_key(ask.other) in {plain_key(labels.get(case, "")) for case in ask.cases}:
        yield ("asks", index, "other"), "other trùng tên với một trường hợp của câu hỏi này"


def media(guide: Guide, context: Context) -> Iterator[Finding]:
    """Media belong to steps that exist, each address once."""
    seen: dict[tuple[str, int | None], int] = {}
    for index, item in enumerate(guide.media):
        if item.step is not None and item.step > len(guide.steps):
            yield ("media", index, "step"), f"không có bước {item.step} (có {len(guide.steps)} bước)"
        earlier = seen.setdefault((item.url, item.step), index)
        if earlier != index:
            yield ("media", index, "url"), f"địa chỉ này đã có ở dòng thứ {earlier + 1} của danh sách"


def unasked(guide: Guide, context: Context) -> Iterator[Finding]:
    """Warning: without asks, one question offers all cases, which is right only where they exclude each other."""
    if len(guide.cases) > 1 and not guide.asks:
        sentence = "có nhiều trường hợp mà chưa có câu hỏi (asks); khi đó chỉ hỏi một câu, chọn được một trường hợp"
        yield ("cases",), sentence


def documents(guide: Guide, context: Context) -> Iterator[Finding]:
    """No document is listed twice; form addresses can be opened."""
    seen: dict[tuple[str, str | None, str], int] = {}
    for index, item in enumerate(guide.documents):
        earlier = seen.setdefault((plain_key(item.name), item.when, item.kind), index)
        if earlier != index:
            yield ("documents", index), f"giấy tờ này đã có ở dòng thứ {earlier + 1} của danh sách"
        if item.form_url and not re.match(r"^(https?://|/)\S+$", item.form_url):
            yield ("documents", index, "form_url"), "địa chỉ mẫu phải bắt đầu bằng http://, https:// hoặc /"


def money(guide: Guide, context: Context) -> Iterator[Finding]:
    """Fees don't contradict each other, and an unsettled one says who confirms it."""
    for index, fee in enumerate(guide.fee):
        if fee.amount is None and not fee.note:
            yield ("fee", index), "amount để trống thì phải ghi note: ai xác nhận mức thu"
    for (left, first), (right, second) in _unequal_fees(guide):
        if _same_note(first, second):
            amounts = f"{first.amount} và {second.amount} đồng (dòng thứ {left + 1})"
            detail = f"mâu thuẫn: cùng trường hợp mà {amounts}"
            yield ("fee", right, "amount"), f"{detail}; ghi note khác nhau hoặc tách trường hợp"


def durations(guide: Guide, context: Context) -> Iterator[Finding]:
    """A time has an amount with its unit, and doesn't contradict another."""
    for index, time in enumerate(guide.time):
        if time.unit and time.amount is None:
            yield ("time", index), "có đơn vị (unit) mà thiếu số (amount)"
        elif time.amount is not None and not time.unit:
            yield ("time", index), "có số (amount) mà thiếu đơn vị (unit)"
        elif time.amount is None and not time.note and not time.verbatim:
            yield ("time", index), "chưa có thời hạn: điền amount và unit, hoặc ghi note"
    for (left, first), (right, second) in _pairs(guide.time):
        if None not in (first.amount, second.amount) and _differ(first, second) and _same_note(first, second):
            detail = f"mâu thuẫn với dòng thứ {left + 1}: cùng trường hợp mà hai thời hạn"
            yield ("time", right), f"{detail}; ghi note khác nhau hoặc tách trường hợp"


def _pairs(items: list[Item]) -> Iterator[tuple[tuple[int, Item], tuple[int, Item]]]:
    """Each item with every earlier one of the same case."""
    groups: dict[str | None, list[tuple[int, Item]]] = defaultdict(list)
    for index, item in enumerate(items):
        for earlier in groups[item.when]:
            yield earlier, (index, item)
        groups[item.when].append((index, item))


def _unequal_fees(guide: Guide) -> Iterator[tuple[tuple[int, Fee], tuple[int, Fee]]]:
    for first, second in _pairs(guide.fee):
        amounts = (first[1].amount, second[1].amount)
        if None not in amounts and amounts[0] != amounts[1]:
            yield first, second


def _differ(first: Time, second: Time) -> bool:
    return (first.amount, first.unit) != (second.amount, second.unit)


def _same_note(first: Fee | Time, second: Fee | Time) -> bool:
    return plain_key(first.note or "") == plain_key(second.note or "")


def free_and_paid(guide: Guide, context: Context) -> Iterator[Finding]:
    """Warning: free and paid side by side in one case, told apart by notes only."""
    for (left, first), (right, second) in _unequal_fees(guide):
        if 0 in (first.amount, second.amount) and not _same_note(first, second):
            detail = f"cùng trường hợp vừa miễn phí vừa thu tiền (dòng thứ {left + 1})"
            yield ("fee", right), f"{detail}; kiểm tra lại note"


def dates(guide: Guide, context: Context) -> Iterator[Finding]:
    """In force, and checked in the past."""
    if guide.checked_on and guide.checked_on > context.today:
        yield ("checked_on",), f"ngày kiểm tra {guide.checked_on:%d/%m/%Y} ở tương lai"
    if guide.effective_from and guide.effective_to and guide.effective_from > guide.effective_to:
        yield ("effective_to",), "ngày hết hiệu lực trước ngày bắt đầu hiệu lực"
    if guide.effective_to and guide.effective_to < context.today:
        yield ("effective_to",), f"hướng dẫn đã hết hiệu lực từ {guide.effective_to:%d/%m/%Y}"


def online(guide: Guide, context: Context) -> Iterator[Finding]:
    """The online level and the channels say the same."""
    open_online = Channel.ONLINE in guide.channels
    if guide.online_level == "none" and open_online:
        yield ("online_level",), "online_level là none nhưng channels có online"
    if guide.online_level in {"full", "partial"} and guide.channels and not open_online:
        yield ("channels",), f"online_level là {guide.online_level} nhưng channels không có online"


def references(guide: Guide, context: Context) -> Iterator[Finding]:
    """Codes and e-forms that are named exist."""
    for index, related in enumerate(guide.related):
        if related.code == guide.code:
            yield ("related", index, "code"), "thủ tục liên quan chính là thủ tục này"
        elif context.known_codes is not None and related.code not in context.known_codes:
            detail = f"không có thủ tục mã {related.code} trong danh mục và hướng dẫn"
            yield ("related", index, "code"), detail
    if guide.e_form and context.known_forms is not None and guide.e_form not in context.known_forms:
        yield ("e_form",), f"không có tờ khai điện tử “{guide.e_form}”"


_GONE = re.compile(
    r"cấp huyện|(?:UBND|[UỦ][yỷ] ban nhân dân|Công an|Toà án|Tòa án)\s+(?:cấp\s+)?(?:huyện|quận|thị xã)"
    r"|Phòng\s[^.;,:()\n]{0,50}?\b(?:huyện|quận|thị xã)\b",
    re.IGNORECASE,
)


def district(guide: Guide, context: Context) -> Iterator[Finding]:
    """Warning: district-level offices ended on 1 July 2025."""
    for path, text in _citizen_texts(guide):
        if found := _GONE.search(unicodedata.normalize("NFC", text)):
            yield path, f"nhắc đến “{found[0]}”: cấp huyện không còn từ 01/07/2025"


def no_decision(guide: Guide, context: Context) -> Iterator[Finding]:
    """Warning: the official catalogue names no decision, nor does the guide."""
    if not guide.decision_no and guide.code in context.undecided:
        yield ("decision_no",), "danh mục chính thức cũng không nêu số quyết định công bố; bổ sung khi có"


def not_yet(guide: Guide, context: Context) -> Iterator[Finding]:
    """Warning: a guide that isn't in force yet isn't answered from."""
    if guide.effective_from and guide.effective_from > context.today:
        yield ("effective_from",), f"hướng dẫn chỉ được dùng từ {guide.effective_from:%d/%m/%Y}"


def _citizen_texts(guide: Guide) -> Iterable[Finding]:
    for name in ("summary", "agency"):
        if text := getattr(guide, name):
            yield (name,), text
    for name in ("places", "steps", "conditions", "result"):
        yield from (((name, index), text) for index, text in enumerate(getattr(guide, name)))
    parts_of = {
        "documents": ("name", "note"), "fee": ("note",), "time": ("note",), "cases": ("label", "when"),
        "asks": ("question", "other"), "media": ("title",),
    }
    for name, parts in parts_of.items():
        for index, item in enumerate(getattr(guide, name)):
            yield from (((name, index, part), text) for part in parts if (text := getattr(item, part)))


Rule = Callable[[Guide, Context], Iterator[Finding]]
ERROR_RULES: tuple[Rule, ...] = (
    completeness, questions, cases, asks, documents, money, durations, media, dates, online, references,
)
WARNING_RULES: tuple[Rule, ...] = (free_and_paid, district, no_decision, not_yet, unasked)
