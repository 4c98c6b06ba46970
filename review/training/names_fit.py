"""Fit the encoder of the name model: hear the teacher first, then tag. One thread, fixed seed, fixed order."""

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
from numpy.typing import NDArray

from review.detectors import _tagging
from review.detectors._tagging import OUTSIDE, PAD, UNKNOWN, Codes, Ints, Vocabulary
from review.training import names_net
from review.training.names_net import Params

#: Lengths of padded lines, characters.
LENGTHS: Final = (32, 64, 112, 192)
LONGEST: Final = LENGTHS[-1]
MEAN, SQUARE, DECAY = 0.9, 0.99, 0.01  # of AdamW
#: Shares of characters, bigrams and words of the segmenter that training makes unknown. The segmenter's dictionary has
#: seen the training text, so it is not to be believed too much.
LOST: Final = (0.01, 0.12, 0.1)

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that training depends on besides the data (``train.toml``)."""

    seed: int
    channels: int
    bigram_dim: int
    dilations: tuple[int, ...]
    bigrams: int  # at most so many in the vocabulary
    fewest: int  # a bigram counts from so many on
    batch: int  # characters
    heard: int  # times that the teacher's opinions are heard
    heard_rate: float
    drop: float
    epochs: int
    rate: float  # the highest
    renamed: float  # share of persons' names and foreign places that get another name, anew in each epoch
    addresses: int  # made sentences an epoch


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line's codes and what is to be said of each character: its tag, or a share of each class of words."""

    codes: Codes = field(repr=False)
    target: Ints | NDArray[np.uint8] = field(repr=False)


def vocabulary(plan: Plan, texts: Sequence[str], known: Sequence[int]) -> Vocabulary:
    """Return the characters seen twice or ``known``, and the ``plan.bigrams`` commonest bigrams of texts."""
    points: Counter[int] = Counter()
    for text in texts:
        points.update(_tagging.fold(text).tolist())
    chars = np.array(sorted({*known, *(point for point, count in points.items() if count >= 2)}), np.uint32)
    plain = Vocabulary(chars, np.zeros(1, np.int64))
    keys = np.concatenate([_tagging.pairs(plain, _tagging.char_codes(plain, text)) for text in texts])
    found, counts = np.unique(keys, return_counts=True)
    order = np.lexsort((found, -counts))[: plan.bigrams]
    kept = found[order[counts[order] >= plan.fewest]]
    return Vocabulary(chars, np.sort(kept))


def batches(lengths: Sequence[int], size: int, random: np.random.Generator) -> Iterator[tuple[int, list[int]]]:
    """Yield (padded length, places of lines), each about ``size`` characters, in random order."""
    out = []
    buckets = np.searchsorted(LENGTHS, lengths)
    for bucket, length in enumerate(LENGTHS):
        places = random.permutation(np.flatnonzero(buckets == bucket)).tolist()
        rows = size // length
        out += [(length, places[k : k + rows]) for k in range(0, len(places), rows)]
    for k in random.permutation(len(out)).tolist():
        yield out[k]


def _rate(share: float) -> float:
    """Warm up over a twentieth, then a half cosine down."""
    return min(1.0, share / 0.05) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, share))) + 0.01


def _stepper(loss: Callable[..., Any], rates: Mapping[str, float]) -> Callable[..., Any]:
    """Return a step of AdamW with clipped slopes and a share of the rate for some parameters.

    Slopes and update are compiled apart: as one program they took three times as long.
    """
    slopes_of = jax.jit(jax.value_and_grad(loss))

    def update(
        params: Params, slopes: Params, means: Params, squares: Params, rate: Any, number: Any
    ) -> tuple[Params, Params, Params]:
        length = jnp.sqrt(sum((slope * slope).sum() for slope in slopes.values()))
        factor = jnp.minimum(1.0, 1.0 / length)
        new: tuple[dict[str, Any], ...] = ({}, {}, {})
        for name, value in params.items():
            slope = slopes[name] * factor
            mean = MEAN * means[name] + (1 - MEAN) * slope
            square = SQUARE * squares[name] + (1 - SQUARE) * slope * slope
            by = mean / (1 - MEAN**number) / (jnp.sqrt(square / (1 - SQUARE**number)) + 1e-8) + DECAY * value
            new[0][name], new[1][name], new[2][name] = value - rate * rates.get(name, 1.0) * by, mean, square
        return new[0], new[1], new[2]

    updated = jax.jit(update, donate_argnums=(0, 2, 3))

    def step(state: tuple[Params, Params, Params], rate: float, number: int, *data: Any) -> tuple[Any, float]:
        value, slopes = slopes_of(state[0], *data)
        return updated(state[0], slopes, state[1], state[2], np.float32(rate), np.float32(number)), float(value)

    return step


