"""What is asked about: top topics, topics that rise or fall more than chance explains, questions without a guide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from bot.inbox.tables import InboxClusterRow, InboxQuestionRow
from bot.reports.asking import Asking
from bot.reports.numbers import number, percent
from bot.reports.period import Scope
from bot.reports.reading import sums
from bot.reports.sheets import Bars, Column, Figure, Row
from common.clock import local_date

__all__ = ["Change", "changed_topics", "clusters", "rising", "topics"]

_TOP = 50
_DRAWN = 12
# Under these, a percentage is mostly chance and no test has the power to say otherwise.
LEAST_TOGETHER, LEAST_IN_ONE = 20, 5
FALSE_SHARE = 0.05


@dataclass(frozen=True)
class Change:
    """A topic in this period and the one before; `ratio` of its shares; `sure` when chance is an unlikely cause."""

    procedure: str
    now: int
    before: int
    ratio: float
    q: float

    @property
    def sure(self) -> bool:
        return self.q <= FALSE_SHARE


def topics(ask: Asking) -> Figure:
    """Procedures by the number of conversations in which they were answered."""
    counts = _counts(ask, ask.scope)
    everything = sum(counts.values())
    columns = (Column("procedure"), Column("code"), Column("field"), Column("talks_on", "count", groups=True),
               Column("share", "percent"))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_TOP]
    rows: list[Row] = [
        {"procedure": ask.procedure(code), "code": code, "field": ask.field(code),
         "talks_on": count, "share": count / everything}
        for code, count in ranked
    ]
    if not rows:
        return ask.figure("topics", columns, [])
    said = ask.text(
        "figure.topics.said", name=rows[0]["procedure"], count=number(ranked[0][1]),
        share=percent(ranked[0][1] / everything), procedures=number(len(counts)))
    chart = Bars(
        tuple(str(row["procedure"]) for row in rows[:_DRAWN]), tuple(float(count) for _, count in ranked[:_DRAWN]),
        ask.text("unit.talks"))
    return ask.figure("topics", columns, rows, said=said, chart=chart)


def rising(ask: Asking) -> Figure:
    """Topics whose share of all topics changed against the period before, tested; the rest is left out."""
    now, before = _counts(ask, ask.scope), _counts(ask, ask.scope.before)
    columns = (Column("procedure"), Column("now", "count", groups=True), Column("before", "count", part=True),
               Column("times", "decimal"), Column("direction"))
    if not now or not before:
        return ask.figure("rising", columns, [], empty=ask.text("figure.rising.alone"))
    sure = [change for change in changed_topics(now, before) if change.sure]
    rows: list[Row] = [
        {"procedure": ask.procedure(one.procedure), "now": one.now, "before": one.before, "times": one.ratio,
         "direction": ask.text("direction.up" if one.ratio > 1 else "direction.down")}
        for one in sorted(sure, key=lambda one: -one.ratio)
    ]
    up = [row for row in rows if row["times"] > 1]
    said = ask.text("figure.rising.said", up=[row["procedure"] for row in up[:3]], down=len(rows) - len(up))
    return ask.figure("rising", columns, rows, said=said, empty=ask.text("figure.rising.none"))


def changed_topics(now: dict[str, int], before: dict[str, int]) -> list[Change]:
    """Each topic that is common enough, with the chance of seeing such a change by accident.

    Exact conditional test of two Poisson rates (Przyborowski & Wilenski 1940): given that a topic came `now + before`
    times, `now` of them is binomial with the share that this period has of all topics. Corrected for looking at many
    topics at once by Benjamini & Hochberg's false discovery rate.
    """
    from scipy.stats import binomtest, false_discovery_control  # a second to import: not at the service's start

    all_now, all_before = sum(now.values()), sum(before.values())
    if not all_now or not all_before:
        return []
    common = [
        code for code in sorted(now.keys() | before.keys())
        if now.get(code, 0) + before.get(code, 0) >= LEAST_TOGETHER
        and max(now.get(code, 0), before.get(code, 0)) >= LEAST_IN_ONE
    ]
    if not common:
        return []
    expected = all_now / (all_now + all_before)
    chances = [
        binomtest(now.get(code, 0), now.get(code, 0) + before.get(code, 0), expected).pvalue for code in common]
    corrected: Sequence[float] = false_discovery_control(chances)
    return [
        Change(code, now.get(code, 0), before.get(code, 0), _ratio(now.get(code, 0) / all_now,
                                                                 before.get(code, 0) / all_before), float(q))
        for code, q in zip(common, corrected, strict=True)
    ]


def clusters(ask: Asking) -> Figure:
    """Groups of like questions for which the index knows no guide, from the inbox of open questions; masked words."""
    query = (
        select(InboxClusterRow.title, InboxClusterRow.size, InboxClusterRow.last_at, InboxQuestionRow.question)
        .outerjoin(InboxQuestionRow, InboxQuestionRow.id == InboxClusterRow.central_id)
        .where(InboxClusterRow.state == "open", InboxClusterRow.gap, InboxClusterRow.size > 0)
        .order_by(InboxClusterRow.size.desc(), InboxClusterRow.last_at.desc()).limit(_TOP)
    )
    rows: list[Row] = [
        {"question": title or question or None, "questions": size, "last": local_date(last_at)}
        for title, size, last_at, question in ask.session.execute(query)
    ]
    columns = (Column("question", private=True), Column("questions", "count", groups=True), Column("last", "date"))
    said = ask.text("figure.clusters.said", clusters=number(len(rows)), title=rows[0]["question"]) if rows else ""
    return ask.figure("clusters", columns, rows, said=said)


def _counts(ask: Asking, scope: Scope) -> dict[str, int]:
    return {code: value.count for (code,), value in sums(ask.session, "topic", scope, "procedure").items()}


def _ratio(now: float, before: float) -> float:
    return now / before if before else float("inf")
