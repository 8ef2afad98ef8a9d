"""Figures of an evaluation as tables on the terminal. Renders only: nothing is computed here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

__all__ = ["print_answers", "print_comparison", "print_dialogues", "print_retrieval"]

_RANKING = ("top1", "top3", "top5", "mrr@10", "ndcg@10")
_DECISIONS = ("behaviour_right", "behaviour_right_lenient", "wrong_confident", "wrong_confident_strict")
_BEHAVIOURS = ("answer", "clarify", "abstain")


def print_retrieval(figures: dict[str, Any], console: Console) -> None:
    """Ranking, decisions, calibration; seen and out-of-scope blocks where the run has them."""
    console.print(_with_intervals("Thứ hạng", figures, figures["intervals"], _RANKING, figures["n"]))
    groups = [("theo hành vi", figures["by_behaviour"]), ("theo nguồn", figures["by_source"])]
    for title, rows in groups:
        console.print(group_table(f"Thứ hạng {title}", rows, _RANKING))
    for name, part in figures.get("seen", {}).items():
        title = "Thủ tục đã gặp khi huấn luyện" if name == "touched" else "Thủ tục chưa gặp"
        console.print(_with_intervals(title, part, part["intervals"], (*_RANKING, *_DECISIONS), part["n"]))
    decisions = figures["decisions"]
    names = (*_DECISIONS, "answered_wrong")
    console.print(_with_intervals("Quyết định", decisions, figures["intervals"], names))
    console.print(behaviour_table(decisions["table"]))
    console.print(group_table("Quyết định theo nguồn", decisions["by_source"], _DECISIONS))
    print_out_of_scope(figures, console)
    abstain, latency = figures["abstain"], figures["latency_ms"]
    console.print(
        f"Nhận là không biết: đúng {abstain['precision']} · tìm ra {abstain['recall']} "
        f"({abstain['abstained']} lần, cần {abstain['wanted']})"
    )
    calibration, curve = figures["calibration"], figures["risk_coverage"]
    console.print(
        f"Độ tin cậy: ECE {calibration['ece']} · Brier {calibration['brier']} · "
        f"diện tích rủi ro {curve['area']} · đang trả lời {curve['working']['coverage']:.0%}, "
        f"sai {curve['working']['risk']:.1%} trong số đó"
    )
    console.print(f"Độ trễ: p50 {latency['p50']} ms · p95 {latency['p95']} ms")


def print_answers(figures: dict[str, Any], console: Console) -> None:
    """Whole turns: behaviour, procedure and aspect."""
    spans = {**figures["intervals"], "procedure_answered_or_offered": figures["intervals"]["procedure"]}
    names = (*_DECISIONS, "answered_right", "procedure_answered_or_offered", "aspect_right")
    console.print(_with_intervals("Hỏi đáp", figures, spans, names, figures["n"]))
    console.print(behaviour_table(figures["table"]))
    console.print(group_table("Theo nguồn", figures["by_source"], (*_DECISIONS, "procedure")))
    if "by_aspect" in figures:
        console.print(group_table("Theo điều được hỏi", figures["by_aspect"], ("aspect_right", "procedure")))
        for wanted, row in figures["aspect_table"].items():
            others = ", ".join(f"{done} {count}" for done, count in row.items() if done != wanted)
            if others:
                console.print(f"  cần {wanted}: {others}")
    print_out_of_scope(figures, console)
    _warn(figures, console)
    latency = figures["latency_ms"]
    if latency:
        console.print(f"Độ trễ một lượt: p50 {latency['p50']} ms · p95 {latency['p95']} ms")


def print_dialogues(figures: dict[str, Any], console: Console) -> None:
    """Shares resolved, then each conversation that wasn't, turn by turn."""
    names = ("strict", "strict_own_order", "primed", "strict_or_offered", "primed_or_offered", "follow_ups", "aspect")
    console.print(_with_intervals("Hội thoại", figures, figures["intervals"], names, figures["n"]))
    console.print(group_table("Theo lượt cuối", figures["by_scene"], names))
    _warn(figures, console)
    console.print(f"Trạng thái đã ghi được đặt lại {figures['states_set']} lần.")
    for item in figures["dialogues"]:
        for play in ("strict", "primed"):
            if not item[play][-1]["resolved"]:
                console.print(f"[bold]{item['id']}[/bold] {play} · {item['scene']} · đúng {item['gold_codes']}")
                for step in item[play]:
                    mark = "✓" if step["met"] else "✗"
                    state = " (đặt lại trạng thái)" if step["primed"] else ""
                    line = f"  {mark} {step['text']}{state} → {step['status']} {', '.join(step['codes'])}"
                    console.print(line, markup=False)


