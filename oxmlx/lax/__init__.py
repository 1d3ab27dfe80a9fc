"""The primitives and control flow under `jax.lax`'s names: strict operands, no promotion."""

from oxmlx.control.cond import cond, switch
from oxmlx.control.scan import scan
from oxmlx.control.while_loop import fori_loop, while_loop
from oxmlx.ops.identity import stop_gradient

__all__ = ["cond", "fori_loop", "scan", "stop_gradient", "switch", "while_loop"]
