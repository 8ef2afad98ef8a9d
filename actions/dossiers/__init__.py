"""E-forms, submission, the registry and its adapters, papers, payments, results: everything about one dossier."""

from pathlib import Path

__all__ = ["MESSAGES_FILE"]

MESSAGES_FILE = Path(__file__).parent / "messages.yml"
