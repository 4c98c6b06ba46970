"""The character encoder of the name model in JAX: dilated convolutions written as shifted products.

Sizes: B lines, T characters, C channels. Activations before each product are cut to 0…``CEILING``, so that the
exported network may hold them in seven bits with a fixed step; see ``names_export``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np

from review.detectors._tagging import PAD, SEGMENTS, TAGS

Params = Mapping[str, Any]
CEILING: Final = 6.0
EPSILON: Final = 1e-5


def initial(seed: int, chars: int, bigrams: int, char_dim: int, bigram_dim: int, channels: int, layers: int) -> Params:
    """Return random parameters, float32."""
    random = np.random.default_rng(seed)

    def normal(*shape: int, scale: float) -> Any:
        return jnp.asarray(random.normal(0, scale, shape).astype(np.float32))

    width = char_dim + 2 * bigram_dim
    params = {
        "char": normal(chars, char_dim, scale=0.1),
        "bigram": normal(bigrams, bigram_dim, scale=0.1),
        "segment": jnp.zeros((SEGMENTS, channels)),
        "in_w": normal(width, channels, scale=(3 / width) ** 0.5),
        "in_b": jnp.zeros(channels),
        "out_g": jnp.ones(channels),
        "out_b": jnp.zeros(channels),
        "tag_w": normal(channels, len(TAGS), scale=0.05),
        "tag_b": jnp.zeros(len(TAGS)),
        "guess_w": normal(channels, char_dim, scale=channels**-0.5),
        "guess_b": jnp.zeros(char_dim),
        "guess_c": jnp.zeros(chars),
    }
    for k in range(layers):
        params[f"w{k}"] = normal(3 * channels, channels, scale=(1.3 / (3 * channels)) ** 0.5)
        params[f"b{k}"] = jnp.zeros(channels)
        params[f"ng{k}"] = jnp.ones(channels)
        params[f"nb{k}"] = jnp.zeros(channels)
    return params


def norm(x: Any, gain: Any, bias: Any) -> Any:
    """Layer normalisation over the channels."""
    mean = x.mean(-1, keepdims=True)
    centred = x - mean
    return centred * jax.lax.rsqrt((centred * centred).mean(-1, keepdims=True) + EPSILON) * gain + bias


def shifted(x: Any, by: int) -> Any:
    """Return ``[x(t - by), x(t), x(t + by)]`` joined along the channels; nothing lies outside the line."""
    before = jnp.pad(x, ((0, 0), (by, 0), (0, 0)))[:, :-by]
    after = jnp.pad(x, ((0, 0), (0, by), (0, 0)))[:, by:]
    return jnp.concatenate([before, x, after], -1)


def _drop(key: Any, x: Any, rate: float) -> Any:
    if not rate:
        return x
    return x * jax.random.bernoulli(key, 1 - rate, x.shape) / (1 - rate)


def hidden(params: Params, codes: tuple[Any, Any, Any, Any], dilations: tuple[int, ...], key: Any, drop: float) -> Any:
    """Return hidden states ``[B, T, C]`` of codes ``[B, T]`` (chars, left, right, segments)."""
    chars, left, right, segments = codes
    keys = jax.random.split(key, len(dilations) + 1)
    inside = (chars != PAD)[..., None].astype(jnp.float32)
    x = jnp.concatenate([params["char"][chars], params["bigram"][left], params["bigram"][right]], -1)
    x = _drop(keys[-1], x, drop and drop + 0.1) @ params["in_w"] + params["in_b"] + params["segment"][segments]
    for k, by in enumerate(dilations):
        h = jnp.clip(norm(x, params[f"ng{k}"], params[f"nb{k}"]), 0, CEILING) * inside
        x = x + _drop(keys[k], shifted(h, by) @ params[f"w{k}"] + params[f"b{k}"], drop)
    return norm(x, params["out_g"], params["out_b"])


def tag_loss(
    params: Params, codes: tuple[Any, Any, Any, Any], tags: Any, dilations: tuple[int, ...], key: Any, drop: float
) -> Any:
    """Return the mean cross-entropy of tags ``[B, T]`` over real characters; a negative tag is not counted."""
    first, second = jax.random.split(key)
    h = _drop(first, hidden(params, codes, dilations, second, drop), drop and drop + 0.1)
    logs = jax.nn.log_softmax(h @ params["tag_w"] + params["tag_b"])
    real = (codes[0] != PAD) & (tags >= 0)
    picked = jnp.take_along_axis(logs, jnp.maximum(tags, 0)[..., None], -1)[..., 0]
    return -(picked * real).sum() / real.sum()


def guess_loss(
    params: Params, codes: tuple[Any, Any, Any, Any], rows: Any, columns: Any, wanted: Any, dilations: tuple[int, ...]
) -> Any:
    """Return the mean cross-entropy of guessing the masked characters ``wanted`` at ``rows, columns`` (``[N]``)."""
    h = hidden(params, codes, dilations, jax.random.PRNGKey(0), 0.0)[rows, columns]
    scores = (h @ params["guess_w"] + params["guess_b"]) @ params["char"].T + params["guess_c"]
    picked = jnp.take_along_axis(jax.nn.log_softmax(scores), wanted[:, None], -1)[:, 0]
    real = wanted != PAD
    return -(picked * real).sum() / real.sum()
