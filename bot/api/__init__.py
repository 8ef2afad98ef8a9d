"""HTTP routes that aren't conversations, and the shell (errors, limits, headers) around all of them."""
