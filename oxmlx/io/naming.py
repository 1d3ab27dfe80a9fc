"""Dotted names for the leaves of a pytree, `layers.0.weight`, and back into its structure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oxmlx import tree
from oxmlx.dtypes import as_dtype
from oxmlx.errors import StateDictError, TreeError
from oxmlx.ir.aval import Aval

SHOWN = 5  # names of each kind in an error


def tree_to_names(tree_: Any) -> dict[str, Any]:
    """The leaves of a pytree by dotted name, in the order of the tree; None has no leaf.

    Raises:
        TreeError: two leaves would have the same name.

    >>> tree_to_names({"layers": [{"weight": 1}, {"weight": 2}], "bias": None})
    {'layers.0.weight': 1, 'layers.1.weight': 2}
    """
    named: dict[str, Any] = {}
    paths: dict[str, tree.KeyPath] = {}
    for path, leaf in tree.leaves_with_path(tree_):
        name = tree.keystr(path, simple=True, separator=".")
        if name in named:
            both = f"{tree.keystr(paths[name])} and {tree.keystr(path)}"
            problem = f"{both} would both be called {name!r:.80}"
            raise TreeError("tree_to_names", problem, "Rename a key that has a dot in it.")
        named[name], paths[name] = leaf, path
    return named


def names_to_tree(template: Any, named: Mapping[str, Any], who: str = "names_to_tree") -> Any:
    """The tree with the structure of `template` and the leaves of `named`.

    Args:
        template: a pytree whose leaves have the shapes, dtypes or Python types that are wanted;
            their values do not matter.
        named: the leaves by dotted name.
        who: the function that asks, for the error.

    Raises:
        StateDictError: names are missing or left over, or a leaf has another shape or dtype.

    >>> names_to_tree({"layers": [{"weight": 0}, None]}, {"layers.0.weight": 7})
    {'layers': [{'weight': 7}, None]}
    """
    wanted = tree_to_names(template)
    check_names(wanted, named, who)
    return tree.structure(template).unflatten(named[name] for name in wanted)


def check_names(wanted: Mapping[str, Any], got: Mapping[str, Any], who: str) -> None:
    """Both have the same names, with leaves of the same shapes and dtypes.

    Raises:
        StateDictError: they differ; the text lists the first names of each kind.

    >>> check_names({"step": 0}, {"step": 7}, "load_state")
    """
    missing = [f"{name!r:.80}" for name in wanted if name not in got]
    unexpected = [f"{name!r:.80}" for name in got if name not in wanted]
    types = [(name, describe(got[name]), describe(x)) for name, x in wanted.items() if name in got]
    mismatched = [f"{name!r:.80} is {a}, wanted {b}" for name, a, b in types if a != b]
    kinds = {"missing": missing, "unexpected": unexpected, "mismatched": mismatched}
    problem = "; ".join(f"{kind}: {shorten(names)}" for kind, names in kinds.items() if names)
    if problem:
        raise StateDictError(who, problem, "The names, shapes and dtypes must be the template's.")


def shorten(names: list[str]) -> str:
    """The first few, and how many there are beyond."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def describe(leaf: Any) -> str:
    """The type of a leaf: `f32[3,4]` if it has a shape and a dtype, else its Python type.

    >>> import numpy as np
    >>> describe(np.ones(3, "float32")), describe(2)
    ('f32[3]', 'int')
    """
    if hasattr(leaf, "shape") and hasattr(leaf, "dtype"):
        return repr(Aval(tuple(leaf.shape), as_dtype(leaf.dtype, "describe")))
    return type(leaf).__name__
