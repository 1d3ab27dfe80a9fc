"""grad, vjp, jvp, linearize on pytrees, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.dtypes import float0
from oxmlx.errors import ArgumentError, GradientError, ShapeError, TreeError
from oxmlx.ops.axes import reduce_sum
from oxmlx.ops.complex import conj, real
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.math import abs_, cos, sin


def vec(*x: float, dtype: Any = np.float32) -> Any:
    return from_numpy(np.array(x, dtype))


def total(x: Any) -> Any:
    return reduce_sum(x, tuple(range(x.ndim)))


def test_gradients_have_the_structure_of_their_argument() -> None:
    params = {"w": vec(1, 2), "b": [vec(3), (vec(4), None)]}
    g = ox.grad(lambda p: total(p["w"] * 2) + total(p["b"][0] * p["b"][1][0]))(params)
    assert ox.tree.map(lambda x: x.tolist(), g) == {"w": [2, 2], "b": [[4], ([3], None)]}


def test_argnums() -> None:
    f = lambda x, y, z: x * y * z  # noqa: E731
    assert float(ox.grad(f, 1)(2.0, 3.0, 4.0)) == 8
    assert [float(g) for g in ox.grad(f, (0, 2))(2.0, 3.0, 4.0)] == [12, 6]
    assert [float(g) for g in ox.grad(f, (-1,))(2.0, 3.0, 4.0)] == [6]


def test_argnames() -> None:
    f = lambda x, *, s, t: x * s * t  # noqa: E731
    g = ox.grad(f, argnums=0, argnames=("s", "t"))(2.0, s=3.0, t=4.0)
    assert float(g[0]) == 12
    assert {k: float(v) for k, v in g[1].items()} == {"s": 8, "t": 6}


def test_has_aux() -> None:
    f = lambda x: (x * x, {"half": x / 2, "label": "kept"})  # noqa: E731
    (value, aux), g = ox.value_and_grad(f, has_aux=True)(4.0)
    assert (float(value), float(g), float(aux["half"]), aux["label"]) == (16, 8, 2, "kept")
    g, aux = ox.grad(f, has_aux=True)(4.0)
    assert (float(g), float(aux["half"])) == (8, 2)


def test_an_unused_argument_has_zero_gradient() -> None:
    assert ox.grad(lambda x, y: total(y), argnums=0)(vec(1, 2), vec(3)).tolist() == [0, 0]


def test_integers_have_float0_gradients() -> None:
    g = ox.grad(lambda p: total(p["x"] * p["n"]), allow_int=True)(
        {"x": vec(1, 2), "n": from_numpy(np.array(3, np.int32))}
    )
    assert g["x"].tolist() == [3, 3]
    assert g["n"].dtype == float0


def test_python_control_flow_on_values_that_are_known() -> None:
    def f(x: Any) -> Any:
        return sin(x) if x > 0 else x * x

    assert float(ox.grad(f)(-3.0)) == -6
    assert float(ox.grad(ox.grad(f))(-3.0)) == 2


def test_constants_of_a_function_may_become_python_numbers() -> None:
    f = lambda x: x * float(ox.stop_gradient(x) + 1)  # noqa: E731
    assert float(ox.grad(f)(2.0)) == 3.0


def test_vjp_of_many_outputs() -> None:
    y, pull = ox.vjp(lambda x, y: {"a": x * y, "b": x}, vec(1, 2), vec(3, 4))
    assert y["a"].tolist() == [3, 8]
    gx, gy = pull({"a": vec(1, 1), "b": vec(10, 10)})
    assert (gx.tolist(), gy.tolist()) == ([13, 14], [1, 2])


def test_the_pullback_is_a_pytree() -> None:
    """It may leave a jitted function."""

    @ox.jit
    def forward(x: Any) -> Any:
        return ox.vjp(lambda x: sin(x) * x, x)

    _, pull = forward(vec(1, 2))
    np.testing.assert_allclose(
        pull(vec(1, 1))[0].tolist(), np.cos([1, 2]) * [1, 2] + np.sin([1, 2]), rtol=1e-6
    )


def test_linearize_does_not_run_the_function_again() -> None:
    calls: list[int] = []

    def f(x: Any) -> Any:
        calls.append(1)
        return sin(x)

    y, push = ox.linearize(f, 0.5)
    assert [round(float(push(t)), 6) for t in (1.0, 2.0)] == [0.877583, 1.755165]
    assert len(calls) == 1


def test_jvp_of_pytrees_and_integers() -> None:
    x, n = vec(1, 2), from_numpy(np.array([3, 4], np.int32))
    y, dy = ox.jvp(lambda x, n: (x * n, n), (x, n), (vec(1, 0), np.zeros(2, float0)))
    assert dy[0].tolist() == [3, 0]
    assert dy[1].dtype == float0


def test_complex_conventions_are_those_of_jax() -> None:
    z = from_numpy(np.array(1 + 2j))
    g = ox.grad(lambda z: abs_(z) ** 2)(z)
    assert complex(g) == pytest.approx(2 - 4j)
    g = ox.grad(lambda z: z * z, holomorphic=True)(z)
    assert complex(g) == pytest.approx(2 + 4j)
    g = ox.grad(lambda z: real(conj(z) * z))(z)
    assert complex(g) == pytest.approx(2 - 4j)


def test_a_hundred_derivatives_deep() -> None:
    f = sin
    for _ in range(5):
        f = ox.grad(f)
    assert float(f(0.3)) == pytest.approx(float(cos(0.3)), rel=1e-6)


def test_hessian_of_a_pytree() -> None:
    h = ox.hessian(lambda p: total(p["a"] ** 2 * p["b"]))({"a": vec(1, 2), "b": vec(3, 4)})
    assert h["a"]["b"].tolist() == [[2, 0], [0, 4]]
    assert h["b"]["b"].tolist() == [[0, 0], [0, 0]]


def test_jacobians_agree_on_every_shape() -> None:
    x = from_numpy(np.random.default_rng(0).normal(size=(2, 3)))
    f = lambda x: {"m": sin(x) * x, "s": total(x * x), "e": x[:0]}  # noqa: E731
    forward, backward = ox.jacfwd(f)(x), ox.jacrev(f)(x)
    for name, shape in {"m": (2, 3, 2, 3), "s": (2, 3), "e": (0, 3, 2, 3)}.items():
        assert forward[name].shape == backward[name].shape == shape
        np.testing.assert_allclose(
            np.asarray(forward[name]), np.asarray(backward[name]), rtol=1e-12
        )


INT = np.array([1, 2], np.int32)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: ox.grad(sin)(vec(1, 2)), GradientError, r"must return a scalar, got f32\[2\]"),
        (lambda: ox.grad(lambda x: (x, x))(1.0), GradientError, "tuple(.|\n)*has_aux=True"),
        (lambda: ox.grad(lambda x: x > 0)(1.0), GradientError, r"floating number, got bool\[\]"),
        (lambda: ox.grad(lambda x: x)(3), GradientError, r"floating dtype, got i32\[\]"),
        (
            lambda: ox.grad(lambda p: total(p["n"]))({"n": from_numpy(INT)}),
            GradientError,
            r"\['n'\]",
        ),
        (lambda: ox.grad(lambda z: z)(1j), GradientError, "real number(.|\n)*holomorphic"),
        (lambda: ox.grad(sin, holomorphic=True)(1.0), GradientError, "complex"),
        (lambda: ox.grad(sin, argnums=1)(1.0), ArgumentError, "argnums must name some of the 1"),
        (lambda: ox.grad(sin, argnums=(0, 0))(1.0), ArgumentError, "distinct"),
        (lambda: ox.grad(sin, argnames="y")(1.0), ArgumentError, "not passed by keyword"),
        (lambda: ox.grad(sin)("one"), ArgumentError, "str"),
        (lambda: ox.jvp(sin, 1.0, 1.0), ArgumentError, "tuples"),
        (lambda: ox.jvp(sin, (1.0,), (vec(1),)), ShapeError, r"shape of its value f32\[\]"),
        (lambda: ox.jvp(sin, (1.0,), (1.0, 2.0)), TreeError, "primals have the structure"),
        (lambda: ox.jvp(sin, (vec(1),), (vec(1, dtype=np.float64),)), GradientError, "dtype"),
        (lambda: ox.vjp(sin, 1.0)[1]((1.0, 2.0)), TreeError, "the output's structure"),
        (lambda: ox.vjp(sin, 1.0)[1](vec(1)), ShapeError, "cotangent"),
        (lambda: ox.linearize(sin, 1.0)[1](1.0, 2.0), TreeError, "structure"),
        (lambda: ox.grad(lambda x: x, has_aux=True)(1.0), GradientError, "pair"),
    ],
)
def test_refusals(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()
