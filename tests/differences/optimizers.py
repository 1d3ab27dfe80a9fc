"""ox.optim where it is not optax."""

from __future__ import annotations

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import oxmlx as ox
from differences.rows import row
from oxmlx.errors import ArgumentError

onp, optim = ox.numpy, ox.optim


@row("optim: bias_correction")
def bias_correction() -> None:
    for name in ("adam", "adamw", "scale_by_adam"):
        assert "bias_correction" not in inspect.signature(getattr(optax, name)).parameters
        option = inspect.signature(getattr(optim, name)).parameters["bias_correction"]
        assert option.default is True and option.kind is option.KEYWORD_ONLY
    tx, g = optim.adam(1e-3, bias_correction=False), onp.array(1.0)
    step = tx.update(g, tx.init(g))[0].item()
    assert step == pytest.approx(-1e-3 * 0.1 / 0.001**0.5, rel=1e-4)


@row("optim: dtype of MultiSteps' sum")
def multi_steps() -> None:
    with jax.enable_x64(True):
        for dtype, theirs in (("bfloat16", "float32"), ("float64", "float32")):
            state = optax.MultiSteps(optax.sgd(0.1), 2).init(jnp.ones(2, dtype))
            assert state.acc_grads.dtype == theirs
    for dtype, ours in (
        ("bfloat16", "float32"),
        ("float64", "float64"),
        ("complex64", "complex64"),
    ):
        state = optim.MultiSteps(optim.sgd(0.1), 2).init(onp.ones(2, dtype))
        assert state.acc_grads.dtype == np.dtype(ours)


@row("optim: arguments that make no sense")
def arguments() -> None:
    assert optax.exponential_decay(1.0, 0, 0.5)(5) == 1.0
    assert callable(optax.adam(0.1, b1=1.5).update)
    assert callable(optax.MultiSteps(optax.sgd(0.1), 0).update)
    for f in (
        lambda: optim.exponential_decay(1.0, 0, 0.5),
        lambda: optim.adam(0.1, b1=1.5),
        lambda: optim.MultiSteps(optim.sgd(0.1), 0),
    ):
        with pytest.raises(ArgumentError):
            f()
