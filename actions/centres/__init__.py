"""Service centres: which unit serves a place, where its centre is, when it is open and how far away.

Names of places are facts shipped with the code (`places`); addresses, hours, telephone numbers and further points
are data that staff keep (`directory`): what nobody has filled in is said as unknown.
"""

from actions.centres.places import DATA, Centres, Former, Place, Unit

__all__ = ["DATA", "Centres", "Former", "Place", "Unit"]
