"""Write the trained encoder as an ONNX graph of small integers.

Weights and embeddings are signed bytes with one step a column (weights) or a table (embeddings); activations before
a product are seven-bit with a fixed step, so that products never overflow the sixteen bits that older processors
add in, no result depends on what else is in the batch, and every machine gets the same sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from review.training.names_net import CEILING, EPSILON

STEPS: Final = 127
OPSET: Final = 17
_ORT: Final = "com.microsoft"


def _bytes(weights: NDArray[np.float32], axis: int | None) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return rounded weights and their step, one for all (``axis`` None) or one a column (0)."""
    largest = np.maximum(np.abs(weights).max(axis=axis), 1e-8)
    step = (largest / STEPS).astype(np.float32)
    return np.clip(np.rint(weights / step), -STEPS, STEPS).astype(np.int8), step


def _cut(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut the rare outliers of an embedding table: they would coarsen the step of all others."""
    bound = float(np.quantile(np.abs(weights), 0.9999))
    return np.clip(weights, -bound, bound)


def graph(params: Mapping[str, Any], dilations: tuple[int, ...]) -> bytes:
    """Return the serialised graph: int32 ``chars left right segments [B, T]`` → float32 ``scores [B, T, tags]``."""
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

    def product(
        name: str, a: str, zero: str, a_step: str, weights: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> str:
        small, step = _bytes(weights, 0)
        inputs = [
            a,
            constant(f"{name}_w", small),
            a_step,
            constant(f"{name}_s", step),
            zero,
            constant(f"{name}_z", np.zeros(weights.shape[1], np.int8)),
            constant(f"{name}_b", bias),
        ]
        return node("MatMulIntegerToFloat", inputs, name, _ORT)

    # One step for both tables: the joined embeddings go into the first product as they are.
    tables = [_cut(p["char"]), _cut(p["bigram"])]
    step = np.float32(max(np.abs(t).max() for t in tables) / STEPS)
    # Signed bytes go through the slower signed kernel on some processors: store them from 0 up.
    small = [(np.clip(np.rint(t / step), -STEPS // 2, STEPS // 2) + 64).astype(np.uint8) for t in tables]
    constant("char", small[0])
    constant("bigram", small[1])
    node("Gather", ["char", "chars"], "e0")
    node("Gather", ["bigram", "left"], "e1")
    node("Gather", ["bigram", "right"], "e2")
    node("Concat", ["e0", "e1", "e2"], "e", axis=2)
    x = product("in", "e", constant("e_zero", np.uint8(64)), constant("e_step", step), p["in_w"], p["in_b"])
    node("Gather", [constant("segment", p["segment"]), "segments"], "seg")
    x = node("Add", [x, "seg"], "x")
    constant("q_step", np.float32(CEILING / STEPS))
    constant("q_zero", np.uint8(0))
    constant("pad_code", np.int32(0))
    node("Equal", ["chars", "pad_code"], "outside3")
    node("Not", ["outside3"], "inside_flag")
    node("Cast", ["inside_flag"], "inside2", to=TensorProto.FLOAT)
    node("Unsqueeze", ["inside2", constant("last", np.array([-1], np.int64))], "inside")
    constant("low", np.float32(0))
    constant("high", np.float32(CEILING))
    for k, by in enumerate(dilations):
        gain, bias = constant(f"ng{k}", p[f"ng{k}"]), constant(f"nb{k}", p[f"nb{k}"])
        h = node("LayerNormalization", [x, gain, bias], f"n{k}", axis=-1, epsilon=EPSILON)
        h = node("Clip", [h, "low", "high"], f"c{k}")
        h = node("Mul", [h, "inside"], f"m{k}")
        h = node("QuantizeLinear", [h, "q_step", "q_zero"], f"q{k}")
        before = node("Pad", [h, constant(f"pb{k}", np.array([0, by, 0, 0, -by, 0], np.int64)), "q_zero"], f"before{k}")
        after = node("Pad", [h, constant(f"pa{k}", np.array([0, -by, 0, 0, by, 0], np.int64)), "q_zero"], f"after{k}")
        joined = node("Concat", [before, h, after], f"j{k}", axis=2)
        y = product(f"l{k}", joined, "q_zero", "q_step", p[f"w{k}"], p[f"b{k}"])
        x = node("Add", [x, y], f"x{k}")
    h = node("LayerNormalization", [x, constant("out_g", p["out_g"]), constant("out_b", p["out_b"])], "h", axis=-1)
    node("MatMul", [h, constant("tag_w", p["tag_w"])], "t")
    node("Add", ["t", constant("tag_b", p["tag_b"])], "scores")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT32, ["B", "T"])
        for name in ("chars", "left", "right", "segments")
    ]
    output = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["B", "T", p["tag_b"].shape[0]])
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    model = helper.make_model(
        helper.make_graph(nodes, "names", inputs, [output], tensors),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(_ORT, 1)],
        ir_version=9,
    )
    return bytes(model.SerializeToString())
