"""Explaining a notice of refusal or of a supplement: its points, what the guide says of each, how to mend it."""
