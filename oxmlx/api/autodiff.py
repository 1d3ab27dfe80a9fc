"""grad, value_and_grad, vjp, jvp, linearize."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from oxmlx import tree
from oxmlx.api.arguments import (
    as_tangents,
    check_differentiable,
    check_holomorphic,
    fix_others,
    flatten_values,
    is_index,
    positions,
    show_float0,
)
from oxmlx.api.boundary import boundary
from oxmlx.control.callables import check_callable
from oxmlx.control.program import spread
from oxmlx.dtypes import is_inexact
from oxmlx.errors import ArgumentError, GradientError, TreeError
from oxmlx.ir.aval import Aval
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.stage import eval_jaxpr
from oxmlx.ir.value import Value
from oxmlx.ops.axes import full
from oxmlx.transforms.jvp import jvp_flat
from oxmlx.transforms.linearize import linearize_flat
from oxmlx.transforms.transpose import transpose_jaxpr


def grad(
    fun: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
    argnames: str | Sequence[str] | None = None,
) -> Callable[..., Any]:
    """The gradient of a scalar-valued function.

    Args:
        fun: a function of pytrees whose output is a scalar (or (scalar, aux) with `has_aux`).
        argnums: the positional argument, or several, to differentiate with respect to.
        has_aux: `fun` returns a pair whose second part is passed on.
        holomorphic: arguments and output are complex, and the function is holomorphic.
        allow_int: integer arguments get float0 zeros instead of an error.
        argnames: keyword arguments to differentiate with respect to, as well as `argnums`;
            gradients then come as (by position, by name).

    Returns:
        A function with the arguments of `fun` that returns the gradient, of the structure of the
        chosen argument (a tuple for several), or (gradient, aux).

    Raises:
        GradientError: the output is not a scalar, or an argument is not differentiable.

    >>> import oxmlx as ox
    >>> ox.grad(lambda x: x**3)(2.0), ox.grad(ox.grad(lambda x: x**3))(2.0)
    (array(12., dtype=float32), array(12., dtype=float32))
    """
    with_value = value_and_grad(
        fun, argnums, has_aux, holomorphic, allow_int, argnames, _who="grad"
    )

    @boundary
    @functools.wraps(fun)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, g = with_value(*args, **kwargs)
        return (g, value[1]) if has_aux else g

    return gradient


def value_and_grad(
    fun: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
    argnames: str | Sequence[str] | None = None,
    _who: str = "value_and_grad",
) -> Callable[..., Any]:
    """A function that returns the value of `fun` and its gradient; arguments as for `grad`.

    >>> import oxmlx as ox
    >>> ox.value_and_grad(lambda p: p["a"] * p["b"])({"a": 2.0, "b": 5.0})[1]
    {'a': array(5., dtype=float32), 'b': array(2., dtype=float32)}
    """
    check_callable(_who, fun)
    names = (argnames,) if isinstance(argnames, str) else tuple(argnames or ())

    @boundary
    @functools.wraps(fun)
    def both(*args: Any, **kwargs: Any) -> Any:
        nums = positions(_who, argnums, len(args)) if not (names and not args) else ()
        absent = [n for n in names if n not in kwargs]
        if absent:
            raise ArgumentError(
                _who,
                f"argnames {absent} were not passed by keyword",
                "Pass them as name=value, or use argnums= for positional arguments.",
            )
        others = {k: v for k, v in kwargs.items() if k not in names}
        chosen = fix_others(lambda *a, **kw: fun(*a, **kw), args, others, nums)

        def f(xs: Any, named: Any) -> Any:
            return fix_others(fun, args, {**others, **named}, nums)(*xs) if named else chosen(*xs)

        picked = tuple(args[k] for k in nums), {n: kwargs[n] for n in names}
        check_arguments(_who, picked, holomorphic, allow_int)
        y, pull, aux = pullback(f, picked, has_aux, _who)
        g_pos, g_named = pull(seed(_who, y, has_aux, holomorphic))
        g: Any = g_pos[0] if is_index(argnums) and g_pos else g_pos
        if names:
            by_name = g_named[names[0]] if isinstance(argnames, str) else g_named
            g = (g, by_name) if g_pos else by_name
        return ((y, aux) if has_aux else y), g

    return both


def check_arguments(who: str, xs: Any, holomorphic: bool, allow_int: bool) -> None:
    """Refuse arguments that cannot be differentiated, naming their path."""
    leaves, treedef = flatten_values(xs, who)
    for x in leaves:
        if not is_inexact(x.dtype) or holomorphic:
            paths = tree.leaves_with_path(treedef.unflatten(leaves))
            for path, leaf in paths:
                check_differentiable(who, leaf, path[2:], holomorphic, allow_int)
            return


def seed(who: str, y: Any, has_aux: bool, holomorphic: bool) -> Any:
    """The cotangent 1 of a scalar output."""
    if not hasattr(y, "aval"):
        hint = "" if has_aux else " If the second part is auxiliary, pass has_aux=True."
        raise GradientError(
            who,
            f"the function must return a scalar array, got {type(y).__name__}",
            f"Return one number to differentiate.{hint}",
        )
    aval: Aval = y.aval
    if aval.ndim:
        raise GradientError(
            who,
            f"the function must return a scalar, got {aval}",
            "Reduce it with .sum() or .mean(), or use ox.vjp or ox.jacrev.",
        )
    if not is_inexact(aval.dtype):
        raise GradientError(
            who,
            f"the function must return a floating number, got {aval}",
            "Convert it with .astype(ox.float32); integers have no gradient.",
        )
    check_holomorphic(who, aval, holomorphic)
    return full((), 1, aval.dtype)


class Linearized:
    """A linearized function: a linear program and its residuals.

    It is a pytree whose leaves are the residuals, so it may be returned from a jitted function.
    """

    def __init__(self, residuals: Sequence[Any], spec: tuple[Any, ...]) -> None:
        self.residuals, self.spec = list(residuals), spec


class Pull(Linearized):
    """cts ↦ cotangents of the arguments: the transpose of a linearized function."""

    @boundary
    def __call__(self, ct: Any) -> Any:
        jaxpr, in_tree, in_avals, moving, out_tree, out_avals, nonzero, who = self.spec
        cts, ct_tree = tree.flatten(ct)
        if ct_tree != out_tree:
            raise TreeError(
                who,
                f"the cotangent must have the output's structure {out_tree}, got {ct_tree}",
                "Pass one cotangent for each output, nested as the function returns them.",
            )
        cts = as_tangents(who, "cotangent", cts, out_avals)
        known = [c for c, n in zip(cts, nonzero, strict=True) if n]
        back = spread(moving, transpose_jaxpr(jaxpr, self.residuals, known))
        return in_tree.unflatten(map(show_float0, back, in_avals))

    def __repr__(self) -> str:
        return f"vjp({self.spec[5]} -> {self.spec[2]})"


class Push(Linearized):
    """Tangents of the arguments ↦ tangents of the outputs: a linearized function."""

    @boundary
    def __call__(self, *tangents: Any) -> Any:
        jaxpr, in_tree, in_avals, _, out_tree, out_avals, nonzero, who = self.spec
        xs, given = tree.flatten(tangents)
        if given != in_tree:
            raise TreeError(
                who,
                f"tangents must have the structure {in_tree}, got {given}",
                "Pass one tangent for each argument, nested as the arguments are.",
            )
        dx = [t for t in as_tangents(who, "tangent", xs, in_avals) if t is not None]
        outs = spread(nonzero, eval_jaxpr(jaxpr, [*self.residuals, *dx]))
        return out_tree.unflatten(map(show_float0, outs, out_avals))


for cls in (Pull, Push):
    tree.register_pytree_node(cls, lambda p: (p.residuals, p.spec), lambda s, r, c=cls: c(r, s))


def with_aux(who: str, out: Any, has_aux: bool) -> Any:
    """(output, aux) of what a function returned; aux is `None` if it has none."""
    if not has_aux:
        return out, None
    if not isinstance(out, (tuple, list)) or len(out) != 2:
        problem = f"has_aux=True needs a pair (output, aux), got {type(out).__name__}"
        raise GradientError(who, problem, "Return (output, aux), or leave has_aux out.")
    return out


def arrays_of(aux: Any) -> list[Any]:
    """The leaves of an auxiliary output that are values; others are passed on as they are."""
    return [x for x in tree.leaves(aux) if isinstance(x, Value)]


def with_arrays(aux: Any, arrays: Sequence[Any]) -> Any:
    """An auxiliary output with other values in the places of its own."""
    given = iter(arrays)
    return tree.map(lambda x: next(given) if isinstance(x, Value) else x, aux)


def linearized(f: Callable[..., Any], args: tuple[Any, ...], has_aux: bool, who: str) -> Any:
    """Run f and its linearization: (output, residuals, spec of `Pull` and `Push`, aux)."""
    xs, in_tree = flatten_values(args, who)
    moving = [is_inexact(x.dtype) for x in xs]
    trees: list[Any] = []

    def flat(*values: Any) -> list[Any]:
        out, aux = with_aux(who, f(*in_tree.unflatten(values)), has_aux)
        leaves, out_tree = flatten_values(out, who)
        trees[:] = [out_tree, len(leaves), aux]
        return [*leaves, *arrays_of(aux)]

    ys, jaxpr, residuals, nonzero = linearize_flat(flat, xs, moving)
    out_tree, n, aux = trees
    aux = with_arrays(aux, ys[n:])
    if any(nonzero[n:]):
        jaxpr = Jaxpr(jaxpr.inputs, jaxpr.eqns, jaxpr.outputs[: sum(nonzero[:n])], jaxpr.consts)
    out_avals = tuple(y.aval for y in ys[:n])
    in_avals = tuple(x.aval for x in xs)
    spec = (jaxpr, in_tree, in_avals, tuple(moving), out_tree, out_avals, tuple(nonzero[:n]), who)
    return out_tree.unflatten(ys[:n]), residuals, spec, aux


def pullback(f: Callable[..., Any], args: tuple[Any, ...], has_aux: bool, who: str) -> Any:
    """(output, pullback, aux)."""
    y, residuals, spec, aux = linearized(f, args, has_aux, who)
    return y, Pull(residuals, spec), aux


@boundary
def vjp(fun: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of `fun` and the map from cotangents of its output to those of its arguments.

    Args:
        fun: a function of pytrees of arrays.
        primals: its arguments.
        has_aux: `fun` returns (output, aux).

    Returns:
        (output, f_vjp) or (output, f_vjp, aux); `f_vjp(ct)` returns a tuple with one cotangent for
        each argument.

    Raises:
        GradientError: a cotangent has the wrong dtype.
        ShapeError: a cotangent has the wrong shape.

    >>> import oxmlx as ox
    >>> y, f_vjp = ox.vjp(lambda x, y: x * y, 3.0, 4.0)
    >>> f_vjp(1.0)
    (array(4., dtype=float32), array(3., dtype=float32))
    """
    check_callable("vjp", fun)
    y, pull, aux = pullback(fun, primals, has_aux, "vjp")
    return (y, pull, aux) if has_aux else (y, pull)


