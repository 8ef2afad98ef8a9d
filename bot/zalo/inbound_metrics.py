"""Prometheus metrics of the webhook and its queue."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

__all__ = ["ANSWERED", "EVENTS", "LAG_SECONDS", "MISMATCHES", "WAITING", "WEBHOOK_SECONDS"]

ANSWERED = Counter("isee_zalo_webhook_total", "Requests of the webhook, by what became of them.", ["verdict"])
MISMATCHES = Counter("isee_zalo_signature_mismatches_total", "Events whose signature was wrong or missing.")
EVENTS = Counter("isee_zalo_events_total", "Events worked off.", ["name", "outcome"])
WAITING = Gauge("isee_zalo_events_waiting", "Events that wait in the queue.")
WEBHOOK_SECONDS = Histogram(
    "isee_zalo_webhook_seconds", "Time until the webhook answered.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2))
LAG_SECONDS = Histogram(
    "isee_zalo_lag_seconds", "Time from an event at the platform until it was worked off.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200))
