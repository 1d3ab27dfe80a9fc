"""Derivatives are checked in the dtype of the program: right ones pass, wrong ones do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx import numpy as onp
from oxmlx.ops.elementwise import Neg
from oxmlx.testing import check_grads, check_jvp, check_vjp
from oxmlx.testing.gradients import GradientMismatch

DTYPES = ["bfloat16", "float16", "float32", "float64", "complex64", "complex128"]


def points(dtype: str) -> Any:
    return onp.array(np.array([0.3, 0.8, 1.2]), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("f", [onp.sin, onp.exp, onp.tanh, lambda x: (x * x).sum()])
def test_right_derivatives_pass_in_every_dtype(f: Callable[..., Any], dtype: str) -> None:
    check_grads(f, (points(dtype),))


def test_float32_needs_no_options() -> None:
    check_grads(onp.sin, (onp.ones(3),))
    model = ox.nn.MLP((3, 8, 2), onp.tanh, key=ox.random.key(0))
    check_grads(lambda model, x: model(x), (model, onp.ones((4, 3))))


def test_a_carry_keeps_its_dtype() -> None:
    def total(xs: Any) -> Any:
        return ox.lax.scan(lambda c, x: (c * x, None), onp.ones((), "float32"), xs)[0]

    check_grads(total, (points("float32"),))


@ox.custom_jvp
def skewed(x: Any, by: float) -> Any:
    return onp.sin(x)


@skewed.defjvp
def skewed_rule(primals: Any, tangents: Any) -> Any:
    x, by = primals
    return skewed(x, by), (1 + by) * onp.cos(x) * tangents[0]


# What a check must see: well above the tolerance of the dtype.
WRONG = [("bfloat16", 2.0), ("float16", 0.4), ("float32", 0.04), ("float64", 1e-4)]


@pytest.mark.parametrize(("dtype", "by"), WRONG)
def test_a_wrong_derivative_does_not_pass(dtype: str, by: float) -> None:
    with pytest.raises(GradientMismatch, match="jvp: derivatives differ"):
        check_jvp(lambda x: skewed(x, onp.array(by, dtype)), (points(dtype),))


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_wrong_transpose_does_not_pass(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(self: Neg, ct: Any, x: Any) -> Any:
        return (ct,)

    monkeypatch.setattr(Neg, "transpose", wrong)
    with pytest.raises(GradientMismatch, match="vjp: derivatives differ"):
        check_vjp(lambda x: -onp.sin(x), (points(dtype),))


def test_the_options_win() -> None:
    wrong = lambda x: skewed(x, onp.array(0.04, "float32"))  # noqa: E731
    check_jvp(wrong, (points("float32"),), rtol=0.1)
    with pytest.raises(GradientMismatch, match="step of 0.5"):
        check_jvp(onp.sin, (points("float32"),), eps=0.5)


def test_integers_have_no_derivative_to_check() -> None:
    check_grads(lambda x, i: x[i], (points("float32"), onp.array([0, 2])))
