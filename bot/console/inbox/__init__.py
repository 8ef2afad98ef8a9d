"""Pages of the inbox: groups of questions left open, what is done with them, and the way to a new phrasing."""
