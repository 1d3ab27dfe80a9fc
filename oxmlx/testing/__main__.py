"""`python -m oxmlx.testing`: print the matrix of primitives and rules."""

from oxmlx.testing.rules import rules_table

print(rules_table())
