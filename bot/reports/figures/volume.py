"""How much, how it ended: volumes, containment, statuses of answers."""

from __future__ import annotations

from bot.reports.asking import Asking
from bot.reports.counting import Sum
from bot.reports.numbers import number, percent
from bot.reports.period import Scope
from bot.reports.reading import over_time, sums, total
from bot.reports.sheets import Column, Figure, Line, Lines, Row, Stack
from common.messages import Status

__all__ = ["containment", "statuses", "summary", "volumes"]

_STEP = Column("step", "date")


def summary(ask: Asking) -> Figure:
    """The period in a few numbers, beside the period before it."""
    now, before = _headline(ask, ask.scope), _headline(ask, ask.scope.before)
    rows: list[Row] = [
        {"what": ask.text(f"summary.{name}"), "value": now[name], "before": before[name],
         "change": (now[name] - before[name]) / before[name] if before[name] else None}
        for name in now
    ]
    if not any(row["value"] or row["before"] for row in rows):
        rows = []
    columns = (Column("what"), Column("value", "count", groups=True), Column("before", "count", part=True),
               Column("change", "change"))
    scope = ask.scope.before
    return ask.figure("summary", columns, rows, notes=(ask.text("summary.before", start=scope.start, end=scope.end),))


def _headline(ask: Asking, scope: Scope) -> dict[str, int]:
    session = ask.session
    talks = {label: value.count for (label,), value in sums(session, "talk", scope, "label").items()}
    return {
        "talks": sum(talks.values()),
        "turns": total(session, "turn", scope).count,
        "alone": talks.get("alone", 0),
        "handoffs": total(session, "handoff", scope).count,
        "dossiers": total(session, "dossier", scope).count,
        "appointments": total(session, "appointment", scope).count,
    }


def volumes(ask: Asking) -> Figure:
    """Conversations, turns, dossiers and appointments by day or week."""
    found = {name: over_time(ask.session, name, ask.scope) for name in ("talk", "turn", "dossier", "appointment")}
    rows: list[Row] = [
        {"step": step, **{name: _all(found[name][step]).count for name in found}} for step in ask.scope.steps()
    ]
    rows = rows if any(row[name] for row in rows for name in found) else []
    columns = (_STEP, *(Column(name, "count", groups=name == "turn", part=name != "turn") for name in found))
    said = ""
    if rows:
        busiest = max(rows, key=lambda row: row["talk"])
        said = ask.text(
            "figure.volumes.said", total=number(sum(row["talk"] for row in rows)), most=number(busiest["talk"]),
            step=busiest["step"], week=ask.scope.by_week)
    lines = tuple(
        Line(ask.text(f"column.{name}"), tuple(float(row[name]) for row in rows))
        for name in ("talk", "dossier", "appointment"))
    chart = Lines(tuple(row["step"] for row in rows), lines, ask.text("unit.count"))
    return ask.figure("volumes", columns, rows, said=said, chart=chart)


def containment(ask: Asking) -> Figure:
    """The share of conversations that ended without a person, of those in which the citizen said something."""
    rows: list[Row] = []
    for step, labels in over_time(ask.session, "talk", ask.scope).items():
        alone, person = labels["alone"].count, labels["person"].count
        rows.append({
            "step": step, "spoken": alone + person, "alone": alone,
            "share": alone / (alone + person) if alone + person else None})
    alone, spoken = sum(row["alone"] for row in rows), sum(row["spoken"] for row in rows)
    columns = (_STEP, Column("spoken", "count", groups=True), Column("alone", "count", part=True),
               Column("share", "percent"))
    if not spoken:
        return ask.figure("containment", columns, [])
    said = ask.text(
        "figure.containment.said", share=percent(alone / spoken), alone=number(alone), spoken=number(spoken))
    line = Line(ask.text("column.share"), tuple(row["share"] for row in rows))
    chart = Lines(tuple(row["step"] for row in rows), (line,), ask.text("unit.percent"), percent=True)
    return ask.figure("containment", columns, rows, said=said, chart=chart)


def statuses(ask: Asking) -> Figure:
    """Turns by how they ended, over time."""
    found = over_time(ask.session, "turn", ask.scope)
    used = [status.value for status in Status if any(labels[status.value].count for labels in found.values())]
    columns = (_STEP, *(Column(f"status.{name}", "count", part=True) for name in used),
               Column("turn", "count", groups=True))
    if not used:
        return ask.figure("statuses", columns, [])
    rows: list[Row] = [
        {"step": step, **{f"status.{name}": labels[name].count for name in used}, "turn": _all(labels).count}
        for step, labels in found.items()
    ]
    everything = sum(row["turn"] for row in rows)
    counts = {name: sum(row[f"status.{name}"] for row in rows) for name in used}
    said = ask.text(
        "figure.statuses.said", answered=percent(counts.get("answered", 0) / everything),
        clarified=percent(counts.get("clarified", 0) / everything),
        abstained=percent(counts.get("abstained", 0) / everything))
    shown = sorted(used, key=lambda name: -counts[name])[:5]
    parts = [Line(ask.label("column.status", name), tuple(float(row[f"status.{name}"]) for row in rows))
             for name in shown]
    rest = [name for name in used if name not in shown]
    if rest:
        parts.append(Line(
            ask.text("column.rest"), tuple(float(sum(row[f"status.{name}"] for name in rest)) for row in rows)))
    chart = Stack(tuple(row["step"] for row in rows), tuple(parts), ask.text("unit.turns"))
    return ask.figure("statuses", columns, rows, said=said, chart=chart)


def _all(labels: dict[str, Sum]) -> Sum:
    return sum(labels.values(), Sum(0))
