"""PDF sheets in iSee's own typeface: receipts, results, checklists."""

from actions.printing.sheet import Sheet

__all__ = ["Sheet"]
