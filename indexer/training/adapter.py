"""Learns the encoder's adapter from the product's own phrasings; evaluation questions play no part.

    python -m indexer.training.adapter [--write]

Each phrasing in turn is the question (as typed, or with its diacritics dropped and restored; whole, or without filler),
and must come closer to the other texts of its procedure than to any other procedure's. That is the in-batch contrastive
loss of van den Oord et al. 2018 with every searched text as a negative and several positives (log-sum-exp over both),
over two linear maps that an L2 penalty holds near identity. Some minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import normalize

from indexer.encoder import Encoder
from indexer.encoder.adapter import Adapter
from indexer.search.query import understand
from indexer.search.snapshot import Snapshot
from indexer.search.types import EntryKind
from indexer.text import strip_diacritics
from indexer.training.workspace import open_workspace

__all__ = ["Material", "learn", "material_of", "recall"]

Places = npt.NDArray[np.int64]

EPOCHS = 4
BATCH = 256
RATE = 2e-3
PENALTY = 0.3
TEMPERATURE = 0.03
HELD_OUT = 600  # phrasings that only measure
WITHOUT_DIACRITICS = 0.4
_NEVER = -1e4
_ENCODED_AT_ONCE = 32


@dataclass(frozen=True)
class Material:
    """Vectors of the plain encoder. `texts`: float32 (rows, dim); `owner`, `family`: int64 (rows,), which procedure and
    which family of near-duplicates; `asked`: int64 (questions,), rows that are phrasings; `whole`, `focus`: float32
    (questions, dim), their two query forms.
    """

    texts: torch.Tensor
    owner: torch.Tensor
    family: torch.Tensor
    asked: torch.Tensor
    whole: torch.Tensor
    focus: torch.Tensor


def material_of(snapshot: Snapshot, encoder: Encoder, seed: int = 1) -> Material:
    """Encodes every phrasing of `snapshot` as a question. `encoder` is the plain one that `snapshot` was built with."""
    entries = snapshot.entries
    rows = [row for row, entry in enumerate(entries) if snapshot.table.alive[row] and entry.code in snapshot.facts]
    asked = [place for place, row in enumerate(rows) if entries[row].kind is EntryKind.QUESTION]
    chance = np.random.default_rng(seed)
    queries = []
    for place in asked:
        text = entries[rows[place]].text
        queries.append(understand(strip_diacritics(text) if chance.random() < WITHOUT_DIACRITICS else text))
    return Material(
        texts=torch.from_numpy(snapshot.table.vectors()[rows]),
        owner=_numbered([entries[row].code for row in rows]),
        family=_numbered([snapshot.facts[entries[row].code].family for row in rows]),
        asked=torch.tensor(asked),
        whole=_encoded([query.normalised for query in queries], encoder),
        focus=_encoded([query.focus for query in queries], encoder),
    )


def learn(material: Material, training: Places, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """The query and passage maps, float32 (dim, dim), learnt on the `training` questions (places in `asked`)."""
    torch.manual_seed(seed)
    identity = torch.eye(material.texts.shape[1])
    query, passage = identity.clone().requires_grad_(), identity.clone().requires_grad_()
    optimiser = torch.optim.Adam([query, passage], lr=RATE)
    steps = EPOCHS * (len(training) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / (steps + 1))
    chance = np.random.default_rng(seed)
    for batch in _batches(training, chance):
        form = material.whole if chance.random() < 0.5 else material.focus
        held = ((query - identity).square().sum() + (passage - identity).square().sum()) / len(identity)
        loss = _loss(material, batch, normalize(form[batch] @ query.T), passage) + PENALTY * held
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return query.detach(), passage.detach()


def _loss(material: Material, batch: torch.Tensor, asked: torch.Tensor, passage: torch.Tensor) -> torch.Tensor:
    scores = asked @ normalize(material.texts @ passage.T).T / TEMPERATURE
    own = material.asked[batch]
    mine = material.owner[None, :] == material.owner[own][:, None]
    # Near-duplicates of one matter are neither right nor wrong: no citizen's words tell them apart.
    twin = (material.family[None, :] == material.family[own][:, None]) & ~mine
    itself = torch.zeros_like(mine).scatter_(1, own[:, None], True)
    scores = scores.masked_fill(twin | itself, _NEVER)
    right = scores.masked_fill(~mine, _NEVER)
    return (torch.logsumexp(scores, 1) - torch.logsumexp(right, 1)).mean()


def recall(
    material: Material, places: npt.NDArray[np.int64], query: torch.Tensor, passage: torch.Tensor
) -> list[float]:
    """Leave-one-out recall@1 and @5 of the questions at `places`, by the best text of each procedure."""
    batch = torch.from_numpy(places)
    scores = normalize(material.whole[batch] @ query.T) @ normalize(material.texts @ passage.T).T
    own = material.asked[batch]
    scores[torch.arange(len(batch)), own] = -1
    best = torch.full((len(batch), int(material.owner.max()) + 1), -1.0)
    best = best.scatter_reduce(1, material.owner.expand(len(batch), -1), scores, "amax")
    right = best.gather(1, material.owner[own][:, None])
    rank = (best > right).sum(1)
    return [round(float((rank < k).float().mean()), 3) for k in (1, 5)]


def _batches(training: Places, chance: np.random.Generator) -> Iterator[torch.Tensor]:
    for _ in range(EPOCHS):
        shuffled = chance.permutation(training)
        for start in range(0, len(shuffled) - BATCH + 1, BATCH):
            yield torch.from_numpy(shuffled[start : start + BATCH])


def _numbered(names: Sequence[str]) -> torch.Tensor:
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return torch.tensor([numbers[name] for name in names])


def _encoded(texts: Sequence[str], encoder: Encoder) -> torch.Tensor:
    """Vectors of `texts` as questions; alike lengths together, since a batch is as slow as its longest."""
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    vectors = np.zeros((len(texts), encoder.dim), dtype=np.float32)
    for start in range(0, len(order), _ENCODED_AT_ONCE):
        some = order[start : start + _ENCODED_AT_ONCE]
        vectors[some] = encoder.encode_queries([texts[place] for place in some])
    return torch.from_numpy(vectors)


def main(argv: Sequence[str] | None = None) -> None:
    """Command-line entry; needs the encoder that `make setup` builds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the adapter that the product ships")
    args = parser.parse_args(argv)
    workspace = open_workspace(plain=True)
    material = material_of(workspace.snapshot, workspace.encoder)
    shuffled = np.random.default_rng(0).permutation(len(material.asked))
    held_out, training = shuffled[:HELD_OUT], shuffled[HELD_OUT:]
    identity = torch.eye(workspace.encoder.dim)
    before = recall(material, held_out, identity, identity)
    query, passage = learn(material, training)
    after = recall(material, held_out, query, passage)
    figures = {"phrasings": len(training), "held_out": len(held_out), "recall_before": before, "recall_after": after}
    workspace.say(json.dumps(figures))
    if args.write:
        Adapter(query.numpy(), passage.numpy(), workspace.source).save()


if __name__ == "__main__":
    main()
