"""Measure the served encoder: `.venv/bin/python tools/measure_encoder.py --threads 2 [--compare QUESTIONS NAMES]`.

Prints one JSON line: load time (s), resident memory (MB), time a question (ms, p50 and p95, nothing remembered),
passages a second (88 tokens each), and with `--compare` the agreement with the sentence-transformers model in fp32:
the share of questions with the same first hit, and the least cosine. QUESTIONS and NAMES are JSON lines with
`question` and `name`.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from common.settings import Settings
from indexer.encoder.onnx import OnnxEncoder

_TEXT = "thủ tục đăng ký khai sinh kết hôn cấp giấy phép lái xe xây dựng nhà ở hộ kinh doanh nộp hồ sơ ở đâu"


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def _texts(count: int, words: int, seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(_TEXT.split(), words)) for _ in range(count)]


def _speed(folder: Path, threads: int) -> dict[str, Any]:
    before, started = _resident_mb(), time.perf_counter()
    encoder = OnnxEncoder(folder, threads=threads, cache_size=0)
    loaded = time.perf_counter() - started
    times = []
    for question in _texts(220, 10, seed=1):
        started = time.perf_counter()
        encoder.encode_queries([question])
        times.append((time.perf_counter() - started) * 1000)
    p50, p95 = np.percentile(times[20:], [50, 95])
    passages = _texts(96, 82, seed=2)
    started = time.perf_counter()
    encoder.encode_passages(passages)
    rate = len(passages) / (time.perf_counter() - started)
    return {
        "threads": threads,
        "load_s": round(loaded, 2),
        "query_ms_p50": round(p50, 1),
        "query_ms_p95": round(p95, 1),
        "passages_per_s": round(rate, 1),
        "passage_tokens": encoder.count_tokens(passages[0]),
        "rss_mb": round(_resident_mb()),
        "rss_mb_added": round(_resident_mb() - before),
    }


def _agreement(settings: Settings, threads: int, questions: Path, names: Path) -> dict[str, Any]:
    from sentence_transformers import SentenceTransformer

    from indexer.encoder.build import st_model_path

    asked = [json.loads(line)["question"] for line in questions.read_text("utf-8").splitlines() if line.strip()]
    titles = sorted({json.loads(line)["name"] for line in names.read_text("utf-8").splitlines() if line.strip()})
    served = OnnxEncoder(settings.encoder_dir, threads=threads)
    model = SentenceTransformer(st_model_path(settings), device="cpu", model_kwargs={"dtype": "float32"})
    queries, passages = served.encode_queries(asked), served.encode_passages(titles)
    own_queries = model.encode_query(asked)
    own_passages = model.encode_document(titles)
    same = (queries @ passages.T).argmax(1) == (own_queries @ own_passages.T).argmax(1)
    return {
        "questions": len(asked),
        "names": len(titles),
        "same_first_hit": round(float(same.mean()), 4),
        "least_cosine": round(float((queries * own_queries).sum(1).min()), 5),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("QUESTIONS", "NAMES"))
    arguments = parser.parse_args()
    settings = Settings()
    result = _speed(settings.encoder_dir, arguments.threads)
    if arguments.compare:
        result |= _agreement(settings, arguments.threads, *arguments.compare)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
