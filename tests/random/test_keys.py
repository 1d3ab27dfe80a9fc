"""Keys: the same words as jax's, in both forms, and through every transformation."""

from __future__ import annotations

import inspect
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oxmlx as ox
from oxmlx import random
from oxmlx.dtypes import KEY_DTYPES
from oxmlx.errors import KeyTypeError, ShapeError


def words(keys: Any) -> list[Any]:
    return random.key_data(keys).tolist()


@given(st.integers(-(2**31), 2**31 - 1))
def test_seeds_of_32_bits(seed: int) -> None:
    want = jax.random.key_data(jax.random.key(seed))
    assert words(random.key(seed)) == np.asarray(want).tolist()
    assert words(random.key(np.int64(seed))) == words(random.key(seed))
    assert words(random.key(ox.array(seed))) == words(random.key(seed))
    assert random.PRNGKey(seed).tolist() == words(random.key(seed))


@given(st.integers(-(2**63), -(2**31) - 1) | st.integers(2**31, 2**63 - 1))
def test_seeds_of_64_bits(seed: int) -> None:
    with jax.enable_x64(True):
        want = jax.random.key_data(jax.random.key(seed))
    assert words(random.key(seed)) == np.asarray(want).tolist()


def test_the_largest_seed() -> None:
    assert words(random.key(2**64 - 1)) == [2**32 - 1] * 2


@pytest.mark.parametrize("num", [1, 2, 5, (2, 3), (), 0])
def test_split_and_fold_in(num: Any) -> None:
    mine, theirs = random.key(7), jax.random.key(7)
    split = jax.random.key_data(jax.random.split(theirs, num))
    np.testing.assert_array_equal(random.key_data(random.split(mine, num)), split)
    np.testing.assert_array_equal(random.split(random.PRNGKey(7), num), split)
    fold = np.asarray(jax.random.key_data(jax.random.fold_in(theirs, 12))).tolist()
    assert words(random.fold_in(mine, 12)) == words(random.fold_in(mine, ox.array(12))) == fold
    assert random.fold_in(random.PRNGKey(7), 12).tolist() == fold
    assert words(random.fold_in(mine, -1)) == words(random.fold_in(mine, 2**32 - 1))


def test_implementations() -> None:
    plain, legacy = random.key(3), random.key(3, impl="threefry_legacy")
    assert random.key_impl(plain) == "threefry2x32" and random.key_impl(legacy) == "threefry_legacy"
    assert plain.dtype == random.key_dtype() == KEY_DTYPES["threefry"]
    assert random.key(3, dtype=legacy.dtype).dtype == legacy.dtype
    assert random.key_impl(random.PRNGKey(3)) == "threefry2x32"
    with jax.threefry_partitionable(False):
        want = np.asarray(jax.random.uniform(jax.random.key(3), (5,), "float32"))
    np.testing.assert_array_equal(random.uniform(legacy, (5,)), want)
    assert random.uniform(plain, (5,)).tolist() != want.tolist()


def test_words_and_back() -> None:
    keys = random.split(random.key(1), (2, 3))
    again = random.wrap_key_data(random.key_data(keys))
    assert again.shape == (2, 3) and words(again) == words(keys)
    assert words(random.wrap_key_data(np.array([1, 2], np.uint32))) == [1, 2]
    legacy = random.wrap_key_data(random.key_data(keys), impl="threefry_legacy")
    assert legacy.dtype == KEY_DTYPES["threefry_legacy"]
    assert random.clone(keys) is keys


def test_keys_unpack_and_index() -> None:
    first, second = random.split(random.key(0))
    both = random.split(random.key(0))
    assert [words(first), words(second)] == words(both) == [words(both[0]), words(both[1])]


def test_under_transformations() -> None:
    def f(seed: Any) -> Any:
        key, subkey = random.split(random.key(seed))
        return random.key_data(random.fold_in(subkey, 3)), random.uniform(key)

    seeds = ox.array(np.arange(3, dtype=np.int32))
    each = [f(int(s)) for s in range(3)]
    for g in (ox.vmap(f), ox.jit(ox.vmap(f)), ox.vmap(ox.jit(f))):
        data, u = g(seeds)
        assert data.tolist() == [d.tolist() for d, _ in each]
        assert u.tolist() == [x.item() for _, x in each]


KEY_FUNCTIONS = {"key", "PRNGKey", "split", "fold_in", "clone"}
KEY_FUNCTIONS |= {"key_data", "key_impl", "key_dtype", "wrap_key_data"}
SAMPLERS = {name: getattr(random, name) for name in random.__all__ if name not in KEY_FUNCTIONS}
NEEDS = {
    **dict.fromkeys(("gamma", "loggamma", "chisquare", "t", "poisson", "rayleigh"), (2.0,)),
    **dict.fromkeys(("pareto", "wald", "permutation", "choice"), (2,)),
    **dict.fromkeys(("beta", "f", "weibull_min", "truncated_normal"), (1.0, 2.0)),
    "randint": ((), 0, 9),
    "triangular": (0.0, 1.0, 2.0),
    "double_sided_maxwell": (0.0, 1.0),
    "geometric": (0.5,),
    "generalized_normal": (2.0,),
    "binomial": (9, 0.5),
    "ball": (2,),
    "dirichlet": (np.ones(2, np.float32),),
    "categorical": (np.ones(2, np.float32),),
    "multinomial": (5, np.full(2, 0.5, np.float32)),
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_checks_its_key(name: str) -> None:
    f, rest = SAMPLERS[name], NEEDS.get(name, ())
    text = rf"^random.{name}: needs a random key first, got"
    for wrong in ((), (0,), (np.ones(2, np.float32),), (None,)):
        with pytest.raises(KeyTypeError, match=text) as caught:
            f(*wrong, *rest) if wrong else f()
        assert "key = ox.random.key(0)" in str(caught.value)
        assert "key, subkey = ox.random.split(key)" in str(caught.value)
    with pytest.raises(ShapeError, match=rf"^random.{name}: takes one key, got key<threefry>\[2\]"):
        f(random.split(random.key(0)), *rest)


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_takes_either_form_by_position_or_name(name: str) -> None:
    f, rest = SAMPLERS[name], NEEDS.get(name, ())
    want = f(random.key(5), *rest)
    np.testing.assert_array_equal(f(random.PRNGKey(5), *rest), want)
    np.testing.assert_array_equal(f(np.array([0, 5], np.uint32), *rest), want)
    names = list(inspect.signature(f).parameters)[1:]
    named = dict(zip(names, rest, strict=False))
    np.testing.assert_array_equal(f(key=random.key(5), **named), want)


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_is_mapped_over_keys(name: str) -> None:
    """Each key gives what it gives alone, and different keys give different things."""
    f, rest = SAMPLERS[name], NEEDS.get(name, ())
    # where a vector is added up lane by lane, a batch of vectors is not
    with ox.default_device("reference"):
        keys = random.split(random.key(11), 40)
        rows = np.asarray(ox.jit(ox.vmap(lambda k: f(k, *rest)))(keys))
        for k in (0, 7, 39):
            np.testing.assert_array_equal(rows[k], np.asarray(f(keys[k], *rest)))
    assert len(np.unique(rows.astype(float), axis=0)) > 1
