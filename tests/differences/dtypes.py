"""64 bits, promotion, numbers that do not fit, casts."""

from __future__ import annotations

from typing import Any

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


@row("comparison of unsigned and signed")
def comparison() -> None:
    def larger(np: Any, x: int, y: int) -> bool:
        return (np.array(x, dtype="uint32") > np.array(y, dtype="int32")).item()

    assert not larger(jnp, 2**31, 1)
    with jax.enable_x64(True):
        assert larger(jnp, 2**31, 1)
    assert larger(onp, 2**31, 1) and larger(onp, 0, -1) and not larger(onp, 0, 1)


@row("NumPy scalars")
def numpy_scalars() -> None:
    assert (jnp.ones(2, "float16") + np.float32(1)).dtype == jnp.float32
    assert (onp.ones(2, "float16") + np.float32(1)).dtype == np.float16
    assert onp.array(np.float16(1)).dtype == jnp.array(np.float16(1)).dtype == np.float16
    assert (jnp.ones(2, "int8") + np.int32(1)).dtype == jnp.int32
    assert (onp.ones(2, "int8") + np.int32(1)).dtype == np.int8


@row("Python integers that do not fit")
def integers_that_do_not_fit() -> None:
    assert (jnp.array([1], "uint8") + 300).tolist() == [45]
    assert jnp.full(1, 300, "uint8").tolist() == [44]
    for f in (
        lambda: onp.array([1], dtype="uint8") + 300,
        lambda: onp.full(1, 300, dtype="uint8"),
        lambda: onp.arange(2**31, 2**31 + 1),
    ):
        with pytest.raises(OverflowError, match="does not fit"):
            f()


@row("large integers beside floats")
def large_integers() -> None:
    with pytest.raises(OverflowError):
        _ = jnp.array([1.0]) + 2**40
    assert (onp.array([1.0]) + 2**40).tolist() == [2.0**40]


@row("floats where integers are meant")
def floats_for_integers() -> None:
    def steps(L: Any) -> Any:
        return L.lax.fori_loop(0.0, 3.0, lambda i, x: x + 1, 0)

    def dice(L: Any) -> Any:
        return L.random.randint(L.random.key(0), (99,), 1.5, 6.5)

    def folded(L: Any) -> Any:
        return L.random.key_data(L.random.fold_in(L.random.key(0), 1.5))

    assert steps(jax) == 3
    assert set(dice(jax).tolist()) == {1, 2, 3, 4, 5}
    assert folded(jax).tolist() == jax.random.fold_in(jax.random.PRNGKey(0), 1).tolist()
    for f in (steps, dice, folded):
        with pytest.raises((ArgumentError, DtypeError), match="integer"):
            f(ox)


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
