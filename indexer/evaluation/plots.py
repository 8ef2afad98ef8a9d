"""The risk–coverage curve and the reliability diagram as a picture, in grey: told apart by shape, not by colour."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.errors import InvalidInput, SetupProblem

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot"]

_SUFFIXES = (".svg", ".png")


def plot(figures: dict[str, Any], path: Path) -> None:
    """Draws the figures of `retrieval.report`. Raises InvalidInput for a name that isn't .svg or .png."""
    if path.suffix not in _SUFFIXES:
        raise InvalidInput(f"Tệp hình phải có đuôi .svg hoặc .png, không phải {path.name}.")
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SetupProblem(
            "Vẽ hình cần matplotlib, chỉ có trong môi trường phát triển: "
            "chạy `.venv/bin/pip install -r requirements/dev.lock` rồi thử lại."
        ) from error
    # Text stays text, and the same figures give the same bytes.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "isee", "font.size": 10}):
        picture = Figure(figsize=(10, 4.4), layout="constrained")
        left, right = picture.subplots(1, 2)
        _risk(left, figures["risk_coverage"])
        _reliability(right, figures["calibration"])
        try:
            picture.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=150)
        except OSError as error:
            raise InvalidInput(f"Không ghi được {path}: {error.strerror}.") from error


def _risk(axes: Axes, curve: dict[str, Any]) -> None:
    points, working = curve["points"], curve["working"]
    axes.step(
        [point["coverage"] for point in points],
        [point["risk"] for point in points],
        where="post",
        color="black",
        linewidth=1.6,
        label=f"moving the threshold (area {curve['area']:.3f})",
    )
    for mark in (0.9, 0.7, 0.5):
        at = [point for point in points if point["threshold"] >= mark]
        if at:
            axes.annotate(
                f"≥ {mark}",
                (at[-1]["coverage"], at[-1]["risk"]),
                xytext=(0, 14),
                textcoords="offset points",
                ha="center",
                fontsize=8,
                arrowprops={"arrowstyle": "-", "color": "0.4", "linewidth": 0.8},
            )
    label = f"as shipped: {working['coverage']:.0%} answered, {working['risk']:.1%} of them wrong"
    axes.plot(working["coverage"], working["risk"], "D", color="black", markerfacecolor="white", ms=8, label=label)
    axes.set(xlabel="coverage: share of questions answered", ylabel="risk: share of the answered that is wrong")
    highest = max((point["risk"] for point in points), default=0.0)
    axes.set(xlim=(0, 1.02), ylim=(0, max(highest * 1.25, 0.02)), title="Risk and coverage")
    axes.grid(color="0.9")
    axes.legend(loc="upper left", frameon=False)


def _reliability(axes: Axes, calibration: dict[str, Any]) -> None:
    bins = [row for row in calibration["bins"] if row["n"]]
    axes.bar(
        [(row["from"] + row["to"]) / 2 for row in bins],
        [row["accuracy"] for row in bins],
        width=[(row["to"] - row["from"]) * 0.92 for row in bins],
        color="0.8",
        edgecolor="black",
        linewidth=0.8,
        label="share right",
    )
    axes.plot([0, 1], [0, 1], "--", color="0.35", linewidth=1, label="perfect calibration")
    axes.plot(
        [row["confidence"] for row in bins],
        [row["accuracy"] for row in bins],
        "o",
        color="black",
        ms=4,
        label="at mean confidence",
    )
    for row in bins:
        axes.text((row["from"] + row["to"]) / 2, row["accuracy"] + 0.02, str(row["n"]), ha="center", fontsize=8)
    axes.set(xlabel="confidence shown", ylabel="first hit right", xlim=(0, 1), ylim=(0, 1.12))
    axes.set(title=f"Calibration (ECE {calibration['ece']:.3f}, n = {calibration['n']})")
    axes.legend(loc="upper left", framealpha=0.9, edgecolor="none", fontsize="small")
