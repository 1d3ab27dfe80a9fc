"""`custom_linear_solve`: the solution of a linear equation, whatever way it is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from oxmlx import tree
from oxmlx.control.cond import transposed
from oxmlx.control.program import Program, present, rearrange, share_consts, split, stage_flat
from oxmlx.errors import GradientError, ShapeError, TreeError
from oxmlx.ir.aval import Aval
from oxmlx.ir.evaluate import evaluate_jaxpr
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.stage import avals_of, eval_jaxpr
from oxmlx.ir.trace import bind
from oxmlx.ops.convert import as_value, cast
from oxmlx.ops.elementwise import neg, sub
from oxmlx.ops.shape import batch_axis
from oxmlx.source import current_location
from oxmlx.transforms.jvp import jvp_body
from oxmlx.transforms.transpose import instantiate, undefined
from oxmlx.transforms.vmap import MappedAxis, to_front, vmap_body

Solver = Callable[[Callable[[Any], Any], Any], Any]


class LinearSolve(Program):
    """x with A(k) x = b, then what else the solver returns; operands are the consts k, then b.

    `matvec` computes A x, `vecmat` Aᵀ x, `solve` finds x, `transpose_solve` the solution of the
    transposed equation; all of them have k as leading inputs.
    """

    matvec: Jaxpr
    solve: Jaxpr
    vecmat: Jaxpr | None
    transpose_solve: Jaxpr | None
    consts: int

    def unknowns(self) -> int:
        """How many arrays x consists of."""
        return len(self.matvec.outputs)

    def abstract(self, *avals: Aval) -> list[Aval]:
        return self.solve.out_avals

    def impl(self, *args: Any) -> list[Any]:
        return evaluate_jaxpr(self.solve, args)

    def inline(self) -> Jaxpr:
        return self.solve

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """A dx = db - dA x"""
        outs = bind(self, *primals)
        n = self.unknowns()
        x, extra = split(outs, n)
        k, (dk, db) = list(primals[: self.consts]), split(tangents, self.consts)
        moving = [t is not None for t in dk]
        jaxpr, nonzero = jvp_body(self.matvec, [*moving, *[False] * n])
        given = iter(eval_jaxpr(jaxpr, [*k, *x, *present(dk)])[n:])
        sides = [less(d, next(given) if m else None) for d, m in zip(db, nonzero, strict=True)]
        if all(s is None for s in sides):
            return outs, [None] * len(outs)
        sides = [instantiate(s, a) for s, a in zip(sides, self.matvec.out_avals, strict=True)]
        dx = bind(self.without_extra(), *k, *sides)
        return outs, [*dx, *[None] * len(extra)]

    def without_extra(self) -> LinearSolve:
        """The same equation, of which nothing but the solution is returned."""
        inputs, outputs = range(len(self.solve.inputs)), range(self.unknowns())
        solve = rearrange(self.solve, inputs, outputs)
        back = self.transpose_solve
        if back is not None:
            back = rearrange(back, inputs, outputs)
        return LinearSolve(self.matvec, solve, self.vecmat, back, self.consts)

    def transpose(self, ct: Sequence[Any], *args: Any) -> Sequence[Any]:
        """Aᵀ y = ct"""
        linear = undefined(args)
        if self.vecmat is None or self.transpose_solve is None:
            raise GradientError(
                "custom_linear_solve",
                "reverse mode needs the solution of the transposed equation",
                "Pass transpose_solve=, or symmetric=True.",
                where=current_location(),
            )
        cts = [instantiate(c, a.strong) for c, a in zip(ct, self.matvec.out_avals, strict=False)]
        prim = LinearSolve(self.vecmat, self.transpose_solve, self.matvec, self.solve, self.consts)
        outs = bind(prim.without_extra(), *args[: self.consts], *cts)
        back = [y if u else None for y, u in zip(outs, linear[self.consts :], strict=True)]
        return [*[None] * self.consts, *back]

    def vmap_axis(self, axis: MappedAxis, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        """One equation of stacked unknowns."""
        n = self.unknowns()
        mapped = [*(d is not None for d in dims[: self.consts]), *[True] * n]

        def batched(body: Jaxpr | None) -> Any:
            every = [True] * (0 if body is None else len(body.outputs))
            return None if body is None else vmap_body(body, axis, mapped, every)[0]

        prim = LinearSolve(
            batched(self.matvec),
            batched(self.solve),
            batched(self.vecmat),
            batched(self.transpose_solve),
            self.consts,
        )
        k, b = split(to_front(args, dims), self.consts)
        b = [
            batch_axis(x, None, axis.size) if d is None else x
            for x, d in zip(b, dims[self.consts :], strict=True)
        ]
        outs = bind(prim, *k, *b)
        return outs, [0] * len(outs)


def less(a: Any, b: Any) -> Any:
    """a - b, where `None` is zero."""
    return a if b is None else neg(b) if a is None else sub(a, b)


def custom_linear_solve(
    matvec: Callable[[Any], Any],
    b: Any,
    solve: Solver,
    transpose_solve: Solver | None = None,
    symmetric: bool = False,
    has_aux: bool = False,
) -> Any:
    """Solve a linear equation without a matrix, and differentiate the solution, not the solver.

    Gradients are with respect to `b` and to what `matvec` closes over, to any order.

    Args:
        matvec: x ↦ A x, of pytrees like `b`.
        b: a pytree of floating or complex arrays.
        solve: (matvec, b) ↦ x with A x = b; it need not be differentiable.
        transpose_solve: (vecmat, ct) ↦ y with Aᵀ y = ct, given x ↦ Aᵀ x; reverse mode needs it.
        symmetric: A is symmetric, so `solve` solves the transposed equation too.
        has_aux: the solvers return (solution, anything).

    Returns:
        A pytree like `b`, or (pytree like `b`, anything).

    Raises:
        TreeError: a function returns another structure than that of `b`.
        ShapeError: it returns arrays of other types.
        GradientError: reverse mode without `transpose_solve`.

    >>> import oxmlx as ox
    >>> def half(matvec, b):
    ...     return b / matvec(1.0)
    >>> f = lambda a, b: ox.lax.custom_linear_solve(lambda x: a * x, b, half, half)
    >>> f(2.0, 6.0), ox.grad(f, (0, 1))(2.0, 6.0)
    (array(3., dtype=float32), (array(-1.5, dtype=float32), array(0.5, dtype=float32)))
    """
    who = "custom_linear_solve"
    leaves, b_tree = tree.flatten(b)
    values = [as_value(x, who) for x in leaves]
    values = [cast(x, x.dtype) for x in values]
    avals = avals_of(values)
    one = tree.treedef_tuple([b_tree])

    def traced(f: Callable[[Any], Any], name: str, aux: bool) -> tuple[Jaxpr, list[Any], Any]:
        body, consts, out_tree = stage_flat(f, avals, one, who)
        parts = tree.treedef_children(out_tree) if aux else [out_tree]
        if (aux and len(parts) != 2) or parts[0] != b_tree:
            wanted = f"({b_tree}, aux)" if aux else f"{b_tree}"
            raise TreeError(who, f"{name} must return {wanted}, got {out_tree}")
        found = [a.strong for a in body.out_avals[: len(avals)]]
        if found != avals:
            raise ShapeError(
                who,
                f"{name} must return arrays like b: {avals}, got {found}",
                "A linear function of x must keep its shapes and dtypes.",
            )
        return body, consts, out_tree

    def of(body: Jaxpr, consts: list[Any]) -> Callable[[Any], Any]:
        def apply(x: Any) -> Any:
            xs = [as_value(v, who) for v in tree.leaves(x)]
            xs = [cast(v, a.dtype) for v, a in zip(xs, avals, strict=True)]
            return b_tree.unflatten(eval_jaxpr(body, [*consts, *xs]))

        return apply

    forward, k, _ = traced(matvec, "matvec", False)
    solver, solver_k, out_tree = traced(lambda v: solve(matvec, v), "solve", has_aux)
    bodies, consts = [forward, solver], [k, solver_k]
    if symmetric and transpose_solve is None:
        transpose_solve = solve
    if transpose_solve is not None:
        linear, every = [False] * len(k) + [True] * len(avals), [True] * len(avals)
        backward = forward if symmetric else transposed(forward, linear, every, every)
        vecmat, solve_back = of(backward, k), transpose_solve
        back, back_k, _ = traced(lambda v: solve_back(vecmat, v), "transpose_solve", has_aux)
        bodies, consts = [*bodies, backward, back], [*consts, k, back_k]
    shared, every_const = share_consts(bodies, consts)
    forward, solver, *others = shared
    backward, back = others or (None, None)
    prim = LinearSolve(forward, solver, backward, back, len(every_const))
    return out_tree.unflatten(bind(prim, *every_const, *values))
