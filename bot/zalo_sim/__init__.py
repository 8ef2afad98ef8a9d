"""A Zalo of its own, for trying the whole channel offline: consent and tokens, the OA API with its limits and errors,
signed events with their repeats, and a simulated phone in the browser. A developer's tool (`isee zalo-sim`), not part
of the service; it imports nothing of iSee but the webhook's signature."""
