"""Checks for users' functions and primitives: derivatives against finite differences, rules in a
matrix."""

from oxmlx.api.boundary import guard
from oxmlx.testing.gradients import check_grads, check_jvp, check_vjp
from oxmlx.testing.rules import primitives, rules_table

__all__ = ["check_grads", "check_jvp", "check_vjp", "primitives", "rules_table"]

guard(__name__)
