"""Which primitive has which rule, read off the classes."""

from __future__ import annotations

from collections.abc import Iterator

from oxmlx import debug, lax, random
from oxmlx.ir.primitive import Primitive

COMPLETE = debug, lax, random  # with these imported, every primitive is known

RULES = ("abstract", "impl", "jvp", "transpose", "vmap", "lower")


def primitives() -> list[type[Primitive]]:
    """Every class of primitives that can be applied, sorted by module and name."""

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


def rules_table() -> str:
    """The matrix of primitives and rules as Markdown.

    `lower` is empty for host steps and programs, which have no kernel of their own; `transpose`
    where a primitive is not linear.

    >>> print(rules_table().splitlines()[0])
    | primitive | kind | abstract | impl | jvp | transpose | vmap | lower |
    """
    lines = [f"| primitive | kind | {' | '.join(RULES)} |", "|---" * (len(RULES) + 2) + "|"]
    for cls in primitives():
        marks = " | ".join("✓" if has_rule(cls, r) else " " for r in RULES)
        lines.append(f"| {cls.name} | {cls.kind} | {marks} |")
    return "\n".join(lines)
