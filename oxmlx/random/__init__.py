"""Random numbers from explicit keys, under `jax.random`'s names and with its bits."""

from oxmlx.random.keys import (
    PRNGKey,
    clone,
    fold_in,
    key,
    key_data,
    key_dtype,
    key_impl,
    split,
    wrap_key_data,
)
from oxmlx.random.uniform import bernoulli, bits, rademacher, randint, uniform

__all__ = [
    "PRNGKey",
    "bernoulli",
    "bits",
    "clone",
    "fold_in",
    "key",
    "key_data",
    "key_dtype",
    "key_impl",
    "rademacher",
    "randint",
    "split",
    "uniform",
    "wrap_key_data",
]
