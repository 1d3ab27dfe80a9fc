"""The jaxpr language: printed, interned, checked, shortened."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx import lax
from oxmlx.errors import CheckError
from oxmlx.ir.aval import Aval
from oxmlx.ir.check import check_jaxpr
from oxmlx.ir.cse import cse
from oxmlx.ir.dce import dce
from oxmlx.ir.jaxpr import Eqn, Jaxpr, Literal, Var, intern_jaxpr
from oxmlx.ir.stage import stage
from oxmlx.ops.axes import reduce_sum
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.elementwise import ADD, MUL, NEG
from oxmlx.ops.math import exp, sin

F32 = np.dtype(np.float32)
VEC = Aval((3,), F32)


def vec() -> Any:
    return from_numpy(np.arange(3, dtype=np.float32))


def softmax(x: Any) -> Any:
    e = exp(x)
    return e / reduce_sum(e, (0,))


def test_printed_as_in_jax(golden: Any) -> None:
    w = vec()

    def program(x: Any, n: Any) -> Any:
        y = ox.jit(softmax)(x * 2.0) + w

        def step(c: Any, t: Any) -> Any:
            return lax.cond(t > 0, sin, lambda c: c * t, c), None

        return lax.scan(step, y, x)[0], n

    text = str(ox.make_jaxpr(program)(vec(), 1))
    golden("jaxpr_program.txt", text + "\n")


def test_gradient_of_a_row_function(golden: Any) -> None:
    loss = lambda x, w: reduce_sum(softmax(x) * w, (0,))  # noqa: E731
    golden("jaxpr_softmax_grad.txt", str(ox.make_jaxpr(ox.grad(loss))(vec(), vec())) + "\n")


def test_equations_know_the_users_line() -> None:
    text = ox.make_jaxpr(lambda x: sin(x))(vec()).pretty(source=True)
    assert re.search(r"sin a  # .*test_jaxpr\.py:\d+", text)


def test_derived_equations_keep_the_users_line() -> None:
    f = ox.jit(lambda x: reduce_sum(sin(x), (0,)))
    jaxpr = ox.make_jaxpr(ox.grad(f))(vec()).jaxpr
    inner = [e.prim.body for e in jaxpr.eqns if e.prim.name == "call"]
    assert inner
    for body in inner:
        for eqn in body.eqns:
            assert eqn.where is not None
            assert eqn.where.file.endswith("test_jaxpr.py")


def test_letters_after_z() -> None:
    def long(x: Any) -> Any:
        for _ in range(30):
            x = sin(x)
        return x

    assert "bd:f32[3] = sin bc" in str(ox.make_jaxpr(long)(vec()))


def test_interned_by_structure() -> None:
    a, _ = stage(lambda x: [sin(x) * 2.0], [VEC])
    b, _ = stage(lambda y: [sin(y) * 2.0], [VEC])
    c, _ = stage(lambda y: [sin(y) * -2.0], [VEC])
    assert a is b
    assert a is not c


@pytest.mark.parametrize(("x", "y"), [(0.0, -0.0), (1.0, 2.0), (float("nan"), 1.0)])
def test_literals_differ_by_bits(x: float, y: float) -> None:
    one, _ = stage(lambda v: [v * x], [VEC])
    other, _ = stage(lambda v: [v * y], [VEC])
    again, _ = stage(lambda v: [v * x], [VEC])
    assert one is not other
    assert one is again


def test_dce_keeps_what_outputs_need() -> None:
    def f(x: Any) -> Any:
        sin(sin(x))
        return exp(x), x * 3.0

    jaxpr = ox.make_jaxpr(f)(vec()).jaxpr
    assert [e.prim.name for e in dce(jaxpr).eqns] == ["exp", "mul"]
    assert [e.prim.name for e in dce(jaxpr, [False, True]).eqns] == ["mul"]


def test_dce_reaches_into_programs() -> None:
    def f(x: Any) -> Any:
        def step(carry: Any, t: Any) -> Any:
            used, unused = carry
            return (sin(used), exp(unused) * used), (t * 2.0, exp(t))

        (a, _), (ys, _) = lax.scan(step, (x, x), x)
        b, _ = ox.jit(lambda x: (sin(x), exp(x)))(x)
        return a, b, ys

    small = str(dce(ox.make_jaxpr(f)(vec()).jaxpr))
    assert "exp" not in small
    assert "carries=1" in small


def test_cse_merges_equal_equations_but_not_zeros_of_two_signs() -> None:
    def f(x: Any) -> Any:
        return sin(x) + sin(x), x * 0.0 + x * -0.0

    names = [e.prim.name for e in cse(ox.make_jaxpr(f)(vec()).jaxpr).eqns]
    assert names == ["sin", "add", "mul", "mul", "add"]


def test_equal_bytes_of_a_constant_and_an_argument_are_two_things() -> None:
    c = vec()
    x = from_numpy(np.asarray(c).copy())
    assert ox.grad(lambda x: reduce_sum(x * c, (0,)))(x).tolist() == [0, 1, 2]


def broken(kind: str) -> Jaxpr:
    x, y, z = Var(VEC), Var(VEC), Var(VEC)
    two = Literal(np.float32(2))
    return {
        "unbound": Jaxpr([x], [Eqn(ADD, (x, y), (z,), None)], [z]),
        "bound twice": Jaxpr([x], [Eqn(NEG, (x,), (x,), None)], [x]),
        "type": Jaxpr([x], [Eqn(MUL, (x, two), (Var(Aval((4,), F32)),), None)], [x]),
        "output": Jaxpr([x], [], [y]),
        "input": Jaxpr([x, x], [], [x]),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("unbound", "reads a variable that is not bound"),
        ("bound twice", "binds a variable twice"),
        ("type", r"gives \[f32\[3\]\], the program says \[f32\[4\]\]"),
        ("output", "an output is not bound"),
        ("input", "an input is bound twice"),
    ],
)
def test_the_checker_finds(kind: str, text: str) -> None:
    with pytest.raises(CheckError, match=text):
        check_jaxpr(broken(kind))


def test_the_checker_looks_into_programs() -> None:
    from oxmlx.control.call import Call

    x, y = Var(VEC), Var(VEC)
    eqn = Eqn(Call("f", broken("unbound")), (x,), (y,), None)
    with pytest.raises(CheckError, match="not bound"):
        check_jaxpr(Jaxpr([x], [eqn], [y]))


def test_every_program_of_the_crossing_passes_the_checker() -> None:
    with ox.config.context(check=True):
        f = lambda x: reduce_sum(lax.scan(lambda c, t: (sin(c * t), c), x, x)[1], (0, 1))  # noqa: E731
        g = ox.jit(ox.vmap(ox.grad(lambda x: reduce_sum(ox.grad(f)(x) * x, (0,)))))
        g(from_numpy(np.ones((2, 3), np.float32)))


def test_interning_returns_the_first() -> None:
    a = broken("output")
    b = Jaxpr([Var(VEC)], [], [Literal(np.float32(1))])
    c = Jaxpr([Var(VEC)], [], [Literal(np.float32(1))])
    assert intern_jaxpr(b) is b
    assert intern_jaxpr(c) is b
    assert a is not b
