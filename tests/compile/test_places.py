"""Places: which outputs lie where an input lay, and that kernels compute the same there."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import pytest
import row_programs
from programs import PROGRAMS, Sizes

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx.backends.base import backend_of
from oxmlx.backends.llvm import launch as llvm
from oxmlx.backends.metal import launch as metal
from oxmlx.backends.metal.gpu import gpu
from oxmlx.compile.pipeline import make_plan
from oxmlx.compile.places import in_place, may_replace
from oxmlx.ir.aval import Aval
from oxmlx.ir.device import as_device
from oxmlx.ir.jaxpr import Jaxpr, Var
from oxmlx.ir.kernel import Buffer, Fold, Index, Kernel, Load, Store, scalar, size
from oxmlx.ir.plan import Group, Launch, Plan, numbered
from oxmlx.ir.rows import make_rows
from oxmlx.ir.stage import stage

F32 = np.dtype("float32")
R = (6, 5)
MAKERS = {"cpu": llvm.make_launcher, "metal": metal.make_launcher}


def no_contractions(prim: Any, body: Any) -> str:
    return "a contraction" if prim.kind == "fold" and prim.reuses else ""


def jaxpr_of(f: Callable[..., Any], *avals: Any) -> Jaxpr:
    given = [a if isinstance(a, Aval) else Aval(a, F32) for a in avals]
    return stage(lambda *xs: ox.tree.leaves(f(*xs)), given)[0]


def plan(
    f: Callable[..., Any], *avals: Any, given: Collection[int] | None = None, most: int = 0
) -> Plan:
    """The plan of a program that owns its arguments, or some of them."""
    own = range(len(avals)) if given is None else given
    return make_plan(jaxpr_of(f, *avals), no_contractions, most_arrays=most, given=own)


def pairs(p: Plan) -> list[tuple[int, int]]:
    """Which output of which launch lies over an input."""
    return [(n, k) for n, step in enumerate(p.launches) for k in numbered(step)]


def test_an_output_lies_where_its_argument_lay() -> None:
    p = plan(lambda x, y: x * y + 1, R, R)
    assert str(p).splitlines() == [
        "plan (a b) given a b",
        "  c/a = launch mul_add a b",
        "  free a b",
        "  -> (c)",
    ]
    assert "c/b" in str(plan(lambda x, y: x * y + 1, R, R, given=[1]))
    assert pairs(plan(lambda x, y: x * y + 1, R, R, given=[])) == []


def test_what_somebody_reads_later_stays() -> None:
    assert pairs(plan(lambda x: (jnp.sin(x), x), R)) == []
    assert pairs(plan(lambda x, y: (x @ y) * x.sum(), (5, 5), (5, 5))) != []

    def twice(x: Any, w: Any) -> Any:
        y = jnp.tanh(x @ w)
        return y, jnp.tanh(y @ w) + y

    text = str(plan(twice, R, (5, 5), given=[]))
    assert "d/c = launch tanh c" in text and "f/e = launch tanh_add e d" in text  # products


def test_outputs_share_no_place() -> None:
    p = plan(lambda x, y: (x + y, x - y, x * y), R, R)
    (step,) = p.launches
    assert len(step.over) == len({*step.over.values()}) == 2


OTHERS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "other elements": (lambda x: x + x.T, ((5, 5),)),
    "elements in another order": (lambda x: x[::-1] * 2, (R,)),
    "all elements of a row": (lambda x: x[:, :1] + x, (R,)),
    "neighbours": (lambda x: x - jnp.roll(x, 1), ((7,),)),
    "by number": (lambda x: x[jnp.argsort(x)] + 1, ((7,),)),
    "other types": (lambda x: (x * 2).astype(np.int32), (R,)),
    "wider ones": (lambda x: x.astype(np.float64), (Aval((6,), np.dtype("float16")),)),
    "fewer elements": (lambda x: x.sum(1), (R,)),
    "more elements": (lambda x, y: x[:, None] + y, ((6,), (5,))),
    "sums by number": (lambda x, k: jnp.zeros(5).at[k].add(x), ((5,), Aval((5,), np.dtype("i4")))),
    "a row after its other use": (lambda x: row_programs.softmax(x) * x, (R,)),
    "running sums": (lambda x: jnp.cumsum(x, 1) * 2, (R,)),
}


@pytest.mark.parametrize("f, avals", OTHERS.values(), ids=OTHERS)
def test_a_point_that_reads_more_than_it_stores_has_a_place_of_its_own(
    f: Callable[..., Any], avals: Any
) -> None:
    p = make_plan(jaxpr_of(f, *avals), no_contractions, given=range(len(avals)))
    first = {v for v in p.inputs}
    assert [s for s in p.launches if first.intersection(s.over.values())] == []


ROWS: dict[str, Callable[..., Any]] = {
    "softmax": lambda x: row_programs.softmax(x),
    "softmax of columns": lambda x: row_programs.softmax(x, 0),
    "normalised": lambda x: (x - x.mean(1, keepdims=True)) / jnp.sqrt(x.var(1, keepdims=True) + 1),
    "log softmax": lambda x: ox.nn.log_softmax(x),
}
MORE_ROWS = ROWS | {
    "softmax times": lambda x: row_programs.softmax(x) * x,
    "statistics": lambda x: (x * x.sum(1, keepdims=True), x.sum(1)),
    "rows of columns": lambda x: x / jnp.exp(x).sum(0) * jnp.exp(x),
}


@pytest.mark.parametrize("f", ROWS.values(), ids=ROWS)
def test_a_row_is_stored_where_it_was_read_for_the_last_time(f: Callable[..., Any]) -> None:
    assert len(pairs(plan(f, R))) == 1


def test_what_all_threads_of_a_row_read_is_not_stored_over_by_one() -> None:
    """y over s, which is read along the row: the others may not have come so far."""

    def f(x: Any, s: Any) -> Any:
        return x * s[:, None], s + (x * s[:, None]).sum(1)

    p = plan(f, R, (6,))
    (step,) = p.launches
    assert {x: y for y, x in step.over.items()}.get(p.inputs[1]) is None
    assert p.inputs[0] in step.over.values()


def test_a_group_leaves_alone_what_others_in_it_read() -> None:
    def f(n: Any, x: Any, y: Any) -> Any:
        return x * n, y * n, n + 1

    alone = plan(f, (), R, (7,))
    assert pairs(alone) == [(0, 0), (1, 0), (2, 0)]
    (group,) = plan(f, (), R, (7,), most=9).commands
    assert isinstance(group, Group)
    assert [len(s.over) for s in group.launches] == [1, 1, 0]


@pytest.mark.parametrize("most", range(2, 12))
def test_a_place_counts_once(most: int) -> None:
    shapes = [(k + 2,) for k in range(12)]
    p = plan(lambda *xs: [x * 2 for x in xs], *shapes, most=most)
    assert len(p.commands) == -(-len(shapes) // most)


# Kernels that no program has come down to yet

ROW, LANE, AROUND = (Index(name, size(n, name)) for name, n in (("i0", 6), ("k0", 5), ("k1", 3)))
X, Y = (Buffer(name, (6, 5), F32, (ROW.extent, LANE.extent)) for name in "xy")
W = Buffer("w", (40,), F32)
Z = Buffer("z", (6, 3, 5), F32, (ROW.extent, AROUND.extent, LANE.extent))
HERE = Load(X, (ROW, LANE))


def test_a_sweep_that_sweeps_the_row_for_each_element_needs_all_of_it() -> None:
    window = Fold("add", LANE, (scalar("mul", HERE, Load(W, (ROW + LANE,))),))
    (p,) = make_rows(k := Kernel("f", (ROW,), (Store(Y, (ROW, LANE), window),))).passes
    assert not p.folds, "it is no pass of its own"
    assert not may_replace(k, X, Y)


def test_another_loop_gives_its_elements_to_other_threads() -> None:
    twice = Store(Z, (ROW, AROUND, LANE), scalar("mul", HERE, HERE))
    same = Store(Y, (ROW, LANE), scalar("neg", HERE))
    assert not may_replace(Kernel("f", (ROW,), (twice, same)), X, Y)
    assert may_replace(Kernel("f", (ROW,), (same,)), X, Y)


def test_a_sum_starts_from_what_its_own_place_holds() -> None:
    x, y = Var(Aval((6, 5), F32)), Var(Aval((6, 5), F32))
    for combine, over in (("", {y: x}), ("add", {})):
        kernel = Kernel("f", (ROW, LANE), (Store(Y, (ROW, LANE), HERE, combine),))
        assert in_place(Launch(kernel, (x,), (y,)), [x]).over == over


# Kernels in place

EVERY: dict[str, Callable[[], Jaxpr]] = {
    **{name: lambda p=p: p.jaxpr(Sizes()) for name, p in PROGRAMS.items()},
    **{
        f"{name}, {shape}": lambda f=f, shape=shape: jaxpr_of(f, shape)
        for name, f in row_programs.PROGRAMS.items()
        for shape in ((3, 4), (17, 65), (65, 257))
    },
    **{name: lambda f=f: jaxpr_of(f, (33, 130)) for name, f in MORE_ROWS.items()},
}


def operands(step: Launch, device: str) -> list[Any]:
    """Arrays in the memory of a device, to which nobody else refers."""
    rng = np.random.default_rng(1)
    made: list[Any] = []
    for v in step.inputs:
        x = rng.uniform(0, 3, v.aval.shape).astype(v.aval.dtype)
        if device == "metal":
            made.append(gpu().empty(x.shape, x.dtype))
            made[-1][...] = x
        else:
            made.append(x)
    return made


@pytest.mark.parametrize("name", EVERY)
def test_kernels_compute_the_same_in_place(
    monkeypatch: pytest.MonkeyPatch, device: str, name: str
) -> None:
    """Whatever is written over what, in whatever order threads go."""
    monkeypatch.setattr(llvm, "SMALL", 0)
    jaxpr, backend = EVERY[name](), backend_of(as_device(device))
    p = make_plan(jaxpr, backend.obstacle, False, 0, backend.shelf, range(len(jaxpr.inputs)))
    for step in {s.kernel.form: s for s in p.launches if s.over and not s.kernel.is_empty}.values():
        shapes = [v.aval.shape for v in step.outputs]
        want = MAKERS[device](step.kernel, shapes)(operands(step, device))
        arrays = operands(step, device)
        starts = [x.ctypes.data for x in arrays]
        got = MAKERS[device](step.kernel, shapes, numbered(step))(arrays)
        for k, (x, y) in enumerate(zip(got, want, strict=True)):
            assert (x.shape, x.tobytes()) == (y.shape, y.tobytes()), str(step.kernel)
            if k in numbered(step):
                assert x.ctypes.data == starts[numbered(step)[k]], "it lies there"


@pytest.mark.parametrize("name", ["adamw", "cross_entropy_grad", "map, (17, 65)", "softmax"])
def test_there_are_kernels_in_place(name: str) -> None:
    jaxpr = EVERY[name]()
    assert pairs(make_plan(jaxpr, no_contractions, given=range(len(jaxpr.inputs))))
