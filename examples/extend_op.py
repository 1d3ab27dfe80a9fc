"""A new operation in one class: every rung of the ladder, each shown to work.

    python examples/extend_op.py

Softsign, x / (1 + |x|), is written as a primitive of its own. (As a composition of others it would
be one line.) Nothing else of the package changes: it differentiates, batches and fuses by the rules
below.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np

import oxmlx as ox
import oxmlx.numpy as jnp
from oxmlx.ir.kernel import const, scalar
from oxmlx.ops.elementwise import Elementwise, unary


class Softsign(Elementwise):
    """x / (1 + |x|)"""

    def abstract(self, x: Any) -> Any:
        """Types in, type out."""
        return x

    def impl(self, x: Any) -> Any:
        """The meaning, in NumPy. With this rung alone it runs everywhere, as a step on the host."""
        return x / (1 + np.abs(x))

    def partial(self, k: int, out: Any, x: Any) -> Any:
        """The derivative, in operations that have derivatives themselves: any order works."""
        return 1 / (1 + jnp.abs(x)) ** 2

    def lower(self, index: Any, x: Any, *, out: Any) -> Any:
        """One element, as an expression: it fuses, and is native on every backend."""
        one, at = const(1, x.dtype), x(index)
        return scalar("div", at, scalar("add", one, scalar("abs", at)))


def softsign(x: Any) -> Any:
    """The function that users call."""
    return unary(Softsign(), x)


def main(argv: Sequence[str] | None = None) -> None:
    """Show each rung."""
    raw = argparse.RawDescriptionHelpFormatter
    argparse.ArgumentParser(description=__doc__, formatter_class=raw).parse_args(argv)
    x = jnp.linspace(-2.0, 2.0, 5)
    print("values     ", softsign(x))
    print("gradient   ", ox.vmap(ox.grad(softsign))(x))
    print("curvature  ", ox.vmap(ox.grad(ox.grad(softsign)))(x))
    ox.testing.check_grads(softsign, (jnp.array([-1.5, 0.5, 2.0], dtype="float64"),), order=2)
    print("its derivatives agree with finite differences, to second order\n")

    def layer(w: Any, x: Any) -> Any:
        return jnp.sum(softsign(w * x + 1) ** 2, axis=1)

    w = jnp.ones((3, 4))
    ox.debug.show(layer, device="cpu")(w, 2 * w)


if __name__ == "__main__":
    main()
