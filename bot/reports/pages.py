"""Which page shows which figures, in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.reports.asking import Asking
from bot.reports.figures import demand, dossiers, people, procedures, quality, topics, volume
from bot.reports.sheets import Figure

__all__ = ["FIGURES", "PAGES"]

PAGES: Mapping[str, tuple[Callable[[Asking], Figure], ...]] = {
    "overview": (volume.summary, volume.volumes, volume.containment, volume.statuses),
    "topics": (topics.topics, topics.rising, topics.clusters),
    "people": (
        people.handoffs, people.waits, people.satisfaction_by_procedure, people.satisfaction_by_centre),
    "dossiers": (
        dossiers.punctuality, dossiers.workload, dossiers.bottlenecks, dossiers.bottlenecks_by_procedure,
        dossiers.bottlenecks_by_centre),
    "forecast": (demand.forecast, demand.backtest),
    "quality": (quality.golden,),
    "procedures": (procedures.unused,),
}
FIGURES: Mapping[str, Callable[[Asking], Figure]] = {
    function.__name__: function for functions in PAGES.values() for function in functions}
"""By key; a figure's function bears the name of its key."""
