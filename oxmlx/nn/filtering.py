"""The parts of a module: what is trained and what is not."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from oxmlx import tree
from oxmlx.api import autodiff
from oxmlx.api.boundary import boundary
from oxmlx.dtypes import is_inexact
from oxmlx.errors import ArgumentError, TreeError
from oxmlx.ir.value import Value
from oxmlx.nn.module import Module

T = TypeVar("T")


def is_none(x: Any) -> bool:
    """Is it the hole that `partition` leaves?"""
    return x is None


def is_array(x: Any) -> bool:
    """Is it an array, or a tracer of one?

    >>> import oxmlx as ox
    >>> is_array(ox.numpy.ones(2)), is_array(1.0)
    (True, False)
    """
    return isinstance(x, Value)


def is_inexact_array(x: Any) -> bool:
    """Is it an array of floating or complex dtype, which has derivatives?

    >>> import oxmlx as ox
    >>> is_inexact_array(ox.numpy.ones(2)), is_inexact_array(ox.numpy.arange(2))
    (True, False)
    """
    return isinstance(x, Value) and is_inexact(x.dtype)


@boundary  # here, since a default names it
def is_trainable(model: Module) -> Any:
    """The mask of `partition` that picks the parameters which are not frozen.

    >>> import oxmlx as ox
    >>> is_trainable(ox.nn.LayerNorm(2).freeze("bias")).weight
    True
    """
    return model.trainable_mask()


def filter(model: T, where: Any, inverse: bool = False) -> T:
    """The tree with None in place of the leaves that are not chosen.

    Args:
        model: a pytree.
        where: `is_trainable`, a function leaf → bool, or a pytree of bools that may be a prefix.
        inverse: choose the other leaves.

    Raises:
        TreeError: the pytree of bools is no prefix of `model`.

    >>> import oxmlx as ox
    >>> filter(ox.nn.LayerNorm(2).freeze("bias"), is_trainable)
    LayerNorm(weight=f32[2], bias=None, eps=1e-05, frozen=frozenset({'bias'}))
    """
    leaves, treedef = tree.flatten(model)
    if isinstance(model, Module) and where is is_trainable:
        where = model.trainable_mask()  # the owner of a leaf decides, not the leaf
    if callable(where) and not isinstance(where, Module):
        chosen = [where(x) for x in leaves]
    else:
        chosen = tree.leaves(tree.broadcast(where, model))
    kept = [x if bool(c) != inverse else None for x, c in zip(leaves, chosen, strict=True)]
    return treedef.unflatten(kept)


def partition(model: T, where: Any = is_trainable) -> tuple[T, T]:
    """The chosen leaves and the others, each with None in the other's places.

    Args:
        model: a pytree.
        where: as for `filter`.

    >>> import oxmlx as ox
    >>> trained, rest = partition(ox.nn.BatchNorm(2))
    >>> rest
    BatchNorm(
      weight=None,
      bias=None,
      running_mean=f32[2],
      running_var=f32[2],
      eps=1e-05,
      momentum=0.1,
    )
    >>> combine(trained, rest).weight
    array([1., 1.], dtype=float32)
    """
    return filter(model, where), filter(model, where, inverse=True)


def combine(*trees: Any) -> Any:
    """The inverse of `partition`: each leaf from the first tree that has it.

    Raises:
        ArgumentError: there are no trees.
        TreeError: their structures differ.

    >>> combine({"a": 1, "b": None}, {"a": None, "b": 2})
    {'a': 1, 'b': 2}
    """
    if not trees:
        raise ArgumentError("combine", "needs a tree or more", "Pass what partition returned.")
    flat = [tree.flatten(t, is_leaf=is_none) for t in trees]
    for _, treedef in flat[1:]:
        if treedef != flat[0][1]:
            raise TreeError(
                "combine",
                f"the structures differ: {flat[0][1]} and {treedef}",
                "Pass the parts of one partition.",
            )
    columns = zip(*(leaves for leaves, _ in flat), strict=True)
    merged = [next((x for x in column if x is not None), None) for column in columns]
    return flat[0][1].unflatten(merged)


def value_and_grad(
    model: Module, fn: Callable[..., Any], has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the value of `fn` and its gradient by the trainable parameters.

    Args:
        model: a module of the class that `fn` takes.
        fn: takes the module first, as modules do not change; returns a scalar.
        has_aux: `fn` returns (scalar, aux).

    Returns:
        A function (model, *args) → (value, gradient), the gradient being nested as
        `model.trainable_parameters()`; frozen parameters and buffers are constants.

    Raises:
        ArgumentError: the first argument of the call is no such module.

    >>> import oxmlx as ox
    >>> model = ox.nn.LayerNorm(2).freeze("weight")
    >>> step = value_and_grad(model, lambda model, x: (3 * model(x)).sum())
    >>> step(model, ox.numpy.zeros(2))
    (array(0., dtype=float32), {'bias': array([3., 3.], dtype=float32)})
    """

    def of_parameters(parameters: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
        return fn(model.update(parameters), *args, **kwargs)

    differentiated = autodiff.value_and_grad(of_parameters, has_aux=has_aux)

    @boundary
    @functools.wraps(fn)
    def both(*args: Any, **kwargs: Any) -> Any:
        if not args or type(args[0]) is not type(model):
            got = type(args[0]).__name__ if args else "nothing"
            raise ArgumentError(
                "nn.value_and_grad",
                f"the first argument must be a {type(model).__name__}, got {got}",
                "Call it as step(model, x, y): modules are immutable, so pass the latest one.",
            )
        return differentiated(args[0].trainable_parameters(), *args, **kwargs)

    return both
