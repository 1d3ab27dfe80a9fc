"""The rows of DIFFERENCES.md: for each topic a check that runs both libraries."""

from differences import (
    accuracy,
    arithmetic,
    arrays,
    derivatives,
    dtypes,
    indexing,
    keys,
    neural,
    optimizers,
    own_rules,
    programs,
)
from differences.rows import ROWS

__all__ = [
    "ROWS",
    "accuracy",
    "arithmetic",
    "arrays",
    "derivatives",
    "dtypes",
    "indexing",
    "keys",
    "neural",
    "optimizers",
    "own_rules",
    "programs",
]
