"""From a Metal text to C++ of the same lines, where clang would not read it as Metal does."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oxmlx.emulate.signature import Kernel, kernels
from oxmlx.emulate.tokens import Token, attributes, code, tokenize

_HEADER = re.compile(r"(?m)^([ \t]*)#[ \t]*include[ \t]*<metal_\w+>[^\n]*")
_DEFINED = re.compile(r"(?m)^[ \t]*#[ \t]*define[ \t]+(\w+)")


def rewrite(text: str, number: int = 0) -> str:
    """The text as C++ for runtime/metal.h; the kernels are numbered from `number` on.

    Floats without a suffix become floats, attributes and the word `kernel` go away, and a
    threadgroup array gets a place in the memory of its kernel.
    """
    tokens = tokenize(text)
    words = plain(tokens)
    for k, kernel in enumerate(kernels(tokens), number):
        for first, last, names in threadgroup_arrays(tokens, kernel):
            words[first] = f"EMU_THREADGROUP({k})"
            line = tokens[first].line
            words[last] += "".join(f" EMU_VARIABLE({k}, {name}, {line})" for name in names)
    return joined(words)


def plain(tokens: Sequence[Token]) -> list[str]:
    """The tokens of a text as words of C++: no attributes, no `kernel`, and no doubles."""
    dropped = {i for i, t in enumerate(tokens) if t.is_code and t.text == "kernel"}
    for first, behind, _ in attributes(tokens):
        dropped.update(range(first, behind))
    words = [t.text for t in tokens]
    for i, token in enumerate(tokens):
        if i in dropped:
            words[i] = re.sub(r"[^\n]", " ", token.text)  # columns stay as well
        elif token.is_double:
            words[i] += "f"
    return words


def joined(words: Sequence[str]) -> str:
    """The text of words, without Metal's own headers."""
    return _HEADER.sub(r"\1", "".join(words))


def threadgroup_arrays(tokens: Sequence[Token], kernel: Kernel) -> list[tuple[int, int, list[str]]]:
    """Declarations of threadgroup memory: the word `threadgroup`, the `;`, and the names."""
    at = [i for i in code(tokens[: kernel.body.stop]) if i in kernel.body]
    found: list[tuple[int, int, list[str]]] = []
    for k, i in enumerate(at):
        if tokens[i].text != "threadgroup" or tokens[at[k - 1]].text not in "{};":
            continue
        end = next((j for j in at[k:] if tokens[j].text == ";"), at[-1])
        statement = [tokens[j].text for j in at[k + 1 :] if j < end]
        # A pointer to threadgroup memory is a variable of the thread.
        if not {"*", "&", "("} & set(statement[: (statement + ["="]).index("=")]):
            found.append((i, end, declared(statement)))
    return found


def declared(statement: Sequence[str]) -> list[str]:
    """The names that a declaration declares: those before `[`, `,`, `=` or the end."""
    names: list[str] = []
    depth = 0
    for word, after in zip(statement, [*statement[1:], ";"], strict=True):
        if depth == 0 and word.isidentifier() and after in ("[", ",", "=", ";"):
            names.append(word)
        depth += (word in "[(<{") - (word in "])>}")
    return names


def unit(texts: Sequence[str]) -> str:
    """One C++ text of many Metal texts, each in its own namespace, and the table of kernels."""
    parts: list[str] = []
    table: list[str] = []
    for t, text in enumerate(texts):
        found = kernels(tokenize(text))
        space, first = f"emu_text_{t}", len(table)
        parts += [f'namespace {space} {{\n#line 1 "program_source"\n', rewrite(text, first)]
        parts.append('\n#line 1 "entries"\n')
        for n, kernel in enumerate(found, first):
            parts.append(entry(kernel, n, space))
            table.append(row(kernel, n, t, space))
        parts.append("}\n")
        parts += [f"#undef {name}\n" for name in dict.fromkeys(_DEFINED.findall(text))]
    rows = ",\n  ".join([*table, "{}"])
    return "".join(parts) + (
        'extern "C" __attribute__((visibility("default")))\n'
        f"const emu::Kernel emu_kernels[] = {{\n  {rows}}};\n"
    )


SECTIONS = (("const ::emu::Variable", "variables"), ("char", "threadgroup"))


def entry(kernel: Kernel, n: int, space: str) -> str:
    """The function that runs a kernel's threads, and what the table says of its parameters."""
    name = f"{space}::{kernel.name}"  # a helper of Metal's own may have that name
    arguments: list[str] = []
    described: list[str] = []
    for i, p in enumerate(kernel.parameters):
        kind = f"::emu::ParameterOf<decltype({name}), {i}>::Type"
        if p.buffer is not None:
            arguments.append(f"::emu::Bound<{kind}>::get({p.buffer})")
            described.append(f"::emu::describe<{kind}>({p.buffer})")
        else:
            arguments.append(f"::emu::position<{kind}>(emu_context.{p.builtin})")
    sections = "".join(
        f'extern "C" {kind} __{end}_emu_{section}_{n}[]\n'
        '    __attribute__((weak, visibility("hidden")));\n'
        for kind, section in SECTIONS
        for end in ("start", "stop")
    )
    return f"""{sections}
static const ::emu::Parameter emu_parameters_{n}[] = {{{", ".join([*described, "{}"])}}};
static constexpr unsigned emu_limit_{n} = {kernel.limit};
__attribute__((no_sanitize("thread"))) static void emu_run_{n}() {{
  while (emu_next_thread() != ::emu::NO_THREAD) {name}({", ".join(arguments)});
}}
"""


def row(kernel: Kernel, n: int, text: int, space: str) -> str:
    """A kernel in the table of kernels: emu::Kernel."""
    ends = [f"__{end}_emu_{section}_{n}" for _, section in SECTIONS for end in ("start", "stop")]
    names = [f"emu_run_{n}", f"emu_limit_{n}", f"emu_parameters_{n}", *ends]
    run, limit, *others = (f"{space}::{name}" for name in names)
    count = sum(p.buffer is not None for p in kernel.parameters)
    return f'{{"{kernel.name}", {run}, {text}, {limit}, {count}, {", ".join(others)}}}'
