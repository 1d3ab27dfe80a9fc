"""What the tuned texts of `kernels/` compute: equations without a kernel of their own."""

from __future__ import annotations

import warnings
from functools import partial
from math import prod

from oxmlx.backends.metal.contract import Contraction, product_of
from oxmlx.backends.metal.fallback import allow, careful
from oxmlx.backends.metal.launch import MOST_POINTS
from oxmlx.backends.metal.order import Scan, Sort, TopK, is_chosen, is_sorted, scan_of
from oxmlx.backends.metal.split import Split, is_split
from oxmlx.backends.metal.sums import LongSum, is_long
from oxmlx.backends.runner import Launchable, call
from oxmlx.errors import CompileError
from oxmlx.ir.jaxpr import Eqn


def name_of(eqn: Eqn) -> str:
    """The name of the text for an equation; nothing if there is none."""
    if any(prod(a.aval.shape) > MOST_POINTS for a in (*eqn.inputs, *eqn.outputs)):
        return ""
    match eqn.prim.name:
        case "dot_general":
            product = product_of(eqn)
            return product.text if product else ""
        case "cumsum" | "cumprod" | "cummax" | "cummin":
            return scan_of(eqn)
        case "sort":
            return "sort" if is_sorted(eqn) else ""
        case "top_k":
            return "sort" if is_chosen(eqn) else ""
        case "reduce_sum":
            x = eqn.inputs[0].aval
            return "sum_rows_partial" if is_long(eqn.prim, x.shape, x.dtype) else ""
        case _:
            return ""


def fetch(eqn: Eqn) -> Launchable | None:
    """What computes it, made ready; the host, if Metal refuses the text.

    Raises:
        FallbackError: Metal does, and the host is not to compute it.
    """
    try:
        return make(eqn)
    except CompileError as e:
        allow(eqn.prim, str(e))
        message = f"{eqn.prim.name} runs on the host, which is slow: {e}"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return careful(partial(call, eqn.prim), eqn.prim, str(e))


def make(eqn: Eqn) -> Launchable | None:
    """What computes it, made ready.

    Raises:
        CompileError: Metal refuses the text.
    """
    match eqn.prim.name:
        case "dot_general":
            product, out = product_of(eqn), eqn.outputs[0].aval
            if product is None:
                return None
            return Split(product, out) if is_split(product) else Contraction(product, out)
        case "cumsum" | "cumprod" | "cummax" | "cummin":
            return Scan(eqn)
        case "top_k":
            return TopK(eqn)
        case "reduce_sum":
            return LongSum(eqn)
        case _:
            return Sort(eqn)
