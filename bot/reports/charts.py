"""Figures drawn as SVG by Matplotlib: readable in grey by marker, hatch and direct label, in the light and the dark.

An SVG in an `<img>` runs nothing and loads nothing, so the page's Content-Security-Policy stays as strict as it is.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bot.reports.numbers import number, percent, short_day
from bot.reports.sheets import Band, Bars, Chart, Line, Lines, Stack

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw"]

_WIDTH, _NARROW, _HEIGHT = 8.6, 4.6, 3.2  # inches of 72 SVG units
_BAR, _FEWEST = 0.34, 2
_MARKERS = ("o", "s", "^", "D", "v", "P")
_DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (3, 1)), (0, (8, 3)))
_HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "")
# Matplotlib lays text out with fonts of its own; the browser sets it with what the reader has.
_FAMILY = re.compile(rb"(?<=font-family: )[^;]+")
_FONTS = "'Be Vietnam Pro', system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
_lock = threading.Lock()  # Matplotlib's caches of fonts aren't made for threads


@dataclass(frozen=True)
class _Look:
    """Colours, and what a width has room for: `ticks` along the axis, `letters` of a name, `columns` of a legend."""

    ground: str
    ink: str
    quiet: str
    line: str
    colours: tuple[str, ...]
    width: float = _WIDTH
    ticks: int = 9
    letters: int = 46
    columns: int = 4


_LIGHT = _Look("#ffffff", "#1d1b19", "#5a544d", "#d9d3cb",
               ("#9f1d20", "#1f5a8a", "#8a5a00", "#3b6b3b", "#6a4a8a", "#8a8178"))
_DARK = _Look("#211e1b", "#f1ece6", "#b8afa5", "#46403a",
              ("#f0a39b", "#8fc1ea", "#e6c073", "#9fcf9f", "#c9aee8", "#a79e94"))


def draw(chart: Chart, *, dark: bool = False, narrow: bool = False) -> bytes:
    """The chart as an SVG document; `narrow` for a phone, where a shrunken wide one couldn't be read."""
    with _lock:
        return _draw(chart, dark, narrow)


@lru_cache(maxsize=128)
def _draw(chart: Chart, dark: bool, narrow: bool) -> bytes:
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    look = _DARK if dark else _LIGHT
    if narrow:
        look = replace(look, width=_NARROW, ticks=5, letters=24, columns=2)
    height = 0.75 + _BAR * max(_FEWEST, len(chart.labels)) if isinstance(chart, Bars) else _HEIGHT
    settings: Any = {
        "svg.fonttype": "none", "svg.hashsalt": "isee", "font.size": 10.5, "hatch.linewidth": 0.8,
        "text.color": look.ink, "axes.labelcolor": look.quiet, "xtick.color": look.quiet, "ytick.color": look.quiet,
        "axes.edgecolor": look.line, "axes.facecolor": look.ground,
    }
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(look.width, height), facecolor=look.ground, layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.tick_params(length=0)
        if isinstance(chart, Lines):
            _lines(axes, chart, look)
        elif isinstance(chart, Stack):
            _stack(axes, chart, look)
        elif isinstance(chart, Band):
            _band(axes, chart, look)
        else:
            _bars(axes, chart, look)
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return _FAMILY.sub(_FONTS.encode(), out.getvalue())


def _lines(axes: Axes, chart: Lines, look: _Look) -> None:
    spots = range(len(chart.steps))
    for index, line in enumerate(chart.lines):
        values = [float("nan") if value is None else value for value in line.values]
        axes.plot(
            spots, values, color=look.colours[index % 6], linestyle=_DASHES[index % 6], linewidth=1.8,
            marker=_MARKERS[index % 6], markersize=4.5, label=line.label)
    _over_time(axes, chart.steps, look, chart.unit, chart.percent)
    if len(chart.lines) > 1:
        _legend(axes, look, len(chart.lines))
    else:
        axes.margins(x=0.08)
        _last_value(axes, chart.lines[0], chart.percent, look)
    axes.set_ylim(0, 1.06 if chart.percent else None)


