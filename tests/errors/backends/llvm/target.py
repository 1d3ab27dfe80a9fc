"""Refusals of oxmlx.backends.llvm.target."""

from raise_coverage import Refusal

from oxmlx.backends.llvm.target import target
from oxmlx.errors import CompileError

REFUSALS = [
    Refusal(
        "a text that is none",
        lambda: target().address("define nothing", "kernel"),
        CompileError,
        "cpu: LLVM refuses a kernel",
    ),
]
