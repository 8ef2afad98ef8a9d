"""Change recall: conversations that were told what has changed since, and their correction."""
