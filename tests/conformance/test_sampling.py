"""Sampling against definitions written token by token; `truncate` agrees with them in any mix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sampling import (
    Sampling,
    keep_min_p,
    keep_top_k,
    keep_top_p,
    mark_seen,
    next_token,
    penalize_repetition,
    truncate,
)

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx.errors import ArgumentError

distinct = st.permutations(range(23)).map(lambda order: np.array(order, np.float32) / 4 - 2)


def kept(logits: ox.Array) -> set[int]:
    return set(np.flatnonzero(np.isfinite(np.asarray(logits))))


def softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits.astype(np.float64) - logits.max())
    return weights / weights.sum()


@given(distinct, st.integers(1, 30))
@settings(max_examples=25, deadline=None)
def test_top_k_keeps_the_k_largest(logits: np.ndarray, k: int) -> None:
    out = ox.jit(keep_top_k, static_argnums=1)(logits, k)
    assert kept(out) == set(np.argsort(-logits)[:k])


@given(distinct, st.floats(0.01, 0.99))
@settings(max_examples=25, deadline=None)
def test_top_p_keeps_the_fewest_that_reach_p(logits: np.ndarray, p: float) -> None:
    order, mass, wanted = np.argsort(-logits), 0.0, set[int]()
    for token in order:
        if mass >= p:
            break
        mass += softmax(logits)[token]
        wanted.add(int(token))
    assert kept(ox.jit(keep_top_p, static_argnums=1)(logits, p)) == wanted


@given(distinct, st.floats(0.01, 0.99))
@settings(max_examples=25, deadline=None)
def test_min_p_is_relative_to_the_likeliest(logits: np.ndarray, p: float) -> None:
    probabilities = softmax(logits)
    wanted = set(np.flatnonzero(probabilities >= p * probabilities.max()))
    assert kept(ox.jit(keep_min_p, static_argnums=1)(logits, p)) == wanted


def test_kept_logits_are_not_changed() -> None:
    logits = jnp.array([1.0, 3.0, -2.0, 0.5])
    for cut in (keep_top_k(logits, 2), keep_top_p(logits, 0.95), keep_min_p(logits, 0.1)):
        assert np.array_equal(cut, np.where(np.isfinite(cut), logits, -np.inf))


def test_repetition_penalty_always_lowers() -> None:
    logits, seen = jnp.array([2.0, -2.0, 2.0, 0.0]), jnp.array([True, True, False, True])
    assert np.array_equal(penalize_repetition(logits, seen, 2.0), [1.0, -4.0, 2.0, 0.0])


def test_mark_seen_adds_a_set() -> None:
    seen = mark_seen(jnp.zeros(6, bool), jnp.array([4, 1, 4]))
    assert kept(jnp.where(mark_seen(seen, jnp.array([0])), 0.0, jnp.nan)) == {0, 1, 4}


def test_a_batch_is_a_stack() -> None:
    rows = np.random.default_rng(0).normal(size=(3, 50)).astype(np.float32)
    seen = np.random.default_rng(1).random((3, 50)) < 0.3
    config = Sampling(0.7, top_k=20, top_p=0.8, min_p=0.05, repetition_penalty=1.3)
    whole = truncate(jnp.array(rows), jnp.array(seen), config)
    parts = [
        truncate(jnp.array(row), jnp.array(mask), config)
        for row, mask in zip(rows, seen, strict=True)
    ]
    assert np.allclose(whole, np.stack(parts), rtol=1e-6)
    assert 0 < np.isfinite(whole[0]).sum() < 20


def test_greedy_is_argmax_and_ignores_the_key() -> None:
    logits = jnp.array([[0.1, 2.0, 1.9], [3.0, 0.0, 1.0]])
    seen = jnp.array([[False, True, False], [False] * 3])
    draw = ox.jit(next_token, static_argnums=3)
    assert draw(ox.random.key(0), logits, seen, Sampling()).tolist() == [1, 0]
    assert draw(ox.random.key(1), logits, seen, Sampling(repetition_penalty=1.5)).tolist() == [2, 0]


def test_draws_follow_the_truncated_distribution() -> None:
    logits = jnp.log(jnp.array([0.4, 0.3, 0.2, 0.1]))
    config = Sampling(temperature=1.0, top_p=0.85)
    many = jnp.broadcast_to(logits, (20_000, 4))
    seen = jnp.zeros((20_000, 4), bool)
    draws = np.asarray(next_token(ox.random.key(7), many, seen, config))
    frequencies = np.bincount(draws, minlength=4) / draws.size
    wanted = np.array([4, 3, 2, 0]) / 9
    assert frequencies[3] == 0
    assert np.abs(frequencies - wanted).max() < 4 * np.sqrt(0.25 / draws.size)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("temperature", -0.1, "0 (greedy) or more"),
        ("top_k", -1, "0 (all tokens) or more"),
        ("top_p", 0.0, "above 0 and at most 1"),
        ("top_p", 1.1, "above 0 and at most 1"),
        ("min_p", 1.5, "between 0 (all tokens) and 1"),
        ("repetition_penalty", 0.0, "above 0; 1 is no penalty"),
    ],
)
def test_settings_outside_their_range_are_refused(name: str, value: float, wanted: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        Sampling(**{name: value})
    assert f"{name} is {value}; wanted {wanted}" in str(refused.value)
