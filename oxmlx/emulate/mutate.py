"""Small errors, planted one at a time: tests of a kernel are good if they find each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oxmlx.emulate.rewrite import threadgroup_arrays
from oxmlx.emulate.signature import kernels
from oxmlx.emulate.tokens import Token, attributes, closing, code, tokenize

BARRIERS = ("threadgroup_barrier", "simdgroup_barrier")
SPACES = ("device", "constant", "threadgroup")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A text with one error: its name, its line, and the text, whose lines are as they were."""

    name: str
    line: int
    text: str


def mutants(text: str) -> Iterator[Mutant]:
    """The mutants of a text: barriers removed and weakened, indices of shared memory off by one.

    Args:
        text: a Metal text.

    >>> for m in mutants('''kernel void f(device float* x [[buffer(0)]]) {
    ...   threadgroup_barrier(mem_flags::mem_device | mem_flags::mem_threadgroup);
    ...   x[0] = 1.0;
    ... }'''):
    ...     print(m.line, m.name)
    2 threadgroup_barrier removed
    2 threadgroup_barrier without mem_device
    2 threadgroup_barrier without mem_threadgroup
    3 x[0] + 1
    3 x[0] - 1
    """
    tokens = tokenize(text)
    at = code(tokens)
    shared = shared_names(tokens)
    attribute = {first for first, _, _ in attributes(tokens)}
    declarations = declared_at(tokens)
    for k, i in enumerate(at[:-1]):
        word, following = tokens[i], at[k + 1]
        if word.text in BARRIERS and tokens[following].text == "(":
            yield from of_barrier(tokens, i, following)
        if word.text not in shared or i in declarations or following in attribute:
            continue
        if tokens[following].text == "[":
            yield from of_subscripts(tokens, i, following)


def of_barrier(tokens: Sequence[Token], i: int, start: int) -> Iterator[Mutant]:
    """Without the barrier, and without each of its flags."""
    name, line, end = tokens[i].text, tokens[i].line, closing(tokens, start)
    yield Mutant(f"{name} removed", line, replaced(tokens, i, end + 1, "(void)0"))
    flags = [
        t.text for t in tokens[start:end] if t.text.startswith("mem_") and t.text != "mem_flags"
    ]
    for flag in flags:
        kept = [f"mem_flags::{other}" for other in flags if other != flag] or [
            "mem_flags::mem_none"
        ]
        weaker = replaced(tokens, start + 1, end, " | ".join(kept))
        yield Mutant(f"{name} without {flag}", line, weaker)


def of_subscripts(tokens: Sequence[Token], i: int, start: int) -> Iterator[Mutant]:
    """Off by one, in each of the subscripts behind a name."""
    while start < len(tokens) and tokens[start].text == "[":
        end = closing(tokens, start)
        index = "".join(t.text for t in tokens[start + 1 : end])
        whole = "".join(t.text for t in tokens[i : end + 1])
        for step in ("+ 1", "- 1"):
            text = replaced(tokens, start + 1, end, f"({index}) {step}")
            yield Mutant(f"{whole} {step}", tokens[start].line, text)
        start = end + 1


def replaced(tokens: Sequence[Token], first: int, behind: int, text: str) -> str:
    """The text with other words for some tokens, on the same lines."""
    lines = "\n" * sum(t.text.count("\n") for t in tokens[first:behind])
    lines = lines[text.count("\n") :]
    before, after = tokens[:first], tokens[behind:]
    return "".join([*(t.text for t in before), text, lines, *(t.text for t in after)])


def shared_names(tokens: Sequence[Token]) -> set[str]:
    """Names of memory that threads share: pointers into it, and threadgroup arrays."""
    words = [tokens[i].text for i in code(tokens)]
    names: set[str] = set()
    for k, word in enumerate(words):
        if word in SPACES:
            rest = words[k + 1 : k + 12]
            star = next((j for j, w in enumerate(rest) if w in "*;,(){}=["), len(rest))
            if star + 1 < len(rest) and rest[star] == "*":
                names.add(next(w for w in rest[star + 1 :] if w.isidentifier()))
    for kernel in kernels(tokens):
        names.update(n for _, _, listed in threadgroup_arrays(tokens, kernel) for n in listed)
    return names


def declared_at(tokens: Sequence[Token]) -> set[int]:
    """The tokens of declarations of threadgroup arrays, whose brackets hold no index."""
    found: set[int] = set()
    for kernel in kernels(tokens):
        for first, last, _ in threadgroup_arrays(tokens, kernel):
            found.update(range(first, last))
    return found
