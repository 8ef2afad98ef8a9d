"""A small one-stop information system of its own, for trying the adapter: it can be slow, down, lose answers, and send
callbacks twice, in any order or forged. A developer's tool (`isee onestop-sim`), not part of the service."""
