"""Which primitive has which rule, read off the classes."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase

from oxmlx import debug, lax, random
from oxmlx.backends.llvm.scalars import is_native
from oxmlx.dtypes import as_dtype
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.scalar import SCALARS
from oxmlx.ops.elementwise import Elementwise

COMPLETE = debug, lax, random  # with these imported, every primitive is known

RULES = ("abstract", "impl", "jvp", "transpose", "vmap", "lower")

REGISTERS = tuple(map(as_dtype, ("float32", "int32", "uint32", "bool")))

PROGRAM = "a program, which is made of others"
PLACES = "no element is a function of its index: updates go where data says, in order"
ROWS = "no element is a function of its index: rows are put in order by a library"
PYTHON = "a host step: a Python function"
HOLES = {
    ("sort", "lower"): ROWS,
    ("top_k", "lower"): ROWS,
    ("scatter", "lower"): PLACES,
    ("in_bounds", "lower"): "a host step: it raises",
    ("in_bounds", "jvp"): "takes integers only",
    ("reduce_and", "jvp"): "takes bools and integers only",
    ("reduce_or", "jvp"): "takes bools and integers only",
    ("reduce_xor", "jvp"): "takes bools and integers only",
    ("iota", "jvp"): "has no operands",
    ("iota", "vmap"): "has no operands",
    ("axis_index", "jvp"): "has no operands",
    ("pure_callback", "lower"): PYTHON,
    ("io_callback", "lower"): PYTHON,
    ("debug_callback", "lower"): PYTHON,
}
"""What a class lacks for a reason of its own."""

REAL = "real numbers by the library; the rest is a host step"
LIBRARY = {
    "dot_general": "floats by the library; the rest is a host step",
    "scatter": "by the library, but for products of complex numbers",
    "sort": "real keys by the library; the rest is a host step",
    "top_k": "by the library",
    "cumsum": REAL,
    "cumprod": REAL,
    "cummax": "by the library",
    "cummin": "by the library",
    "cumlogsumexp": "by the library",
}
"""What of a class the library of the device `cpu` computes."""


def primitives() -> list[type[Primitive]]:
    """Every class of primitives that can be applied, sorted by module and name.

    >>> [cls.name for cls in primitives() if cls.kind == "program"][:3]
    ['call', 'cond', 'custom_jvp_call']
    """

    def below(cls: type[Primitive]) -> Iterator[type[Primitive]]:
        for sub in cls.__subclasses__():
            yield sub
            yield from below(sub)

    found = {c for c in below(Primitive) if not c.__subclasses__() or c.__name__ == "Call"}
    ours = [c for c in found if c.__module__.startswith("oxmlx.")]
    return sorted(ours, key=lambda c: (c.__module__, c.__name__))


def has_rule(cls: type[Primitive], rule: str) -> bool:
    """Whether a class, or a family it belongs to, defines a rule."""
    if rule == "vmap" and cls.vmap_axis is not Primitive.vmap_axis:
        return True
    return getattr(cls, rule) is not getattr(Primitive, rule)


def hole(cls: type[Primitive], rule: str) -> str:
    """Why a class lacks a rule; nothing if it has it.

    >>> hole(primitives()[0], "lower")
    'a program, which is made of others'
    """
    if has_rule(cls, rule):
        return ""
    if rule == "transpose":
        return "not linear"
    if rule == "lower" and cls.kind == "program":
        return PROGRAM
    if rule in ("impl", "lower") and "axis_name" in cls.fields:
        return "gone when its axis is mapped"
    return HOLES[cls.name, rule]


def cpu_hole(cls: type[Primitive]) -> str:
    """Why the device `cpu` has no kernel for a class whatever the dtypes; nothing if it has one."""
    if cls.schedule is not Primitive.schedule:
        return "a step of the plan, which holds the plans of its bodies"
    if cls.name in LIBRARY:
        return LIBRARY[cls.name]
    if missing := hole(cls, "lower"):
        return missing
    if issubclass(cls, Elementwise) and cls.scalar in SCALARS:
        arity = SCALARS[cls.scalar].arity
        if not any(is_native(cls.scalar, (dtype,) * arity, None) for dtype in REGISTERS):
            return "a host step: there is no code for its numbers"
    return ""


def rules_table() -> str:
    """The matrix of primitives and rules as Markdown, with a note for each hole.

    `cpu` says whether the device of that name has kernels for it.

    >>> print(rules_table().splitlines()[0])
    | primitive | kind | abstract | impl | jvp | transpose | vmap | lower | cpu |
    """
    notes: dict[str, str] = {}

    def mark(reason: str) -> str:
        return notes.setdefault(reason, ascii_lowercase[len(notes)]) if reason else "✓"

    columns = (*RULES, "cpu")
    lines = [f"| primitive | kind | {' | '.join(columns)} |", "|---" * (len(columns) + 2) + "|"]
    for cls in primitives():
        marks = " | ".join(map(mark, (*(hole(cls, r) for r in RULES), cpu_hole(cls))))
        lines.append(f"| {cls.name} | {cls.kind} | {marks} |")
    return "\n".join([*lines, "", *(f"- {letter}: {reason}" for reason, letter in notes.items())])