@boundary
def linearize(fun: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of `fun` and its derivative there, a linear function that does not run `fun` again.

    Returns:
        (output, f_jvp) or (output, f_jvp, aux); `f_jvp(*tangents)` returns the output's tangent.

    >>> import oxmlx as ox
    >>> y, f_jvp = ox.linearize(ox.numpy.sin, 0.0)
    >>> f_jvp(2.0), f_jvp(3.0)
    (array(2., dtype=float32), array(3., dtype=float32))
    """
    check_callable("linearize", fun)
    y, residuals, spec, aux = linearized(fun, primals, has_aux, "linearize")
    push = Push(residuals, spec)
    return (y, push, aux) if has_aux else (y, push)


@boundary
def jvp(
    fun: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False
) -> Any:
    """The value of `fun` and its derivative in one direction.

    Args:
        fun: a function of pytrees of arrays.
        primals: its arguments, as a tuple.
        tangents: a direction for each, of the same types.
        has_aux: `fun` returns (output, aux).

    Returns:
        (output, tangent) or (output, tangent, aux).

    Raises:
        TreeError: primals and tangents differ in structure.
        ShapeError, GradientError: they differ in shape or dtype.

    >>> import oxmlx as ox
    >>> ox.jvp(lambda x: x**2, (3.0,), (1.0,))
    (array(9., dtype=float32), array(6., dtype=float32))
    """
    check_callable("jvp", fun)
    if not (isinstance(primals, (tuple, list)) and isinstance(tangents, (tuple, list))):
        raise ArgumentError(
            "jvp",
            "primals and tangents must be tuples, one item an argument",
            "For one argument: ox.jvp(f, (x,), (dx,)).",
        )
    xs, in_tree = flatten_values(tuple(primals), "jvp")
    ts, t_tree = tree.flatten(tuple(tangents))
    if in_tree != t_tree:
        raise TreeError(
            "jvp",
            f"primals have the structure {in_tree}, tangents {t_tree}",
            "Pass one tangent for each primal, nested in the same way.",
        )
    dxs = as_tangents("jvp", "tangent", ts, [x.aval for x in xs])
    parts: list[Any] = []

    def flat(*values: Any) -> list[Any]:
        out, aux = with_aux("jvp", fun(*in_tree.unflatten(values)), has_aux)
        leaves, out_tree = flatten_values(out, "jvp")
        parts[:] = [out_tree, len(leaves), aux]
        return [*leaves, *arrays_of(aux)]

    ys, dys = jvp_flat(flat, xs, dxs)
    out_tree, n, aux = parts
    out = out_tree.unflatten(ys[:n])
    dout = out_tree.unflatten(
        [show_float0(d, y.aval) for y, d in zip(ys[:n], dys[:n], strict=True)]
    )
    return (out, dout, with_arrays(aux, ys[n:])) if has_aux else (out, dout)
