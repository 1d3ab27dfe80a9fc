"""64 bits, promotion, numbers that do not fit, casts, keys."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oxmlx as ox
from differences.rows import row
from oxmlx.errors import ArgumentError, DtypeError

onp = ox.numpy


@row("64-bit arrays")
def wide_arrays() -> None:
    assert jnp.ones(2, "float64").dtype == jnp.float32
    assert jnp.ones(2, "int64").dtype == jnp.int32
    for name in ("float64", "int64", "uint64", "complex128"):
        assert onp.ones(2, name).dtype == np.dtype(name)
    assert (onp.ones(2, "float64") + onp.ones(2, "float32")).dtype == np.float64


@row("default dtypes")
def defaults() -> None:
    makers = (
        *(lambda np: np.ones(2), lambda np: np.asarray(1.0), lambda np: np.arange(3)),
        *(lambda np: np.sum(np.ones(2, "int32")), lambda np: np.argmax(np.ones(2))),
        *(lambda np: np.ones(2, "int64") / 2, lambda np: np.sin(np.ones(2, "int64"))),
    )
    with jax.enable_x64(True):
        assert {f(jnp).dtype.itemsize for f in makers} == {8}
    assert {f(onp).dtype.itemsize for f in makers} == {4}


@row("NumPy arrays of 64 bits")
def numpy_arrays() -> None:
    with jax.enable_x64(True):
        assert jnp.asarray(np.ones(2)).dtype == jnp.float64
    assert jnp.asarray(np.array([2**40])).tolist() == [0]
    assert onp.asarray(np.ones(2)).dtype == np.float32
    with pytest.raises(OverflowError, match="does not fit i32"):
        onp.asarray(np.array([2**40]))
    assert onp.asarray(np.array([2**40]), dtype="int64").tolist() == [2**40]


@row("promotion of unsigned and signed")
def promotion() -> None:
    def pair(np: object, bits: int) -> object:
        return (np.ones(1, f"uint{bits}") + np.ones(1, f"int{bits}")).dtype.name  # type: ignore[attr-defined]

    assert pair(jnp, 32) == "int32"
    with jax.enable_x64(True):
        assert (pair(jnp, 32), pair(jnp, 64)) == ("int64", "float64")
    assert (pair(onp, 32), pair(onp, 64)) == ("int64", "float32")


@row("NumPy scalars")
def numpy_scalars() -> None:
    assert (jnp.ones(2, "float16") + np.float32(1)).dtype == jnp.float32
    assert (onp.ones(2, "float16") + np.float32(1)).dtype == np.float16
    assert (jnp.ones(2, "int8") + np.int32(1)).dtype == jnp.int32
    assert (onp.ones(2, "int8") + np.int32(1)).dtype == np.int8


@row("Python integers that do not fit")
def integers_that_do_not_fit() -> None:
    assert (jnp.array([1], "uint8") + 300).tolist() == [45]
    assert jnp.full(1, 300, "uint8").tolist() == [44]
    assert jnp.arange(2**31, 2**31 + 1).tolist() == [-(2**31)]
    for f in (
        lambda: onp.array([1], dtype="uint8") + 300,
        lambda: onp.full(1, 300, dtype="uint8"),
        lambda: onp.arange(2**31, 2**31 + 1),
    ):
        with pytest.raises(OverflowError, match="does not fit"):
            f()


@row("complex to real")
def complex_to_real() -> None:
    assert jnp.array([1 + 2j]).astype("float32").tolist() == [1]
    for dtype in ("float32", "int32"):
        with pytest.raises(DtypeError, match="Take its real part"):
            onp.array([1 + 2j]).astype(dtype)


@row("order of complex numbers")
def complex_order() -> None:
    pair = [1 + 0j, 1j]
    assert jnp.array(1j) < jnp.array(1 + 0j)
    assert jax.lax.max(jnp.array(1j), jnp.array(1 + 0j)) == 1
    for f in (lambda x, y: x < y, ox.lax.max):
        with pytest.raises(DtypeError):
            f(onp.array(1j), onp.array(1 + 0j))
    for xp in (jnp, onp):
        x = xp.array(pair)
        assert xp.sort(x).tolist() == [1j, 1]
        assert (xp.max(x), xp.min(x), xp.maximum(*x), xp.minimum(*x)) == (1, 1j, 1, 1j)


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
