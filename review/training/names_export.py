"""Write the trained encoder as an ONNX graph of small integers.

What an embedding adds to the first layer is multiplied out here, so that the program only looks rows up; the tables
are kept as signed bytes with one step a column, and only the rows looked up are made floats. Weights are signed
seven-bit with one step a column, activations before a product eight-bit with a fixed step: two products of a pair
fit the sixteen bits that older processors add in, so every machine gets the same sums, and no result depends on
what else is in the batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from review.detectors._tagging import OUTSIDE
from review.training.names_net import CEILING

LEVELS: Final = 255  # of an activation
WEIGHTS: Final = 64
TABLES: Final = 127
NOTHING: Final = -1000.0  # what stands outside the line: cut to 0 before each product
OPSET: Final = 17
_ORT: Final = "com.microsoft"


def _bytes(values: NDArray[np.float32], most: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return values in whole steps and the step of each column."""
    step = (np.maximum(np.abs(values).max(axis=0), 1e-8) / most).astype(np.float32)
    return np.clip(np.rint(values / step), -most, most).astype(np.int8), step


def graph(params: Mapping[str, Any], dilations: tuple[int, ...]) -> bytes:
    """Return the serialised graph: int32 ``chars bigrams segments [B, T]`` → float32 ``scores [B, T, tags]``."""
    from onnx import TensorProto, helper, numpy_helper

    p = {name: np.asarray(value, np.float32) for name, value in params.items()}
    constants: dict[str, Any] = {}
    nodes: list[Any] = []

    def constant(name: str, value: Any) -> str:
        constants[name] = value
        return name

    def node(op: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        nodes.append(helper.make_node(op, inputs, [output], name=output, domain=domain, **attributes))
        return output

    x = "flagged"
    segments = p["segment"] + p["in_b"]
    segments[OUTSIDE] = NOTHING
    node("Gather", [constant("segment", segments), "segments"], x)
    for name in ("char", "bigram"):
        small, step = _bytes(p[name] @ p[f"{name}_w"], TABLES)
        node("Gather", [constant(f"{name}_bytes", small), f"{name}s"], f"{name}_row")
        node("Cast", [f"{name}_row"], f"{name}_cast", to=TensorProto.FLOAT)
        node("Mul", [f"{name}_cast", constant(f"{name}_step", step)], f"{name}_floats")
        x = node("Add", [x, f"{name}_floats"], f"{name}_sum")
    constant("step", np.float32(CEILING / LEVELS))
    constant("zero", np.uint8(0))
    for k, by in enumerate(dilations):
        h = node("QuantizeLinear", [x, "step", "zero"], f"q{k}")  # cuts to 0…CEILING as well
        before = node("Pad", [h, constant(f"pb{k}", np.array([0, by, 0, 0, -by, 0], np.int64)), "zero"], f"before{k}")
        after = node("Pad", [h, constant(f"pa{k}", np.array([0, -by, 0, 0, by, 0], np.int64)), "zero"], f"after{k}")
        joined = node("Concat", [before, h, after], f"j{k}", axis=2)
        small, step = _bytes(p[f"w{k}"], WEIGHTS)
        zeros = np.zeros(small.shape[1], np.int8)
        weights = [constant(f"w{k}", small), "step", constant(f"s{k}", step), "zero", constant(f"z{k}", zeros)]
        y = node("MatMulIntegerToFloat", [joined, *weights, constant(f"b{k}", p[f"b{k}"])], f"y{k}", _ORT)
        x = node("Add", [x, y], f"x{k}")
    node("Clip", [x, constant("low", np.float32(0)), constant("high", np.float32(CEILING))], "h")
    node("MatMul", ["h", constant("tag_w", p["tag_w"])], "t")
    node("Add", ["t", constant("tag_b", p["tag_b"])], "scores")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT32, ["B", "T"]) for name in ("chars", "bigrams", "segments")
    ]
    output = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["B", "T", p["tag_b"].shape[0]])
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    model = helper.make_model(
        helper.make_graph(nodes, "names", inputs, [output], tensors),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(_ORT, 1)],
        ir_version=9,
    )
    return bytes(model.SerializeToString())
