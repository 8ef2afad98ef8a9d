"""Compares intent classifiers by stratified cross-validation; runs in the Rasa environment:

    .venv-rasa/bin/python -m bot.evaluation.nlu_compare --out FILE [--only lr-both,diet-sparse] [--folds 5]

The variants are config.yml with one of two classifiers (LogisticRegressionClassifier, DIETClassifier) and with the
sparse featurizers, the dense one, or both. Every held-out example is read twice: as written, and without diacritics
with one typing slip. Lines of `--nonsense` belong to no intent: a variant is good where it sends them to
`out_of_scope` or to the fallback. With `--whole` size, memory and latency are those of a whole pipeline trained on
everything, in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.evaluation.nlu_examples import Example, folds, noisy, read_examples
from bot.evaluation.nlu_features import CLASSIFIERS, DIET, Bench

__all__ = ["main", "pipeline", "scores"]

_ROOT = Path(__file__).resolve().parents[2]
_SPARSE, _DENSE = "CountVectorsFeaturizer", "bot.engine.sentence_featurizer.ISeeSentenceFeaturizer"
_FEATURES = {"sparse": {_SPARSE}, "dense": {_DENSE}, "both": {_SPARSE, _DENSE}}
VARIANTS = tuple(f"{kind}-{features}" for kind in ("lr", "diet") for features in _FEATURES)
_CAUGHT = {"out_of_scope", "nlu_fallback"}
_DIET_EPOCHS = 40
_THRESHOLD = 0.2
# Where thresholds are compared at equal cost: this share of held-out examples may fall below.
_AFFORDED = 0.03


def pipeline(config: dict[str, Any], variant: str, epochs: int) -> dict[str, Any]:
    """`config` as `variant` ("lr-sparse", "diet-both", …) has it: other features and classifiers taken out."""
    kind, features = variant.split("-")
    kept = []
    for step in config["pipeline"]:
        name = step["name"]
        if name in CLASSIFIERS:
            logistic = {**step, "name": CLASSIFIERS[0]} if name == CLASSIFIERS[0] else {"name": CLASSIFIERS[0]}
            kept.append(logistic if kind == "lr" else {**DIET, "epochs": epochs})
        elif name not in (_SPARSE, _DENSE) or name in _FEATURES[features]:
            words = {"sequence_features": True} if name == _DENSE and kind == "diet" else {}
            kept.append({**step, **words})
    names = {step["name"] for step in kept}
    if not names & _FEATURES[features]:
        at = next(number for number, step in enumerate(kept) if step["name"] in CLASSIFIERS)
        kept.insert(at, {"name": _DENSE, "scale": 20})
    return {**config, "pipeline": kept, "policies": []}


def scores(wanted: Sequence[str], got: Sequence[str]) -> dict[str, float]:
    """Accuracy and macro-averaged F1."""
    right, said, asked = Counter(w for w, g in zip(wanted, got, strict=True) if w == g), Counter(got), Counter(wanted)
    f1 = [2 * right[name] / (said[name] + count) for name, count in asked.items()]
    return {"accuracy": round(sum(right.values()) / len(wanted), 4), "macro_f1": round(sum(f1) / len(f1), 4)}


def compare(
    bench: Bench, variant: str, step: dict[str, Any], rows: Sequence[Example], outside: int, dealt: int, used: int
) -> dict[str, Any]:
    """All figures of one variant. The bench's texts are the rows, the rows with noise, and `outside` foreign lines."""
    features, count = variant.split("-")[1], len(rows)
    wanted: list[str] = []
    clean: list[tuple[str, float]] = []
    rough: list[tuple[str, float]] = []
    foreign: list[tuple[str, float]] = []
    seconds, milliseconds = [], []
    for training, held in list(folds([(str(n), intent) for n, (_, intent) in enumerate(rows)], dealt))[:used]:
        numbers = [int(number) for number, _ in held]
        others = list(range(2 * count, 2 * count + outside))
        fold = bench.fold(
            step,
            features,
            {int(n): intent for n, intent in training},
            [*numbers, *(n + count for n in numbers), *others],
        )
        wanted += [intent for _, intent in held]
        clean += fold.found[: len(held)]
        rough += fold.found[len(held) : 2 * len(held)]
        foreign += fold.found[2 * len(held) :]
        seconds.append(fold.seconds)
        milliseconds += fold.milliseconds
    sure = sorted(confidence for intent, confidence in clean if intent not in _CAUGHT)
    afforded = sure[int(_AFFORDED * len(sure))]
    wrong = Counter(pair for pair in zip(wanted, (g[0] for g in clean), strict=True) if pair[0] != pair[1])
    ordered = sorted(milliseconds)
    return {
        "variant": variant,
        "folds": len(seconds),
        "as written": scores(wanted, [intent for intent, _ in clean]),
        "noisy": scores(wanted, [intent for intent, _ in rough]),
        "fallback": {
            f"at {name}": {
                "threshold": round(least, 3),
                "nonsense taken": _share(c >= least and i not in _CAUGHT for i, c in foreign),
                "examples lost": _share(c < least for _, c in clean),
            }
            for name, least in (("config", _THRESHOLD), ("equal cost", afforded))
        },
        "training_s": round(sum(seconds) / len(seconds), 1),
        "classifier_p50_ms": round(ordered[len(ordered) // 2], 2),
        "classifier_p95_ms": round(ordered[int(0.95 * len(ordered))], 2),
        "confusions": [[*pair, number] for pair, number in wrong.most_common(25)],
    }


def _share(flags: Iterable[bool]) -> float:
    values = list(flags)
    return round(sum(values) / len(values), 4)


def whole(config: dict[str, Any], rows: Sequence[Example]) -> dict[str, Any]:
    """Size, memory and latency of the whole pipeline, trained on everything, in a process of its own."""
    from rasa.model_training import train_nlu

    by_intent: dict[str, list[str]] = defaultdict(list)
    for text, intent in rows:
        by_intent[intent].append(text)
    blocks = [{"intent": name, "examples": "".join(f"- {t}\n" for t in texts)} for name, texts in by_intent.items()]
    with tempfile.TemporaryDirectory(prefix="isee-nlu-") as name:
        folder = Path(name)
        (folder / "nlu.yml").write_text(yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True), "utf-8")
        (folder / "config.yml").write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")
        model = Path(str(train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder))))
        texts = [text for text, _ in rows][:: max(1, len(rows) // 200)]
        done = subprocess.run(
            [sys.executable, "-m", "bot.evaluation.nlu_compare", "--measure", str(model)],
            input=json.dumps(texts), cwd=_ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return {"model_mb": round(model.stat().st_size / 2**20, 2), **json.loads(done.stdout.splitlines()[-1])}


def _peak_mb() -> int:
    """Most memory that this process ever held (getrusage would also count its parent's)."""
    status = Path("/proc/self/status").read_text("ascii")
    return round(int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024)


def measure(model: Path) -> dict[str, float]:
    """Milliseconds of CPU a message, and memory, of one loaded model: texts on standard input as a JSON list.

    CPU time, because the machine may be busy with other work.
    """
    from rasa.core.agent import Agent

    agent = Agent.load(str(model))
    spent = []

    async def run() -> None:
        texts = json.load(sys.stdin)
        for text in [*texts[:20], *texts]:
            started = time.process_time()
            await agent.parse_message(text)
            spent.append((time.process_time() - started) * 1000)

    asyncio.run(run())
    ordered = sorted(spent[20:])
    return {
        "cpu_p50_ms": round(ordered[len(ordered) // 2], 2),
        "cpu_p95_ms": round(ordered[int(0.95 * len(ordered))], 2),
        "peak_mb": _peak_mb(),
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
    parser.add_argument("--used", type=int, default=0, help="folds really trained; 0: all")
    parser.add_argument("--epochs", type=int, default=_DIET_EPOCHS, help="of DIET")
    parser.add_argument("--whole", action="store_true", help="also size, memory and latency of the whole pipeline")
    parser.add_argument("--config", type=Path, default=_ROOT / "config.yml")
    parser.add_argument("--data", type=Path, default=_ROOT / "nlu_data" / "nlu")
    parser.add_argument("--nonsense", type=Path, default=_ROOT / "tests" / "engine" / "nonsense.txt")
    parser.add_argument("--out", type=Path, help="JSON lines")
    options = parser.parse_args(argv)
    _quiet()
    if options.measure:
        sys.stdout.write(json.dumps(measure(options.measure)) + "\n")
        return 0
    for variant in options.only.split(","):
        if variant not in VARIANTS:
            parser.error(f"--only {variant}: must be among {', '.join(VARIANTS)}")
    config = yaml.safe_load(options.config.read_text("utf-8"))
    lines = [line for line in options.nonsense.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    rows = read_examples(options.data)
    texts = [text for text, _ in rows]
    done = []
    with tempfile.TemporaryDirectory(prefix="isee-nlu-") as folder:
        bench = Bench(pipeline(config, "diet-both", 0), [*texts, *map(noisy, texts), *lines], Path(folder))
        for variant in options.only.split(","):
            steps = pipeline(config, variant, options.epochs)
            step = next(step for step in steps["pipeline"] if step["name"] in CLASSIFIERS)
            figures = compare(bench, variant, step, rows, len(lines), options.folds, options.used or options.folds)
            if options.whole:
                figures |= whole(steps, rows)
            done.append(json.dumps(figures, ensure_ascii=False))
            sys.stdout.write(done[-1] + "\n")
            sys.stdout.flush()
    if options.out:
        options.out.write_text("\n".join(done) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
