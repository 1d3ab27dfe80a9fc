"""What clang takes and the Metal compiler, as metalcompute calls it, does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oxmlx.emulate.errors import TextError
from oxmlx.emulate.signature import BUILTINS, Kernel, Parameter, kernels
from oxmlx.emulate.tokens import Token, tokenize

Problem = tuple[int, str]
"""A line, and what is wrong with it."""

BANNED = {
    **{word: "MSL has no double" for word in ("double", "double2", "double3", "double4")},
    **{word: "bfloat came with MSL 3.1" for word in ("bfloat", "bfloat2", "bfloat3", "bfloat4")},
    **{word: "MSL has no exceptions" for word in ("throw", "try", "catch")},
    **{word: "MSL has no run-time types" for word in ("virtual", "dynamic_cast", "typeid")},
    **{word: "MSL has no heap" for word in ("new", "delete", "malloc", "free")},
    **{word: "metalcompute binds buffers only" for word in ("texture2d", "sampler")},
    **{f"simd_shuffle_and_fill_{way}": "it came with MSL 2.4" for way in ("up", "down")},
    "atomic_float": "it came with MSL 3.0",
    "atomic_thread_fence": "it came with MSL 3.2",
    "function_constant": "metalcompute cannot set function constants",
    "goto": "MSL has no goto",
    "thread_local": "MSL has no thread_local",
    "std": "the names of MSL are in `metal`",
    "asm": "MSL has no assembly",
    **{word: "MSL has no such integers" for word in ("__int128", "__int128_t", "__uint128_t")},
}
_POSITIONS = {
    **{f"{number}{n or ''}": n or 1 for number in ("uint", "ushort") for n in (0, 2, 3)},
}
"""Types of a builtin parameter, and their components."""
_DECLARES = frozenset({
    *("struct", "class", "enum", "union", "using", "typedef", "template", "namespace"),
    *("static_assert", "extern", "constant"),
})  # fmt: skip
_CONTROL = frozenset({"if", "for", "while", "switch", "return", "sizeof", "alignof"})


def check_text(text: str) -> None:
    """Refuse a text that only clang would take.

    Raises:
        TextError: with the line of each problem.
    """
    if problems := lint(text):
        lines = [f"program_source:{line}: error: {problem}" for line, problem in problems]
        raise TextError("Metal text", "\n  ".join(lines))


def lint(text: str) -> list[Problem]:
    """The problems of a text, by line.

    >>> lint("kernel void f(device double* x [[buffer(0)]]) {}")
    [(1, '`double`: MSL has no double')]
    """
    tokens = tokenize(text)
    seen = [token for token in tokens if token.is_code]
    problems = [*banned(seen), *lambdas(seen), *statics(seen), *recursion(seen), *globals_(seen)]
    for kernel in kernels(tokens):
        problems += signature(kernel)
    return sorted(set(problems))


def banned(seen: Sequence[Token]) -> Iterator[Problem]:
    """Words of later versions, of C++ only, or of what metalcompute cannot bind."""
    for token, after in zip(seen, (*seen[1:], None), strict=True):
        if token.kind == "word" and token.text in BANNED:
            yield token.line, f"`{token.text}`: {BANNED[token.text]}"
        elif token.text.startswith("__builtin_"):
            yield token.line, f"`{token.text}`: it is a function of clang"
        elif token.text == "long" and after is not None and after.text == "long":
            yield token.line, "`long long`: MSL has no such type; `long` has 64 bits"
        elif token.is_long_double:
            yield token.line, f"`{token.text}`: MSL has no long double"


def lambdas(seen: Sequence[Token]) -> Iterator[Problem]:
    """A `[` that is behind no value opens a lambda, or a second `[` an attribute."""
    for k, token in enumerate(seen):
        if token.text != "[" or k == 0:
            continue
        before = seen[k - 1]
        value = before.text in (")", "]") or (before.kind == "word" and before.text != "return")
        attribute = before.text == "[" or seen[k + 1 : k + 2] and seen[k + 1].text == "["
        if not value and not attribute:
            yield token.line, "MSL has no lambdas"


def statics(seen: Sequence[Token]) -> Iterator[Problem]:
    """A variable that outlives its function."""
    for depth, token, after in depths(seen):
        if token.text == "static" and depth and after.text not in ("constexpr", "constant"):
            yield token.line, "MSL has no static variables in functions"


def depths(seen: Sequence[Token]) -> Iterator[tuple[int, Token, Token]]:
    """Each token but the last, with the braces that are open and the token behind it."""
    depth = 0
    for token, after in zip(seen, seen[1:], strict=False):
        depth += (token.text == "{") - (token.text == "}")
        yield depth, token, after


def recursion(seen: Sequence[Token]) -> Iterator[Problem]:
    """A function that calls itself, by others or not."""
    calls: dict[str, set[str]] = {}
    lines: dict[str, int] = {}
    function = ""
    depth = rounds = 0
    for k, token in enumerate(seen[:-1]):
        opens = seen[k + 1].text == "("
        if token.kind == "word" and opens and token.text not in _CONTROL:
            if depth == 0 and rounds == 0:
                function = token.text
                calls.setdefault(function, set())
                lines.setdefault(function, token.line)
            elif depth and function and seen[k - 1].text not in (".", "->", "::"):
                calls[function].add(token.text)
        depth += (token.text == "{") - (token.text == "}")
        rounds += (token.text == "(") - (token.text == ")")
    for name in calls:
        reached: set[str] = set()
        todo = [name]
        while todo:
            new = (calls.get(todo.pop(), set()) & calls.keys()) - reached
            reached |= new
            todo += new
        if name in reached:
            yield lines[name], f"`{name}` calls itself: MSL has no recursion"


def globals_(seen: Sequence[Token]) -> Iterator[Problem]:
    """A variable of the program that is not constant."""
    statement: list[Token] = []
    depth = 0
    for token in seen:
        if depth == 0 and token.text in (";", "=", "{"):
            words = [t.text for t in statement]
            variable = words and "(" not in words and "operator" not in words
            if variable and token.text != "{" and not _DECLARES & set(words):
                yield statement[0].line, f"`{words[-1]}`: a variable of the program is `constant`"
        depth += (token.text == "{") - (token.text == "}")
        statement = [] if depth == 0 and token.text in (";", "}") else [*statement, token]


def signature(kernel: Kernel) -> Iterator[Problem]:
    """Parameters that Metal cannot bind."""
    seen: dict[str, str] = {}
    sizes: dict[int, str] = {}
    for p in kernel.parameters:
        if p.buffer is not None:
            yield from buffer(p)
            if other := seen.get(p.buffer):
                yield p.line, f"`{p.name}` and `{other}` are both buffer({p.buffer})"
            seen[p.buffer] = p.name
        elif p.builtin is None:
            listed = ", ".join(p.attributes) or "no attribute"
            yield p.line, f"`{p.name}`: metalcompute cannot bind a parameter of {listed}"
        elif (size := _POSITIONS.get(p.type, 0)) == 0 or size > BUILTINS[p.builtin]:
            yield p.line, f"`{p.name}`: {p.builtin} is no {p.type}"
        elif BUILTINS[p.builtin] == 3:
            sizes[size] = p.name
    if len(sizes) > 1:
        names = " and ".join(f"`{name}`" for name in sizes.values())
        yield kernel.line, f"{names} differ in their components"


def buffer(p: Parameter) -> Iterator[Problem]:
    """A buffer's address space and index."""
    if not {"device", "constant"} & set(p.words):
        yield p.line, f"`{p.name}`: a buffer is `device` or `constant`"
    if not {"*", "&"} & set(p.words):
        yield p.line, f"`{p.name}`: a buffer is a pointer or a reference"
    if p.buffer and p.buffer.isdecimal() and int(p.buffer) > 30:
        yield p.line, f"`{p.name}`: there are buffers 0 to 30"
