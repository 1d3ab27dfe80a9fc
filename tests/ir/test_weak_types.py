"""Weak types and numbers in programs: what a transformation must not change."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import oxmlx as ox
from oxmlx.ir.aval import Aval, scalar_aval
from oxmlx.ops.convert import from_numpy

HALF = np.array([1.0, 2.0], np.float16)


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "uint32", "float16", "float64"])
def test_only_the_dtypes_of_python_numbers_can_be_weak(dtype: str) -> None:
    aval = Aval((2,), np.dtype(dtype), weak=True)
    assert aval is Aval((2,), np.dtype(dtype)) and not aval.weak
    assert not scalar_aval(np.dtype(dtype)).weak
    for weak in (np.int32, np.float32, np.complex64):
        assert Aval((2,), np.dtype(weak), weak=True).weak


def test_comparisons_of_numbers_are_bools_like_others() -> None:
    x = from_numpy(np.array([5, -5], np.int32))
    assert (x % 3).tolist() == [2, 1]
    assert ox.jit(lambda x: (x < 3) != (x > 1))(2.0).dtype == np.bool_


def weakly(lib: Any) -> dict[str, Any]:
    """A jitted function of a Python number stays weak, under each transformation."""
    half = lib.numpy.asarray(HALF)
    plus = lib.jit(lambda x: x + 1.0)
    scaled = lambda x: plus(x) * half  # noqa: E731
    return {
        "eager": scaled(2.0),
        "jvp": lib.jvp(scaled, (2.0,), (1.0,)),
        "jit": lib.jit(scaled)(2.0),
        "vmap": lib.vmap(lambda y: plus(2.0) * y)(half),
        "grad": lib.grad(lambda x: scaled(x)[0].astype("float32"))(2.0),
        "remat": lib.grad(lib.checkpoint(lambda x: scaled(x)[1].astype("float32")))(2.0),
        "linearize": lib.linearize(scaled, 2.0)[1](1.0),
        "scan": lib.vmap(lambda y: lib.lax.scan(lambda c, _: (c + 1, c * y), 0.0, None, 2))(half),
        "cond": lib.jvp(lambda x: lib.lax.cond(True, plus, plus, x) * half, (2.0,), (1.0,)),
    }


def test_a_transformed_program_is_as_weak_as_the_program() -> None:
    ours, theirs = weakly(ox), weakly(jax)
    for name, want in theirs.items():
        have = [(x.dtype, x.weak_type) for x in ox.tree.leaves(ours[name])]
        assert have == [(x.dtype, x.weak_type) for x in jax.tree.leaves(want)], name


GRADIENTS = {
    "square": lambda x: x * x,
    "strong factor": lambda x: x * np.ones((), np.float32),
    "constant": lambda x: 3.0,
    "unused": lambda x: x * 0,
}


@pytest.mark.parametrize("name", GRADIENTS)
@pytest.mark.parametrize("x", [2.0, np.ones((), np.float32), np.ones((), np.float16)])
def test_a_gradient_has_the_type_of_its_argument(name: str, x: Any) -> None:
    f = GRADIENTS[name]
    ours, theirs = ox.grad(lambda x: f(x) * 1.0)(x), jax.grad(lambda x: f(x) * 1.0)(x)
    assert (ours.dtype, ours.weak_type) == (theirs.dtype, theirs.weak_type)
    for g in (ox.jacfwd, ox.jacrev, ox.hessian):
        assert g(lambda x: x * x)(x).weak_type == (x == 2.0)


@pytest.mark.parametrize("base", [1.1, 0.3])
def test_a_number_in_a_rule_keeps_all_of_its_digits(base: float) -> None:
    y = np.asarray(1.7)
    with jax.enable_x64(True):
        for want, have in (
            (jax.grad(lambda y: base**y)(y), ox.grad(lambda y: base**y)(from_numpy(y))),
            (
                jax.hessian(lambda y: jnp.arctan2(base, y))(y),
                ox.hessian(lambda y: ox.numpy.arctan2(base, y))(from_numpy(y)),
            ),
        ):
            assert have.dtype == np.float64
            np.testing.assert_allclose(np.asarray(have), np.asarray(want), rtol=1e-13)
