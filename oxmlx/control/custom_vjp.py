"""`custom_vjp`: a function with a reverse-mode derivative of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from oxmlx import tree
from oxmlx.control.custom import (
    CustomCall,
    CustomFunction,
    R,
    match_tangent,
    refuse_moving_consts,
    refuse_symbolic_zeros,
)
from oxmlx.control.program import Program, call_on_values, pick, present, split, stage_flat
from oxmlx.dtypes import is_inexact
from oxmlx.errors import GradientError, ShapeError, TreeError
from oxmlx.ir.aval import Aval
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.stage import avals_of, eval_jaxpr, stage, stage_closed
from oxmlx.ir.trace import BASE, bind, current_trace
from oxmlx.ops.axes import reduce_sum, zeros_like
from oxmlx.ops.convert import as_value
from oxmlx.ops.shape import batch_axis
from oxmlx.source import current_location
from oxmlx.transforms.transpose import instantiate, undefined
from oxmlx.transforms.vmap import MappedAxis, batch_aval, to_front, vmap_body


class CustomVjpCall(CustomCall):
    """outs = body(consts, xs); its rules are fwd(consts, xs) → (outs, residuals) and
    bwd(consts, residuals, cts) → cotangents of the xs."""

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        refuse_moving_consts("custom_vjp", tangents[: self.consts])
        (fwd, bwd), lead = self.expand(primals[: self.consts])
        values = eval_jaxpr(fwd, [*lead, *primals[self.consts :]])
        outs, residuals = split(values, len(self.body.outputs))
        avals = tuple(a.strong for a in self.body.in_avals[self.consts :])
        moving = tuple(t is not None for t in tangents[self.consts :])
        out_avals = tuple(a.strong for a in self.body.out_avals)
        prim = Pullback(bwd, avals, moving, out_avals)
        douts = bind(prim, *lead, *residuals, *present(tangents))
        return outs, [
            d if is_inexact(a.dtype) else None for d, a in zip(douts, out_avals, strict=True)
        ]

    def vmap_rules(
        self, axis: MappedAxis, rules: Sequence[Jaxpr], lead: list[bool], xs: list[bool]
    ) -> tuple[Jaxpr, ...]:
        """An operand that the batch shares has the sum of the batch's cotangents."""
        fwd, bwd = rules
        fwd = vmap_body(fwd, axis, [*lead, *xs], [True] * len(fwd.outputs))[0]
        others = [True] * (len(bwd.inputs) - len(lead))
        bwd = vmap_body(bwd, axis, [*lead, *others], [True] * len(bwd.outputs))[0]
        return fwd, sum_unmapped(bwd, xs)


