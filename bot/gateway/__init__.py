"""The gateway: who speaks in a conversation, in which order, and what Rasa is allowed to hear.

`Gateway.handle(inbound)` is one turn. The steps are listed in `pipeline.py`; each is a small class with one
`run()`. Channels (`bot/channels`) turn what arrives into an `Inbound` and render the `Outcome`.
"""
