"""Be Vietnam Pro (SIL Open Font License), in the web subsets that pages load and PDFs are set from."""

from pathlib import Path

__all__ = ["FONTS"]

FONTS = Path(__file__).parent
