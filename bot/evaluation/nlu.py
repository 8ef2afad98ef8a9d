"""`isee eval nlu`: which intent Rasa gives to each text of a file, against the wanted one."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.rasa_model import RASA_PYTHON, engine_environment, model_path
from common.errors import InvalidInput, SetupProblem
from common.settings import PROJECT_ROOT, Settings

__all__ = ["evaluate_nlu", "figures", "parse", "wanted_intent"]


def evaluate_nlu(path: Path, settings: Settings) -> dict[str, Any]:
    """Rows need a text (`text` or `question`) and what is wanted: `intent`, or an `aspect` (its ask_… intent)."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise InvalidInput(f"{path.name}:{number}: không phải JSON ({error}).") from error
    texts = [str(row.get("text") or row.get("question") or "") for row in rows]
    return figures([wanted_intent(row) for row in rows], parse(texts, settings))


def wanted_intent(row: dict[str, Any]) -> str | None:
    """The intent that a row asks for; None where the file doesn't say."""
    if row.get("intent"):
        return str(row["intent"])
    if row.get("aspect"):
        return f"ask_{row['aspect']}"
    return "out_of_scope" if str(row.get("kind", "")).startswith("oos") else None


def parse(texts: Sequence[str], settings: Settings) -> list[dict[str, Any]]:
    """What the trained model says of each text: `{"intent", "confidence"}`. Runs in Rasa's environment."""
    if not model_path(settings).exists():
        raise SetupProblem("Chưa có mô hình hội thoại. Chạy `isee train`.")
    done = subprocess.run(
        [str(RASA_PYTHON), "-m", "bot.engine.parse", str(model_path(settings))],
        input="\n".join(json.dumps(text) for text in texts),
        cwd=PROJECT_ROOT,
        env=engine_environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SetupProblem(f"Rasa không đọc được câu hỏi:\n{done.stderr[-1500:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def figures(wanted: Sequence[str | None], parsed: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy where an intent is wanted, recall by intent, the commonest confusions, and the share of each intent."""
    pairs = [(want, got["intent"]) for want, got in zip(wanted, parsed, strict=True) if want]
    confusions = Counter(pair for pair in pairs if pair[0] != pair[1])
    by_intent = {
        intent: {
            "recall": round(sum(got == intent for want, got in pairs if want == intent) / count, 4),
            "n": count,
        }
        for intent, count in sorted(Counter(want for want, _ in pairs).items())
    }
    return {
        "n": len(parsed),
        "judged": len(pairs),
        "accuracy": round(sum(want == got for want, got in pairs) / len(pairs), 4) if pairs else None,
        "by_intent": by_intent,
        "confusions": [{"wanted": want, "got": got, "n": count} for (want, got), count in confusions.most_common(15)],
        "intents": dict(Counter(got["intent"] for got in parsed).most_common()),
    }
