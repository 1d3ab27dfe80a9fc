"""custom_jvp and custom_vjp: how they are called, and operands that a vmap does not map."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.errors import ArgumentError
from oxmlx.ops.axes import reduce_sum
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.math import cos, sin

X = np.array([[0.3, -0.6, 0.9], [1.0, 0.2, -0.4]])
K = np.array([0.5, -1.0, 2.0])


@ox.custom_jvp
def product(x: Any, k: Any) -> Any:
    return sin(x) * k


@product.defjvp
def product_jvp(primals: Any, tangents: Any) -> Any:
    (x, k), (dx, dk) = primals, tangents
    return product(x, k), cos(x) * k * dx + sin(x) * dk


@ox.custom_vjp
def reverse_product(x: Any, k: Any) -> Any:
    return sin(x) * k


reverse_product.defvjp(
    lambda x, k: (reverse_product(x, k), (x, k)),
    lambda res, ct: (ct * cos(res[0]) * res[1], ct * sin(res[0])),
)


@pytest.mark.parametrize("f", [product, reverse_product])
def test_an_operand_that_is_not_mapped_is_differentiated_outside_of_the_vmap(f: Any) -> None:
    def loss(k: Any) -> Any:
        return reduce_sum(ox.vmap(lambda x: f(x, k))(from_numpy(X)), (0, 1))

    k = from_numpy(K)
    for g in (ox.grad(loss), ox.jit(ox.grad(loss)), ox.grad(ox.jit(loss))):
        np.testing.assert_allclose(np.asarray(g(k)), np.sin(X).sum(0), rtol=1e-12)


def test_options_that_change_no_result_are_taken() -> None:
    f = ox.custom_vjp(lambda x: x * x)
    f.defvjp(lambda x: (f(x), x), lambda x, ct: (3 * ct * x,), False, optimize_remat=True)
    assert float(ox.grad(ox.checkpoint(f))(2.0)) == 6.0
    with pytest.raises(TypeError, match="unexpected keyword"):  # it was swallowed once
        f.defvjp(abs, abs, symbolic_zero=True)  # type: ignore[call-arg]


def test_defaults_are_arguments_like_others() -> None:
    @functools.partial(ox.custom_jvp, nondiff_argnums=(1,))
    def f(x: Any, k: int = 3) -> Any:
        return x * k

    f.defjvp(lambda k, primals, tangents: (f(primals[0], k), tangents[0] * k * 2))
    assert (float(f(2.0)), float(ox.grad(f)(2.0))) == (6.0, 6.0)
    assert float(ox.grad(lambda x: f(x, k=4))(2.0)) == 8.0

    @ox.custom_vjp
    def g(x: Any, scale: Any = 3.0) -> Any:
        return x * scale

    g.defvjp(
        lambda x, scale: (x * scale, (x, scale)), lambda res, ct: (ct * res[1] * 2, ct * res[0])
    )
    assert float(ox.grad(g)(2.0)) == 6.0


def test_an_argument_without_a_position_is_refused_rather_than_lost() -> None:
    @ox.custom_jvp
    def f(x: Any, *, k: float = 3.0) -> Any:
        return x * k

    f.defjvp(lambda primals, tangents: (f(*primals), tangents[0]))
    assert float(f(2.0)) == 6.0
    with pytest.raises(ArgumentError, match=r"f takes \['k'\] by keyword only"):
        f(2.0, k=5.0)


@pytest.mark.parametrize("wrap", [ox.custom_jvp, ox.custom_vjp, ox.checkpoint])
def test_eager_calls_see_arrays_as_traced_ones_do(wrap: Any) -> None:
    f = wrap(lambda x: (x.aval.dtype, 3.0)[1] * x)
    if wrap is ox.custom_jvp:
        f.defjvp(lambda primals, tangents: (f(*primals), tangents[0]))
    if wrap is ox.custom_vjp:
        f.defvjp(lambda x: (f(x), None), lambda _, ct: (ct,))
    eager, traced = f(np.ones(2)), ox.jit(f)(np.ones(2))
    assert eager.dtype == traced.dtype == np.float32
    assert f(2.0).weak_type
    constant = wrap(lambda x: 2.5)
    if wrap is ox.custom_jvp:
        constant.defjvp(lambda primals, tangents: (2.5, tangents[0]))
    if wrap is ox.custom_vjp:
        constant.defvjp(lambda x: (2.5, None), lambda _, ct: (ct,))
    assert isinstance(constant(1.0), ox.Array)
