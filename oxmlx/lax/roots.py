"""`custom_root`: a zero of a function, whatever way it is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oxmlx import tree
from oxmlx.api.autodiff import linearize
from oxmlx.control.custom_jvp import custom_jvp
from oxmlx.control.program import split, stage_flat
from oxmlx.dtypes import is_inexact
from oxmlx.errors import TreeError
from oxmlx.ir.jaxpr import Jaxpr
from oxmlx.ir.stage import avals_of, eval_jaxpr
from oxmlx.ops.axes import zeros_like
from oxmlx.ops.convert import as_value, cast
from oxmlx.ops.elementwise import neg
from oxmlx.transforms.jvp import jvp_body_forced

Solver = Callable[[Callable[[Any], Any], Any], Any]


def custom_root(
    f: Callable[[Any], Any],
    initial_guess: Any,
    solve: Solver,
    tangent_solve: Solver,
    has_aux: bool = False,
) -> Any:
    """Find a zero of a function, and differentiate the zero, not the way to it.

    Gradients are with respect to what `f` closes over, by the implicit function theorem, to any
    order: where f(x, k) = 0, dx solves ∂f/∂x dx = -∂f/∂k dk.

    Args:
        f: x ↦ f(x), of pytrees like the guess.
        initial_guess: a pytree of floating or complex arrays.
        solve: (f, initial_guess) ↦ x with f(x) = 0; it need not be differentiable.
        tangent_solve: (g, y) ↦ x with g(x) = y, given the derivative g of f at the zero, a linear
            function; linear in y. For a scalar it is `lambda g, y: y / g(1.0)`.
        has_aux: `solve` returns (x, anything).

    Returns:
        A pytree like the guess, or (pytree like the guess, anything).

    Raises:
        TreeError: a function returns another structure than that of the guess.

    >>> import oxmlx as ox
    >>> def newton(f, x):
    ...     return ox.lax.fori_loop(0, 8, lambda _, x: x - f(x) / ox.grad(f)(x), x)
    >>> def sqrt(a):
    ...     return ox.lax.custom_root(lambda x: x * x - a, a, newton, lambda g, y: y / g(1.0))
    >>> sqrt(4.0), ox.grad(sqrt)(4.0), ox.grad(ox.grad(sqrt))(4.0)
    (array(2., dtype=float32), array(0.25, dtype=float32), array(-0.03125, dtype=float32))
    """
    who = "custom_root"
    leaves, x_tree = tree.flatten(initial_guess)
    guess = [cast(x, x.dtype) for x in (as_value(x, who) for x in leaves)]
    avals, n = avals_of(guess), len(leaves)
    body, params, f_tree = stage_flat(f, avals, tree.treedef_tuple([x_tree]), who)
    expect(x_tree, f_tree, "f")

    def at(k: Any) -> Callable[[Any], Any]:
        """f for other values of what it closes over."""

        def g(x: Any) -> Any:
            xs = [as_value(v, who) for v in tree.leaves(x)]
            xs = [cast(v, a.dtype) for v, a in zip(xs, avals, strict=True)]
            return x_tree.unflatten(eval_jaxpr(body, [*k, *xs]))

        return g

    # traced apart, so that what the solvers close over is passed too, and cannot be differentiated
    k_tree = tree.structure(params)
    k_avals = avals_of(params)
    solver, extra, out_tree = stage_flat(
        lambda k, x: solve(at(k), x), [*k_avals, *avals], tree.treedef_tuple([k_tree, x_tree]), who
    )
    expect(x_tree, out_tree, "solve", has_aux)
    tangent, tangent_extra, t_tree = stage_flat(
        lambda k, x, y: tangent_solve(linearize(at(k), x)[1], y),
        [*k_avals, *avals, *avals],
        tree.treedef_tuple([k_tree, x_tree, x_tree]),
        who,
    )
    expect(x_tree, t_tree, "tangent_solve")

    @custom_jvp
    def root(k: Any, extra: Any, tangent_extra: Any, x: Any) -> Any:
        return eval_jaxpr(solver, [*extra, *k, *x])

    @root.defjvp
    def root_jvp(primals: Any, tangents: Any) -> Any:
        k, _, tangent_extra, _ = primals
        outs = root(*primals)
        x, aux = split(outs, n)
        side = directional(body, k, tangents[0], x)
        dx = eval_jaxpr(tangent, [*tangent_extra, *k, *x, *side])
        return outs, [*map(neg, dx), *(zeros_like(a.aval.strong) for a in aux)]

    return out_tree.unflatten(root(params, extra, tangent_extra, guess))


def directional(body: Jaxpr, k: Any, dk: Any, x: Any) -> list[Any]:
    """∂f/∂k dk at x."""
    moving = [is_inexact(v.dtype) for v in k] + [False] * len(x)
    jaxpr = jvp_body_forced(body, moving, [True] * len(x))
    given = [t for t, m in zip(dk, moving, strict=False) if m]
    return eval_jaxpr(jaxpr, [*k, *x, *given])[len(x) :]


def expect(wanted: tree.PyTreeDef, found: tree.PyTreeDef, name: str, aux: bool = False) -> None:
    """Refuse a function that returns another structure than the guess has.

    Raises:
        TreeError: it does.
    """
    parts = tree.treedef_children(found) if aux else [found]
    if len(parts) != 1 + aux or parts[0] != wanted:
        what = "(what the guess is, anything)" if aux else "what the guess is"
        raise TreeError("custom_root", f"{name} must return {what}, {wanted}, got {found}")
