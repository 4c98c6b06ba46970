"""Fit the encoder of the name model: guess masked characters first, then tag. One thread, fixed seed, fixed order."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from review.detectors import _tagging
from review.detectors._tagging import MASK, PAD, SPECIAL, UNKNOWN, Codes, Ints, Vocabulary
from review.training import names_net
from review.training.names_net import Params

#: Lengths of padded lines, characters: few for plain text, finer for the costlier tagging.
GUESS_LENGTHS: Final = (24, 48, 96, 192)
TAG_LENGTHS: Final = (24, 40, 64, 96, 128, 192)
LONGEST: Final = TAG_LENGTHS[-1]
MASKED: Final = 0.15  # share of characters to guess

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that training depends on besides the data (``train.toml``)."""

    seed: int
    channels: int
    char_dim: int
    bigram_dim: int
    dilations: tuple[int, ...]
    bigrams: int  # at most so many in the vocabulary
    fewest: int  # a bigram counts from so many on
    batch: int  # characters
    guess_passes: float  # over the plain text
    guess_rate: float
    epochs: int
    rate: float
    polish_rate: float  # of one more epoch with a schedule of its own; 0: none
    drop: float
    renamed: float  # share of persons' names that get another name, anew in each epoch
    addresses: int  # made address sentences an epoch


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line to tag, its codes and its tags."""

    codes: Codes = field(repr=False)
    tags: Ints = field(repr=False)


def vocabulary(plan: Plan, texts: Sequence[str]) -> Vocabulary:
    """Return the characters seen twice and the ``plan.bigrams`` commonest bigrams of texts."""
    points: Counter[int] = Counter()
    for text in texts:
        points.update(_tagging.fold(text).tolist())
    chars = np.array(sorted(point for point, count in points.items() if count >= 2), np.uint32)
    plain = Vocabulary(chars, np.zeros(1, np.int64))
    keys = np.concatenate([_tagging.pairs(plain, _tagging.char_codes(plain, text)) for text in texts])
    found, counts = np.unique(keys, return_counts=True)
    order = np.lexsort((found, -counts))[: plan.bigrams]
    kept = found[order[counts[order] >= plan.fewest]]
    return Vocabulary(chars, np.sort(kept))


def batches(
    lengths: Sequence[int], padded: Sequence[int], size: int, random: np.random.Generator
) -> Iterator[tuple[int, list[int]]]:
    """Yield (padded length, places of lines), each about ``size`` characters, in random order."""
    out = []
    buckets = np.searchsorted(padded, lengths)
    for bucket, length in enumerate(padded):
        places = random.permutation(np.flatnonzero(buckets == bucket)).tolist()
        rows = size // length
        out += [(length, places[k : k + rows]) for k in range(0, len(places), rows)]
    for k in random.permutation(len(out)).tolist():
        yield out[k]


def _rate(share: float) -> float:
    """Warm up over a twentieth, then a half cosine down."""
    return min(1.0, share / 0.05) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, share))) + 0.01


def _optimizer(rates: Mapping[str, float]) -> optax.GradientTransformation:
    """AdamW with its own rate for each parameter; the common factor comes with each step."""

    def scaled(updates: Any, _: Any = None) -> Any:
        return {name: value * rates.get(name, 1.0) for name, value in updates.items()}

    return optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.scale_by_adam(b2=0.99),
        optax.add_decayed_weights(0.01),
        optax.stateless(lambda updates, params: scaled(updates)),
    )


def _stepper(optimizer: optax.GradientTransformation, loss: Callable[..., Any]) -> Callable[..., Any]:
    def step(params: Params, state: Any, rate: Any, *data: Any, **named: Any) -> tuple[Params, Any, Any]:
        value, slopes = jax.value_and_grad(loss)(params, *data, **named)
        updates, state = optimizer.update(slopes, state, params)
        return {name: params[name] - rate * updates[name] for name in params}, state, value

    compiled: Callable[..., Any] = jax.jit(step, donate_argnums=(0, 1))
    return compiled


def guess(plan: Plan, words: Vocabulary, params: Params, texts: Sequence[str], report: Report) -> Params:
    """Train on plain text by guessing masked characters; returns new parameters."""
    random = np.random.default_rng(plan.seed)
    lines = [_tagging.char_codes(words, text) for text in texts]
    lengths = [len(line) for line in lines]
    order = [
        b for _ in range(math.ceil(plan.guess_passes)) for b in batches(lengths, GUESS_LENGTHS, plan.batch, random)
    ]
    order = order[: int(len(order) * plan.guess_passes / math.ceil(plan.guess_passes))]
    optimizer = _optimizer({})
    state = optimizer.init(params)
    step = _stepper(optimizer, partial(names_net.guess_loss, dilations=plan.dilations))
    losses, began = [], time.monotonic()
    for number, (length, places) in enumerate(order):
        data = _masked(plan, words, [lines[k] for k in places], length, random)
        rate = np.float32(plan.guess_rate * _rate(number / len(order)))
        params, state, loss = step(params, state, rate, *data)
        losses.append(float(loss))
        if number % 200 == 199:
            report(f"guess {number + 1}/{len(order)} loss {np.mean(losses[-200:]):.3f} {time.monotonic() - began:.0f}s")
    return params


def _masked(
    plan: Plan, words: Vocabulary, lines: Sequence[Ints], length: int, random: np.random.Generator
) -> tuple[tuple[Any, ...], Any, Any, Any]:
    """Return masked codes and where to guess what; always of the same shapes for one length."""
    rows = plan.batch // length
    chars = np.full((rows, length), PAD, np.int32)
    keys = np.full((rows, length + 1), -1, np.int64)
    for row, line in enumerate(lines):
        chars[row, : len(line)] = line
        keys[row, : len(line) + 1] = _tagging.pairs(words, line)
    bigrams = _tagging.bigram_codes(words, keys)
    bigrams[keys < 0] = PAD
    masked = (random.random(chars.shape) < MASKED) & (chars >= SPECIAL)
    at = np.argwhere(masked)[: int(MASKED * plan.batch)]
    places = np.zeros((int(MASKED * plan.batch), 2), np.int32)
    places[: len(at)] = at
    wanted = np.zeros(len(places), np.int32)
    wanted[: len(at)] = chars[at[:, 0], at[:, 1]]
    hidden = masked & (random.random(chars.shape) < 0.9)
    touched = np.zeros(keys.shape, bool)
    touched[:, :-1] |= masked
    touched[:, 1:] |= masked
    bigrams[touched] = MASK
    codes = (np.where(hidden, MASK, chars), bigrams[:, :-1], bigrams[:, 1:], np.zeros_like(chars))
    return tuple(jnp.asarray(code) for code in codes), places[:, 0], places[:, 1], wanted


def tag(
    plan: Plan,
    params: Params,
    epochs: Callable[[int], Sequence[Line]],
    report: Report,
    done: Callable[[int, Params], None] = lambda epoch, params: None,
) -> Params:
    """Train on tagged lines, ``epochs(number)`` anew for each epoch; returns new parameters."""
    random = np.random.default_rng(plan.seed + 1)
    # Pretrained tables move slowly.
    slow = 0.3 if plan.guess_passes else 1.0
    optimizer = _optimizer({"char": slow, "bigram": slow})
    state = optimizer.init(params)
    step = _stepper(optimizer, partial(names_net.tag_loss, dilations=plan.dilations, drop=plan.drop))
    key = jax.random.PRNGKey(plan.seed)
    began, number = time.monotonic(), 0
    for epoch in range(plan.epochs):
        lines = epochs(epoch)
        order = list(batches([len(line.codes) for line in lines], TAG_LENGTHS, plan.batch, random))
        losses = []
        for place, (length, places) in enumerate(order):
            codes, tags = _tagged(plan, [lines[k] for k in places], length, random)
            rate = np.float32(plan.rate * _rate((epoch + place / len(order)) / plan.epochs))
            number += 1
            params, state, loss = step(params, state, rate, codes, tags, key=jax.random.fold_in(key, number))
            losses.append(float(loss))
        report(f"epoch {epoch + 1} loss {np.mean(losses):.4f} {time.monotonic() - began:.0f}s")
        done(epoch + 1, params)
    return params


def _tagged(
    plan: Plan, lines: Sequence[Line], length: int, random: np.random.Generator
) -> tuple[tuple[Any, ...], NDArray[np.int32]]:
    """Return padded codes, some made unknown, and tags (-1 outside the line)."""
    rows = plan.batch // length
    empty = [Codes(*(np.zeros(0, np.int32),) * 4)] * (rows - len(lines))
    chars, left, right, segments = _tagging.stack([line.codes for line in lines] + empty, length)
    tags = np.full(chars.shape, -1, np.int32)
    for row, line in enumerate(lines):
        tags[row, : len(line.tags)] = line.tags
    chars = np.where((random.random(chars.shape) < 0.02) & (chars != PAD), UNKNOWN, chars)
    left, right = (np.where((random.random(b.shape) < 0.1) & (b != PAD), UNKNOWN, b) for b in (left, right))
    segments = np.where(random.random(segments.shape) < 0.05, PAD, segments)
    return tuple(jnp.asarray(code) for code in (chars, left, right, segments)), tags
