"""From a Metal text to CUDA C++ of the same lines."""

from __future__ import annotations

from oxmlx.emulate.rewrite import joined, plain, threadgroup_arrays
from oxmlx.emulate.signature import Kernel, kernels
from oxmlx.emulate.tokens import tokenize

SPACES = {"device": "", "thread": "", "threadgroup": "", "constant": "const"}
"""Words of Metal for memory. Not as macros: CUDA's own headers say `device`."""


def rewrite(text: str) -> str:
    """The text as C++ for runtime/metal.h: pointers are of no space, and threadgroup memory is
    CUDA's shared memory."""
    tokens = tokenize(text)
    words = plain(tokens)
    for i, token in enumerate(tokens):
        if token.kind == "word" and words[i] in SPACES:
            words[i] = SPACES[token.text]
    for kernel in kernels(tokens):
        for first, _, _ in threadgroup_arrays(tokens, kernel):
            words[first] = "__shared__"
    return joined(words)


def unit(text: str) -> str:
    """What NVRTC compiles: the text in a namespace of its own, and the entries of its kernels."""
    entries = "".join(map(entry, kernels(tokenize(text))))
    return (
        '#include "metal.h"\n'
        f'namespace metal {{ namespace text {{\n#line 1 "program_source"\n{rewrite(text)}\n}} }}\n'
        f'#line 1 "entries"\n{entries}'
    )


def entry(kernel: Kernel) -> str:
    """The function that CUDA launches, and the table that says what it wants."""
    name = f"metal::text::{kernel.name}"
    given: list[str] = []
    passed: list[str] = []
    table = [kernel.limit]
    for i, p in enumerate(kernel.parameters):
        kind = f"::emu::ParameterOf<decltype({name}), {i}>::Type"
        if p.buffer is not None:
            passed.append(f"::emu::Bound<{kind}>::get(b{i})")
            given.append(f"void* b{i}")
            bound = f"::emu::Bound<{kind}>"
            table += [p.buffer, f"{bound}::bytes", f"{bound}::writable"]
        else:
            passed.append(f"::emu::{p.builtin}<{kind}>()")
    bounds = f"__launch_bounds__({kernel.limit}) " if kernel.limit != "0" else ""
    return (
        f'extern "C" __global__ void {bounds}{function_name(kernel.name)}({", ".join(given)}) {{\n'
        f"  {name}({', '.join(passed)});\n}}\n"
        f'extern "C" __device__ const unsigned {table_name(kernel.name)}[] = '
        f"{{{', '.join(table)}}};\n"
    )


def function_name(kernel: str) -> str:
    """The name of the function that CUDA launches for a kernel."""
    return f"emu_run_{kernel}"


def table_name(kernel: str) -> str:
    """The name of the table of a kernel: its limit, then index, bytes and writable of its buffers,
    in the order of the arguments of its function."""
    return f"emu_table_{kernel}"
