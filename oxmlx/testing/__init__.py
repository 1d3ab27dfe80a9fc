"""Checks for users' functions and primitives: derivatives against finite differences, rules in a
matrix, devices on random programs."""

from oxmlx.api.boundary import guard
from oxmlx.testing.gradients import check_grads, check_jvp, check_vjp
from oxmlx.testing.programs import Program
from oxmlx.testing.rules import primitives, rules_table

__all__ = ["Program", "check_grads", "check_jvp", "check_vjp", "primitives", "rules_table"]

guard(__name__)
