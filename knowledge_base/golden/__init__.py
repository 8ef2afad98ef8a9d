"""Golden questions: how citizens ask for a procedure, and what must come of it. Beside this file, as shipped; in the
database, as curators keep them. They are no phrasings: nothing is learnt from them and none stands in the index.
"""

from knowledge_base.golden.shipped import GOLDEN_DIR, Golden, check_golden, load_golden
from knowledge_base.golden.store import DayQuality, GoldenStore, Judged, Kept

__all__ = ["GOLDEN_DIR", "DayQuality", "Golden", "GoldenStore", "Judged", "Kept", "check_golden", "load_golden"]
