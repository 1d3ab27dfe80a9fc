"""Finite sets and whole numbers: equal to jax's draws, element by element."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oxmlx as ox
from oxmlx import random

RNG = np.random.default_rng(0)
P = RNG.random(20).astype(np.float32)
P /= P.sum()
TABLE = np.arange(60, dtype=np.float32).reshape(5, 4, 3)
LOGITS = RNG.normal(size=(4, 7, 3)).astype(np.float32)


def equal(name: str, *args: Any, seed: int = 0, **kwargs: Any) -> None:
    """Ours and jax's are the same."""
    want = np.asarray(getattr(jax.random, name)(jax.random.key(seed), *args, **kwargs))

    def mine(x: Any) -> Any:
        return ox.array(x) if isinstance(x, np.ndarray) else x

    values = [mine(x) for x in args]
    named = {k: mine(v) for k, v in kwargs.items()}
    got = getattr(random, name)(random.key(seed), *values, **named)
    assert got.shape == want.shape and got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("n", [0, 1, 2, 1000])
def test_permutation_of_a_number(n: int) -> None:
    equal("permutation", n)
    assert sorted(random.permutation(random.key(1), n).tolist()) == list(range(n))


@pytest.mark.parametrize("independent", [False, True])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_permutation_of_an_array(axis: int, independent: bool) -> None:
    equal("permutation", TABLE, axis, independent)


def test_a_permutation_keeps_slices_together() -> None:
    x = np.asarray(random.permutation(random.key(2), ox.array(TABLE)))
    assert sorted(x[:, 0, 0].tolist()) == TABLE[:, 0, 0].tolist()
    np.testing.assert_array_equal(x - x[:, :1, :1], TABLE - TABLE[:, :1, :1])
    keys = random.split(random.key(3), 5)
    moved = random.key_data(random.permutation(random.key(4), keys)).tolist()
    assert sorted(moved) == sorted(random.key_data(keys).tolist())


@pytest.mark.parametrize("replace", [True, False])
@pytest.mark.parametrize("p", [None, P], ids=["uniform", "weighted"])
def test_choice_of_numbers(replace: bool, p: Any) -> None:
    equal("choice", 20, (3, 4), replace, p)
    equal("choice", 20, (), replace, p)


@pytest.mark.parametrize("replace", [True, False])
def test_choice_of_slices(replace: bool) -> None:
    equal("choice", P, (6,), replace)
    equal("choice", TABLE, (2, 2), replace, axis=0)
    equal("choice", TABLE, (2,), replace, axis=1)


def test_choice_without_replacement_draws_each_once() -> None:
    drawn = random.choice(random.key(5), 20, (20,), replace=False)
    assert sorted(drawn.tolist()) == list(range(20))
    weighted = random.choice(random.key(5), 20, (20,), replace=False, p=ox.array(P))
    assert sorted(weighted.tolist()) == list(range(20))


def test_choice_of_nothing() -> None:
    assert random.choice(random.key(0), 5, (0, 2)).shape == (0, 2)
    assert random.choice(random.key(0), ox.array(TABLE), (0,), axis=1).shape == (5, 0, 3)


def test_impossible_things_are_not_chosen() -> None:
    p = ox.array(np.array([0, 0.5, 0, 0.5, 0], np.float32))
    drawn = random.choice(random.key(6), 5, (1000,), p=p)
    assert set(drawn.tolist()) == {1, 3}
    logits = ox.numpy.log(p)
    assert set(random.categorical(random.key(6), logits, shape=(1000,)).tolist()) == {1, 3}


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_categorical(axis: int) -> None:
    batch = tuple(np.delete(LOGITS.shape, axis))
    equal("categorical", LOGITS, axis)
    equal("categorical", LOGITS, axis, (5, 2, *batch))
    equal("categorical", LOGITS, axis, (3, 1, *batch), replace=False)


def test_categorical_broadcasts() -> None:
    equal("categorical", LOGITS[:1], -1, (9, 4, 7))
    equal("categorical", LOGITS, 1, mode="high")


def test_categorical_is_a_softmax() -> None:
    p = np.array([0.1, 0.2, 0.7])
    keys = random.split(random.key(7), 4)
    draws = [random.categorical(k, ox.array(np.log(p)), shape=(50_000,)) for k in keys]
    share = np.bincount(np.concatenate(draws)) / 200_000
    np.testing.assert_allclose(share, p, atol=5 * (0.25 / 200_000) ** 0.5)


@pytest.mark.parametrize("lam", [0.5, 5.0, 30.0, 1000.0])
def test_poisson(lam: float) -> None:
    equal("poisson", lam, (300,))


def test_poisson_of_odd_means() -> None:
    equal("poisson", np.array([0, np.nan, 3, 50, -1], np.float32))
    assert random.poisson(random.key(0), float("inf")).tolist() == -1
    assert random.poisson(random.key(0), 3.0, dtype="int16").dtype == "int16"


@pytest.mark.parametrize(("n", "p"), [(10.0, 0.3), (100.0, 0.7), (1000.0, 0.5), (30.0, 0.999)])
def test_binomial(n: float, p: float) -> None:
    equal("binomial", n, p, (200,))


def test_binomial_of_odd_numbers() -> None:
    n = np.array([-1, 5, np.nan, np.inf, 7, 100, 5], np.float32)
    p = np.array([0.5, np.nan, 0.5, 0.5, -0.1, 1.0, 0.0], np.float32)
    equal("binomial", n, p)
    assert random.binomial(random.key(0), 9, 0.5).dtype == np.float32


def test_multinomial() -> None:
    equal("multinomial", 20.0, P)
    counts = np.asarray(random.multinomial(random.key(1), 50, ox.array(P), shape=(30, 20)))
    assert np.all(counts.sum(-1) == 50) and len(np.unique(counts, axis=0)) > 1


def test_geometric() -> None:
    equal("geometric", 0.1, (300,))
    equal("geometric", np.array([0.2, 1.0], np.float32))
    assert random.geometric(random.key(0), 0.5).dtype == jnp.int32


def test_under_jit_and_vmap() -> None:
    keys = random.split(random.key(8), 3)

    def f(k: Any) -> tuple[Any, ...]:
        return (
            random.permutation(k, 6),
            random.choice(k, 6, (4,), p=ox.array(P[:6])),
            random.categorical(k, ox.array(LOGITS), shape=(2, 4, 7)),
            random.poisson(k, 4.0, (5,)),
            random.binomial(k, 40, 0.4, (5,)),
        )

    mapped = ox.jit(ox.vmap(f))(keys)
    for row in range(3):
        for got, want in zip(mapped, f(keys[row]), strict=True):
            np.testing.assert_array_equal(np.asarray(got)[row], np.asarray(want))
