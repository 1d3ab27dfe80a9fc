"""debug.print and debug.callback: at the right time, as often as written, under everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest

import oxmlx as ox
from oxmlx import debug
from oxmlx.ops.convert import from_numpy

F32 = np.dtype(np.float32)


def arr(*xs: Any) -> Any:
    return from_numpy(np.array(xs, F32))


def loud(x: Any) -> Any:
    debug.print("x = {}", x)
    return x * x


ruled = ox.custom_jvp(loud)
ruled.defjvp(lambda x, dx: (loud(*x), 2.0 * x[0] * dx[0]))


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[Callable[[], Any]], list[str]]:
    """What a function prints."""

    def of(f: Callable[[], Any]) -> list[str]:
        capsys.readouterr()
        f()
        return capsys.readouterr().out.splitlines()

    return of


FORMATS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("nothing", (), {}),
    ("{}", (1.5,), {}),
    ("{} and {}", (np.arange(3), 2), {}),
    ("{1} before {0}", (1, np.float32(0.1)), {}),
    ("{x:.3f} {y:5d}|", (), {"x": np.float32(np.pi), "y": 7}),
    ("{x:>8}|", (), {"x": "text"}),
    ("{a} {b}", (), {"a": ["s", None], "b": {"c": "t"}}),
    ("{x.shape} {x.dtype}", (), {"x": np.zeros((2, 3), np.float32)}),
    ("{}", (np.array([[1.25, 2], [3, 4e10]], np.float32),), {}),
    ("{}", (np.array([True, False]),), {}),
    ("{}", (None,), {}),
    ("{x} {{literal}}", (), {"x": 1}),
]


@pytest.mark.parametrize(("fmt", "args", "kwargs"), FORMATS, ids=[f for f, _, _ in FORMATS])
def test_format_is_that_of_jax(lines: Any, fmt: str, args: Any, kwargs: Any) -> None:
    def run(lib: Any, trace: Any) -> Callable[[], Any]:
        return trace(lambda: lib.print(fmt, *args, **kwargs))

    want = lines(lambda: (run(jax.debug, lambda f: f)(), jax.effects_barrier()))
    assert want == lines(run(debug, lambda f: f)) == lines(run(debug, ox.jit)) != []


def test_print_options_of_the_call_hold(lines: Any) -> None:
    @ox.jit
    def f(x: Any) -> Any:
        with np.printoptions(precision=2):
            debug.print("{}", x)
        return x

    assert lines(lambda: f(arr(1.23456))) == ["[1.23]"]


def test_two_calls(lines: Any) -> None:
    assert lines(lambda: debug.print(ordered=True)("{x}", x=1)) == ["1"]
    seen: list[Any] = []
    debug.callback(ordered=True)(lambda x, *, ordered: seen.append((x, ordered)), "a", ordered=2)
    assert seen == [("a", 2)]


def test_order_of_a_program_is_kept(lines: Any) -> None:
    def f(x: Any) -> Any:
        debug.print("one {}", x)
        y = x * 3
        debug.print("two")
        debug.print("three {}", y)
        return x

    want = ["one 2.0", "two", "three 6.0"]
    for g in (f, ox.jit(f), ox.jit(ox.jit(f)), ox.checkpoint(f)):
        assert lines(lambda g=g: g(2.0)) == want


ONCE: list[tuple[str, Callable[[Any], Any]]] = [
    ("eager", loud),
    ("jit", ox.jit(loud)),
    ("jvp", lambda x: ox.jvp(loud, (x,), (x,))),
    ("vjp", lambda x: ox.vjp(loud, x)[1](1.0)),
    ("grad", ox.grad(loud)),
    ("jit grad", ox.jit(ox.grad(loud))),
    ("grad jit", ox.grad(ox.jit(loud))),
    ("value_and_grad", ox.value_and_grad(loud)),
    ("linearize", lambda x: ox.linearize(loud, x)[1](1.0)),
    ("checkpoint", ox.checkpoint(loud)),
    ("grad checkpoint", ox.grad(ox.checkpoint(loud))),
    ("grad checkpoint jit", ox.grad(ox.checkpoint(ox.jit(loud)))),
    ("jit grad checkpoint", ox.jit(ox.grad(ox.checkpoint(lambda x: loud(x) * x)))),
    ("second derivative", ox.grad(ox.grad(loud))),
    ("second derivative of jit", ox.jit(ox.grad(ox.grad(ox.jit(loud))))),
    ("unused", ox.jit(lambda x: (loud(x), x)[1])),
    ("stop_gradient", ox.grad(lambda x: x * loud(ox.lax.stop_gradient(x)))),
    ("cond", lambda x: ox.lax.cond(x > 0, loud, lambda v: v, x)),
    ("grad cond", ox.jit(ox.grad(lambda x: ox.lax.cond(x > 0, loud, lambda v: v, x)))),
    ("switch", lambda x: ox.lax.switch(1, [lambda v: v, loud, lambda v: v], x)),
    ("custom_jvp", ox.grad(ruled)),
]


@pytest.mark.parametrize("f", [f for _, f in ONCE], ids=[n for n, _ in ONCE])
def test_once(lines: Any, f: Any) -> None:
    assert lines(lambda: f(3.0)) == ["x = 3.0"]


def test_only_the_taken_branch(lines: Any) -> None:
    f = ox.jit(lambda x: ox.lax.cond(x > 0, loud, lambda v: v, x))
    assert lines(lambda: f(-1.0)) == [] == lines(lambda: ox.grad(f)(-1.0))


def test_a_mapped_predicate_runs_both_branches(lines: Any) -> None:
    f = ox.vmap(lambda x: ox.lax.cond(x > 0, loud, lambda v: v, x))
    assert lines(lambda: f(arr(1, -1))) == ["x = 1.0", "x = -1.0"]


def test_each_element_of_a_vmap(lines: Any) -> None:
    want = ["x = 1.0", "x = 2.0", "x = 3.0"]
    mapped = ox.vmap(loud)
    for f in (mapped, ox.jit(mapped), ox.vmap(ox.jit(loud)), ox.vmap(ox.grad(loud))):
        assert lines(lambda f=f: f(arr(1, 2, 3))) == want
    theirs = jax.vmap(lambda x: jax.debug.print("x = {}", x))
    assert want == lines(lambda: (theirs(np.array([1.0, 2, 3], F32)), jax.effects_barrier()))


def test_what_is_not_mapped_is_printed_once(lines: Any) -> None:
    f = ox.vmap(lambda x, y: (loud(y), x)[1], in_axes=(0, None))
    assert lines(lambda: f(arr(1, 2, 3), 5.0)) == ["x = 5.0"]
    g = ox.vmap(lambda x, y: (debug.print("{} {}", x, y), x)[1], in_axes=(0, None))
    assert lines(lambda: g(arr(1, 2), 5.0)) == ["1.0 5.0", "2.0 5.0"]


def test_nested_vmaps_go_in_row_major_order(lines: Any) -> None:
    f = ox.vmap(ox.vmap(loud))
    x = from_numpy(np.arange(6, dtype=F32).reshape(2, 3))
    assert lines(lambda: f(x)) == [f"x = {k}.0" for k in range(6)]


def step(c: Any, x: Any) -> Any:
    debug.print("c = {}, x = {}", c, x)
    return c * x, c


@pytest.mark.parametrize(
    "wrap",
    [
        lambda f: f,
        ox.jit,
        ox.grad,
        lambda f: ox.jit(ox.grad(f)),
        lambda f: ox.grad(ox.checkpoint(f)),
    ],
    ids=["eager", "jit", "grad", "jit grad", "grad checkpoint"],
)
def test_every_step_of_a_scan(lines: Any, wrap: Any) -> None:
    f = wrap(lambda c: ox.lax.scan(step, c, arr(2, 3))[0])
    assert lines(lambda: f(1.0)) == ["c = 1.0, x = 2.0", "c = 2.0, x = 3.0"]


def test_a_checkpointed_step_of_a_scan(lines: Any) -> None:
    f = ox.grad(lambda c: ox.lax.scan(ox.checkpoint(step), c, arr(2, 3))[0])
    assert lines(lambda: f(1.0)) == ["c = 1.0, x = 2.0", "c = 2.0, x = 3.0"]


def test_every_step_of_a_while_loop(lines: Any) -> None:
    def f(x: Any) -> Any:
        return ox.lax.while_loop(lambda v: v < 20.0, loud, x)

    want = ["x = 2.0", "x = 4.0", "x = 16.0"]
    assert want == lines(lambda: f(2.0)) == lines(lambda: ox.jit(f)(2.0))
    assert want == lines(lambda: ox.jvp(f, (2.0,), (1.0,)))


def test_callback_gets_trees_and_other_objects() -> None:
    seen: list[Any] = []
    token = object()

    def note(tree: Any, *rest: Any, **named: Any) -> str:
        seen.append((tree, rest, named))
        return "dropped"

    assert debug.callback(note, {"a": (arr(1, 2), "s")}, token, None, k=3) is None
    ((tree, rest, named),) = seen
    assert tree["a"][0].tolist() == [1, 2] and tree["a"][1] == "s"
    assert rest == (token, None) and int(named["k"]) == 3


def test_an_error_in_a_callback_reaches_the_caller() -> None:
    def fail(x: Any) -> None:
        raise ZeroDivisionError(f"at {x}")

    for f in (lambda x: debug.callback(fail, x), ox.jit(lambda x: debug.callback(fail, x))):
        with pytest.raises(ZeroDivisionError, match="at 2.0"):
            f(2.0)


# debug.show


def test_a_step_on_the_host_says_why(lines: Any) -> None:
    def f(x: Any) -> Any:
        return ox.numpy.abs(ox.numpy.sort(x + 0j)) + x

    printed = lines(lambda: debug.show(f, device="cpu")(arr(2.0, 1.0)))
    assert any("  # it has several results" in line and "= host sort" in line for line in printed)
    assert any(line.startswith("kernel add(") for line in printed)


def test_show_on_the_reference_is_steps_on_the_host(lines: Any) -> None:
    printed = lines(lambda: debug.show(ox.jit(ox.numpy.exp), device="reference")(arr(2.0)))
    assert any("host exp" in line for line in printed)
    assert not any(line.startswith("kernel") for line in printed)


def test_show_prints_sources_on_demand(lines: Any) -> None:
    show = debug.show(lambda x: x + 1, device="cpu", source=True)
    assert any(line.startswith("define void @kernel(") for line in lines(lambda: show(arr(2.0))))


@pytest.mark.parametrize(
    ("stage", "start"),
    [("plan", "plan (a)"), ("kernels", "kernel add("), ("source", "define void")],
)
def test_the_switch_shows_what_is_compiled(stage: str, start: str, lines: Any) -> None:
    def run() -> None:
        with ox.config.context(show=stage, device="cpu"):
            ox.jit(lambda x: x + 1)(ox.numpy.arange(3.0)).block_until_ready()

    assert any(line.startswith(start) for line in lines(run))