def hear(plan: Plan, params: Params, lines: Sequence[Line], report: Report) -> Params:
    """Train on what the teacher thinks of each character; returns new parameters."""
    loss = partial(names_net.class_loss, dilations=plan.dilations, drop=plan.drop / 2)
    return _fit(plan, params, loss, {}, [lambda: lines] * plan.heard, plan.heard_rate, report)


def tag(plan: Plan, params: Params, epochs: Callable[[int], Sequence[Line]], report: Report) -> Params:
    """Train on tagged lines, made anew for each epoch by its number; returns new parameters."""
    loss = partial(names_net.tag_loss, dilations=plan.dilations, drop=plan.drop)
    lines = [partial(epochs, number) for number in range(plan.epochs)]
    # Tables that were trained before move slowly.
    return _fit(plan, params, loss, {"char": 0.5, "bigram": 0.5}, lines, plan.rate, report)


def _fit(
    plan: Plan,
    params: Params,
    loss: Callable[..., Any],
    rates: Mapping[str, float],
    epochs: Sequence[Callable[[], Sequence[Line]]],
    highest: float,
    report: Report,
) -> Params:
    random = np.random.default_rng(plan.seed)
    nothing = [{name: jnp.zeros_like(value) for name, value in params.items()} for _ in range(2)]
    # A copy: a step gives the memory of what it is given away.
    state = ({name: jnp.array(value) for name, value in params.items()}, *nothing)
    step = _stepper(loss, rates)
    began, number = time.monotonic(), 0
    for epoch, make in enumerate(epochs):
        lines = make()
        order = list(batches([len(line.codes) for line in lines], plan.batch, random))
        losses = []
        for place, (length, places) in enumerate(order):
            rows = plan.batch // length
            codes, target = _padded([lines[k] for k in places], rows, length, random)
            noise = names_net.noise(random, params, rows, length)
            number += 1
            rate = highest * _rate((epoch + place / len(order)) / len(epochs))
            state, value = step(state, rate, number, codes, target, noise)
            losses.append(value)
            if number % 200 == 0:
                report(f"  {place + 1}/{len(order)} loss {np.mean(losses[-200:]):.4f} {time.monotonic() - began:.0f}s")
        report(f"epoch {epoch + 1} loss {np.mean(losses):.4f} {time.monotonic() - began:.0f}s")
    return state[0]


def _padded(
    lines: Sequence[Line], rows: int, length: int, random: np.random.Generator
) -> tuple[tuple[Any, ...], NDArray[Any]]:
    """Return padded codes, some made unknown, and targets."""
    empty = [Codes(*(np.zeros(0, np.int32),) * 3)] * (rows - len(lines))
    chars, bigrams, segments = _tagging.stack([line.codes for line in lines] + empty, length)
    first = lines[0].target
    target = np.zeros((rows, length, *first.shape[1:]), first.dtype)
    for row, line in enumerate(lines):
        target[row, : len(line.codes)] = line.target
    chars = np.where((random.random(chars.shape) < LOST[0]) & (chars != PAD), UNKNOWN, chars)
    bigrams = np.where((random.random(bigrams.shape) < LOST[1]) & (bigrams != PAD), UNKNOWN, bigrams)
    segments = np.where((random.random(segments.shape) < LOST[2]) & (segments != OUTSIDE), PAD, segments)
    return tuple(jnp.asarray(code) for code in (chars, bigrams, segments)), target
