"""The methods of ufuncs against jax.numpy and NumPy."""

import numpy as np
import pytest
from numpy_oracle import Case, Data, laws

import oxmlx as ox
import oxmlx.numpy as onp

data = Data(7)
X, V, K, B = data(3, 4), data(4), data(3, 4, kind="i"), data(3, 4, kind="b")
INDEX = np.array([0, 2, 0])

NAMES = "add subtract multiply maximum minimum logaddexp logaddexp2"
CASES = [
    *(Case(f"{name}.reduce", X, axis=k) for name in NAMES.split() for k in (0, 1)),
    *(Case(f"{name}.reduce", X, axis=None, keepdims=True) for name in ("add", "logaddexp")),
    *(Case(f"{name}.reduce", X, initial=0.5) for name in ("add", "maximum", "logaddexp")),
    *(Case(f"{name}.reduce", X, where=B, initial=0.5) for name in ("multiply", "logaddexp")),
    *(Case(f"{name}.accumulate", X, axis=1) for name in NAMES.split()),
    *(Case(f"{name}.outer", X, V) for name in NAMES.split()),
    *(Case(f"{name}.at", X[:, 0], INDEX, X[:, 1], inplace=False) for name in NAMES.split()[:2]),
    Case("multiply.at", X[:, 0], INDEX, X[:, 1], inplace=False, grad=False),
    *(Case(f"{name}.reduceat", X[:, 0], INDEX, jit=False) for name in ("add", "multiply")),
    *(Case(f"bitwise_{name}.reduce", K, axis=1) for name in ("and", "or", "xor")),
    *(Case(f"logical_{name}.reduce", B, axis=1) for name in ("and", "or", "xor")),
    Case("negative.at", V, INDEX, inplace=False),
    Case("add.reduce", K, dtype="float32", types=False, grad=False),
    Case("logaddexp.reduce", X[:0]),
]

test_values, test_types, test_vmap = laws(CASES)


def test_a_ufunc_of_ones_own() -> None:
    f = onp.frompyfunc(lambda x, y: ox.numpy.where(x > 3, x, x + y), 2, 1)
    g = np.frompyfunc(lambda x, y: x if x > 3 else x + y, 2, 1)
    x, y = data(4, 3), data(3)
    a, b = ox.array(x, "float64"), ox.array(y, "float64")
    np.testing.assert_allclose(f(a, b), g(x, y).astype(float), rtol=1e-12)
    theirs = g.accumulate(x, axis=0).astype(float)
    np.testing.assert_allclose(f.accumulate(a, axis=0), theirs, rtol=1e-12)
    assert repr(f) == "<ufunc '<lambda>'>" and (f.nin, f.nout, f.identity) == (2, 1, None)


def test_what_a_ufunc_says_of_itself() -> None:
    assert isinstance(onp.add, onp.ufunc) and repr(onp.add) == "<ufunc 'add'>"
    assert onp.add.__doc__ and onp.multiply.identity == 1 and onp.negative.nin == 1


@pytest.mark.parametrize("name", ["add", "maximum"])
def test_reduceat_follows_numpy_where_places_do_not_rise(name: str) -> None:
    x, places = data(3, 6), np.array([4, 1, 1, 5])
    mine = getattr(onp, name).reduceat(ox.array(x, "float64"), places, axis=1)
    np.testing.assert_allclose(mine, getattr(np, name).reduceat(x, places, axis=1), rtol=1e-12)