class Pullback(Program):
    """The linear map dxs ↦ douts of which only the transpose, bwd(residuals, cts), is known."""

    bwd: Jaxpr
    avals: tuple[Aval, ...]
    moving: tuple[bool, ...]
    out_avals: tuple[Aval, ...]

    def abstract(self, *avals: Aval) -> list[Aval]:
        return list(self.out_avals)

    def impl(self, *args: Any) -> list[Any]:
        raise self.one_way()

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        raise self.one_way()

    def one_way(self) -> GradientError:
        """The error of forward mode."""
        return GradientError(
            "custom_vjp",
            "a function with a custom vjp has no forward-mode derivative",
            "Use ox.custom_jvp, which gives both modes, or differentiate in reverse mode.",
            where=current_location(),
        )

    def residuals(self) -> int:
        """How many leading operands are not tangents."""
        return len(self.bwd.inputs) - len(self.out_avals)

    def transpose(self, ct: Sequence[Any], *args: Any) -> Sequence[Any]:
        n = self.residuals()
        if any(undefined(args[:n])):
            raise self.one_way()
        cts = [instantiate(c, a) for c, a in zip(ct, self.out_avals, strict=True)]
        back = eval_jaxpr(self.bwd, [*args[:n], *cts])
        return [*[None] * n, *pick(back, self.moving)]

    def vmap_axis(self, axis: MappedAxis, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        n = self.residuals()
        mapped = [d is not None for d in dims]
        every = [True] * len(self.bwd.outputs)
        bwd = vmap_body(self.bwd, axis, [*mapped[:n], *[True] * len(self.out_avals)], every)[0]
        avals = [batch_aval(a, axis.size) for a in self.avals]
        outs = [batch_aval(a, axis.size) for a in self.out_avals]
        prim = Pullback(bwd, tuple(avals), self.moving, tuple(outs))
        xs = to_front(args[:n], dims[:n])
        dxs = [batch_axis(x, d, axis.size) for x, d in zip(args[n:], dims[n:], strict=True)]
        return bind(prim, *xs, *dxs), [0] * len(outs)


def sum_unmapped(bwd: Jaxpr, mapped: Sequence[bool]) -> Jaxpr:
    """An operand that the batch shares has the sum of the batch's cotangents."""

    def f(*args: Any) -> list[Any]:
        outs = eval_jaxpr(bwd, args)
        return [x if m else reduce_sum(x, (0,)) for x, m in zip(outs, mapped, strict=True)]

    return bwd.derive(("sum unmapped", tuple(mapped)), lambda: stage_closed(f, bwd.in_avals))


class custom_vjp(CustomFunction[R]):  # a decorator
    """Give a function a reverse-mode derivative of your own.

    Args:
        fun: a function of pytrees of arrays.
        nondiff_argnums: positions of arguments that are not arrays (functions, say).

    >>> import oxmlx as ox
    >>> @ox.custom_vjp
    ... def clip_gradient(x):
    ...     return x
    >>> clip_gradient.defvjp(lambda x: (x, None), lambda _, ct: (ox.numpy.clip(ct, -1, 1),))
    >>> ox.grad(lambda x: 100 * clip_gradient(x))(1.0)
    array(1., dtype=float32)
    """

    fwd: Any = None
    bwd: Any = None

    def defvjp(
        self,
        fwd: Callable[..., Any],
        bwd: Callable[..., Any],
        symbolic_zeros: bool = False,
        optimize_remat: bool = False,
    ) -> None:
        """Set the rules.

        Args:
            fwd: (*args) → (output, residuals).
            bwd: (*nondiff, residuals, ct) → a tuple with a cotangent for each differentiable
                argument, `None` for zero.
            symbolic_zeros: only False: zeros are arrays.
            optimize_remat: accepted for JAX programs; it changes no result.

        Raises:
            ArgumentError: `symbolic_zeros` is asked for.
        """
        refuse_symbolic_zeros("custom_vjp", symbolic_zeros)
        self.fwd, self.bwd = fwd, bwd

    def __call__(self, *args: Any, **kwargs: Any) -> R:
        if self.fwd is None or self.bwd is None:
            raise GradientError(
                "custom_vjp",
                f"{self.__name__} has no rules",
                "Give it some with f.defvjp(fwd, bwd).",
            )
        every = self.positional(args, kwargs)
        fixed, moving, f = self.divide(self.fun, every)
        if current_trace() is BASE:
            return call_on_values(f, tuple(moving), "custom_vjp")
        forward = self.divide(self.fwd, every)[2]
        leaves, in_tree = tree.flatten(tuple(moving))
        values = [as_value(x, "custom_vjp") for x in leaves]
        avals = avals_of(values)
        body, body_consts, out_tree = stage_flat(f, avals, in_tree, "custom_vjp")

        def make() -> tuple[Sequence[Jaxpr], list[list[Any]]]:
            fwd, fwd_consts, pair = stage_flat(forward, avals, in_tree, "custom_vjp")
            res_tree = check_fwd(fwd, pair, body, out_tree)
            res_avals = fwd.out_avals[len(body.outputs) :]
            bwd, bwd_consts = self.stage_bwd(
                fixed, res_tree, res_avals, out_tree, body.out_avals, in_tree, avals
            )
            return [fwd, bwd], [fwd_consts, bwd_consts]

        whole, rules, consts = self.rules(make, body, body_consts)
        return out_tree.unflatten(bind(CustomVjpCall(whole, rules, len(consts)), *consts, *values))

    def stage_bwd(
        self,
        fixed: list[Any],
        res_tree: Any,
        res_avals: Sequence[Aval],
        out_tree: Any,
        out_avals: Sequence[Aval],
        in_tree: Any,
        in_avals: Sequence[Aval],
    ) -> tuple[Jaxpr, list[Any]]:
        """Trace bwd on (residuals, cotangents) to cotangents of all differentiable leaves."""

        def flat(*xs: Any) -> list[Any]:
            res, cts = xs[: len(res_avals)], xs[len(res_avals) :]
            back = self.bwd(*fixed, res_tree.unflatten(res), out_tree.unflatten(cts))
            return match_cotangents(back, in_tree, in_avals)

        return stage(flat, [*res_avals, *(a.strong for a in out_avals)])


def check_fwd(fwd: Jaxpr, pair: Any, body: Jaxpr, out_tree: Any) -> Any:
    """Refuse a fwd that does not return (output, residuals); the structure of the residuals."""
    parts = tree.treedef_children(pair)
    if len(parts) != 2 or parts[0] != out_tree:
        raise TreeError(
            "custom_vjp",
            f"fwd must return (output, residuals) with output {out_tree}, got {pair}",
            "Write: return f(*args), residuals.",
        )
    for have, want in zip(fwd.out_avals, body.out_avals, strict=False):
        if have.strong is not want.strong:
            problem = f"the function returns {want}, its fwd returns {have}"
            raise ShapeError(
                "custom_vjp", problem, "Let fwd return the same output as the function."
            )
    return parts[1]


def match_cotangents(back: Any, in_tree: Any, in_avals: Sequence[Aval]) -> list[Any]:
    """The cotangents that bwd returned, one for each leaf of the arguments; `None` is zero."""
    args = tree.treedef_children(in_tree)
    if not isinstance(back, (tuple, list)) or len(back) != len(args):
        raise TreeError(
            "custom_vjp",
            f"bwd must return a tuple with a cotangent for each of {len(args)} arguments, "
            f"got {back!r:.80}",
            "For one argument: return (ct,), and None for a zero.",
        )
    avals = iter(in_avals)
    out: list[Any] = []
    for k, (ct, arg) in enumerate(zip(back, args, strict=True)):
        mine = [next(avals) for _ in range(arg.num_leaves)]
        if ct is None:
            out += [zeros_like(a.strong) for a in mine]
            continue
        leaves, structure = tree.flatten(ct, is_leaf=lambda x: x is None)
        if len(leaves) != len(mine):
            raise TreeError(
                "custom_vjp",
                f"argument {k} is {arg}, its cotangent from bwd is {structure}",
                "Nest it as the argument is, or return None for a zero.",
            )
        out += [
            zeros_like(a.strong) if c is None else match_tangent("custom_vjp", c, a)
            for c, a in zip(leaves, mine, strict=True)
        ]
    return out
