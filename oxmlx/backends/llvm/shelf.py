"""What the library of the cpu computes: equations without a kernel of their own."""

from __future__ import annotations

from collections.abc import Callable

from oxmlx.backends.llvm import contract, conv, scan, scatter, sort, top_k
from oxmlx.backends.runner import Launchable
from oxmlx.ir.jaxpr import Eqn


def product_of(eqn: Eqn) -> str:
    """What we have for a product."""
    return contract.name_of(eqn.prim, [a.aval for a in eqn.inputs])


_shelf: dict[str, tuple[Callable[[Eqn], str], Callable[[Eqn], Launchable]]] = {
    "dot_general": (product_of, contract.fetch),
    "conv_general": (conv.name_of, conv.Conv),
    "scatter": (scatter.name_of, scatter.scatter),
    "dynamic_update_slice": (scatter.name_of_update, scatter.update_slice),
    "sort": (sort.name_of, sort.fetch),
    "top_k": (top_k.name_of, top_k.TopK),
    **dict.fromkeys(scan.MONOIDS, (scan.name_of, scan.Scan)),
}
"""By primitive: the name of what we have for an equation, and that made ready."""


def name_of(eqn: Eqn) -> str:
    """The name of what we have for an equation; nothing if that is nothing."""
    entry = _shelf.get(eqn.prim.name)
    return entry[0](eqn) if entry else ""


def fetch(eqn: Eqn) -> Launchable:
    """What we have, made ready."""
    return _shelf[eqn.prim.name][1](eqn)
