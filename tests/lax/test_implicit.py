"""Roots and linear equations, differentiated by the implicit function theorem as JAX does it."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agreement import agree, close

import oxmlx as ox
from oxmlx.control.linear_solve import LinearSolve
from oxmlx.errors import GradientError
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.dot import matmul
from oxmlx.testing import check_grads

A = np.array([[4.0, 1.0, 0.5], [0.3, 3.0, -1.0], [0.2, 0.7, 5.0]])
S = A @ A.T / 9
B = np.array([1.0, -2.0, 0.5])


class Numbers:
    """What the programs need of a library."""

    def __init__(self, lib: Any, product: Any) -> None:
        self.lax, self.product, self.lib = lib.lax, product, lib

    def conjugate_gradients(self, matvec: Any, b: Any) -> Any:
        """A loop whose length depends on the data: it has no transpose."""
        lax = self.lax

        def inner(x: Any, y: Any) -> Any:
            return lax.reduce_sum(lax.mul(x, y), (0,))

        def step(state: Any) -> Any:
            x, r, p, old, n = state
            q = matvec(p)
            a = lax.div(old, inner(p, q))
            x, r = lax.add(x, lax.mul(p, a)), lax.sub(r, lax.mul(q, a))
            new = inner(r, r)
            return x, r, lax.add(r, lax.mul(p, lax.div(new, old))), new, n + 1

        def goes_on(state: Any) -> Any:
            return (state[3] > 1e-28) & (state[4] < 20)

        start = lax.mul(b, 0.0), b, b, inner(b, b), 0
        return lax.while_loop(goes_on, step, start)[0]

    def elimination(self, matvec: Any, b: Any) -> Any:
        """The equation through its matrix, by Newton's iteration for the inverse."""
        lax, eye = self.lax, np.eye(3)
        columns = [matvec(lax.convert_element_type(e.astype(np.float32), np.float64)) for e in eye]
        matrix = lax.concatenate([lax.expand_dims(c, (1,)) for c in columns], 1)
        inverse = lax.mul(lax.transpose(matrix, (1, 0)), 0.02)

        def refine(_: Any, y: Any) -> Any:
            return lax.sub(lax.mul(y, 2.0), self.product(y, self.product(matrix, y)))

        def going(state: Any) -> Any:
            return state[1] < 40

        def step(state: Any) -> Any:
            return refine(0, state[0]), state[1] + 1

        return self.product(lax.while_loop(going, step, (inverse, 0))[0], b)

    def solve(self, a: Any, b: Any, **options: Any) -> Any:
        f = self.elimination
        return self.lax.custom_linear_solve(lambda x: self.product(a, x), b, f, f, **options)

    def symmetric(self, a: Any, b: Any) -> Any:
        return self.lax.custom_linear_solve(
            lambda x: self.product(a, self.product(self.lax.transpose(a, (1, 0)), x)),
            b,
            self.conjugate_gradients,
            symmetric=True,
        )

    def pair(self, a: Any, b: Any) -> Any:
        """A tree of unknowns, and something else that the solver returns."""
        lax = self.lax

        def solver(matvec: Any, rhs: Any) -> Any:
            u, v = rhs["u"], rhs["v"]
            x = lax.div(u, matvec({"u": lax.full_like(u, 1), "v": v * 0})["u"])
            y = lax.div(lax.sub(v, x), 2.0)
            return {"u": x, "v": y}, lax.reduce_sum(x, (0,))

        def back(vecmat: Any, rhs: Any) -> Any:
            u, v = rhs["u"], rhs["v"]
            y = lax.div(v, 2.0)
            return {"u": lax.div(lax.sub(u, y), a), "v": y}, 0.0

        def matvec(x: Any) -> Any:
            return {"u": lax.mul(a, x["u"]), "v": lax.add(x["u"], lax.mul(x["v"], 2.0))}

        x, total = lax.custom_linear_solve(matvec, {"u": b, "v": b}, solver, back, has_aux=True)
        return lax.add(lax.mul(x["u"], x["v"]), lax.stop_gradient(total))

    def newton(self, f: Any, x: Any) -> Any:
        def step(state: Any) -> Any:
            x, n = state
            slope = self.lib.jvp(f, (x,), (self.lax.full_like(x, 1),))[1]
            return self.lax.sub(x, self.lax.div(f(x), slope)), n + 1

        return self.lax.while_loop(lambda state: state[1] < 30, step, (x, 0))[0]

    def cube_root(self, a: Any) -> Any:
        """Elementwise, so that the tangent equation is diagonal."""
        return self.lax.custom_root(
            lambda x: self.lax.sub(self.lax.integer_pow(x, 3), a),
            self.lax.full_like(a, 1),
            self.newton,
            lambda g, y: self.lax.div(y, g(self.lax.full_like(y, 1))),
        )

    def root_with_more(self, a: Any, b: Any) -> Any:
        """Several closed-over values, another one in the solver, and what else it returns."""
        lax = self.lax

        def solver(f: Any, x: Any) -> Any:
            x = self.newton(f, x)
            return x, lax.mul(x, b)

        x, other = lax.custom_root(
            lambda x: lax.sub(lax.add(lax.exp(x), lax.mul(b, x)), a),
            lax.mul(a, 0.3),
            solver,
            lambda g, y: lax.div(y, g(lax.full_like(y, 1))),
            has_aux=True,
        )
        return lax.add(lax.mul(x, b), lax.stop_gradient(other))


