"""Transforming a part of the parameters only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from oxmlx import tree
from oxmlx.api.boundary import boundary
from oxmlx.errors import ArgumentError
from oxmlx.optim.leaves import as_values
from oxmlx.optim.transformation import GradientTransformation, Tree
from oxmlx.tree.mismatch import place_of
from oxmlx.tree.treedef import flatten_up_to


class MaskedState(NamedTuple):
    """The state of the inner transformation, which sees the chosen parameters only."""

    inner_state: Any


class MaskedNode(NamedTuple):
    """What the inner transformation sees for a parameter left out: a node without leaves."""


def masked(
    inner: GradientTransformation, mask: Tree | Callable[[Tree], Tree]
) -> GradientTransformation:
    """Transform the updates that a mask chooses, and pass the others on as they are.

    Args:
        inner: the transformation; its state holds nothing for what the mask leaves out.
        mask: a pytree of bools of the structure of the parameters or a prefix of it, or a function
            from the parameters (or the updates) to one.

    Raises:
        ArgumentError: a leaf of the mask is no bool; the text names the path.
        TreeError: the mask is no prefix of the parameters; the text names the path.

    >>> from oxmlx import optim
    >>> tx = optim.masked(optim.scale(-1), {"w": True, "b": False})
    >>> params = {"w": 1.0, "b": 2.0}
    >>> updates, state = tx.update({"w": 3.0, "b": 4.0}, tx.init(params))
    >>> float(updates["w"]), float(updates["b"])
    (-3.0, 4.0)
    """

    @boundary
    def init(params: Tree) -> MaskedState:
        params = as_values("masked", params)
        return MaskedState(inner.init(choose(mask_of(params), params)))

    @boundary
    def update(updates: Tree, state: MaskedState, params: Tree = None) -> tuple[Tree, MaskedState]:
        updates = as_values("masked", updates)
        chosen = mask_of(updates)
        some = None if params is None else choose(chosen, params)
        new, inner_state = inner.update(choose(chosen, updates), state.inner_state, some)
        merged = tree.map(lambda m, u, old: u if m else old, chosen, new, updates)
        return merged, MaskedState(inner_state)

    def mask_of(params: Tree) -> Tree:
        chosen = resolve(mask, params)
        for path, m in tree.leaves_with_path(chosen):
            if not isinstance(m, (bool, np.bool_)):
                problem = f"a mask has bools for leaves, got {m!r} at {place_of(path)}"
                raise ArgumentError(
                    "masked", problem, "Use True for what is transformed, False for the rest."
                )
        return chosen

    return GradientTransformation(init, update)


def resolve(given: Tree | Callable[[Tree], Tree], params: Tree) -> Tree:
    """A tree that the user gave as it is, or as a function of the parameters.

    A module can be called too, but is a node: a tree of flags in its form is meant as a tree.
    """
    return given(params) if callable(given) and not tree.is_tree_node(type(given)) else given


def choose(mask: Tree, params: Tree) -> Tree:
    """The parameters, with an empty node for each subtree that the mask leaves out."""
    flags, treedef = tree.flatten(mask)
    parts = flatten_up_to(treedef, params, "masked", "the mask", "the parameters")
    return treedef.unflatten(
        [part if m else MaskedNode() for m, part in zip(flags, parts, strict=True)]
    )
