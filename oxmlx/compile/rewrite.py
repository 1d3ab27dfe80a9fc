"""Rewrites of sums that may change their last bits; `OXMLX_STRICT` turns them off.

Only sums: each is computed by one kernel. A value that several kernels compute must have the same
bits in all of them, for the gradient of a maximum looks for it among the elements.

split         Σₖ (c x[k] + d y[k])         → c Σₖ x[k] + d Σₖ y[k]  if sums can then start earlier
pick          Σₖ (v[k] if k = j else 0)    → v[j] if 0 ≤ j < n else 0
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import numpy as np

from oxmlx.dtypes import is_float
from oxmlx.ir.kernel import (
    Const,
    Expr,
    Fold,
    Index,
    Kernel,
    Loop,
    Scalar,
    const,
    nodes,
    scalar,
    substitute,
)

Term = tuple[Expr | None, Expr]
"""(a factor that does not vary along the loop, or none; what varies)"""


def rewrite(kernel: Kernel) -> Kernel:
    """The kernel with every rewrite done where it applies, from the inside out."""
    new: dict[Expr, Expr] = {}
    for e in kernel.nodes:
        new[e] = rewrite_node(e.with_kids([new[k] for k in e.kids()]))
    stores = tuple(replace(s, value=new[s.value]) for s in kernel.stores)
    return Kernel(kernel.name, kernel.grid, stores, kernel.inputs)


def rewrite_node(e: Expr) -> Expr:
    """A node whose kids are rewritten."""
    if isinstance(e, Fold) and e.monoid == "add" and is_float(e.dtype):
        picked = pick(e)
        return split(e) if picked is None else picked
    return e


def one(like: Expr) -> Const:
    """1 of the dtype of another expression."""
    return Const(np.ones((), like.dtype))


def pick(f: Fold) -> Expr | None:
    """The one element that a comparison lets through."""
    (e,), sign = f.body, False
    if isinstance(e, Scalar) and e.op == "neg":
        e, sign = e.args[0], True
    if not (isinstance(e, Scalar) and e.op == "select" and is_zero(e.args[2])):
        return None
    condition, value, zero = e.args
    j = other_side(condition, f.loop)
    if j is None or j.dtype != f.loop.dtype:
        return None
    (found,) = substitute([value], {f.loop: j})
    inside = scalar("and", j >= 0, j < f.loop.extent)
    out = scalar("select", inside, found, zero)
    return scalar("neg", out) if sign else out


def is_zero(e: Expr) -> bool:
    """Is this the constant 0?"""
    return type(e) is Const and not e.value.item()


def other_side(condition: Expr, loop: Index) -> Expr | None:
    """j of the condition loop = j."""
    if not (isinstance(condition, Scalar) and condition.op == "eq"):
        return None
    a, b = condition.args
    if b is loop:
        a, b = b, a
    return b if a is loop and loop not in b.free else None


def split(f: Fold) -> Expr:
    """A sum as sums of its terms, if that lets them start in an earlier pass over the row."""
    (body,) = f.body
    grouped: dict[Expr, list[Expr | None]] = {}
    for factor, moving in terms(body, f.loop):
        grouped.setdefault(moving, []).append(factor)
    if any(f.loop not in moving.free for moving in grouped) or grouped == {body: [None]}:
        return f
    earlier = max(map(level, grouped)) < level(body)
    if len(grouped) > 1 and not earlier:
        return f
    return total([times(added(cs, v), Fold("add", f.loop, (v,))) for v, cs in grouped.items()])


def terms(e: Expr, k: Index) -> list[Term]:
    """`e` as Σ factor * what varies along k. A difference from what does not vary stays whole: its
    parts would cancel."""
    if not isinstance(e, Scalar) or k not in e.free:
        return [(None, e)]
    if e.op == "neg":
        return [(negative(c, v), v) for c, v in terms(e.args[0], k)]
    if e.op in ("add", "sub") and all(k in x.free for x in e.args):
        left, right = (terms(x, k) for x in e.args)
        return left + ([(negative(c, v), v) for c, v in right] if e.op == "sub" else right)
    if e.op == "mul":
        a, b = e.args
        return product(a, b, k)
    if e.op == "div" and k not in e.args[1].free:
        a, b = e.args
        return product(a, scalar("div", one(b), b), k)
    return [(None, e)]


def product(a: Expr, b: Expr, k: Index) -> list[Term]:
    """The terms of a * b."""
    if k not in b.free:
        a, b = b, a
    if k not in a.free:
        return [(a if c is None else scalar("mul", a, c), v) for c, v in terms(b, k)]
    left, right = terms(a, k), terms(b, k)
    if len(left) > 1 or len(right) > 1:
        return [(None, scalar("mul", a, b))]
    ((c, v),), ((d, w),) = left, right
    factors = [x for x in (c, d) if x is not None]
    factor = reduce(lambda x, y: scalar("mul", x, y), factors) if factors else None
    return [(factor, scalar("mul", v, w))]


def negative(factor: Expr | None, like: Expr) -> Expr:
    """-factor; minus one for none."""
    return const(-1.0, like.dtype) if factor is None else scalar("neg", factor)


def times(factor: Expr | None, x: Expr) -> Expr:
    """factor * x"""
    return x if factor is None else scalar("mul", factor, x)


def added(factors: Sequence[Expr | None], like: Expr) -> Expr | None:
    """The sum of factors, where none is one."""
    if len(factors) == 1:
        return factors[0]
    return total([one(like) if c is None else c for c in factors])


def total(xs: Sequence[Expr]) -> Expr:
    """x + y + ..."""
    return reduce(lambda x, y: scalar("add", x, y), xs)


def level(e: Expr) -> int:
    """How many sweeps over the row must be over before `e` is known."""
    levels: dict[Expr, int] = {}
    for x in nodes(e):
        levels[x] = max((levels[y] for y in x.kids()), default=0) + isinstance(x, Loop)
    return levels[e]
