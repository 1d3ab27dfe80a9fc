"""The first-order primitives: one class each holds all of its rules.

Importing the package gives values their operators and subscripts.
"""

from oxmlx.ops import operators, subscript

__all__ = ["operators", "subscript"]
