"""The Metal function around the loops of kernels: its arguments, its numbers, and its end."""

from __future__ import annotations

from collections.abc import Sequence

from oxmlx.backends.metal.prelude import helpers

THREADS = 256
"""Threads in a threadgroup."""

BUILTINS = (
    "uint tid [[thread_position_in_threadgroup]]",
    "uint grp [[threadgroup_position_in_grid]]",
    "uint nt [[threads_per_threadgroup]]",
    "uint ng [[threadgroups_per_grid]]",
)
OF_SIMDGROUPS = (
    "uint lane [[thread_index_in_simdgroup]]",
    "uint sg [[simdgroup_index_in_threadgroup]]",
)
END = ("  if (tid == 0) {", "    done[grp] = ng;", "  }")
"""A threadgroup says that it came to its end: Metal's errors do not reach us."""


def frame(
    name: str, arrays: Sequence[str], structs: Sequence[str], body: Sequence[str], simd: bool
) -> str:
    """The text of a function.

    Args:
        name: of the function.
        arrays: its first arguments.
        structs: the types of its numbers, which are a `P` called `prm`; none if it has none.
        body: lines.
        simd: whether the body speaks of simdgroups.
    """
    bound = [*arrays, *(["constant P& prm"] if structs else []), "device uint* done"]
    arguments = [f"{a} [[buffer({k})]]" for k, a in enumerate(bound)]
    signature = ",\n    ".join((*arguments, *BUILTINS, *(OF_SIMDGROUPS if simd else ())))
    code = "\n".join((*body, *END))
    function = (
        f"[[max_total_threads_per_threadgroup({THREADS})]]\n"
        f"kernel void {name}(\n    {signature}) {{\n{code}\n}}\n"
    )
    head = "#include <metal_stdlib>\nusing namespace metal;"
    return "\n\n".join((head, *structs, *helpers(code), function))
