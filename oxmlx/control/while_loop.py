"""`while_loop`: a loop whose number of steps depends on its state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from oxmlx import tree
from oxmlx.control.carries import carry_types, changed, check_carries
from oxmlx.control.program import (
    Program,
    drop,
    pick,
    present,
    rearrange,
    split,
    spread,
    stage_flat,
)
from oxmlx.control.scan import either, paired, scan
from oxmlx.errors import (
    ArgumentError,
    ConcretizationError,
    GradientError,
    ShapeError,
    TreeError,
)
from oxmlx.ir.aval import Aval, get_aval
from oxmlx.ir.evaluate import as_buffers, evaluate_jaxpr
from oxmlx.ir.jaxpr import Eqn, Jaxpr
from oxmlx.ir.plan import PlanOf, RepeatWhile
from oxmlx.ir.stage import avals_of, eval_jaxpr, stage_closed
from oxmlx.ir.trace import bind
from oxmlx.ops.axes import broadcast
from oxmlx.ops.convert import as_value
from oxmlx.ops.elementwise import add, operands
from oxmlx.ops.logic import lt
from oxmlx.ops.reduction import reduce_or
from oxmlx.ops.select import select
from oxmlx.ops.shape import batch_axis, moveaxis
from oxmlx.source import current_location
from oxmlx.transforms.jvp import jvp_body, jvp_body_forced
from oxmlx.transforms.linearize import PartialEvalTrace, partial_eval_body
from oxmlx.transforms.transpose import instantiate
from oxmlx.transforms.vmap import MappedAxis, vmap_body


class While(Program):
    """(p, k, c) ↦ c after repeating c := body(k, c) while cond(p, c).

    Operands are the `cond_consts` values p, the `body_consts` values k, then the carries c.
    """

    cond: Jaxpr
    body: Jaxpr
    cond_consts: int
    body_consts: int

    def cut(self, xs: Sequence[Any]) -> list[list[Any]]:
        """Operands as consts of the condition, consts of the body, and carries."""
        return split(xs, self.cond_consts, self.body_consts)

    def abstract(self, *avals: Aval) -> list[Aval]:
        carry = self.cut(avals)[2]
        check_carries("while_loop", carry, self.body.out_avals)
        return self.body.out_avals

    def impl(self, *args: Any) -> list[Any]:
        p, k, c = self.cut(args)
        while evaluate_jaxpr(self.cond, [*p, *c])[0]:
            c = evaluate_jaxpr(self.body, [*k, *c])
        return as_buffers(c)

    def schedule(self, eqn: Eqn, plan_of: PlanOf) -> RepeatWhile:
        carries = range(self.body_consts, len(self.body.inputs))
        plans = plan_of(self.cond), plan_of(self.body, carries, True)
        return RepeatWhile(eqn.inputs, eqn.outputs, *plans, self.cond_consts, self.body_consts)

    def jvp(self, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """Loop over (c, dc); the condition does not move."""
        _, consts, carry = self.cut([t is not None for t in tangents])
        while True:
            nonzero = jvp_body(self.body, [*consts, *carry])[1]
            if (grown := either(carry, nonzero)) == carry:
                break
            carry = grown
        moving = [*consts, *carry]
        body = jvp_body_forced(self.body, moving, carry)
        kinds = [0] * len(consts) + [1] * len(carry)
        body = rearrange(body, paired(kinds, moving))
        (p, k, c), (_, dk, dc) = self.cut(primals), self.cut(tangents)
        dk = present(dk)
        dc = [
            instantiate(t, get_aval(v).strong)
            for t, v in pick(list(zip(dc, c, strict=True)), carry)
        ]
        cond = ignoring(self.cond, [v.strong for v in pick(avals_of(c), carry)])
        prim = While(cond, body, len(p), len(k) + len(dk))
        ys, dys = split(bind(prim, *p, *k, *dk, *c, *dc), len(c))
        return ys, spread(carry, dys)

    def vmap_axis(self, axis: MappedAxis, args: Sequence[Any], dims: Sequence[int | None]) -> Any:
        """A condition that varies along the axis keeps going while any element does, and elements
        that are done keep their carry."""
        conds, consts, carry = self.cut([d is not None for d in dims])
        while True:
            mapped = vmap_body(self.body, axis, [*consts, *carry])[1]
            varies = vmap_body(self.cond, axis, [*conds, *carry])[1][0]
            grown = [True] * len(carry) if varies else either(carry, mapped)
            if grown == carry:
                break
            carry = grown
        cond = vmap_body(self.cond, axis, [*conds, *carry])[0]
        body = vmap_body(self.body, axis, [*consts, *carry], carry)[0]
        (p, k, c), (dp, dk, dc) = self.cut(args), self.cut(dims)
        p = [v if d is None else moveaxis(v, d, 0) for v, d in zip(p, dp, strict=True)]
        k = [v if d is None else moveaxis(v, d, 0) for v, d in zip(k, dk, strict=True)]
        c = [batch_axis(v, d, axis.size) if m else v for v, d, m in zip(c, dc, carry, strict=True)]
        if varies:
            body = masked(cond, body, len(p))
            prim = While(any_of(cond), body, len(p), len(p) + len(k))
            outs = bind(prim, *p, *p, *k, *c)
        else:
            outs = bind(While(cond, body, len(p), len(k)), *p, *k, *c)
        return outs, [0 if m else None for m in carry]

    def partial_eval(
        self, trace: PartialEvalTrace, args: Sequence[Any], unknown: Sequence[bool]
    ) -> list[Any] | None:
        """Run the loop over the carries that are known; the rest needs the whole loop again."""
        conds, consts, carry = self.cut(unknown)
        while True:
            cut = partial_eval_body(self.body, [*consts, *carry], carry)
            if (grown := either(carry, cut.out_unknown)) == carry:
                break
            carry = grown
        if any(conds) or any(partial_eval_body(self.cond, [*conds, *carry]).out_unknown):
            return None
        if all(carry):
            return None
        p, k, c = self.cut(args)
        n = len(carry) - sum(carry)
        known_body = rearrange(cut.known, range(len(cut.known.inputs)), range(n))
        known_cond = partial_eval_body(self.cond, [*conds, *carry]).known
        prim = While(known_cond, known_body, len(p), len(consts) - sum(consts))
        known = iter(trace.run_known(prim, [*p, *drop(k, consts), *drop(c, carry)]))
        late = trace.stage(self, args)
        return [x if u else next(known) for x, u in zip(late, carry, strict=True)]

    def transpose(self, ct: Sequence[Any], *args: Any) -> Sequence[Any]:
        raise GradientError(
            "while_loop",
            "reverse-mode differentiation needs the number of steps in advance, which neither a "
            "while_loop has nor a fori_loop with traced bounds",
            "Use ox.lax.scan, or ox.lax.fori_loop with Python ints as bounds; or forward mode "
            "(ox.jvp, ox.jacfwd); or ox.custom_vjp for an implicit derivative.",
            where=current_location(),
        )


def ignoring(jaxpr: Jaxpr, avals: Sequence[Aval]) -> Jaxpr:
    """The same program with more inputs, which it does not read."""
    n = len(jaxpr.inputs)
    return jaxpr.derive(
        ("ignoring", tuple(avals)),
        lambda: stage_closed(lambda *xs: eval_jaxpr(jaxpr, xs[:n]), [*jaxpr.in_avals, *avals]),
    )


def any_of(cond: Jaxpr) -> Jaxpr:
    """Whether a batch of conditions holds anywhere."""
    return cond.derive(
        "any",
        lambda: stage_closed(lambda *xs: [reduce_or(eval_jaxpr(cond, xs)[0], (0,))], cond.in_avals),
    )


def masked(cond: Jaxpr, body: Jaxpr, conds: int) -> Jaxpr:
    """A step that changes the carry only where the condition holds: from (consts of the condition,
    consts of the body, carry)."""
    n_c = len(cond.inputs) - conds
    consts = len(body.inputs) - n_c

    def step(*args: Any) -> list[Any]:
        p, k, c = split(args, conds, consts)
        (going,) = eval_jaxpr(cond, [*p, *c])
        new = eval_jaxpr(body, [*k, *c])
        return [keep_going(going, x, y) for x, y in zip(new, c, strict=True)]

    avals = [*cond.in_avals[:conds], *body.in_avals]
    return body.derive(("masked", cond, conds), lambda: stage_closed(step, avals))


def keep_going(going: Any, new: Any, old: Any) -> Any:
    """Rows of `new` where `going` [n] holds, else of `old`."""
    shape = get_aval(old).shape
    return select(broadcast(going, shape, tuple(range(1, len(shape)))), new, old)


def while_loop(
    cond_fun: Callable[[Any], Any], body_fun: Callable[[Any], Any], init_val: Any
) -> Any:
    """Repeat `body_fun` on a carried pytree while `cond_fun` of it holds.

    Forward-mode differentiable; reverse mode raises. Under `vmap` each element stops by itself.

    Args:
        cond_fun: from the carry to a bool scalar.
        body_fun: from the carry to a carry of the same types.
        init_val: the first carry.

    Raises:
        ShapeError: the condition is no bool scalar, or a carry changes its type.
        TreeError: the carry changes its structure.

    >>> import oxmlx as ox
    >>> ox.lax.while_loop(lambda n: n < 100, lambda n: n * 3, 1)
    array(243, dtype=int32)
    """
    leaves, c_tree = tree.flatten(init_val)
    carry = [as_value(x, "while_loop") for x in leaves]
    one_arg = tree.treedef_tuple([c_tree])
    carry, (body, body_consts, out_tree) = carry_types(
        carry, lambda avals: stage_flat(body_fun, avals, one_arg, "while_loop")
    )
    if out_tree != c_tree:
        problem = f"the body must return a carry like the one it takes: {c_tree}, got {out_tree}"
        raise TreeError("while_loop", problem, "Return a carry nested as init_val is.")
    check_carries("while_loop", avals_of(carry), body.out_avals, init_val)
    cond, cond_consts, cond_tree = stage_flat(cond_fun, avals_of(carry), one_arg, "while_loop")
    out = cond.out_avals
    if (
        len(out) != 1
        or not tree.treedef_is_leaf(cond_tree)
        or out[0].ndim
        or out[0].dtype.kind != "b"
    ):
        problem = f"the condition must return a bool scalar, got {out}"
        raise ShapeError("while_loop", problem, "Compare the carry with something: x < limit.")
    prim = While(cond, body, len(cond_consts), len(body_consts))
    return c_tree.unflatten(bind(prim, *cond_consts, *body_consts, *carry))


def fori_loop(
    lower: Any,
    upper: Any,
    body_fun: Callable[[Any, Any], Any],
    init_val: Any,
    *,
    unroll: Any = None,
) -> Any:
    """`for i in range(lower, upper): val = body_fun(i, val)`.

    With bounds that are known it is a scan, differentiable in both modes; with traced ones a
    while_loop, differentiable forwards.

    Args:
        lower, upper: integer scalars; i has the dtype that holds both.
        body_fun: (i, val) -> val.
        init_val: a pytree of arrays.
        unroll: accepted for JAX programs; loops are not unrolled.

    Raises:
        ArgumentError: a bound is not an integer scalar.
        TreeError: the value changes its structure.
        ShapeError: it changes its type.

    >>> import oxmlx as ox
    >>> ox.grad(lambda x: ox.lax.fori_loop(0, 3, lambda i, y: y * x, 1.0))(2.0)
    array(12., dtype=float32)
    """
    bounds = as_value(lower, "fori_loop"), as_value(upper, "fori_loop")
    for bound in bounds:
        if bound.aval.ndim or bound.dtype.kind not in "iu":
            problem = f"bounds must be integer scalars, got {bound.aval}"
            raise ArgumentError("fori_loop", problem, "Convert them with .astype(ox.int32).")
    init_val = tree.map(lambda x: as_value(x, "fori_loop"), init_val)
    first, last = operands("fori_loop", *bounds)
    try:
        length = max(int(last) - int(first), 0)
    except ConcretizationError:  # the number of steps is not known now
        return traced_fori_loop(first, last, body_fun, init_val)

    def step(carry: Any, _: Any) -> Any:
        i, val = carry
        return (i + 1, same_types(val, body_fun(i, val))), None

    return scan(step, (first, init_val), None, length)[0][1]


def traced_fori_loop(first: Any, last: Any, body_fun: Any, init_val: Any) -> Any:
    """A loop whose bounds are known only when it runs."""

    def step(carry: Any) -> Any:
        i, end, val = carry
        return add(i, 1), end, same_types(val, body_fun(i, val))

    return while_loop(lambda c: lt(c[0], c[1]), step, (first, last, init_val))[2]


def same_types(val: Any, new: Any) -> Any:
    """What the body of a fori_loop returned, if it may be carried on.

    A weak value may change its dtype: the loop then starts again with one that holds both.

    Raises:
        TreeError: it has another structure than the value that the body took.
        ShapeError: an array has another type; the text names the path.
    """
    wanted, got = tree.structure(val), tree.structure(new)
    if wanted != got:
        problem = f"the body must return a value like the one it takes: {wanted}, got {got}"
        raise TreeError("fori_loop", problem, "Its arguments are (i, val): return the new val.")

    def check(path: tree.KeyPath, old: Any, x: Any) -> Any:
        x = as_value(x, "fori_loop")
        have, want = x.aval, old.aval
        if have.shape != want.shape or (have.dtype != want.dtype and not want.weak):
            raise changed("fori_loop", "value", want, have, path)
        return x

    return tree.map_with_path(check, val, new)
