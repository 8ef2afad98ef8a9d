"""The publish gate: what a publication would do to golden questions, before anybody sees it."""

from indexer.gate.gate import PublishGate
from indexer.gate.nightly import Nightly
from indexer.gate.report import GateReport, GoldenChange, Seen

__all__ = ["GateReport", "GoldenChange", "Nightly", "PublishGate", "Seen"]
