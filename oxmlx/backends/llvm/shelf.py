"""What the library of the cpu computes: equations without a kernel of their own."""

from __future__ import annotations

from oxmlx.backends.llvm import contract, conv, scan, scatter, sort, top_k
from oxmlx.backends.runner import Launchable
from oxmlx.ir.jaxpr import Eqn


def name_of(eqn: Eqn) -> str:
    """The name of what we have for an equation; nothing if that is nothing."""
    match eqn.prim.name:
        case "dot_general":
            return contract.name_of(eqn.prim, [a.aval for a in eqn.inputs])
        case "conv_general":
            return conv.name_of(eqn)
        case "scatter":
            return scatter.name_of(eqn)
        case "sort":
            return sort.name_of(eqn)
        case "top_k":
            return top_k.name_of(eqn)
        case name if name in scan.MONOIDS:
            return scan.name_of(eqn)
        case _:
            return ""


def fetch(eqn: Eqn) -> Launchable:
    """What we have, made ready."""
    match eqn.prim.name:
        case "dot_general":
            return contract.fetch(eqn)
        case "conv_general":
            return conv.Conv(eqn)
        case "scatter":
            return scatter.Scatter(eqn)
        case "sort":
            return sort.fetch(eqn)
        case "top_k":
            return top_k.TopK(eqn)
        case _:
            return scan.Scan(eqn)
