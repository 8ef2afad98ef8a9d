"""Where people help: reasons of requests, waiting times, what citizens thought of it."""

from __future__ import annotations

from bot.reports.asking import Asking
from bot.reports.counting import WAITS, Sum
from bot.reports.numbers import number, percent
from bot.reports.reading import sums
from bot.reports.sheets import Bars, Column, Figure, Row

__all__ = ["handoffs", "satisfaction_by_centre", "satisfaction_by_procedure", "waits"]

_DRAWN = 12
_ENOUGH = 5  # words on answers, for a share to be drawn
_PROMPT = ("m1", "m5")


def handoffs(ask: Asking) -> Figure:
    """Requests for a person by reason."""
    found = {label: value.count for (label,), value in sums(ask.session, "handoff", ask.scope, "label").items()}
    everything = sum(found.values())
    rows: list[Row] = [
        {"reason": ask.label("reason", label), "requests": count, "share": count / everything}
        for label, count in sorted(found.items(), key=lambda item: (-item[1], item[0]))
    ]
    columns = (Column("reason"), Column("requests", "count", groups=True), Column("share", "percent"))
    if not rows:
        return ask.figure("handoffs", columns, [])
    said = ask.text("figure.handoffs.said", total=number(everything), reason=rows[0]["reason"],
                    share=percent(rows[0]["share"]))
    chart = Bars(tuple(row["reason"] for row in rows), tuple(float(row["requests"]) for row in rows),
                 ask.text("unit.requests"))
    return ask.figure("handoffs", columns, rows, said=said, chart=chart)


def waits(ask: Asking) -> Figure:
    """How long citizens waited for a person's first word."""
    found = {label: value for (label,), value in sums(ask.session, "wait", ask.scope, "label").items()}
    everything = sum(value.count for value in found.values())
    columns = (Column("wait"), Column("requests", "count", groups=True), Column("share", "percent"))
    if not everything:
        return ask.figure("waits", columns, [])
    names = [name for name, _ in WAITS] + ["none"]
    rows: list[Row] = [
        {"wait": ask.text(f"wait.{name}"), "requests": found.get(name, Sum(0)).count,
         "share": found.get(name, Sum(0)).count / everything}
        for name in names
    ]
    answered = sum((value for name, value in found.items() if name != "none"), Sum(0))
    prompt = sum(found.get(name, Sum(0)).count for name in _PROMPT)
    said = ask.text(
        "figure.waits.said", prompt=percent(prompt / everything),
        mean=number(answered.amount / answered.count / 60, 1) if answered.count else "",
        unanswered=number(found.get("none", Sum(0)).count))
    chart = Bars(tuple(row["wait"] for row in rows), tuple(float(row["requests"]) for row in rows),
                 ask.text("unit.requests"))
    return ask.figure("waits", columns, rows, said=said, chart=chart)


def satisfaction_by_procedure(ask: Asking) -> Figure:
    return _satisfaction(ask, "satisfaction_by_procedure", "procedure")


def satisfaction_by_centre(ask: Asking) -> Figure:
    return _satisfaction(ask, "satisfaction_by_centre", "centre")


def _satisfaction(ask: Asking, key: str, by: str) -> Figure:
    """Words on answers (helpful or not) and scores after a person had helped, by procedure or centre."""
    words = sums(ask.session, "helpful", ask.scope, by, "label")
    scores = sums(ask.session, "score", ask.scope, by)
    rows: list[Row] = []
    for name in {group[0] for group in (*words, *scores)}:
        yes, no = (words.get((name, label), Sum(0)).count for label in ("yes", "no"))
        score = scores.get((name,), Sum(0))
        rows.append({
            by: ask.procedure(name) if by == "procedure" else ask.centre(name), "words": yes + no, "yes": yes,
            "share": yes / (yes + no) if yes + no else None, "scores": score.count,
            "score": score.amount / score.count if score.count else None})
    rows.sort(key=lambda row: (-(row["words"] + row["scores"]), row[by]))
    columns = (Column(by), Column("words", "count", groups=True), Column("yes", "count", part=True),
               Column("share", "percent"), Column("scores", "count", groups=True), Column("score", "decimal"))
    words_given = sum(row["words"] for row in rows)
    said = ""
    if words_given:
        said = ask.text("figure.satisfaction.said", share=percent(sum(row["yes"] for row in rows) / words_given),
                        words=number(words_given))
    drawn = [row for row in rows if row["words"] >= _ENOUGH][:_DRAWN]
    chart = Bars(tuple(row[by] for row in drawn), tuple(float(row["share"]) for row in drawn),
                 ask.text("unit.percent"), percent=True) if drawn else None
    return ask.figure(key, columns, rows, said=said, chart=chart)
