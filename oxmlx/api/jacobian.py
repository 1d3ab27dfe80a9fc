"""Jacobians and Hessians: vmap of jvp or vjp over a basis."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from oxmlx import tree
from oxmlx.api.arguments import (
    check_holomorphic,
    fix_others,
    flatten_values,
    is_index,
    positions,
)
from oxmlx.api.autodiff import check_arguments, jvp, vjp
from oxmlx.api.boundary import boundary
from oxmlx.api.vectorize import vmap
from oxmlx.control.callables import check_callable
from oxmlx.dtypes import is_complex, is_inexact
from oxmlx.errors import GradientError
from oxmlx.ir.aval import Aval
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.shape import reshape


def basis(avals: Sequence[Aval]) -> list[Any]:
    """The standard basis of some arrays: for each [n, *shape], n the elements of all."""
    n = sum(a.size for a in avals)
    out: list[Any] = []
    at = 0
    for a in avals:
        block = np.zeros((n, a.size), a.dtype)
        block[np.arange(at, at + a.size), np.arange(a.size)] = 1
        out.append(from_numpy(block.reshape(n, *a.shape)))
        at += a.size
    return out


def jacfwd(
    fun: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """The Jacobian, column by column in forward mode: best if there are few inputs.

    Returns:
        A function that returns a pytree of the output's structure whose leaves are pytrees of the
        argument's structure, of arrays [*output shape, *argument shape]; with `has_aux` also aux.

    Raises:
        GradientError: an argument is an integer, or complex though nobody said `holomorphic`.

    >>> import oxmlx as ox
    >>> ox.jacfwd(lambda x: x**2)(ox.numpy.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]], dtype=float32)
    """
    check_callable("jacfwd", fun)

    @boundary
    @functools.wraps(fun)
    def derivative(*args: Any, **kwargs: Any) -> Any:
        nums = positions("jacfwd", argnums, len(args))
        xs = tuple(args[k] for k in nums)
        check_arguments("jacfwd", (xs, {}), holomorphic, False)
        f = fix_others(fun, args, kwargs, nums)
        leaves, in_tree = flatten_values(xs, "jacfwd")
        avals = [x.aval for x in leaves]
        if not holomorphic and any(is_complex(a.dtype) for a in avals):
            raise GradientError(
                "jacfwd",
                f"arguments must be real, got {avals}",
                "Pass holomorphic=True if the function is holomorphic, or use ox.jvp.",
            )

        def push(*tangents: Any) -> Any:
            return jvp(f, in_tree.unflatten(leaves), in_tree.unflatten(tangents), has_aux)

        out_axes = (None, -1, None) if has_aux else (None, -1)
        result = vmap(push, out_axes=out_axes)(*basis([a.strong for a in avals]))
        columns = tree.map(lambda c: split_last(c, avals, in_tree, argnums), result[1])
        return (columns, result[2]) if has_aux else columns

    return derivative


def split_last(c: Any, avals: Sequence[Aval], in_tree: Any, argnums: Any) -> Any:
    """[*out, n] to a pytree of [*out, *shape], one for each leaf of the arguments."""
    if c.shape[-1] == 0:
        blocks = [reshape(c, (*c.shape[:-1], *a.shape)) for a in avals]
    else:
        blocks = []
        at = 0
        for a in avals:
            blocks.append(reshape(c[..., at : at + a.size], (*c.shape[:-1], *a.shape)))
            at += a.size
    out = in_tree.unflatten(blocks)
    return out[0] if is_index(argnums) else out


def jacrev(
    fun: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
) -> Callable[..., Any]:
    """The Jacobian, row by row in reverse mode: best if there are few outputs.

    Returns:
        As `jacfwd`.

    Raises:
        GradientError: an output is an integer, or complex though nobody said `holomorphic`.

    >>> import oxmlx as ox
    >>> ox.jacrev(lambda x: x**2)(ox.numpy.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]], dtype=float32)
    """
    check_callable("jacrev", fun)

    @boundary
    @functools.wraps(fun)
    def derivative(*args: Any, **kwargs: Any) -> Any:
        nums = positions("jacrev", argnums, len(args))
        xs = tuple(args[k] for k in nums)
        check_arguments("jacrev", (xs, {}), holomorphic, allow_int)
        f = fix_others(fun, args, kwargs, nums)
        y, pull, *aux = vjp(f, *xs, has_aux=has_aux)
        leaves, out_tree = flatten_values(y, "jacrev")
        avals = [v.aval for v in leaves]
        if not all(is_inexact(a.dtype) for a in avals):
            raise GradientError(
                "jacrev",
                f"outputs must be of floating dtype, got {avals}",
                "Convert them with .astype(ox.float32).",
            )
        for a in avals:
            check_holomorphic("jacrev", a, holomorphic)
        rows = vmap(lambda *cts: pull(out_tree.unflatten(cts)))(*basis([a.strong for a in avals]))
        rows = rows[0] if is_index(argnums) else rows
        row_leaves, row_tree = tree.flatten(rows)
        at = 0
        out: list[Any] = []
        for a in avals:
            mine = [r[at : at + a.size] for r in row_leaves]
            out.append(row_tree.unflatten([reshape(r, (*a.shape, *r.shape[1:])) for r in mine]))
            at += a.size
        result = out_tree.unflatten(out)
        return (result, aux[0]) if has_aux else result

    return derivative


def hessian(
    fun: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """The second derivative of a scalar-valued function: forward over reverse.

    >>> import oxmlx as ox
    >>> ox.hessian(lambda x: (x**3).sum())(ox.numpy.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]], dtype=float32)
    """
    check_callable("hessian", fun)
    return jacfwd(jacrev(fun, argnums, has_aux, holomorphic), argnums, has_aux, holomorphic)


jacobian = jacrev
"""JAX's other name for `jacrev`."""
