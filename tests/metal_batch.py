"""Many Metal texts compiled at once: the compiler is started once for all of them."""

from __future__ import annotations

from collections.abc import Iterable

from oxmlx import emulate
from oxmlx.backends.metal.render import render
from oxmlx.config import config
from oxmlx.ir.kernel import Kernel


def compile_together(kernels: Iterable[Kernel]) -> None:
    """Get the executor ready for kernels, those over nothing aside."""
    if config.metal == "emulate":
        emulate.prepare([render(k) for k in kernels if all(n.value for n in k.sizes)])
