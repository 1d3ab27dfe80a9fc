"""Comparisons, boolean logic and bits: elementwise functions without derivatives."""

from __future__ import annotations

from typing import Any

from oxmlx.ops.elementwise import Flat, binary, unary


class Eq(Flat):
    """x = y"""


class Ne(Flat):
    """x ≠ y"""


class Lt(Flat):
    """x < y"""


class Le(Flat):
    """x ≤ y"""


class Gt(Flat):
    """x > y"""


class Ge(Flat):
    """x ≥ y"""


class And(Flat):
    """x ∧ y, bit by bit"""


class Or(Flat):
    """x ∨ y, bit by bit"""


class Xor(Flat):
    """x ⊕ y, bit by bit"""


class Not(Flat):
    """¬x, bit by bit"""


class ShiftLeft(Flat):
    """x · 2ʸ; 0 if y is no less than the width"""


class ShiftRightLogical(Flat):
    """the bits of x moved y places to the right, zeros coming in"""


class ShiftRightArithmetic(Flat):
    """the bits of x moved y places to the right, the sign coming in"""


class PopulationCount(Flat):
    """the number of bits of x that are set"""


class Clz(Flat):
    """the number of leading zero bits of x"""


def eq(x: Any, y: Any) -> Any:
    """x = y"""
    return binary(Eq(), x, y)


def ne(x: Any, y: Any) -> Any:
    """x ≠ y"""
    return binary(Ne(), x, y)


def lt(x: Any, y: Any) -> Any:
    """x < y"""
    return binary(Lt(), x, y)


def le(x: Any, y: Any) -> Any:
    """x ≤ y"""
    return binary(Le(), x, y)


def gt(x: Any, y: Any) -> Any:
    """x > y"""
    return binary(Gt(), x, y)


def ge(x: Any, y: Any) -> Any:
    """x ≥ y"""
    return binary(Ge(), x, y)


def and_(x: Any, y: Any) -> Any:
    """x ∧ y, bit by bit"""
    return binary(And(), x, y)


def or_(x: Any, y: Any) -> Any:
    """x ∨ y, bit by bit"""
    return binary(Or(), x, y)


def xor(x: Any, y: Any) -> Any:
    """x ⊕ y, bit by bit"""
    return binary(Xor(), x, y)


def not_(x: Any) -> Any:
    """¬x, bit by bit"""
    return unary(Not(), x)


def shift_left(x: Any, y: Any) -> Any:
    """x · 2ʸ"""
    return binary(ShiftLeft(), x, y)


def shift_right_logical(x: Any, y: Any) -> Any:
    """The bits of x moved y places to the right, zeros coming in."""
    return binary(ShiftRightLogical(), x, y)


def shift_right_arithmetic(x: Any, y: Any) -> Any:
    """The bits of x moved y places to the right, the sign coming in."""
    return binary(ShiftRightArithmetic(), x, y)


def population_count(x: Any) -> Any:
    """The number of bits of x that are set."""
    return unary(PopulationCount(), x)


def clz(x: Any) -> Any:
    """The number of leading zero bits of x."""
    return unary(Clz(), x)
