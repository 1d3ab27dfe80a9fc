"""The operation of the example keeps the laws that ours keep."""

from __future__ import annotations

import extend_op
import jax
import numpy as np
import pytest
from agreement import agree

import oxmlx as ox
from oxmlx.backends import interpreter
from oxmlx.ir.aval import Aval
from oxmlx.ir.kernel import kernel_of


def test_it_is_that_of_jax() -> None:
    agree(extend_op.softsign, jax.nn.soft_sign, np.array([[-1.5, 0.5], [2.0, 3.0]]))


def test_its_kernel_is_its_meaning() -> None:
    x = np.linspace(-3, 3, 7)
    prim = extend_op.Softsign()
    kernel = kernel_of("softsign", [x], Aval(x.shape, x.dtype), prim.lower)
    np.testing.assert_allclose(interpreter.run(kernel, x)[0], prim.impl(x), rtol=1e-15)


def test_it_fuses_with_ours(device: str) -> None:
    x = np.linspace(-3, 3, 7, dtype=np.float32)
    f = ox.jit(lambda x: extend_op.softsign(2 * x) + 1)
    for kind in (device, "reference"):
        got = f(ox.device_put(x, kind))
        np.testing.assert_allclose(got, extend_op.Softsign().impl(2 * x) + 1, rtol=1e-6)


def test_it_runs(capsys: pytest.CaptureFixture[str]) -> None:
    extend_op.main([])
    printed = capsys.readouterr().out
    assert "finite differences" in printed
    assert printed.count("launch") == 1, "one kernel"
    assert "host" not in printed
