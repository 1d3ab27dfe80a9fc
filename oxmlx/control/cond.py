"""`cond`: one of several programs, chosen by an index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from oxmlx import tree
from oxmlx.control.program import (
    Program,
    drop,
    merge,
    pick,
    present,
    share_consts,
    split,
    spread,
    stage_flat,
)
from oxmlx.dtypes import Dtype, promote
from oxmlx.errors import ArgumentError, DtypeError, ShapeError, TreeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.dce import dce
from oxmlx.ir.evaluate import evaluate_jaxpr
from oxmlx.ir.jaxpr import Eqn, Jaxpr, intern_jaxpr
from oxmlx.ir.plan import Branch, PlanOf
from oxmlx.ir.stage import avals_of, eval_jaxpr, stage_closed
from oxmlx.ir.trace import bind
from oxmlx.ops.axes import broadcast, zeros_like
from oxmlx.ops.convert import as_value, cast
from oxmlx.ops.logic import eq
from oxmlx.ops.select import clamp, select
from oxmlx.ops.shape import batch_axis
from oxmlx.transforms.jvp import jvp_body, jvp_body_forced
from oxmlx.transforms.linearize import PartialEvalTrace, Split, partial_eval_body
from oxmlx.transforms.transpose import transpose_body, undefined
from oxmlx.transforms.vmap import MappedAxis, to_front, vmap_body

I32 = np.dtype(np.int32)


class Cond(Program):
    """outs = branches[i](operands), for the first operand i: i32[] within range."""

    branches: tuple[Jaxpr, ...]

    def abstract(self, *avals: Aval) -> list[Aval]:
        check_types("cond", branch_names("switch", len(self.branches)), self.branches)
        first = self.branches[0].out_avals
        return [
            a if all(b.out_avals[k].weak == a.weak for b in self.branches) else a.strong
            for k, a in enumerate(first)
        ]

    def impl(self, index: Any, *args: Any) -> list[Any]:
        return evaluate_jaxpr(self.branches[int(index)], args)

    def schedule(self, eqn: Eqn, plan_of: PlanOf) -> Branch:
        plans = tuple(plan_of(b, range(len(b.inputs))) for b in self.branches)
        return Branch(eqn.inputs, eqn.outputs, plans)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        index, *xs = primals
        dx = list(tangents[1:])
        moving = [t is not None for t in dx]
        nonzero = join([jvp_body(b, moving)[1] for b in self.branches])
        prim = Cond(tuple(jvp_body_forced(b, moving, nonzero) for b in self.branches))
        ys, dys = split(bind(prim, index, *xs, *present(dx)), len(nonzero))
        return ys, spread(nonzero, dys)

    def vmap_axis(self, axis: MappedAxis, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        """A mapped index runs every branch and selects; otherwise one branch runs on batches."""
        (index, *xs), (d, *dx) = args, dims
        mapped = [m is not None for m in dx]
        out_mapped = join([vmap_body(b, axis, mapped)[1] for b in self.branches])
        if d is None:
            branches = tuple(vmap_body(b, axis, mapped, out_mapped)[0] for b in self.branches)
            outs = bind(Cond(branches), index, *to_front(xs, dx))
            return outs, [0 if m else None for m in out_mapped]
        every = [True] * len(out_mapped)
        batches = [
            eval_jaxpr(vmap_body(b, axis, mapped, every)[0], to_front(xs, dx))
            for b in self.branches
        ]
        index = batch_axis(index, d, axis.size)
        outs = batches[0]
        for k, values in enumerate(batches[1:], 1):
            here = eq(index, k)
            outs = [choose(here, v, o) for v, o in zip(values, outs, strict=True)]
        return outs, [0] * len(outs)

    def partial_eval(
        self, trace: PartialEvalTrace, args: Sequence[Any], unknown: Sequence[bool]
    ) -> list[Any] | None:
        """An unknown index stages everything; else branches are cut alike and residuals joined."""
        if unknown[0]:
            return None
        late = list(unknown[1:])
        forced = join([partial_eval_body(b, late).out_unknown for b in self.branches])
        cuts = [partial_eval_body(b, late, forced) for b in self.branches]
        key = ("cond residuals", tuple(cut.known for cut in cuts), tuple(cut.later for cut in cuts))
        known, later = self.branches[0].derive(key, lambda: join_residuals(cuts))
        index, *xs = args
        known_xs = drop(xs, late)
        outs = trace.run_known(Cond(known), [index, *known_xs])
        known_outs, residuals = split(outs, len(forced) - sum(forced))
        late_outs: list[Any] = []
        if later[0].outputs or any(b.effects for b in later):
            late_args = [index, *known_xs, *residuals, *pick(xs, late)]
            late_outs = trace.stage(Cond(later), late_args)
        return merge(forced, late_outs, known_outs)

    def transpose(self, ct: Sequence[Any], *args: Any) -> Sequence[Any]:
        index, *xs = args
        linear = undefined(xs)
        some = [c is not None for c in ct]
        nonzero = join([transpose_body(b, linear, some)[1] for b in self.branches])
        branches = tuple(transposed(b, linear, some, nonzero) for b in self.branches)
        outs = bind(Cond(branches), index, *drop(xs, linear), *present(ct))
        return [None, *spread(linear, spread(nonzero, outs))]

    def dce(self, used: Sequence[bool]) -> Any:
        small = [dce(b, used) for b in self.branches]
        reads = [False] * len(self.branches[0].inputs)
        for b in small:
            read = set[object](b.outputs).union(*(e.inputs for e in b.eqns))
            reads = [r or v in read for r, v in zip(reads, b.inputs, strict=True)]
        branches = tuple(
            intern_jaxpr(Jaxpr(pick(b.inputs, reads), b.eqns, b.outputs)) for b in small
        )
        return Cond(branches), [True, *reads], used


def join(masks: Sequence[Sequence[bool]]) -> list[bool]:
    """Where any of the masks holds."""
    return [any(column) for column in zip(*masks, strict=True)]


def choose(mapped: Any, x: Any, y: Any) -> Any:
    """Rows of x where `mapped` [n] holds, else of y."""
    shape = get_aval(x).shape
    return select(broadcast(mapped, shape, tuple(range(1, len(shape)))), x, y)


def transposed(
    body: Jaxpr, linear: Sequence[bool], some: Sequence[bool], nonzero: Sequence[bool]
) -> Jaxpr:
    """The transpose of one branch, with zeros where only other branches have cotangents."""
    jaxpr, own = transpose_body(body, linear, some)
    avals = [a.strong for a in pick(body.in_avals, linear)]

    def fill(*args: Any) -> list[Any]:
        given = spread(own, eval_jaxpr(jaxpr, args))
        return [
            zeros_like(a) if c is None else c
            for c, a, n in zip(given, avals, nonzero, strict=True)
            if n
        ]

    key = ("transpose filled", tuple(linear), tuple(some), tuple(nonzero))
    return body.derive(key, lambda: stage_closed(fill, jaxpr.in_avals))


def join_residuals(cuts: Sequence[Split]) -> tuple[tuple[Jaxpr, ...], tuple[Jaxpr, ...]]:
    """Give the halves of all branches one list of residuals: each computes its own and fills the
    others with zeros. The later halves take (known inputs, residuals, unknown inputs)."""
    n_out = len(cuts[0].out_unknown) - sum(cuts[0].out_unknown)
    avals = [a.aval.strong for cut in cuts for a in cut.known.outputs[n_out:]]
    known: list[Jaxpr] = []
    later: list[Jaxpr] = []
    start = 0
    for cut in cuts:
        stop = start + len(cut.known.outputs) - n_out
        known.append(padded(cut.known, n_out, avals, start))
        later.append(routed(cut, avals, start, stop))
        start = stop
    return tuple(known), tuple(later)


def padded(body: Jaxpr, n_out: int, avals: Sequence[Aval], start: int) -> Jaxpr:
    """A known half whose residuals stand from `start` on among those of all branches."""

    def fill(*args: Any) -> list[Any]:
        outs, own = split(eval_jaxpr(body, args), n_out)
        before, _, after = split(avals, start, len(own))
        return [*outs, *map(zeros_like, before), *own, *map(zeros_like, after)]

    return stage_closed(fill, body.in_avals)


def routed(cut: Split, avals: Sequence[Aval], start: int, stop: int) -> Jaxpr:
    """A later half that finds its residuals among the known inputs and those of all branches."""
    known, n = cut.known.in_avals, len(cut.sources)

    def read(*args: Any) -> list[Any]:
        inputs, every, unknown = split(args, len(known), len(avals))
        own = iter(every[start:stop])
        residuals = [next(own) if s is None else inputs[s] for s in cut.sources]
        return eval_jaxpr(cut.later, [*residuals, *unknown])

    return stage_closed(read, [*known, *avals, *cut.later.in_avals[n:]])


ABSENT: Any = object()


def cond(
    pred: Any,
    true_fun: Callable[..., Any],
    false_fun: Callable[..., Any],
    *operands: Any,
    operand: Any = ABSENT,
) -> Any:
    """`true_fun(*operands)` if `pred` holds, else `false_fun(*operands)`; only one of them runs.

    Under `vmap` with a mapped `pred` both run and results are selected.

    Args:
        pred: a scalar bool, or a number that is compared with 0.
        true_fun, false_fun: functions of the operands that return the same types.
        operands: pytrees of arrays.
        operand: one operand by keyword, JAX's older spelling.

    Raises:
        ShapeError: `pred` is not a scalar, or the branches return different types.
        TreeError: the branches return different structures.

    >>> import oxmlx as ox
    >>> ox.grad(lambda x: ox.lax.cond(x > 0, ox.numpy.sin, lambda x: x * x, x))(-3.0)
    array(-6., dtype=float32)
    """
    pred = as_value(pred, "cond")
    if pred.aval.ndim:
        problem = f"the predicate must be a scalar, got {pred.aval}"
        raise ShapeError("cond", problem, "Use ox.numpy.where to choose elementwise.")
    if pred.dtype.kind != "b":
        pred = cast(pred, np.dtype(bool))
    operands += () if operand is ABSENT else (operand,)
    return choose_branch("cond", cast(pred, I32), [false_fun, true_fun], operands)


def switch(
    index: Any, branches: Sequence[Callable[..., Any]], *operands: Any, operand: Any = ABSENT
) -> Any:
    """`branches[index](*operands)`, the index clamped into range; only one branch runs.

    `operand` is one operand by keyword, JAX's older spelling.

    Raises:
        ArgumentError: there are no branches.
        DtypeError: the index is not an integer scalar.

    >>> import oxmlx as ox
    >>> ox.lax.switch(7, [ox.numpy.sin, ox.numpy.negative], 2.0)
    array(-2., dtype=float32)
    """
    branches = list(branches)
    if not branches:
        raise ArgumentError(
            "switch",
            "needs at least one branch, got none",
            "Pass a list of functions of the operands.",
        )
    index = as_value(index, "switch")
    if index.aval.ndim or index.dtype.kind not in "iu":
        raise DtypeError(
            "switch",
            f"the index must be an integer scalar, got {index.aval}",
            "Convert it with .astype(ox.int32), or use cond for a bool.",
        )
    index = cast(clamp(0, index, len(branches) - 1), I32)
    operands += () if operand is ABSENT else (operand,)
    return choose_branch("switch", index, branches, operands)


def choose_branch(who: str, index: Any, branches: Sequence[Any], operands: tuple[Any, ...]) -> Any:
    """Trace the branches on the same operands and bind them as one equation."""
    leaves, in_tree = tree.flatten(operands)
    values = [as_value(x, who) for x in leaves]
    step = -1 if who == "cond" else 1  # true_fun is the later branch, and traced first as in JAX
    traced = [stage_flat(f, avals_of(values), in_tree, who) for f in branches[::step]][::step]
    trees = [t for _, _, t in traced]
    names = branch_names(who, len(branches))
    for name, t in zip(names, trees, strict=True):
        if t != trees[0]:
            raise TreeError(
                who,
                f"{names[0]} returns {trees[0]}, {name} returns {t}",
                "All branches must return the same structure.",
            )
    jaxprs, consts = share_consts([j for j, _, _ in traced], [c for _, c, _ in traced])
    jaxprs = same_types(jaxprs)
    check_types(who, names, jaxprs)
    return trees[0].unflatten(bind(Cond(tuple(jaxprs)), index, *consts, *values))


def branch_names(who: str, count: int) -> list[str]:
    """The branches as the user calls them."""
    return ["false_fun", "true_fun"] if who == "cond" else [f"branch {k}" for k in range(count)]


def check_types(who: str, names: Sequence[str], branches: Sequence[Jaxpr]) -> None:
    """Refuse branches that return different types."""
    first = branches[0].out_avals
    for name, b in zip(names, branches, strict=True):
        if [a.strong for a in b.out_avals] != [a.strong for a in first]:
            problem = f"{names[0]} returns {first}, {name} returns {b.out_avals}"
            raise ShapeError(who, problem, "All branches must return the same types.")


def same_types(jaxprs: Sequence[Jaxpr]) -> list[Jaxpr]:
    """Weak outputs take the dtype that holds what all branches have at that place."""
    columns = zip(*(j.out_avals for j in jaxprs), strict=True)
    wanted = [common_type(column) for column in columns]

    def agree(jaxpr: Jaxpr) -> Jaxpr:
        outs = jaxpr.out_avals
        if all(not a.weak or (a.dtype, True) == w for a, w in zip(outs, wanted, strict=True)):
            return jaxpr

        def f(*args: Any) -> list[Any]:
            outs = eval_jaxpr(jaxpr, args)
            return [
                cast(as_value(x, "cond"), *w) if get_aval(x).weak else x
                for x, w in zip(outs, wanted, strict=True)
            ]

        return stage_closed(f, jaxpr.in_avals)

    return [agree(j) for j in jaxprs]


def common_type(column: Sequence[Aval]) -> tuple[Dtype, bool]:
    """The dtype that holds those of all avals, and whether it is weak."""
    first, *others = column
    kind = first.dtype, first.weak
    for a in others:
        kind = kind if kind == (a.dtype, a.weak) else promote(*kind, a.dtype, a.weak)
    return kind
