"""Where dossiers stand still, how punctual they are, who has how much in hand. Days are working days."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from actions.dossiers.registry.states import load_states
from bot.reports.asking import Asking
from bot.reports.counting import Sum
from bot.reports.numbers import number, percent
from bot.reports.period import Scope
from bot.reports.reading import Key, last_snapshot, sums
from bot.reports.sheets import Bars, Column, Figure

__all__ = ["bottlenecks", "bottlenecks_by_centre", "bottlenecks_by_procedure", "punctuality", "workload"]

_DRAWN = 15
_SLOWEST = 50
_ENOUGH = 5
_NOTHING = Sum(0)


def bottlenecks(ask: Asking) -> Figure:
    """Working days in each state, against the days promised for the whole dossier."""
    return _bottlenecks(ask, "bottlenecks", "")


def bottlenecks_by_procedure(ask: Asking) -> Figure:
    return _bottlenecks(ask, "bottlenecks_by_procedure", "procedure")


def bottlenecks_by_centre(ask: Asking) -> Figure:
    return _bottlenecks(ask, "bottlenecks_by_centre", "centre")


def _bottlenecks(ask: Asking, key: str, by: str) -> Figure:
    columns_by, scope = (by, "label") if by else ("label",), _narrowed(ask)
    stays = sums(ask.session, "state", scope, *columns_by)
    free = sums(ask.session, "state_free", scope, *columns_by)
    _, still = last_snapshot(ask.session, "open", scope, *columns_by)
    rows = [
        _state_row(ask, by, group, stays.get(group, _NOTHING), free.get(group, _NOTHING), still.get(group, _NOTHING))
        for group in stays.keys() | free.keys() | still.keys()
    ]
    order = list(load_states())
    if by:  # the slowest first
        rows.sort(key=lambda row: (row["stays"] < _ENOUGH, -(row["mean_days"] or 0), -(row["mean_open"] or 0)))
        rows = rows[:_SLOWEST]
    else:
        rows.sort(key=lambda row: order.index(row["code"]) if row["code"] in order else len(order))
    first = (Column(by),) if by else ()
    columns = (*first, Column("state"), Column("stays", "count", groups=True), Column("mean_days", "decimal"),
               Column("of_promise", "percent"), Column("open", "count", groups=True), Column("mean_open", "decimal"))
    said, chart = "", None
    # One slow dossier is no bottleneck.
    timed = [row for row in rows if row["stays"] >= (_ENOUGH if by else 1)]
    if timed:
        slowest = max(timed, key=lambda row: row["mean_days"])
        said = ask.text("figure.bottlenecks.said", name=slowest.get(by, ""), state=slowest["state"],
                        days=number(slowest["mean_days"], 1),
                        share=percent(slowest["of_promise"], 0) if slowest["of_promise"] else "")
        drawn = timed[:_DRAWN]
        chart = Bars(
            tuple(f"{row['state']}: {row[by]}" if by else row["state"] for row in drawn),
            tuple(float(row["mean_days"]) for row in drawn), ask.text("unit.days"), ask.text("column.mean_days"),
            tuple(float(row["promise"] or 0) for row in drawn), ask.text("column.promise"), places=1)
    return ask.figure(key, columns, rows, said=said, chart=chart, notes=_notes(ask))


def _state_row(ask: Asking, by: str, group: Key, due: Sum, free: Sum, still: Sum) -> dict[str, Any]:
    stays = due + free
    row: dict[str, Any] = {
        "code": group[-1], "state": ask.state(group[-1]), "stays": stays.count,
        "mean_days": stays.amount / stays.count if stays.count else None,
        "of_promise": due.amount / due.against if due.against else None,
        "promise": due.against / due.count if due.count else None,
        "open": still.count, "mean_open": still.amount / still.count if still.count else None,
    }
    if by:
        row[by] = ask.procedure(group[0]) if by == "procedure" else ask.centre(group[0])
    return row


def punctuality(ask: Asking) -> Figure:
    """Dossiers ended in the period: in time or late, by centre."""
    found = sums(ask.session, "ended", _narrowed(ask), "centre", "label")
    rows: list[dict[str, Any]] = []
    for centre in {group[0] for group in found}:
        count = {label: found.get((centre, label), _NOTHING) for label in ("in_time", "late", "no_due", "withdrawn")}
        judged = count["in_time"].count + count["late"].count
        rows.append({
            "centre": ask.centre(centre), "judged": judged, "in_time": count["in_time"].count,
            "late": count["late"].count, "share": count["in_time"].count / judged if judged else None,
            "mean_late": count["late"].amount / count["late"].count if count["late"].count else None,
            "no_due": count["no_due"].count, "withdrawn": count["withdrawn"].count})
    rows.sort(key=lambda row: (-row["late"], -row["judged"], row["centre"]))
    columns = (
        Column("centre"), Column("judged", "count", groups=True), Column("in_time", "count", part=True),
        Column("late", "count", part=True), Column("share", "percent"), Column("mean_late", "decimal"),
        Column("no_due", "count", part=True), Column("withdrawn", "count", part=True))
    judged = sum(row["judged"] for row in rows)
    said = ""
    if judged:
        said = ask.text("figure.punctuality.said", share=percent(sum(row["in_time"] for row in rows) / judged),
                        late=number(sum(row["late"] for row in rows)), judged=number(judged))
    drawn = [row for row in rows if row["judged"] >= _ENOUGH][:_DRAWN]
    chart = Bars(tuple(row["centre"] for row in drawn), tuple(float(row["share"]) for row in drawn),
                 ask.text("unit.percent"), percent=True) if drawn else None
    return ask.figure("punctuality", columns, rows, said=said, chart=chart, notes=_notes(ask))


def workload(ask: Asking) -> Figure:
    """Dossiers in hand by centre at the last count inside the period."""
    day, found = last_snapshot(ask.session, "load", replace(_narrowed(ask), field=""), "centre", "label")
    labels = ("open", "late", "week", "citizen")
    rows: list[dict[str, Any]] = [
        {"centre": ask.centre(centre), **{
            f"load.{label}": found.get((centre, label), _NOTHING).count for label in labels}}
        for centre in {group[0] for group in found if found[group].count}
    ]
    rows.sort(key=lambda row: (-row["load.late"], -row["load.open"], row["centre"]))
    columns = (Column("centre"), Column("load.open", "count", groups=True),
               *(Column(f"load.{label}", "count", part=True) for label in labels[1:]))
    said = ""
    if rows and day:
        said = ask.text("figure.workload.said", day=day, open=number(sum(row["load.open"] for row in rows)),
                        late=number(sum(row["load.late"] for row in rows)))
    drawn = rows[:_DRAWN]
    chart = Bars(tuple(row["centre"] for row in drawn), tuple(float(row["load.open"]) for row in drawn),
                 ask.text("unit.dossiers"), ask.text("column.load.open"),
                 tuple(float(row["load.late"]) for row in drawn), ask.text("column.load.late"))
    return ask.figure("workload", columns, rows, said=said, chart=chart)


def _narrowed(ask: Asking) -> Scope:
    """What becomes of a dossier isn't counted by the channel of the conversation, which may be long erased."""
    return replace(ask.scope, channel="")


def _notes(ask: Asking) -> tuple[str, ...]:
    return (ask.text("no_channel"),) if ask.scope.channel else ()
