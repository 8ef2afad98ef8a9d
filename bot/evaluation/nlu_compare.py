"""Compares intent classifiers by stratified cross-validation; runs in the Rasa environment:

    .venv-rasa/bin/python -m bot.evaluation.nlu_compare --out FILE [--only lr-both,diet-sparse] [--folds 5]

The variants are config.yml with one of two classifiers (LogisticRegressionClassifier, DIETClassifier) and with the
sparse featurizers, the dense one, or both. Every held-out example is read twice: as written, and without diacritics
with one typing slip. Lines of `--nonsense` belong to no intent: a variant is good where it sends them to
`out_of_scope` or to the fallback. Size, memory and latency are those of a model trained on everything, in a process
of its own with one thread for numbers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from indexer.text import strip_diacritics

__all__ = ["Example", "folds", "main", "noisy", "pipeline", "read_examples", "scores"]

Example = tuple[str, str]
"""Text and intent."""

_ROOT = Path(__file__).resolve().parents[2]
_SPARSE, _DENSE = "CountVectorsFeaturizer", "bot.engine.sentence_featurizer.ISeeSentenceFeaturizer"
_CLASSIFIERS = ("LogisticRegressionClassifier", "DIETClassifier")
_DIET = {"name": "DIETClassifier", "entity_recognition": False, "constrain_similarities": True, "random_seed": 7}
_FEATURES = {"sparse": {_SPARSE}, "dense": {_DENSE}, "both": {_SPARSE, _DENSE}}
VARIANTS = tuple(f"{kind}-{features}" for kind in ("lr", "diet") for features in _FEATURES)
_CAUGHT = {"out_of_scope", "nlu_fallback"}
_SEED = 7
# Where thresholds are compared at equal cost: this share of held-out examples may fall below.
_AFFORDED = 0.03


def read_examples(folder: Path) -> list[Example]:
    """Every example under `folder` (`*.yml`, Rasa's format), entity annotations removed; intents of buttons alone
    (lines that begin with "/") are left out.
    """
    import re

    found: list[Example] = []
    for path in sorted(folder.rglob("*.yml")):
        for block in yaml.safe_load(path.read_text("utf-8")).get("nlu") or []:
            for line in str(block.get("examples") or "").splitlines():
                text = re.sub(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})", r"\1", line.strip().removeprefix("-").strip())
                if text and not text.startswith("/"):
                    found.append((text, str(block["intent"])))
    return found


def folds(examples: Sequence[Example], count: int) -> Iterator[tuple[list[Example], list[Example]]]:
    """`count` pairs of training and held-out examples; each intent is dealt out evenly."""
    by_intent: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_intent[example[1]].append(example)
    dealer = random.Random(_SEED)  # noqa: S311 (a fixed shuffle, no secret)
    hands: list[list[Example]] = [[] for _ in range(count)]
    for rows in by_intent.values():
        dealer.shuffle(rows)
        for number, row in enumerate(rows):
            hands[number % count].append(row)
    for held in range(count):
        yield [row for number, hand in enumerate(hands) if number != held for row in hand], hands[held]


def noisy(text: str) -> str:
    """`text` without diacritics and with two neighbouring letters swapped in its longest word; always the same."""
    words = strip_diacritics(text).lower().split()
    longest = max(range(len(words)), key=lambda at: len(words[at]))
    word = words[longest]
    if len(word) > 3:
        at = random.Random(f"{_SEED}{text}").randrange(1, len(word) - 1)  # noqa: S311
        words[longest] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def pipeline(config: dict[str, Any], variant: str, epochs: int) -> dict[str, Any]:
    """`config` as `variant` ("lr-sparse", "diet-both", …) has it: other features and classifiers taken out."""
    kind, features = variant.split("-")
    kept = []
    for step in config["pipeline"]:
        name = step["name"]
        if name in _CLASSIFIERS:
            logistic = {**step, "name": _CLASSIFIERS[0]} if name == _CLASSIFIERS[0] else {"name": _CLASSIFIERS[0]}
            kept.append(logistic if kind == "lr" else {**_DIET, "epochs": epochs})
        elif name not in (_SPARSE, _DENSE) or name in _FEATURES[features]:
            kept.append(step)
    names = {step["name"] for step in kept}
    if not names & _FEATURES[features]:
        at = next(number for number, step in enumerate(kept) if step["name"] in _CLASSIFIERS)
        kept.insert(at, {"name": _DENSE, "scale": 20})
    return {**config, "pipeline": kept, "policies": []}


def train(config: dict[str, Any], examples: Sequence[Example], folder: Path) -> tuple[Path, float]:
    """The archive of a model trained on `examples`, and the seconds that took."""
    from rasa.model_training import train_nlu

    by_intent: dict[str, list[str]] = defaultdict(list)
    for text, intent in examples:
        by_intent[intent].append(text)
    data = {
        "version": "3.1",
        "nlu": [{"intent": name, "examples": "".join(f"- {t}\n" for t in texts)} for name, texts in by_intent.items()],
    }
    (folder / "nlu.yml").write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    (folder / "config.yml").write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")
    started = time.perf_counter()
    model = train_nlu(config=str(folder / "config.yml"), nlu_data=str(folder / "nlu.yml"), output=str(folder))
    return Path(str(model)), time.perf_counter() - started


def parse(model: Path, texts: Sequence[str]) -> list[tuple[str, float, float]]:
    """Intent, confidence and milliseconds of each text."""
    from rasa.core.agent import Agent

    agent = Agent.load(str(model))

    async def run() -> list[tuple[str, float, float]]:
        found = []
        for text in texts:
            started = time.perf_counter()
            intent = (await agent.parse_message(text))["intent"]
            found.append((intent["name"], float(intent["confidence"]), (time.perf_counter() - started) * 1000))
        return found

    return asyncio.run(run())


def scores(wanted: Sequence[str], got: Sequence[str]) -> dict[str, float]:
    """Accuracy and macro-averaged F1."""
    right, said, asked = Counter(w for w, g in zip(wanted, got) if w == g), Counter(got), Counter(wanted)
    f1 = [2 * right[name] / (said[name] + count) for name, count in asked.items()]
    return {"accuracy": round(sum(right.values()) / len(wanted), 4), "macro_f1": round(sum(f1) / len(f1), 4)}


def compare(variant: str, config: dict[str, Any], rows: Sequence[Example], lines: Sequence[str], count: int) -> dict:
    """All figures of one variant."""
    wanted: list[str] = []
    got: dict[str, list[tuple[str, float, float]]] = {"as written": [], "noisy": []}
    outside: list[tuple[str, float, float]] = []
    for training, held in folds(rows, count):
        with tempfile.TemporaryDirectory(prefix="isee-nlu-") as folder:
            model, _ = train(config, training, Path(folder))
            texts = [text for text, _ in held]
            read = parse(model, [*texts, *map(noisy, texts), *lines])
        wanted += [intent for _, intent in held]
        got["as written"] += read[: len(held)]
        got["noisy"] += read[len(held) : 2 * len(held)]
        outside += read[2 * len(held) :]
    taken = [confidence for intent, confidence, _ in outside if intent not in _CAUGHT]
    sure = sorted(confidence for intent, confidence, _ in got["as written"] if intent not in _CAUGHT)
    afforded = sure[int(_AFFORDED * len(sure))]
    wrong = Counter(pair for pair in zip(wanted, (g[0] for g in got["as written"])) if pair[0] != pair[1])
    with tempfile.TemporaryDirectory(prefix="isee-nlu-") as folder:
        model, seconds = train(config, rows, Path(folder))
        size = model.stat().st_size
        texts = [text for text, _ in rows][:: max(1, len(rows) // 300)]
        done = subprocess.run(
            [sys.executable, "-m", "bot.evaluation.nlu_compare", "--measure", str(model)],
            input=json.dumps(texts), cwd=_ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
    return {
        "variant": variant,
        **{name: scores(wanted, [g[0] for g in read]) for name, read in got.items()},
        "nonsense taken": round(len(taken) / len(outside), 4) if outside else None,
        "nonsense taken at equal cost": round(sum(c >= afforded for c in taken) / len(outside), 4) if outside else None,
        "threshold at equal cost": round(afforded, 3),
        "training_s": round(seconds, 1),
        "model_mb": round(size / 2**20, 2),
        **json.loads(done.stdout.splitlines()[-1]),
        "confusions": [[*pair, number] for pair, number in wrong.most_common(25)],
    }


def measure(model: Path) -> dict[str, float]:
    """Latency and memory of one loaded model: texts on standard input as a JSON list."""
    texts = json.load(sys.stdin)
    parse_ms = sorted(ms for _, _, ms in parse(model, texts[:20] + texts)[20:])
    return {
        "p50_ms": round(parse_ms[len(parse_ms) // 2], 2),
        "p95_ms": round(parse_ms[int(0.95 * len(parse_ms))], 2),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _quiet() -> None:
    """Rasa logs every parsed message unless told otherwise."""
    import structlog

    logging.disable(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; prints one JSON line a variant as it is done and writes them all to `--out`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--only", default=",".join(VARIANTS), help="variants, comma-separated")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=100, help="of DIET")
    parser.add_argument("--config", type=Path, default=_ROOT / "config.yml")
    parser.add_argument("--data", type=Path, default=_ROOT / "nlu_data" / "nlu")
    parser.add_argument("--nonsense", type=Path, default=_ROOT / "tests" / "engine" / "nonsense.txt")
    parser.add_argument("--out", type=Path, help="JSON lines")
    options = parser.parse_args(argv)
    _quiet()
    if options.measure:
        sys.stdout.write(json.dumps(measure(options.measure)) + "\n")
        return 0
    config = yaml.safe_load(options.config.read_text("utf-8"))
    lines = [line for line in options.nonsense.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    rows = read_examples(options.data)
    done = []
    for variant in options.only.split(","):
        if variant not in VARIANTS:
            parser.error(f"--only {variant}: must be among {', '.join(VARIANTS)}")
        figures = compare(variant, pipeline(config, variant, options.epochs), rows, lines, options.folds)
        done.append(json.dumps(figures, ensure_ascii=False))
        sys.stdout.write(done[-1] + "\n")
        sys.stdout.flush()
    if options.out:
        options.out.write_text("\n".join(done) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
