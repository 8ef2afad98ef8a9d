"""The figures: each a function of what was asked (`Asking`). Which page shows which stands in `pages.py`."""
