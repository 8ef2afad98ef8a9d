"""Issued results: signed PDFs that the citizen fetches and anyone can verify; checks of other people's signed PDFs."""

from actions.dossiers.results.checking import Finding, SignatureCheck
from actions.dossiers.results.issuing import IssuedResult, Paper, Results, Verification
from actions.dossiers.results.sealing import Seal

__all__ = ["Finding", "IssuedResult", "Paper", "Results", "Seal", "SignatureCheck", "Verification"]