def print_out_of_scope(figures: dict[str, Any], console: Console) -> None:
    """The out-of-scope block, where there is one."""
    block = figures.get("out_of_scope")
    if block:
        rows = {
            "tất cả": block["all"],
            "không kể chuyến bay": block["without_flights"],
            "chuyến bay": block["flights"],
            **block["by_kind"],
        }
        console.print(group_table("Ngoài phạm vi", rows, ("refused", "answered")))


def print_comparison(found: dict[str, Any], console: Console) -> None:
    """Differences of two runs, then the questions gained and lost."""
    table = Table("chỉ số", "trước", "sau", "chênh", "khoảng 95 %", "chắc", title=f"{found['paired']} câu chung")
    for name, row in found["metrics"].items():
        span = _span(row["interval"])
        table.add_row(
            name, _cell(row["first"]), _cell(row["second"]), _signed(row["delta"]), span, "có" if row["certain"] else ""
        )
    console.print(table)
    rows = {
        f"{source} · {name}": row for source, figures in found["by_source"].items() for name, row in figures.items()
    }
    console.print(group_table("Theo nguồn", rows, ("first", "second", "delta"), counted=False))
    for name, changes in found["changed"].items():
        for side, title in (("gained", "được thêm"), ("lost", "mất đi")):
            console.print(f"[bold]{name}: {title} {len(changes[side])}[/bold]")
            for item in changes[side]:
                console.print(f"  {item['id']} ({item['source']}): {item['question']}", markup=False)
    if found["only_first"] or found["only_second"]:
        console.print(f"Không có ở cả hai: {found['only_first']} câu trước, {found['only_second']} câu sau.")


def group_table(title: str, rows: dict[str, Any], names: Sequence[str], *, counted: bool = True) -> Table:
    """One line a group; `counted` adds n."""
    headings = (name.replace("_", " ") for name in names)  # a narrow terminal wraps words, but cuts one long word
    table = Table("nhóm", *headings, *(("n",) if counted else ()), title=title)
    for group, row in rows.items():
        table.add_row(group, *cells(row, names), *((str(row["n"]),) if counted else ()))
    return table


def behaviour_table(counts: dict[str, dict[str, int]]) -> Table:
    """The confusion of wanted and done behaviour."""
    others = sorted({done for row in counts.values() for done in row} - set(_BEHAVIOURS))
    columns = (*_BEHAVIOURS, *others)
    table = Table("cần \\ đã làm", *columns, title="Hành vi")
    for wanted, row in counts.items():
        table.add_row(wanted, *(str(row.get(done, 0)) for done in columns))
    return table


def cells(row: dict[str, Any], names: Iterable[str]) -> list[str]:
    return [_cell(row.get(name)) for name in names]


def _warn(figures: dict[str, Any], console: Console) -> None:
    if figures["fallbacks"]:
        count = sum(figures["fallbacks"].values())
        why = ", ".join(f"{reason} {times}" for reason, times in figures["fallbacks"].items())
        console.print(f"[red]{count} lượt được trả lời không qua Rasa ({why}): hãy xem vì sao rồi đo lại.[/red]")


def _with_intervals(
    title: str, values: dict[str, Any], spans: dict[str, Any], names: Sequence[str], count: int | None = None
) -> Table:
    table = Table("chỉ số", "giá trị", "khoảng 95 %", title=title if count is None else f"{title} (n = {count})")
    for name in names:
        table.add_row(name, _cell(values.get(name)), _span(spans.get(name)))
    return table


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.4f}"


def _span(span: Sequence[float] | None) -> str:
    return "–" if span is None else f"{span[0]:.4f} … {span[1]:.4f}"
