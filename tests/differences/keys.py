"""Random keys: what they are made of, and made from."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oxmlx as ox
from differences.rows import row
from oxmlx.errors import ArgumentError, DtypeError

onp = ox.numpy


@row("keys are no numbers")
def keys() -> None:
    same = jax.random.key(0) == jax.random.key(0)
    assert same.item() is True
    with pytest.raises(DtypeError):
        _ = ox.random.key(0) == ox.random.key(0)
    words = [ox.random.key_data(ox.random.key(0)) for _ in range(2)]
    assert bool((words[0] == words[1]).all())


@row("seeds of 64 bits")
def seeds() -> None:
    assert jax.random.key_data(jax.random.key(2**40)).tolist() == [0, 0]
    with jax.enable_x64(True):
        assert jax.random.key_data(jax.random.key(2**40)).tolist() == [256, 0]
    assert ox.random.key_data(ox.random.key(2**40)).tolist() == [256, 0]


@row("implementations of keys")
def implementations() -> None:
    with jax.threefry_partitionable(False):
        older = jax.random.bits(jax.random.key(0), (3,))
    ours = ox.random.bits(ox.random.key(0, impl="threefry_legacy"), (3,))
    assert ours.tolist() == older.tolist()
    newer = jax.random.bits(jax.random.key(0), (3,))
    assert ox.random.bits(ox.random.key(0), (3,)).tolist() == newer.tolist() != older.tolist()
    assert jax.random.key(0, impl="rbg").shape == ()
    with pytest.raises(ArgumentError, match="threefry"):
        ox.random.key(0, impl="rbg")


@row("NumPy arrays of keys")
def numpy_keys() -> None:
    with pytest.raises(TypeError):
        np.asarray(jax.random.key(7))
    words = np.asarray(ox.random.key(7))
    assert words.shape == () and words.item() == (0, 7)
    again = onp.asarray(words)
    assert ox.random.key_data(again).tolist() == [0, 7]


@row("fold_in of integers beyond 32 bits")
def fold_in() -> None:
    for number in (-1, 2**32 + 5):
        with pytest.raises(OverflowError):
            jax.random.fold_in(jax.random.key(0), number)
    minus = ox.random.key_data(ox.random.fold_in(ox.random.key(0), -1)).tolist()
    theirs = jax.random.fold_in(jax.random.key(0), jnp.array(-1))
    assert jax.random.key_data(theirs).tolist() == minus
    large, small = (ox.random.fold_in(ox.random.key(0), n) for n in (2**32 + 5, 5))
    assert ox.random.key_data(large).tolist() == ox.random.key_data(small).tolist()
