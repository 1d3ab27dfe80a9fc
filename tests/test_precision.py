"""The fixture `precision`: a test has the bits of jax that it asks for, whatever was imported."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import pytest


def test_32_bits_are_the_default() -> None:
    assert jnp.arange(2.0).dtype == jnp.float32


@pytest.mark.x64
def test_a_test_may_be_marked() -> None:
    assert jnp.arange(2.0).dtype == jnp.float64


@pytest.mark.parametrize("name", ["float32", pytest.param("float64", marks=pytest.mark.x64)])
def test_a_parameter_may_be_marked(name: str) -> None:
    assert jnp.arange(2.0).dtype == name


def test_the_switch_of_the_process_does_not_count() -> None:
    jax.config.update("jax_enable_x64", True)
    try:
        assert jnp.arange(2.0).dtype == jnp.float32
    finally:
        jax.config.update("jax_enable_x64", False)
