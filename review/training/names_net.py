"""The character encoder of the name model in JAX: dilated convolutions written as shifted products.

Sizes: B lines, T characters, C channels. Nothing is normalised between layers: activations before each product are
cut to 0…``CEILING``, so that the exported network holds them in eight bits with a fixed step; see ``names_export``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from review.detectors._tagging import PAD, SEGMENTS, TAGS

Params = Mapping[str, Any]
Codes = tuple[Any, Any, Any]  # chars, bigrams, segments, each [B, T]
CEILING: Final = 6.0
STEPS: Final = 255  # the whole of a share of a class


def initial(
    seed: int, vectors: NDArray[np.float32], bigrams: int, bigram_dim: int, channels: int, layers: int, classes: int
) -> Params:
    """Return parameters to begin with, float32; ``vectors`` are those of the characters, ``[chars, size]``."""
    random = np.random.default_rng(seed)

    def normal(*shape: int, scale: float) -> Any:
        return jnp.asarray(random.normal(0, scale, shape).astype(np.float32))

    size = vectors.shape[1]
    params = {
        "char": jnp.asarray(vectors),
        "char_w": normal(size, channels, scale=(1.5 / size) ** 0.5),
        "bigram": normal(bigrams, bigram_dim, scale=0.1),
        "bigram_w": normal(bigram_dim, channels, scale=(1.5 / bigram_dim) ** 0.5),
        "segment": jnp.zeros((SEGMENTS, channels)),
        "in_b": jnp.full(channels, 0.1, jnp.float32),
        "tag_w": normal(channels, len(TAGS), scale=0.05),
        "tag_b": jnp.zeros(len(TAGS)),
        "class_w": normal(channels, classes, scale=0.05),
        "class_b": jnp.zeros(classes),
    }
    for k in range(layers):
        params[f"w{k}"] = normal(3 * channels, channels, scale=(3 * channels) ** -0.5)
        params[f"b{k}"] = jnp.zeros(channels)
    return params


def shifted(x: Any, by: int) -> Any:
    """Return ``[x(t - by), x(t), x(t + by)]`` joined along the channels; nothing lies outside the line."""
    before = jnp.pad(x, ((0, 0), (by, 0), (0, 0)))[:, :-by]
    after = jnp.pad(x, ((0, 0), (0, by), (0, 0)))[:, by:]
    return jnp.concatenate([before, x, after], -1)


def noise(random: np.random.Generator, params: Params, lines: int, length: int) -> NDArray[np.uint8]:
    """Return random bytes ``[B, T, …]`` that decide what ``hidden`` and the losses leave out, one a number."""
    layers = sum(name[0] == "w" for name in params)
    width = params["char"].shape[1] + params["bigram"].shape[1] + (layers + 1) * params["tag_w"].shape[0]
    return np.frombuffer(random.bytes(lines * length * width), np.uint8).reshape(lines, length, width)


def _drop(x: Any, noise: Any, at: int, rate: float) -> Any:
    """Return ``x`` with a share of its numbers left out, chosen by the bytes from ``at`` on; all kept without bytes."""
    if noise is None:
        return x
    least = round(rate * 256)
    return jnp.where(noise[..., at : at + x.shape[-1]] >= least, x * (256 / (256 - least)), 0.0)


def hidden(params: Params, codes: Codes, dilations: tuple[int, ...], noise: Any = None, drop: float = 0.0) -> Any:
    """Return hidden states ``[B, T, C]``, 0…``CEILING``. With ``noise`` a share ``drop`` is left out at each layer,
    twice as much of what goes in."""
    chars, bigrams, segments = codes
    inside = (chars != PAD)[..., None].astype(jnp.float32)
    x = jnp.concatenate([params["char"][chars], params["bigram"][bigrams]], -1)
    at = x.shape[-1]
    x = _drop(x, noise, 0, 2 * drop)
    x = x @ jnp.concatenate([params["char_w"], params["bigram_w"]]) + params["segment"][segments] + params["in_b"]
    for k, by in enumerate(dilations):
        h = jnp.clip(x, 0, CEILING) * inside
        x = x + _drop(shifted(h, by) @ params[f"w{k}"] + params[f"b{k}"], noise, at + k * x.shape[-1], drop)
    return _drop(jnp.clip(x, 0, CEILING), noise, at + len(dilations) * x.shape[-1], 2 * drop)


def class_loss(params: Params, codes: Codes, thought: Any, noise: Any, dilations: tuple[int, ...], drop: float) -> Any:
    """Return the mean cross-entropy against shares of word classes ``[B, T, classes]``, in whole steps."""
    h = hidden(params, codes, dilations, noise, drop)
    logs = jax.nn.log_softmax(h @ params["class_w"] + params["class_b"])
    real = codes[0] != PAD
    return -((thought / STEPS * logs).sum(-1) * real).sum() / real.sum()


def tag_loss(params: Params, codes: Codes, tags: Any, noise: Any, dilations: tuple[int, ...], drop: float) -> Any:
    """Return the mean cross-entropy of tags ``[B, T]`` over real characters."""
    h = hidden(params, codes, dilations, noise, drop)
    logs = jax.nn.log_softmax(h @ params["tag_w"] + params["tag_b"])
    real = codes[0] != PAD
    picked = jnp.take_along_axis(logs, tags[..., None], -1)[..., 0]
    return -(picked * real).sum() / real.sum()
