"""The inbox of questions left open: collected from conversations, grouped, worked off by staff, answered later."""