OURS, JAX = Numbers(ox, matmul), Numbers(jax, jnp.matmul)
PROGRAMS: dict[str, tuple[Any, ...]] = {
    "solve": (Numbers.solve, A, B),
    "symmetric": (Numbers.symmetric, S, B),
    "pair": (Numbers.pair, np.array([2.0, 3.0]), np.array([1.0, -0.5])),
    "cube_root": (Numbers.cube_root, np.array([2.0, 5.0, 0.7])),
    "root_with_more": (Numbers.root_with_more, np.array([2.0, 5.0]), np.array([0.5, 1.5])),
}


def explicit_pair(a: Any, b: Any) -> Any:
    """The solution of `pair`: JAX cannot transpose a solver that returns more."""
    u = b / a
    return u * (b - u) / 2 + jax.lax.stop_gradient(jnp.sum(u))


@pytest.mark.parametrize("name", PROGRAMS)
def test_as_in_jax(name: str) -> None:
    f, *operands = PROGRAMS[name]
    theirs = explicit_pair if name == "pair" else lambda *xs: f(JAX, *xs)
    skip = ["float32"]  # where a solver stops depends on the dtype
    agree(lambda *xs: f(OURS, *xs), theirs, *operands, skip=skip, rtol=1e-9)


@pytest.mark.parametrize("name", PROGRAMS)
def test_third_derivatives(name: str) -> None:
    f, *operands = PROGRAMS[name]
    if name in ("pair", "root_with_more"):
        return  # stop_gradient: finite differences see what it hides
    check_grads(lambda *xs: f(OURS, *xs), list(map(from_numpy, operands)), order=3, rtol=1e-4)


@pytest.mark.parametrize("name", PROGRAMS)
def test_compiled(name: str) -> None:
    f, *operands = PROGRAMS[name]
    xs = list(map(from_numpy, operands))

    def total(*xs: Any) -> Any:
        y = f(OURS, *xs)
        return ox.lax.reduce_sum(ox.lax.mul(y, y), (0,))

    nums = tuple(range(len(xs)))
    for got, want in zip(ox.jit(ox.grad(total, nums))(*xs), ox.grad(total, nums)(*xs), strict=True):
        close(name, np.asarray(got), np.asarray(want), 1e-12)


def test_the_solver_is_not_differentiated() -> None:
    """It is one equation, before and after."""

    def f(b: Any) -> Any:
        return OURS.solve(from_numpy(A), b)

    body = ox.make_jaxpr(ox.grad(lambda b: ox.lax.reduce_sum(f(b), (0,))))(from_numpy(B))
    solves = [e for e in body.eqns if isinstance(e.prim, LinearSolve)]
    assert len(solves) == 2  # the solution itself, and that of the transposed equation


def test_forward_mode_alone_needs_no_transpose() -> None:
    def f(b: Any) -> Any:
        return ox.lax.custom_linear_solve(lambda x: x * 4.0, b, lambda _, b: b / 4.0)

    x = from_numpy(B)
    y, dy = ox.jvp(f, (x,), (x,))
    np.testing.assert_allclose(dy, B / 4)
    np.testing.assert_allclose(y, B / 4)
    with pytest.raises(GradientError, match="transpose_solve"):
        ox.vjp(f, x)[1](x)


def test_integers_among_what_is_closed_over() -> None:
    n = from_numpy(np.array(3, np.int32))

    def root(a: Any, n: Any) -> Any:
        return ox.lax.custom_root(
            lambda x: x * n.astype(ox.float64) - a,
            a,
            lambda f, x: x / 3,
            lambda g, y: y / g(from_numpy(np.array(1.0))),
        )

    da = ox.grad(lambda a, n: root(a, n))(from_numpy(np.array(6.0)), n)
    np.testing.assert_allclose(float(da), 1 / 3)


def test_eager_numbers() -> None:
    root = ox.lax.custom_root(lambda x: x - 2.0, 5.0, lambda f, x: x - f(x), lambda g, y: y)
    assert float(root) == 2
    assert float(ox.lax.custom_linear_solve(lambda x: 2 * x, 6.0, lambda _, b: b / 2)) == 3
