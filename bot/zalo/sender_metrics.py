"""Prometheus metrics of what goes out to Zalo."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

__all__ = ["CALLS", "PARTS", "TEMPLATES_LEFT", "WAITING"]

CALLS = Counter("isee_zalo_calls_total", "Calls of the Zalo platform, by what came of them.", ["call", "outcome"])
PARTS = Counter("isee_zalo_parts_total", "Messages to citizens on Zalo, by how they ended.", ["kind", "outcome"])
TEMPLATES_LEFT = Gauge("isee_zalo_templates_left", "Template messages left today, as the platform said last.")
WAITING = Gauge("isee_zalo_parts_waiting", "Messages to citizens on Zalo that were due at the last look.")
