"""The kernels of a Metal text: their names, parameters and attributes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from oxmlx.emulate.tokens import Token, attributes, closing, code

BUILTINS = {
    **{f"{what}_in_grid": 3 for what in ("thread_position", "threadgroup_position")},
    **{"thread_position_in_threadgroup": 3, "threads_per_grid": 3},
    **{"threads_per_threadgroup": 3, "threadgroups_per_grid": 3},
    **{"thread_index_in_threadgroup": 1, "thread_index_in_simdgroup": 1},
    **{"simdgroup_index_in_threadgroup": 1, "threads_per_simdgroup": 1},
    **{"simdgroups_per_threadgroup": 1},
}
"""What a kernel may ask of its thread, and how many components that may have."""
ALIASES = {
    "dispatch_threads_per_threadgroup": "threads_per_threadgroup",
    "dispatch_simdgroups_per_threadgroup": "simdgroups_per_threadgroup",
    "thread_execution_width": "threads_per_simdgroup",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its declaration in words, and its attributes."""

    words: tuple[str, ...]
    attributes: tuple[str, ...]
    line: int

    @property
    def name(self) -> str:
        """The name of the parameter."""
        return next((w for w in reversed(self.words) if w.isidentifier()), "")

    @property
    def type(self) -> str:
        """The type, as it is written."""
        return " ".join(w for w in self.words[:-1]).replace(" *", "*").replace(" &", "&")

    @property
    def buffer(self) -> str | None:
        """The index of the buffer, as it is written, if it is one."""
        found = (re.fullmatch(r"buffer\((.+)\)", a) for a in self.attributes)
        return next((match[1] for match in found if match), None)

    @property
    def builtin(self) -> str | None:
        """What it is of the thread, if anything."""
        found = (ALIASES.get(a, a) for a in self.attributes)
        return next((a for a in found if a in BUILTINS), None)


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel function; `body` are the tokens from `{` to `}`."""

    name: str
    line: int
    parameters: tuple[Parameter, ...]
    attributes: tuple[str, ...] = field(default=())
    body: range = range(0)

    @property
    def limit(self) -> str:
        """Threads in a threadgroup as the kernel bounds them, as written; 0 if it does not."""
        found = (
            re.fullmatch(r"max_total_threads_per_threadgroup\((.+)\)", a) for a in self.attributes
        )
        return next((match[1] for match in found if match), "0")


def kernels(tokens: Sequence[Token]) -> list[Kernel]:
    """The kernels that a text defines, in order; templates are not among them."""
    at = code(tokens)
    found: list[Kernel] = []
    pending: list[str] = []  # attributes of the declaration that is being read
    marks = {first: (behind, names) for first, behind, names in attributes(tokens)}
    behind, template = 0, False
    for k, i in enumerate(at):
        text = tokens[i].text
        if i < behind:
            continue
        if i in marks:
            behind, names = marks[i]
            pending += names
        elif text == "kernel":
            pending.append(text)
        elif text == "template":
            template = True
        elif text == "void" and "kernel" in pending and k + 2 < len(at):
            name, start = tokens[at[k + 1]], at[k + 2]
            end = closing(tokens, start)
            brace = next((j for j in at[k + 2 :] if j > end), len(tokens))
            behind = end + 1
            if tokens[start].text == "(" and not template and brace < len(tokens):
                body = range(brace, closing(tokens, brace) + 1)
                own = tuple(a for a in pending if a != "kernel")
                listed = parameters(tokens, start, end)
                found.append(Kernel(name.text, name.line, listed, own, body))
            pending = []
        elif text in "{};":
            pending, template = [], False
    return found


def parameters(tokens: Sequence[Token], start: int, end: int) -> tuple[Parameter, ...]:
    """The parameters between the brackets at `start` and `end`."""
    marks = {first: (behind, names) for first, behind, names in attributes(tokens)}
    found: list[Parameter] = []
    words: list[str] = []
    names: list[str] = []
    behind = depth = 0
    for i in range(start + 1, min(end + 1, len(tokens))):
        token = tokens[i]
        if i < behind or not token.is_code:
            continue
        if i in marks:
            behind, more = marks[i]
            names += more
        elif i == end or (token.text == "," and depth == 0):
            if words:
                found.append(Parameter(tuple(words), tuple(names), token.line))
            words, names = [], []
        else:
            depth += (token.text in "(<[") - (token.text in ")>]")
            words.append(token.text)
    return tuple(found)
