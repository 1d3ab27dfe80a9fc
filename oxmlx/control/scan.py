"""`scan`: a loop that carries a state and stacks its outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any, NamedTuple

import numpy as np

from oxmlx import tree
from oxmlx.control.carries import carry_types, check_carries
from oxmlx.control.program import (
    Program,
    drop,
    merge,
    pick,
    present,
    rearrange,
    split,
    spread,
    stage_flat,
)
from oxmlx.errors import ArgumentError, ShapeError, TreeError
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.dce import dce, dce_program
from oxmlx.ir.evaluate import as_buffers, evaluate_jaxpr
from oxmlx.ir.jaxpr import Eqn, Jaxpr, Literal, intern_jaxpr
from oxmlx.ir.plan import PlanOf, Repeat
from oxmlx.ir.stage import avals_of, eval_jaxpr, stage_closed
from oxmlx.ir.trace import bind, interpret
from oxmlx.ops.axes import zeros_like
from oxmlx.ops.convert import as_value
from oxmlx.ops.elementwise import add
from oxmlx.ops.shape import batch_axis, moveaxis
from oxmlx.transforms.jvp import jvp_body, jvp_body_forced
from oxmlx.transforms.linearize import PartialEvalTrace, Split, partial_eval_body
from oxmlx.transforms.transpose import instantiate, transpose_body, undefined
from oxmlx.transforms.vmap import MappedAxis, vmap_body


class Scan(Program):
    """(k, c₀, xs) ↦ (c_n, ys), where (c_{t+1}, y_t) = body(k, c_t, x_t).

    Operands are `consts` values k that every step reads, `carries` values c, then the scanned
    arrays; the body returns the carries, then the outputs to stack.
    """

    body: Jaxpr
    consts: int
    carries: int
    length: int
    reverse: bool = False

    def cut(self, xs: Sequence[Any]) -> list[list[Any]]:
        """Operands (or the body's inputs) as consts, carries and scanned arrays."""
        return split(xs, self.consts, self.carries)

    def kinds(self) -> list[int]:
        """For each operand: 0 for a const, 1 for a carry, 2 for a scanned array."""
        scanned = len(self.body.inputs) - self.consts - self.carries
        return [0] * self.consts + [1] * self.carries + [2] * scanned

    def again(self, body: Jaxpr, consts: int, carries: int, flip: bool = False) -> Scan:
        """A loop of as many steps with another body; `flip` runs it the other way."""
        return Scan(body, consts, carries, self.length, self.reverse != flip)

    def abstract(self, *avals: Aval) -> list[Aval]:
        outs = self.body.out_avals
        check_carries("scan", self.cut(avals)[1], outs)
        ys = [a.with_shape((self.length, *a.shape)) for a in outs[self.carries :]]
        return outs[: self.carries] + ys

    def impl(self, *args: Any) -> list[Any]:
        consts, carry, xs = self.cut(args)
        ys = [
            np.empty((self.length, *a.shape), a.dtype) for a in self.body.out_avals[self.carries :]
        ]
        for t in range(self.length)[:: -1 if self.reverse else 1]:
            outs = evaluate_jaxpr(self.body, [*consts, *carry, *(x[t] for x in xs)])
            carry = outs[: self.carries]
            for y, out in zip(ys, outs[self.carries :], strict=True):
                y[t] = out
        return as_buffers(carry) + ys

    def schedule(self, eqn: Eqn, plan_of: PlanOf) -> Repeat:
        sizes = self.consts, self.carries, self.length
        body = plan_of(self.body, range(self.consts, self.consts + self.carries), True)
        return Repeat(eqn.inputs, eqn.outputs, body, *sizes, self.reverse)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """Scan the jvp of the body, whose carry is (c, dc)."""
        moving = [t is not None for t in tangents]
        consts, carry, xs = self.cut(moving)
        while True:  # a carry moves if a step makes it move
            nonzero = jvp_body(self.body, [*consts, *carry, *xs])[1]
            if (grown := either(carry, nonzero)) == carry:
                break
            carry = grown
        moving = [*consts, *carry, *xs]
        nonzero = [*carry, *nonzero[self.carries :]]
        body = jvp_body_forced(self.body, moving, nonzero)
        dy_carries = [True] * self.carries + [False] * (len(nonzero) - self.carries)
        body = rearrange(
            body, paired(self.kinds(), moving), paired([0 if c else 1 for c in dy_carries], nonzero)
        )
        (k, c, x), (dk, dc, dx) = self.cut(primals), self.cut(tangents)
        dk, dx = present(dk), present(dx)
        dc = [
            instantiate(t, get_aval(v).strong)
            for t, v in pick(list(zip(dc, c, strict=True)), carry)
        ]
        prim = self.again(body, len(k) + len(dk), len(c) + len(dc))
        outs = bind(prim, *k, *dk, *c, *dc, *x, *dx)
        cs, dcs, ys, dys = split(outs, len(c), len(dc), len(nonzero) - len(c))
        return cs + ys, spread(nonzero, dcs + dys)

    def vmap_axis(self, axis: MappedAxis, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        """Scan the vmap of the body; the mapped axis is first in a step, second in a stack."""
        consts, carry, xs = self.cut([d is not None for d in dims])
        while True:  # a carry is mapped if a step makes it so
            mapped = vmap_body(self.body, axis, [*consts, *carry, *xs])[1]
            if (grown := either(carry, mapped)) == carry:
                break
            carry = grown
        forced = [*carry, *[False] * (len(mapped) - len(carry))]
        body, mapped = vmap_body(self.body, axis, [*consts, *carry, *xs], forced)
        (k, c, x), (dk, dc, dx) = self.cut(args), self.cut(dims)
        k = [v if d is None else moveaxis(v, d, 0) for v, d in zip(k, dk, strict=True)]
        c = [batch_axis(v, d, axis.size) if m else v for v, d, m in zip(c, dc, carry, strict=True)]
        x = [v if d is None else moveaxis(v, d, 1) for v, d in zip(x, dx, strict=True)]
        outs = bind(self.again(body, self.consts, self.carries), *k, *c, *x)
        first = [0] * self.carries + [1] * (len(outs) - self.carries)
        return outs, [d if m else None for d, m in zip(first, mapped, strict=True)]

    def partial_eval(
        self, trace: PartialEvalTrace, args: Sequence[Any], unknown: Sequence[bool]
    ) -> list[Any]:
        """Scan the known half of the body, then the other half with what it needs of each step."""
        consts, carry, xs = self.cut(unknown)
        while True:  # a carry is unknown if a step makes it so
            forced = [*carry, *[False] * (len(self.body.outputs) - self.carries)]
            cut = partial_eval_body(self.body, [*consts, *carry, *xs], forced)
            if (grown := either(carry, cut.out_unknown)) == carry:
                break
            carry = grown
        k, c, x = self.cut(args)
        known = [*drop(k, consts), *drop(c, carry), *drop(x, xs)]
        n_k, n_c = len(consts) - sum(consts), len(carry) - sum(carry)
        halves = self.body.derive(
            ("scan residuals", cut.known, cut.later, n_k, n_c),
            lambda: sort_residuals(cut, n_k, n_c),
        )
        with interpret(trace.parent):
            hoisted = eval_jaxpr(halves.invariant, known[:n_k])
            outs = bind(self.again(halves.known, n_k, n_c), *known)
        known_outs, stacked = split(outs, len(cut.out_unknown) - sum(cut.out_unknown))
        if not (cut.later.outputs or cut.later.effects):
            return merge(cut.out_unknown, [], known_outs)
        found = {"input": known, "hoisted": hoisted, "stacked": stacked}
        values = [found[kind][at] for kind, at in halves.places]
        each_step = [not same for same in halves.same]
        late_k, late_c, late_x = pick(k, consts), pick(c, carry), pick(x, xs)
        kinds = [*[2 if e else 0 for e in each_step]]
        kinds += [0] * len(late_k) + [1] * len(late_c) + [2] * len(late_x)
        body = rearrange(cut.later, sorted(range(len(kinds)), key=kinds.__getitem__))
        same = drop(values, each_step)
        prim = self.again(body, len(same) + len(late_k), len(late_c))
        late = trace.stage(prim, [*same, *late_k, *late_c, *pick(values, each_step), *late_x])
        return merge(cut.out_unknown, late, known_outs)

    def transpose(self, ct: Sequence[Any], *args: Any) -> Sequence[Any]:
        """Scan the transposed body backwards; cotangents of consts add up in the carry.

        A carry that starts from a known value (a zero, in what linearization writes) is linear all
        the same, and nobody asks for its cotangent.
        """
        lin_k, start_unknown, lin_x = self.cut(undefined(args))
        lin_c = [True] * self.carries
        linear = [*lin_k, *lin_c, *lin_x]
        k, _, x = self.cut(args)
        ct_c, ct_y = split(ct, self.carries)
        some_y = [y is not None for y in ct_y]
        key = ("scan transpose", tuple(linear), self.consts, tuple(some_y))
        body, sum_avals, x_nonzero = self.body.derive(
            key, lambda: self.backward_step(linear, some_y)
        )
        sums = [zeros_like(a) for a in sum_avals]
        carry_avals = [a.strong for a in self.body.out_avals[: self.carries]]
        start = [*sums, *map(instantiate, ct_c, carry_avals)]
        prim = self.again(body, len(k) - sum(lin_k), len(start), flip=True)
        outs = bind(prim, *drop(k, lin_k), *start, *present(ct_y), *drop(x, lin_x))
        dk, dc, dx = split(outs, len(sums), self.carries)
        dc = [c if u else None for c, u in zip(dc, start_unknown, strict=True)]
        return [*spread(lin_k, dk), *dc, *spread(lin_x, spread(x_nonzero, dx))]

    def backward_step(
        self, linear: Sequence[bool], some_y: Sequence[bool]
    ) -> tuple[Jaxpr, list[Aval], list[bool]]:
        """One step of the transposed loop: from (known consts, sums of the cotangents of the linear
        consts, cotangents of the carries, those of the outputs, known slices) to (sums, cotangents
        of the carries, nonzero cotangents of the linear slices)."""
        lin_k, lin_c, lin_x = self.cut(linear)
        back, nonzero = transpose_body(self.body, linear, [*[True] * self.carries, *some_y])
        nz_k, nz_c, nz_x = split(nonzero, sum(lin_k), len(lin_c))
        k, c, x = self.cut(self.body.in_avals)
        known_k, known_x = drop(k, lin_k), drop(x, lin_x)
        sum_avals, carry_avals = [a.strong for a in pick(k, lin_k)], [a.strong for a in c]
        y_avals = [a.strong for a in pick(self.body.out_avals[self.carries :], some_y)]
        sizes = len(known_k), len(sum_avals), len(carry_avals), len(y_avals)

        def step(*values: Any) -> list[Any]:
            ks, sums, cs, ys, xs = split(values, *sizes)
            outs = spread(nonzero, eval_jaxpr(back, [*ks, *xs, *cs, *ys]))
            dk, dc, dx = split(outs, len(nz_k), len(nz_c))
            sums = [s if d is None else add(s, d) for s, d in zip(sums, dk, strict=True)]
            return [*sums, *map(instantiate, dc, carry_avals), *present(dx)]

        avals = [*known_k, *sum_avals, *carry_avals, *y_avals, *known_x]
        return stage_closed(step, avals), sum_avals, nz_x

    def dce(self, used: Sequence[bool]) -> Any:
        carry = list(used[: self.carries])
        while True:  # a carry is needed if what is needed reads it
            keep = [*carry, *used[self.carries :]]
            reads = dce_program(self.body, keep)[1]
            if (grown := either(carry, self.cut(reads)[1])) == carry:
                break
            carry = grown
        k, _, x = self.cut(reads)
        reads = [*k, *carry, *x]
        small = dce(self.body, keep)
        body = intern_jaxpr(Jaxpr(pick(small.inputs, reads), small.eqns, small.outputs))
        return self.again(body, sum(k), sum(carry)), reads, keep


class Halves(NamedTuple):
    """The known half of a loop's body, and where the other half finds each residual."""

    invariant: Jaxpr
    """from the known consts to residuals that follow from them alone: computed once"""
    known: Jaxpr
    """one step: known outputs, then the residuals to stack"""
    places: list[tuple[str, int]]
    """for each residual: among the known inputs, the hoisted values, or the stacked ones"""
    same: list[bool]
    """which residuals are the same at each step"""


def sort_residuals(cut: Split, consts: int, carries: int) -> Halves:
    """A residual that is a const, or follows from consts alone, stays out of the loop; one that is
    a scanned array is read again; the others are stacked."""
    known = cut.known
    n_out = len(cut.out_unknown) - sum(cut.out_unknown)
    computed = iter(known.outputs[n_out:])
    fixed: set[Any] = set(known.inputs[:consts])
    once: list[Eqn] = []
    for eqn in known.eqns:
        if not eqn.prim.effects and all(a in fixed or isinstance(a, Literal) for a in eqn.inputs):
            fixed.update(eqn.outputs)
            once.append(eqn)
    hoisted: list[Any] = []
    stacked: list[Any] = []
    places: list[tuple[str, int]] = []
    for source in cut.sources:
        atom = next(computed) if source is None else known.inputs[source]
        if source is not None and not consts <= source < consts + carries:
            places.append(("input", source))
        elif atom in fixed or isinstance(atom, Literal):
            places.append(("hoisted", len(hoisted)))
            hoisted.append(atom)
        else:
            places.append(("stacked", len(stacked)))
            stacked.append(atom)
    return Halves(
        intern_jaxpr(dce(Jaxpr(known.inputs[:consts], once, hoisted))),
        intern_jaxpr(dce(Jaxpr(known.inputs, known.eqns, [*known.outputs[:n_out], *stacked]))),
        places,
        [kind == "hoisted" or (kind == "input" and at < consts) for kind, at in places],
    )


def either(a: Sequence[bool], b: Sequence[bool]) -> list[bool]:
    """Elementwise or, as long as `a`."""
    return [x or y for x, y in zip(a, b, strict=False)]


def paired(kinds: Sequence[int], doubled: Sequence[bool]) -> list[int]:
    """Positions in a list followed by the doubles of some of its elements, sorted by kind: all of
    one kind, then their doubles."""
    n = len(kinds)
    doubles = iter(range(n, n + sum(doubled)))
    places = [(kind, 0, k) for k, kind in enumerate(kinds)]
    places += [(kind, 1, next(doubles)) for kind, d in zip(kinds, doubled, strict=True) if d]
    return [at for _, _, at in sorted(places)]


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int = 1,
) -> tuple[Any, Any]:
    """Loop over the leading axis of `xs`, carrying a state and stacking the outputs.

    Args:
        f: (carry, x) -> (carry, y), traced once; pytrees of arrays.
        init: the first carry; its types are those of every step.
        xs: a pytree of arrays [length, ...], or `None` for a loop without inputs.
        length: the number of steps, needed if `xs` has no leaves.
        reverse: go from the last element to the first.
        unroll: accepted for JAX programs; loops are not unrolled.

    Returns:
        The last carry, and the outputs stacked along a new leading axis.

    Raises:
        ShapeError: leading extents differ, or a carry changes its type.
        TreeError: the carry changes its structure.

    >>> import oxmlx as ox
    >>> total, sums = ox.lax.scan(lambda c, x: (c + x, c + x), 0, ox.numpy.arange(1, 5))
    >>> total, sums
    (array(10, dtype=int32), array([ 1,  3,  6, 10], dtype=int32))
    """
    c_leaves, c_tree = tree.flatten(init)
    x_leaves, x_tree = tree.flatten(xs)
    carry = [as_value(c, "scan") for c in c_leaves]
    x_values = [as_value(x, "scan") for x in x_leaves]
    steps = leading_extent(x_values, length)
    x_avals = [x.aval.with_shape(x.aval.shape[1:]) for x in x_values]
    in_tree = tree.treedef_tuple([c_tree, x_tree])
    carry, (jaxpr, consts, out_tree) = carry_types(
        carry, lambda c_avals: stage_flat(f, c_avals + x_avals, in_tree, "scan")
    )
    check_carry(out_tree, c_tree)
    check_carries("scan", avals_of(carry), jaxpr.out_avals, init)
    new_tree, y_tree = tree.treedef_children(out_tree)
    n = len(carry)
    prim = Scan(jaxpr, len(consts), n, steps, bool(reverse))
    outs = bind(prim, *consts, *carry, *x_values)
    return new_tree.unflatten(outs[:n]), y_tree.unflatten(outs[n:])


def check_carry(out_tree: Any, c_tree: Any) -> None:
    """Refuse a body that does not return (carry, y) with the carry's structure."""
    pair = tree.treedef_children(out_tree)
    kind = out_tree.node_data()
    if kind is None or kind[0] not in (tuple, list) or len(pair) != 2:
        raise TreeError(
            "scan",
            f"the body must return a pair (carry, y), got {out_tree}",
            "Write: return carry, y; y may be None.",
        )
    if pair[0] != c_tree:
        raise TreeError(
            "scan",
            f"the body must return a carry like the one it takes: {c_tree}, got {pair[0]}",
            "Return (carry, y) with the carry nested as init is.",
        )


def as_length(length: Any) -> int:
    """The number of steps that the user asked for."""
    try:
        steps = index(length)
    except TypeError:
        steps = -1
    if steps < 0:
        raise ArgumentError("scan", f"length must be an integer from 0, got {length!r}")
    return steps


def leading_extent(xs: Sequence[Any], length: int | None, who: str = "scan") -> int:
    """The number of steps that all scanned arrays agree on."""
    sizes: dict[int, str] = {}
    for x in xs:
        if not x.aval.ndim:
            problem = "scanned arrays need a leading axis, got one of rank 0"
            raise ShapeError(who, problem, "Let the body close over what is the same at each step.")
        sizes.setdefault(x.aval.shape[0], str(x.aval))
    if length is not None:
        sizes.setdefault(as_length(length), f"length={length}")
    if len(sizes) != 1:
        got = " and ".join(sizes.values()) or "no array"
        problem = f"scanned arrays must have one leading extent, got {got}"
        advice = "Each is cut along its first axis; ox.lax.scan without any needs length=."
        raise ShapeError(who, problem, advice)
    return next(iter(sizes))