def _stack(axes: Axes, chart: Stack, look: _Look) -> None:
    spots, below = range(len(chart.steps)), [0.0] * len(chart.steps)
    for index, part in enumerate(chart.parts):
        values = [value or 0.0 for value in part.values]
        axes.bar(
            spots, values, bottom=below, width=0.78, label=part.label, color=look.colours[index % 6],
            hatch=_HATCHES[index % 6], edgecolor=look.ground, linewidth=0.6)
        below = [one + value for one, value in zip(below, values, strict=True)]
    _over_time(axes, chart.steps, look, chart.unit, percents=False)
    _legend(axes, look, len(chart.parts))


def _band(axes: Axes, chart: Band, look: _Look) -> None:
    past, behind = chart.past.lines[0], len(chart.past.steps)
    expected = [value or 0.0 for value in chart.expected.values]
    axes.plot(
        range(behind), [value or 0.0 for value in past.values], color=look.colours[1], marker="o", markersize=4,
        linewidth=1.6, label=past.label)
    ahead = range(behind, behind + len(chart.steps))
    axes.fill_between(ahead, chart.low, chart.high, color=look.colours[0], alpha=0.22, linewidth=0)
    axes.plot(ahead, expected, color=look.colours[0], linestyle=_DASHES[1], marker="s", markersize=5,
              linewidth=1.8, label=chart.expected.label)
    axes.annotate(
        number(expected[0]), (behind, expected[0]), textcoords="offset points", xytext=(0, 8), ha="center",
        color=look.ink, fontweight="bold")
    _over_time(axes, (*chart.past.steps, *chart.steps), look, chart.past.unit, percents=False)
    axes.set_ylim(0, None)
    _legend(axes, look, 2)


def _bars(axes: Axes, chart: Bars, look: _Look) -> None:
    spots = range(len(chart.labels))
    hollow = any(chart.against)
    axes.barh(spots, chart.values, height=0.62, color=look.colours[1], label=chart.value_label)
    if hollow:
        axes.barh(spots, chart.against, height=0.82, color="none", edgecolor=look.ink, linewidth=1,
                  linestyle=(0, (2, 2)), label=chart.against_label)
    axes.set_yticks(list(spots), [_short(label, look.letters) for label in chart.labels])
    axes.set_ylim(max(len(spots), _FEWEST) - 0.5, -0.5)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])
    axes.tick_params(axis="y", labelcolor=look.ink)
    longest = max((*chart.values, *chart.against), default=0.0) or 1.0
    axes.set_xlim(0, longest * 1.15)
    for spot, value in zip(spots, chart.values, strict=True):
        end = max(value, chart.against[spot] if hollow else 0.0)
        text = percent(value) if chart.percent else number(value, chart.places)
        axes.annotate(text, (end, spot), textcoords="offset points", xytext=(5, 0), va="center", color=look.ink)
    axes.set_xlabel(chart.unit)
    if hollow:
        _legend(axes, look, 2)


def _over_time(axes: Axes, steps: Sequence[date], look: _Look, unit: str, percents: bool) -> None:
    every = max(1, -(-len(steps) // look.ticks))
    spots = range(0, len(steps), every)
    axes.set_xticks(list(spots), [short_day(steps[spot]) for spot in spots])
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=look.line, linewidth=0.6)
    axes.spines["bottom"].set_color(look.quiet)
    axes.yaxis.set_major_formatter(
        lambda value, _spot: percent(value, 0) if percents else number(value, 0 if float(value).is_integer() else 1))
    axes.set_title(unit, loc="left", fontsize=9.5, color=look.quiet)


def _last_value(axes: Axes, line: Line, percents: bool, look: _Look) -> None:
    """The last point's value beside it: what is looked for first."""
    known = [(spot, value) for spot, value in enumerate(line.values) if value is not None]
    if known:
        spot, value = known[-1]
        axes.annotate(percent(value) if percents else number(value), (spot, value), textcoords="offset points",
                      xytext=(7, 0), va="center", color=look.ink, fontweight="bold")


def _legend(axes: Axes, look: _Look, count: int) -> None:
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=min(count, look.columns), frameon=False,
        labelcolor=look.ink, handlelength=3)


def _short(label: str, letters: int) -> str:
    return label if len(label) <= letters else f"{label[:letters - 1].rstrip()}…"
