"""The encoder's graph for questions: the same weights in 8 bits an output channel, half the time of the exact graph.

A question is encoded while a citizen waits, a searched text isn't: so texts keep the exact 4-bit weights (`quantise`)
and their stored vectors stay as they are, while questions go through 8-bit products. A few input channels of BERT's
feed-forward layers are fifty times as large as the others and would take all 256 steps for themselves; they are made
smaller and their weights larger by the same factor (SmoothQuant: Xiao et al. 2023, arXiv:2211.10438). The factors come
from `data/everyday.txt`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.encoder.quantise import BLOCK, drop_unused

__all__ = ["everyday", "write_eight"]

Floats = npt.NDArray[np.float32]

_EVERYDAY = Path(__file__).parent / "data" / "everyday.txt"
_EXPONENT = 0.7
"""How much of an input channel's size moves into its weights. Least cosine with the exact vectors over 163 questions:
.994 at 0 (nothing moves), .995 at .5, .998 at .7 to .8, .998 and falling at .9."""
_LEAST = 1e-5


def everyday() -> list[str]:
    """Questions as citizens put them, in each language, from the product's own phrasings."""
    return _EVERYDAY.read_text("utf-8").splitlines()


def write_eight(source: Path, target: Path, tokens: Sequence[Sequence[int]]) -> int:
    """Write the graph of `source` (by `export_onnx`) to `target`, its 4-bit products in 8 bits.

    `tokens`: what everyday questions come to, to measure the inputs of the products on. Returns how many products were
    replaced: 0, and nothing is written, where `source` holds none in 4 bits.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(source))
    graph = model.graph
    weights = _weights(graph)
    if not weights:
        return 0
    entered = {node.input[0] for node in graph.node if node.name in weights}
    factors = _factors(graph, weights, _peaks(model, entered, tokens))
    nodes, smoothed = [], set()
    for node in graph.node:
        if node.name not in weights:
            nodes.append(node)
            continue
        (entering, packed), product = node.input[:2], weights[node.name] * factors[node.input[0]][:, None]
        calm = f"{entering}.calm"
        if entering not in smoothed:
            smoothed.add(entering)
            graph.initializer.append(numpy_helper.from_array(1 / factors[entering], f"{calm}.by"))
            nodes.append(helper.make_node("Mul", [entering, f"{calm}.by"], [calm], name=calm))
        scales = np.maximum(np.abs(product).max(axis=0), _LEAST) / 127
        tensors = {
            f"{packed}.i8": np.rint(product / scales).astype(np.int8),
            f"{packed}.i8.scale": scales.astype(np.float32),
            f"{packed}.i8.zero": np.zeros(len(scales), dtype=np.int8),
        }
        graph.initializer.extend(numpy_helper.from_array(values, name) for name, values in tensors.items())
        nodes.append(
            helper.make_node(
                "DynamicQuantizeMatMul", [calm, *tensors], list(node.output), name=node.name, domain="com.microsoft"))
    del graph.node[:]
    graph.node.extend(nodes)
    drop_unused(graph)
    onnx.save(model, str(target))
    return len(weights)


def _weights(graph: Any) -> dict[str, Floats]:
    """The matrix (inputs, outputs) of each 4-bit product, by the name of its node."""
    from onnx import numpy_helper

    constants = {tensor.name: tensor for tensor in graph.initializer}
    found = {}
    for node in graph.node:
        if node.op_type != "MatMulNBits":
            continue
        scales = numpy_helper.to_array(constants[node.input[2]])
        pairs = numpy_helper.to_array(constants[node.input[1]]).reshape(-1, BLOCK // 2)
        blocks = np.stack([pairs & 0x0F, pairs >> 4], axis=-1).reshape(-1, BLOCK).astype(np.float32) - 8
        outputs = numpy_helper.to_array(constants[node.input[1]]).shape[0]
        found[node.name] = np.ascontiguousarray((blocks * scales.reshape(-1, 1)).reshape(outputs, -1).T)
    return found


def _peaks(model: Any, names: set[str], tokens: Sequence[Sequence[int]]) -> dict[str, Floats]:
    """The largest magnitude of each channel of the tensors `names`."""
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper

    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    ordered = sorted(names)
    watched.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ordered)
    options = onnxruntime.SessionOptions()
    options.enable_cpu_mem_arena, options.log_severity_level = False, 3
    session = onnxruntime.InferenceSession(watched.SerializeToString(), options, providers=["CPUExecutionProvider"])
    peaks: dict[str, Floats] = {}
    for ids in tokens:
        given = {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), dtype=np.int64)}
        for name, values in zip(ordered, session.run(ordered, given), strict=True):
            here = np.abs(values[0]).max(axis=0)
            peaks[name] = np.maximum(peaks[name], here) if name in peaks else here
    return peaks


def _factors(graph: Any, weights: Mapping[str, Floats], peaks: Mapping[str, Floats]) -> dict[str, Floats]:
    """What each channel of each input is divided by, 1 in the geometric mean."""
    factors = {}
    for name, peak in peaks.items():
        read = [weights[node.name] for node in graph.node if node.name in weights and node.input[0] == name]
        heaviest = np.max([np.abs(each).max(axis=1) for each in read], axis=0)
        raw = np.maximum(peak, _LEAST) ** _EXPONENT / np.maximum(heaviest, _LEAST) ** (1 - _EXPONENT)
        factors[name] = (raw / np.exp(np.log(raw).mean())).astype(np.float32)
    return factors
