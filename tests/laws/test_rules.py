"""The matrix of rules has no hole but the ones named here."""

from __future__ import annotations

from collections.abc import Callable

import oxmlx.lax  # noqa: F401  # so that every primitive is known
from oxmlx.testing.rules import RULES, has_rule, primitives, rules_table

NO_KERNEL_YET = "a host step: its kernel is a template, which comes with the compiled backends"
HOLES = {
    ("sort", "lower"): NO_KERNEL_YET,
    ("top_k", "lower"): NO_KERNEL_YET,
    ("scatter", "lower"): NO_KERNEL_YET,
    ("in_bounds", "lower"): "a host step: it raises",
    ("in_bounds", "jvp"): "takes integers only",
    ("reduce_and", "jvp"): "takes bools and integers only",
    ("reduce_or", "jvp"): "takes bools and integers only",
    ("reduce_xor", "jvp"): "takes bools and integers only",
    ("iota", "jvp"): "has no operands",
    ("iota", "vmap"): "has no operands",
    ("axis_index", "jvp"): "has no operands",
    ("pure_callback", "lower"): "a Python function",
    ("io_callback", "lower"): "a Python function",
    ("debug_callback", "lower"): "a Python function",
}


def test_no_hole_without_a_name() -> None:
    holes = {
        (cls.name, rule)
        for cls in primitives()
        for rule in RULES
        if rule != "transpose" and not has_rule(cls, rule)
        if not ("axis_name" in cls.fields and rule in ("impl", "lower"))  # gone when vmap is done
        if not (rule == "lower" and cls.kind == "program")
    }
    assert holes == set(HOLES)


def test_the_table_lists_every_primitive() -> None:
    lines = rules_table().splitlines()
    assert len(lines) == 2 + len(primitives())
    assert "| sin | map | ✓ | ✓ | ✓ |   | ✓ | ✓ |" in lines


def test_the_published_table_is_the_one_the_classes_make(
    golden: Callable[[str, str], None],
) -> None:
    golden("rules.md", rules_table() + "\n")
