"""Trees of parameters and gradients: their leaves as arrays, and whether two of them fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from oxmlx import tree
from oxmlx.api.arguments import flatten_values
from oxmlx.dtypes import float0
from oxmlx.errors import DtypeError, ShapeError
from oxmlx.ir.value import Value
from oxmlx.ops.axes import full
from oxmlx.ops.convert import cast
from oxmlx.tree.mismatch import place_of
from oxmlx.tree.treedef import flatten_up_to


def as_values(who: str, x: Any) -> Any:
    """The same tree with arrays for numbers and NumPy arrays.

    Raises:
        ArgumentError: a leaf is neither; the text names the path.
    """
    leaves, treedef = flatten_values(x, who)
    return treedef.unflatten(leaves)


def check_fit(who: str, x: Any, y: Any, first: str, second: str) -> None:
    """Refuse two trees that differ in structure, or in the shape of a leaf.

    Args:
        who: the function that wants them to fit.
        x, y: trees of values.
        first, second: what one leaf of each is called, such as "the gradient".

    Raises:
        TreeError: the structures differ; the text names the path.
        ShapeError: two shapes differ; the text names the path.
    """
    one, other = tree.structure(x), tree.structure(y)
    if one != other:
        flatten_up_to(other, x, who, second, first)
        flatten_up_to(one, y, who, first, second)
    for k, (a, b) in enumerate(zip(tree.leaves(x), tree.leaves(y), strict=True)):
        if a.shape != b.shape:
            path, _ = tree.leaves_with_path(x)[k]
            problem = f"{first} is {a.aval} at {place_of(path)}, {second} {b.aval}"
            raise ShapeError(who, problem, "Both must have one shape.")


def check_gradients(who: str, updates: Any) -> None:
    """Refuse the derivatives of integers, which are of dtype float0.

    Raises:
        DtypeError: the text names the path.
    """
    if any(x.dtype == float0 for x in tree.leaves(updates)):
        path, x = next(p for p in tree.leaves_with_path(updates) if p[1].dtype == float0)
        problem = f"the gradient at {place_of(path)} is {x.aval}: its parameter is an integer"
        raise DtypeError(who, problem, "Leave it out with optim.masked or optim.partition.")


def trainable(params: Any) -> Any:
    """The same tree with bools: False for what a module in it says is not trained."""

    def marks(x: Any) -> bool:
        return hasattr(type(x), "trainable_mask")  # no import of nn, which not everyone loads

    return tree.map(lambda x: x.trainable_mask() if marks(x) else True, params, is_leaf=marks)


def full_like(x: Any, value: Any, dtype: np.dtype[Any] | None = None) -> Any:
    """A tree of arrays filled with `value`, a number or a rank-0 array; float0 stays as it is."""

    def fill(leaf: Value) -> Any:
        if leaf.dtype == float0:
            return leaf
        wanted = leaf.dtype if dtype is None else dtype
        if isinstance(value, Value):
            return cast(full(leaf.shape, 0, wanted) + value, wanted)
        return full(leaf.shape, value, wanted)

    return tree.map(fill, x)


def zeros_like(x: Any, dtype: np.dtype[Any] | None = None) -> Any:
    """A tree of zeros, in the dtypes of `x` unless one is given."""
    return full_like(x, 0, dtype)


def cast_like(x: Any, y: Any) -> Any:
    """The arrays of `x` in the dtypes that those of `y` have."""
    return tree.map(lambda a, b: cast(a, b.dtype), x, y)
