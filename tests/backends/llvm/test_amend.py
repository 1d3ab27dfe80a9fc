"""Elements of a carry, or of what is donated, are changed where they lie; values stay what they
are, whoever else reads them."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oxmlx as ox
from oxmlx.api.executable import plan_of
from oxmlx.backends.base import backend_of
from oxmlx.backends.llvm import backend, loop, scatter
from oxmlx.backends.llvm.code import Call
from oxmlx.compile.amend import LARGE, REPEATED
from oxmlx.ir.aval import Aval
from oxmlx.ir.device import as_device
from oxmlx.ir.plan import Repeat, RepeatWhile
from oxmlx.ops.dynamic import DynamicUpdateSlice

jnp, lax = ox.numpy, ox.lax
F32 = np.dtype("float32")
SIDE = 64
assert SIDE * SIDE * 4 >= REPEATED
LARGEST = np.ones((LARGE // 256, SIDE), F32)
STEPS = 5
SQUARES = [np.arange(SIDE * SIDE, dtype=F32).reshape(SIDE, SIDE) + 10_000 * k for k in range(4)]


@pytest.fixture
def by_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """No loop is native."""
    monkeypatch.setattr(backend, "make_loop", lambda step: None)


def plan(f: Callable[..., Any], *args: Any, **options: Any) -> str:
    """The plan of a jitted function, its variables without names."""
    entry = ox.jit(f, **options).trace(*args).entry
    given = entry.given
    found = plan_of(entry.prim.body, backend_of(as_device("cpu")), False, given)
    return re.sub(r"\s+", " ", str(found))


# One update

DTYPES = ["float32", "float64", np.dtype(ml_dtypes.bfloat16), "int8", "bool", "complex64", "c16"]
STARTS = ["int8", "int16", "int32", "int64", "uint8", "uint32", "uint64"]


@st.composite
def updates(draw: st.DrawFn) -> list[np.ndarray]:
    """An array, a block, and where it goes, some of it beyond the ends."""
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    shape = [draw(st.sampled_from([1, 2, 3, 17, 40])) for _ in range(draw(st.integers(0, 3)))]
    sizes = [draw(st.integers(0, n)) for n in shape]
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    x, block = (rng.integers(0, 99, s).astype(dtype) for s in (shape, sizes))
    starts: list[np.ndarray] = []
    for n in shape:
        kind = np.dtype(draw(st.sampled_from(STARTS)))
        least, most = (int(k) for k in (np.iinfo(kind).min, np.iinfo(kind).max))
        ends = st.sampled_from([least, most]) | st.integers(max(least, -3), n + 3)
        starts.append(np.array(draw(ends), kind))
    return [x, block, *starts]


@given(updates())
@settings(max_examples=200, deadline=None)
def test_an_update_is_its_meaning(operands: list[np.ndarray]) -> None:
    prim = DynamicUpdateSlice()
    atoms = [SimpleNamespace(aval=Aval(x.shape, x.dtype)) for x in operands]
    eqn: Any = SimpleNamespace(prim=prim, inputs=atoms, outputs=atoms[:1])
    assert scatter.name_of_update(eqn) == "update"
    x, want = operands[0], prim.impl(*operands)
    before, run = x.tobytes(), scatter.update_slice(eqn)
    (got,) = run(operands)
    assert got.dtype == want.dtype and got.tobytes() == want.tobytes()
    assert x.tobytes() == before, "it is ours, too"
    at = x.ctypes.data
    del x
    (got,) = run(operands)
    assert got.tobytes() == want.tobytes() and got.ctypes.data == at


# Which are changed in place


def test_a_carry_of_a_loop_is() -> None:
    def f(x: Any) -> Any:
        return lax.fori_loop(0, STEPS, lambda i, c: c.at[i].set(c[i + 1]), x)

    assert re.search(r"(\w+)/(\w+) = library update \2 ", plan(f, SQUARES[0]))


def test_a_carry_that_was_weak_is() -> None:
    def f(n: Any) -> Any:
        start = jnp.full((300,), -jnp.inf)
        return lax.fori_loop(0, STEPS, lambda i, c: c.at[i].set(n), start)

    assert re.search(r"(\w+)/(\w+) = library update \2 ", plan(f, np.float32(3)))


def test_a_donated_array_is_and_another_one_is_not() -> None:
    def f(x: Any, i: Any) -> Any:
        return x.at[i].set(0)

    i = np.int32(3)
    assert re.search(r"(\w+)/(\w+) = library update \2 ", plan(f, LARGEST, i, donate_argnums=0))
    assert "update" not in plan(f, LARGEST, i)


def test_small_arrays_and_those_in_many_runs_are_not() -> None:
    def f(x: Any, i: Any) -> Any:
        return x.at[:, i].set(0)

    for shape in ((LARGE // 256 - 1, SIDE), (LARGE // 16, 4)):
        assert "update" not in plan(f, np.ones(shape, F32), np.int32(3), donate_argnums=0)
    assert "update" in plan(f, LARGEST, np.int32(3), donate_argnums=0)


@pytest.mark.parametrize("old", [lambda x, i: x[i], lambda x, i: jnp.sum(x), lambda x, i: x[:2]])
def test_what_was_there_is_read_before(old: Callable[..., Any]) -> None:
    def f(x: Any, i: Any) -> Any:
        return x.at[i].set(0), old(x, i)

    got = plan(f, LARGEST, np.int32(3), donate_argnums=0)
    assert re.search(r"launch .*(\w+)/(\w+) = library update \2 ", got)


def test_one_update_after_another_is() -> None:
    def f(x: Any, i: Any) -> Any:
        return x.at[i].set(0).at[:, i].set(1)

    got = plan(f, LARGEST, np.int32(3), donate_argnums=0)
    assert len(re.findall(r"(\w+)/(\w+) = library update \2 ", got)) == 2


@pytest.mark.parametrize(
    "f",
    [
        lambda x, i: (x.at[i].set(0), x),
        lambda x, i: (x.at[i].set(0)[i - 1], x[i]),
        lambda x, i: (x * 2).at[i].set(0),
        lambda x, i: jnp.zeros_like(x).at[i].set(x[0]),
        lambda x, i: lax.dynamic_update_slice(x, jnp.ones((len(x) // 2 + 1, SIDE)), (i, 0)),
    ],
    ids=["kept", "not wanted", "made by a kernel", "zeros", "most of it"],
)
def test_what_is_kept_or_made_on_the_way_is_not(f: Callable[..., Any]) -> None:
    assert "update" not in plan(f, LARGEST, np.int32(3), donate_argnums=0)


# Loops

OPS: list[Callable[..., Any]] = [
    lambda i, x, y: x.at[i].set(y[i + 1]),
    lambda i, x, y: x.at[i, i].add(1),
    lambda i, x, y: lax.dynamic_update_slice(x, y[:8, :9], (i, 50)),
    lambda i, x, y: x.at[jnp.arange(3) * i].set(y[:3]),
    lambda i, x, y: x.at[jnp.arange(9) * i, 2].add(y[0, 0]),
    lambda i, x, y: x + 1,
    lambda i, x, y: jnp.maximum(x, y),
    lambda i, x, y: x + y[i],
    lambda i, x, y: jnp.transpose(x, (1, 0)),
    lambda i, x, y: lax.cond(i % 2 == 0, lambda x: x + 1, lambda x: x.at[i].set(y[0]), x),
    lambda i, x, y: lax.cond(
        i % 2 == 0, lambda x: x.at[i].set(1), lambda x: x.at[:, i].set(x[0, 0]), x
    ),
    lambda i, x, y: lax.cond(
        i % 3 == 0, lambda x, y: (x.at[i].set(y[0]), y), lambda x, y: (x, y.at[0].add(1)), x, y
    )[1],
    lambda i, x, y: lax.cond(i > 1, lambda x, y: (x, y), lambda x, y: (y, x), x, y)[0],
    lambda i, x, y: lax.cond(
        i > 1,
        lambda x: lax.cond(i > 2, lambda x: x.at[i].add(1), lambda x: x, x).at[0].set(2),
        lambda x: lax.fori_loop(0, 2, lambda j, c: c.at[j].set(i), x),
        x,
    ),
    lambda i, x, y: lax.switch(i % 3, [lambda: x, lambda: y, lambda: x - y]),
    lambda i, x, y: lax.fori_loop(0, 3, lambda j, c: c.at[j].set(y[i] + 1), x),
    lambda i, x, y: lax.fori_loop(0, i + 1, lambda j, c: c + y[j], x),
    lambda i, x, y: lax.fori_loop(0, 3, lambda j, c: (c[1], c[0] + 1), (x, y))[0],
    lambda i, x, y: lax.scan(lambda c, r: (c + 1, r + c), x[0], y, reverse=True)[1],
    lambda i, x, y: lax.scan(lambda c, r: (r, c), x[0], (y, x)[0])[1],
    lambda i, x, y: ox.checkpoint(lambda x: x.at[i].add(y[i]))(x),
]


@st.composite
def bodies(draw: st.DrawFn) -> tuple[Callable[..., Any], str]:
    """A body of three carries and a constant, which also stacks a value; and a kind of loop."""
    count = draw(st.integers(1, 6))
    picks = [
        (draw(st.sampled_from(OPS)), *(draw(st.integers(0, k + 3)) for _ in "xy"))
        for k in range(count)
    ]
    outs = [draw(st.integers(0, count + 3)) for _ in range(4)]

    def body(i: Any, carry: Any, const: Any) -> Any:
        values = [*carry, const]
        for op, a, b in picks:
            values.append(op(i, values[a], values[b]))
        *carry, y = (values[k] for k in outs)
        return tuple(carry), y[i]

    return body, draw(st.sampled_from(["scan", "reverse", "while"]))


def looped(body: Callable[..., Any], kind: str) -> Callable[..., Any]:
    """The loop of a body, on the carries and the constant."""

    def f(*arrays: Any) -> Any:
        *carry, const = arrays
        if kind == "while":
            return lax.while_loop(
                lambda s: s[0] < STEPS + s[1][0, 0].astype("int32") * 0,
                lambda s: (s[0] + 1, *body(s[0], s[1:], const)[0]),
                (0, *carry),
            )
        return lax.scan(
            lambda c, i: body(i, c, const),
            tuple(carry),
            jnp.arange(STEPS),
            reverse=kind == "reverse",
        )

    return f


def check(body: Callable[..., Any], kind: str) -> None:
    """Compare a loop with the reference, and see that its operands stay."""
    results: list[list[bytes]] = []
    for device in ("reference", "cpu"):
        with ox.default_device(device):
            args = [ox.array(x) for x in SQUARES]
            f = ox.jit(looped(body, kind))
            got = [ox.tree.leaves(f(*args)) for _ in range(2)]
            results += [[np.asarray(x).tobytes() for x in part] for part in got]
            for x, want in zip(args, SQUARES, strict=True):
                assert np.asarray(x).tobytes() == want.tobytes()
    assert all(r == results[0] for r in results)


@given(bodies())
@settings(max_examples=60, deadline=None)
def test_any_loop(case: tuple[Callable[..., Any], str]) -> None:
    check(*case)


@given(bodies())
@settings(max_examples=30, deadline=None)
def test_any_loop_that_python_runs(case: tuple[Callable[..., Any], str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend, "make_loop", lambda step: None)
        check(*case)


UPDATED: dict[str, Callable[..., Any]] = {
    "rows": lambda i, c, k: ((c[0].at[i].set(k[i]), *c[1:]), c[0][i]),
    "twice": lambda i, c, k: ((c[0].at[i].set(k[i]).at[:, i].add(1), *c[1:]), c[0][i]),
    "scatter": lambda i, c, k: ((c[0].at[jnp.arange(9) * i].set(k[:9] + 1), *c[1:]), c[1][i]),
    "a row to another": lambda i, c, k: ((c[0].at[i].set(c[0][7]), *c[1:]), c[0][i]),
    "in branches": lambda i, c, k: (
        (lax.cond(i % 2 == 0, lambda x: x.at[i].set(k[i]), lambda x: x, c[0]), *c[1:]),
        c[1][i],
    ),
    "all": lambda i, c, k: (tuple(x.at[i].set(k[i]) for x in c), c[0][i]),
}


def loops_of(f: Callable[..., Any]) -> list[Any]:
    """The loops of a plan."""
    body = ox.jit(f).trace(*SQUARES).entry.prim.body
    steps = plan_of(body, backend_of(as_device("cpu")), strict=False).steps
    return [s for s in steps if isinstance(s, (Repeat, RepeatWhile))]


@pytest.mark.parametrize("kind", ["scan", "while"])
@pytest.mark.parametrize("name", UPDATED)
def test_updates_of_carries_are_native_and_copy_nothing(name: str, kind: str) -> None:
    (step,) = loops_of(looped(UPDATED[name], kind))
    made = loop.make_loop(step)
    assert made is not None
    squares = [a.aval.shape == (SIDE, SIDE) for a in step.inputs[made.carries]]
    stays = [now == following for now, following in zip(made.now, made.next, strict=True)]
    assert [s for s, is_square in zip(stays, squares, strict=True) if is_square] == [True] * 3
    calls = [c for c in made.table.code if isinstance(c, Call)]
    assert all(call.numbers != (SIDE * SIDE * 4,) for call in calls), "a copy"


@pytest.mark.parametrize("kind", ["cond", "scan", "checkpoint"])
@pytest.mark.parametrize("in_loop", [False, True])
def test_effects_keep_their_order(kind: str, in_loop: bool) -> None:
    """Though what reads an array comes before what changes it, where it can."""

    def order(device: str) -> list[str]:
        seen: list[str] = []

        def tell(name: str, x: Any) -> None:
            ox.debug.callback(lambda v: seen.append(f"{name} {v}"), x)

        def read(i: Any, c: Any) -> None:
            if kind == "cond":
                lax.cond(i >= 0, lambda: tell("old", c[i, 0]), lambda: None)
            elif kind == "scan":
                lax.scan(lambda _, k: (None, tell("old", c[k, 0])), None, jnp.arange(2))
            else:
                ox.checkpoint(lambda c: tell("old", c[i, 0]))(c)

        def step(i: Any, c: Any) -> Any:
            y = c.at[i].set(-1)
            tell("new", y[i, 0])
            read(i, c)
            return y

        def f(x: Any) -> Any:
            return lax.fori_loop(0, 3, step, x) if in_loop else step(2, x)

        with ox.default_device(device):
            ox.block_until_ready(ox.jit(f, donate_argnums=0)(ox.array(LARGEST)))
        return seen

    assert order("cpu") == order("reference") != []


def test_python_lets_go_of_what_a_body_changes(by_python: None, monkeypatch: Any) -> None:
    """The first step copies what its caller has; later ones find nobody else."""
    seen: list[bool] = []
    ask = scatter.may_change

    def may_change(arrays: Any, k: int) -> bool:
        seen.append(ask(arrays, k))
        return seen[-1]

    monkeypatch.setattr(scatter, "may_change", may_change)
    for kind in ("scan", "while"):
        seen.clear()
        ox.block_until_ready(ox.jit(looped(UPDATED["rows"], kind))(*map(ox.array, SQUARES)))
        assert seen == [False] + [True] * (STEPS - 1)
