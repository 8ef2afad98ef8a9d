"""Measures whole turns and intents: what a citizen gets, not what one part would say."""
