"""The risk–coverage curve as the coordinates of a picture: a step line and two marks told apart by their shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.lab import Point

__all__ = ["RiskChart"]

_WIDTH, _HEIGHT = 560.0, 220.0
_LEFT, _TOP = 54.0, 14.0
_LEAST_TOP = 0.05


@dataclass(frozen=True)
class RiskChart:
    """Coordinates for `templates/lab/_curve.html`. `chosen` and `now`: thresholds of answering."""

    points: Sequence[Point]
    chosen: float
    now: float

    @property
    def top(self) -> float:
        """The risk at the upper edge: a multiple of five per cent above every point."""
        highest = max((point.risk for point in self.points), default=0.0)
        return max(_LEAST_TOP, -(-highest // _LEAST_TOP) * _LEAST_TOP)

    @property
    def path(self) -> str:
        """The curve as an SVG path of steps."""
        drawn = ""
        for point in self.points:
            across, up = self._x(point.coverage), self._y(point.risk)
            drawn += f"H{across:.1f}V{up:.1f}" if drawn else f"M{across:.1f} {up:.1f}"
        return drawn

    @property
    def across(self) -> list[tuple[float, str]]:
        """Marks of the horizontal axis: place and label."""
        return [(self._x(share), f"{share:.0%}".replace("%", " %")) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]

    @property
    def up(self) -> list[tuple[float, str]]:
        """Marks of the vertical axis."""
        return [(self._y(self.top * part), _percent(self.top * part)) for part in (0.0, 0.5, 1.0)]

    @property
    def marks(self) -> list[tuple[str, float, float]]:
        """Where the thresholds stand on the curve: ("now" or "chosen", x, y)."""
        found = []
        for name, threshold in (("now", self.now), ("chosen", self.chosen)):
            at = [point for point in self.points if point.threshold >= threshold]
            if at:
                found.append((name, self._x(at[-1].coverage), self._y(at[-1].risk)))
        return found

    def _x(self, coverage: float) -> float:
        return _LEFT + coverage * _WIDTH

    def _y(self, risk: float) -> float:
        return _TOP + _HEIGHT * (1 - risk / self.top)


def _percent(share: float) -> str:
    return f"{share * 100:.1f}".replace(".", ",").removesuffix(",0") + " %"
