"""Derivatives as users call them: auxiliary outputs, integers, complex numbers, positions."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import oxmlx as ox
from oxmlx.dtypes import float0
from oxmlx.errors import GradientError
from oxmlx.ops.convert import from_numpy

Z = np.array([1 + 2j, -0.5 + 0.3j], np.complex64)


def auxiliary(lib: Any) -> dict[str, Any]:
    """Functions of w by way of an auxiliary output, which depends on w alone or also on x."""
    one = np.float32(1.0)
    return {
        "jvp, of w": lambda w: lib.jvp(lambda x: (x * x, w * 2), (one,), (one,), has_aux=True)[2],
        "jvp, of both": lambda w: lib.jvp(lambda x: (x, w * x), (one,), (one,), has_aux=True)[2],
        "jacfwd": lambda w: lib.jacfwd(lambda x: (x * x, w * 2), has_aux=True)(one)[1],
        "jacrev": lambda w: lib.jacrev(lambda x: (x * x, w * x), has_aux=True)(one)[1],
        "jacrev, in a tree": lambda w: lib.jacrev(lambda x: (x, {"a": w * x}), has_aux=True)(one)[
            1
        ]["a"],
        "hessian": lambda w: lib.hessian(lambda x: (x**3, w * x), has_aux=True)(one)[1],
        "grad": lambda w: lib.grad(lambda x: (x * x, w * x), has_aux=True)(one)[1],
        "vjp": lambda w: lib.vjp(lambda x: (x * x, w * x), one, has_aux=True)[2],
        "linearize": lambda w: lib.linearize(lambda x: (x * x, w * x), one, has_aux=True)[2],
    }


@pytest.mark.parametrize("name", auxiliary(ox))
def test_an_auxiliary_output_is_differentiated_by_the_transformation_around(name: str) -> None:
    for transform in ("grad", "jacfwd", "hessian"):
        ours = getattr(ox, transform)(auxiliary(ox)[name])(np.asarray(3.0, np.float32))
        theirs = getattr(jax, transform)(auxiliary(jax)[name])(np.asarray(3.0, np.float32))
        assert float(ours) == float(theirs), transform
    assert float(ox.grad(auxiliary(ox)[name])(3.0)) != 0.0


def test_an_auxiliary_output_may_be_anything() -> None:
    aux = {"text": "a", "none": None, "number": 3, "numpy": np.ones(2)}
    _, seen = ox.grad(lambda x: [x * x, {**aux, "x": x}], has_aux=True)(2.0)
    assert (seen["text"], seen["number"], float(seen["x"])) == ("a", 3, 2.0)
    assert seen["numpy"] is aux["numpy"]
    assert ox.jvp(lambda x: (x, aux), (1.0,), (1.0,), has_aux=True)[2] == aux


def test_the_tangent_of_an_integer_is_float0() -> None:
    f = lambda x, n: (x * n, n + 1)  # noqa: E731
    nothing = np.zeros((), float0)
    _, (dx, dn) = ox.jvp(f, (2.0, 3), (1.0, nothing))
    assert float(dx) == 3.0 and dn.dtype == float0
    y, pull = ox.vjp(f, 2.0, 3)
    assert float(pull((1.0, nothing))[0]) == 3.0
    for wrong in (1, 1.0, np.int32(1), ox.numpy.ones((), "int32")):
        with pytest.raises(GradientError, match="of a value of type i32"):
            ox.jvp(f, (2.0, 3), (1.0, wrong))
        with pytest.raises(GradientError, match="must be of dtype float0"):
            pull((1.0, wrong))


def test_jacobians_of_complex_functions_must_be_said_to_be_holomorphic() -> None:
    square = lambda z: z * z  # noqa: E731
    for jacobian in (ox.jacfwd, ox.jacrev, ox.hessian):
        with pytest.raises(GradientError, match="holomorphic=True"):
            jacobian(square)(from_numpy(Z))
    ours = np.asarray(ox.jacfwd(square, holomorphic=True)(from_numpy(Z)))
    np.testing.assert_allclose(ours, np.diag(2 * Z), rtol=1e-6)
    with pytest.raises(GradientError, match="must return a complex number"):
        ox.grad(lambda z: abs(z[0]), holomorphic=True)(from_numpy(Z))
    real_of_complex = ox.jacrev(lambda z: abs(z))(from_numpy(Z))
    assert real_of_complex.shape == (2, 2) and real_of_complex.dtype == np.complex64


def test_argument_numbers_may_be_numpys() -> None:
    f = lambda x, y: x * y  # noqa: E731
    assert float(ox.grad(f, np.int64(1))(2.0, 3.0)) == 2.0
    assert [float(g) for g in ox.grad(f, tuple(np.arange(2)))(2.0, 3.0)] == [3.0, 2.0]
    for jacobian in (ox.jacfwd, ox.jacrev):
        assert float(jacobian(f, np.int8(-1))(2.0, 3.0)) == 2.0
    assert float(ox.hessian(lambda x, y: x * y * y, np.int64(1))(2.0, 3.0)) == 4.0


def test_advice_names_what_exists() -> None:
    with pytest.raises(GradientError, match=r"\.astype\(ox\.(\w+)\)") as e:
        ox.jvp(abs, (from_numpy(np.ones(2, np.float16)),), (from_numpy(np.ones(2)),))
    assert "ox.float16" in str(e.value) and hasattr(ox, "float16")
