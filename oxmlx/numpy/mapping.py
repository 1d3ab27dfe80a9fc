"""Functions of vectors or of elements, mapped over the other axes by vmap."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

from oxmlx.api.boundary import boundary
from oxmlx.api.vectorize import vmap
from oxmlx.errors import ArgumentError, ShapeError
from oxmlx.numpy.arguments import Array, ArrayLike, axes_of, axis_of, value
from oxmlx.ops.convert import broadcast_shapes
from oxmlx.ops.shape import reshape

CORE = r"\(\s*(?:\w+\s*(?:,\s*\w+\s*)*)?\)"
SIGNATURE = re.compile(rf"\s*(?:{CORE}(?:\s*,\s*{CORE})*)?\s*->\s*{CORE}(?:\s*,\s*{CORE})*\s*")


def apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: ArrayLike, *args: Any, **kwargs: Any
) -> Array:
    """What a function makes of each vector along an axis.

    Args:
        func1d: a function of a vector, whose result takes the vector's place.
        axis: the axis along which the vectors lie.
        arr: an array.
        args, kwargs: further arguments of the function.

    >>> import oxmlx.numpy as np
    >>> np.apply_along_axis(np.max, 1, np.array([[1, 5], [3, 4]]))
    array([5, 4], dtype=int32)
    """
    x = value(arr, "apply_along_axis")
    k = axis_of("apply_along_axis", axis, x.ndim)

    def f(vector: Any) -> Any:
        return func1d(vector, *args, **kwargs)

    for _ in range(k + 1, x.ndim):  # the axes behind go behind what the function returns
        f = vmap(f, in_axes=-1, out_axes=-1)
    for _ in range(k):
        f = vmap(f)
    return f(x)


def apply_over_axes(func: Callable[..., Any], a: ArrayLike, axes: int | Sequence[int]) -> Array:
    """A function such as `np.sum` applied along one axis after another, the axes being kept.

    Raises:
        ShapeError: the function returns neither as many axes nor one less.

    >>> import oxmlx.numpy as np
    >>> np.apply_over_axes(np.sum, np.ones((2, 3, 4)), (0, 2)).shape
    (1, 3, 1)
    """
    x = value(a, "apply_over_axes")
    for k in axes_of("apply_over_axes", axes, x.ndim):
        out = value(func(x, k), "apply_over_axes")
        if out.ndim == x.ndim - 1:
            out = reshape(out, (*x.shape[:k], 1, *x.shape[k + 1 :]))
        if out.ndim != x.ndim:
            raise ShapeError("apply_over_axes", f"the function made {out.aval} of {x.aval}")
        x = out
    return x


def vectorize(
    pyfunc: Callable[..., Any],
    *,
    excluded: Collection[int | str] = frozenset(),
    signature: str | None = None,
) -> Callable[..., Any]:
    """A function that broadcasts: mapped over all axes that its arguments have too many.

    Args:
        pyfunc: a function of numbers, or of the small arrays that the signature says.
        excluded: positions and names of arguments that are passed as they are.
        signature: the axes of arguments and results, such as "(n),(m,n)->(m)".

    Raises:
        ArgumentError: the signature does not make sense or does not fit the arguments.
        ShapeError: axes of one name have different extents.

    >>> import oxmlx.numpy as np
    >>> dot = np.vectorize(lambda x, y: (x * y).sum(), signature="(n),(n)->()")
    >>> dot(np.ones((4, 3)), np.ones(3))
    array([3., 3., 3., 3.], dtype=float32)
    """
    if any(not isinstance(k, int | str) for k in excluded):
        raise ArgumentError("vectorize", f"excluded must hold positions and names, got {excluded}")
    cores = None if signature is None else inputs_of(signature)

    @boundary
    @functools.wraps(pyfunc)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        named = [k for k in kwargs if k not in excluded]
        if named:
            problem = f"arguments that are broadcast must be positional, got {named}"
            raise ArgumentError("vectorize", problem, "Or name them in excluded=.")
        moving = [k for k in range(len(args)) if k not in excluded]
        xs = [value(args[k], "vectorize") for k in moving]

        def f(*values: Any) -> Any:
            every = list(args)
            for k, x in zip(moving, values, strict=True):
                every[k] = x
            return pyfunc(*every, **kwargs)

        return broadcast_map(f, xs, [()] * len(xs) if cores is None else cores)

    return mapped


def inputs_of(signature: str) -> list[tuple[str, ...]]:
    """The names of the axes of each argument.

    Raises:
        ArgumentError: the signature does not make sense.
    """
    if not SIGNATURE.fullmatch(signature):
        problem = f"{signature!r} is no signature"
        raise ArgumentError("vectorize", problem, 'One looks like "(m,n),(n)->(m)".')
    left = signature.partition("->")[0]
    return [tuple(re.findall(r"\w+", core)) for core in re.findall(CORE, left)]


def broadcast_map(f: Callable[..., Any], xs: list[Any], cores: list[tuple[str, ...]]) -> Any:
    """Map `f` over the leading axes that its arguments share by broadcasting.

    Raises:
        ArgumentError: an argument is missing, or lacks axes.
        ShapeError: axes of one name have different extents.
    """
    if len(xs) != len(cores):
        raise ArgumentError(
            "vectorize",
            f"got {len(xs)} arguments for {len(cores)} in signature",
            'The signature has one group of axes for each argument: "(n),(n)->()".',
        )
    extents: dict[str, int] = {}
    for x, core in zip(xs, cores, strict=True):
        if x.ndim < len(core):
            raise ArgumentError("vectorize", f"{x.aval} has no axes {','.join(core)}")
        for name, n in zip(core, x.shape[x.ndim - len(core) :], strict=True):
            if extents.setdefault(name, n) != n:
                problem = f"axis {name} has extent {n} in {x.aval}, and {extents[name]} before"
                raise ShapeError("vectorize", problem)
    leads = [x.shape[: x.ndim - len(core)] for x, core in zip(xs, cores, strict=True)]
    whole = broadcast_shapes("vectorize", *leads) if leads else ()
    mapped: list[list[int]] = []  # for each argument the axes of the whole that it varies along
    for lead in leads:
        new = len(whole) - len(lead)
        mapped.append([k for k in range(new, len(whole)) if lead[k - new] == whole[k]])
    xs = [
        reshape(x, (*(whole[k] for k in axes), *x.shape[x.ndim - len(core) :]))
        for x, core, axes in zip(xs, cores, mapped, strict=True)
    ]
    for k in reversed(range(len(whole))):
        f = vmap(f, in_axes=tuple(0 if k in axes else None for axes in mapped))
    return f(*xs)
