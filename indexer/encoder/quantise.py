"""Exact 4-bit storage of weights that are 4-bit already.

Weights that came from Q4_0 blocks (32 values, value = (n - 8) x d) can be stored as 4 bits again without
any loss, even after a stay in fp16: in each block the value of largest magnitude is -8 x d, which fp16
holds exactly, so d and from it every n can be read back. Weights that aren't on such a grid are left alone:
iSee never quantises a model anew, since that reorders search results.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["BLOCK", "Packed", "drop_unused", "pack_graph", "pack_rows"]

BLOCK = 32
_TOLERANCE = 1e-3  # of a block's scale: fp16 rounding of (n - 8) x d stays below 2^-8 x 8 / 8


@dataclass(frozen=True)
class Packed:
    """A matrix (rows, columns) as nibbles uint8 (rows, columns) in 0..15 and scales f32 (rows, columns /
    32)."""

    nibbles: npt.NDArray[np.uint8]
    scales: npt.NDArray[np.float32]

    def pairs(self) -> npt.NDArray[np.uint8]:
        """Two nibbles a byte along the columns, the first in the low half: (rows, columns / 2)."""
        packed = self.nibbles[:, 0::2] | np.left_shift(self.nibbles[:, 1::2], np.uint8(4))
        return packed.astype(np.uint8, copy=False)


def pack_rows(weights: npt.NDArray[np.float32]) -> Packed | None:
    """`weights` (rows, columns) as exact 4-bit blocks along the columns; None where it would lose."""
    rows, columns = weights.shape
    if columns % BLOCK:
        return None
    blocks = weights.reshape(rows, columns // BLOCK, BLOCK)
    peaks = np.take_along_axis(blocks, np.abs(blocks).argmax(-1, keepdims=True), -1)
    scales = peaks / -8.0
    steps = np.divide(blocks, scales, out=np.zeros_like(blocks), where=scales != 0)
    levels = np.rint(steps)
    if np.abs(steps - levels).max(initial=0.0) > _TOLERANCE * 8 or levels.max(initial=0.0) > 7:
        return None
    nibbles = (levels + 8).astype(np.uint8).reshape(rows, columns)
    return Packed(nibbles, np.ascontiguousarray(scales[..., 0], dtype=np.float32))


def pack_graph(model: Any, accuracy_level: int = 4) -> int:
    """Replace, in the ONNX `model`, constant MatMuls and embedding tables by 4-bit operators where that is
    exact.

    MatMul becomes com.microsoft.MatMulNBits and Gather becomes com.microsoft.GatherBlockQuantized.
    `accuracy_level` is MatMulNBits': 1 multiplies in fp32, 4 in int8 with a scale a block of the input.
    Returns how many were replaced.
    """
    from onnx import helper, numpy_helper

    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    replaced = 0
    for place, node in enumerate(list(graph.node)):
        if node.op_type == "MatMul" and node.input[1] in constants:
            weights = numpy_helper.to_array(constants[node.input[1]])
            packed = pack_rows(np.ascontiguousarray(weights.T)) if weights.ndim == 2 else None
            new = _matmul(node, packed, accuracy_level) if packed else None
        elif node.op_type == "Gather" and node.input[0] in constants:
            weights = numpy_helper.to_array(constants[node.input[0]])
            packed = pack_rows(weights) if weights.ndim == 2 and weights.dtype == np.float32 else None
            new = _gather(node, packed) if packed else None
        else:
            continue
        if new:
            graph.node[place].CopyFrom(new[0])
            graph.initializer.extend(new[1])
            replaced += 1
    drop_unused(graph)
    if replaced and not any(opset.domain == "com.microsoft" for opset in model.opset_import):
        model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return replaced


def _matmul(node: Any, packed: Packed, accuracy_level: int) -> tuple[Any, list[Any]]:
    from onnx import helper, numpy_helper

    outputs, width = packed.nibbles.shape
    name = node.input[1]
    data = packed.pairs().reshape(outputs, width // BLOCK, BLOCK // 2)
    tensors = [
        numpy_helper.from_array(data, name + ".q4"),
        numpy_helper.from_array(packed.scales.reshape(-1), name + ".scale"),
    ]
    new = helper.make_node(
        "MatMulNBits",
        [node.input[0], *(tensor.name for tensor in tensors)],
        list(node.output),
        name=node.name,
        domain="com.microsoft",
        K=width,
        N=outputs,
        bits=4,
        block_size=BLOCK,
        accuracy_level=accuracy_level,
    )
    return new, tensors


def _gather(node: Any, packed: Packed) -> tuple[Any, list[Any]]:
    from onnx import TensorProto, helper, numpy_helper

    rows, width = packed.nibbles.shape
    name = node.input[0]
    # int4 has no zero point: (n - 8) in two's complement is n with its top bit flipped
    data = helper.make_tensor(
        name + ".q4", TensorProto.INT4, [rows, width], (packed.pairs() ^ 0x88).tobytes(), raw=True
    )
    scale = numpy_helper.from_array(packed.scales, name + ".scale")
    new = helper.make_node(
        "GatherBlockQuantized",
        [data.name, node.input[1], scale.name],
        list(node.output),
        name=node.name,
        domain="com.microsoft",
        gather_axis=0,
        quantize_axis=1,
        block_size=BLOCK,
    )
    return new, [data, scale]


def drop_unused(graph: Any) -> None:
    """Remove, from an ONNX `graph`, the constants that no node reads."""
    used = {name for node in graph.node for name in node.input} | {output.name for output in graph.output}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
