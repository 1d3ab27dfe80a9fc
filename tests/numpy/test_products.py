"""Products, einsum and polynomials against jax.numpy."""

import numpy as np
import pytest
from numpy_oracle import Case, Data, Of, laws

import oxmlx as ox
import oxmlx.numpy as onp

data = Data(4)
V, W, X, Y = data(4), data(4), data(3, 4), data(4, 5)
T, S = data(2, 3, 4), data(2, 4, 5)
K, J, Z, B = data(3, 4, kind="i"), data(4, 2, kind="i"), data(3, 4, kind="c"), data(3, 4, kind="b")
A3, B3 = data(5, 3), data(5, 3)
SQUARE = data(3, 3)

EINSUMS = [
    ("ij,jk->ik", X, Y),
    ("ij,jk", X, Y),
    ("ij->ji", X),
    ("ij->", X),
    ("ij->j", X),
    ("ii", SQUARE),
    ("ii->i", SQUARE),
    ("i,i", V, W),
    ("i,i->i", V, W),
    ("i,j->ij", V, X[0]),
    ("ij,ij->i", X, X),
    ("bij,bjk->bik", T, S),
    ("...ij,...jk->...ik", T, S),
    ("...j,jk->...k", T, Y),
    ("i...->...", T),
    ("...->...", T),
    ("ab,bc,cd->ad", X, Y, data(5, 2)),
    ("ab,bc,cd,de->ae", X, Y, data(5, 2), data(2, 3)),
    ("abc,cd,bd->a", T, Y, data(3, 5)),
    ("iij,jk->ik", data(3, 3, 4), Y),
    ("ij,jk,ki->", X, data(4, 2), data(2, 3)),
    ("bqhd,bkhd->bhqk", data(2, 3, 2, 4), data(2, 5, 2, 4)),
    (" i j , j k -> k i ", X, Y),
]

CASES = [
    *(Case("einsum", *arguments) for arguments in EINSUMS),
    Case("einsum", "ij,jk->ik", K, J),
    Case("einsum", "ij,ij->j", Z, X, since="0.9.0"),
    Case("einsum", "ij,jk,kl->il", X, Y, data(5, 2), optimize=False),
    Case("einsum", "ij,jk,kl->il", X, Y, data(5, 2), optimize=[(1, 2), (0, 1)]),
    Case("einsum", X, [0, 1], Y, [1, 2], [0, 2]),
    Case("einsum", T, [Ellipsis, 0, 1], Y, [1, 2]),
    *(Case(name, V, W) for name in ("dot", "inner", "outer", "vdot", "matmul", "kron", "vecdot")),
    Case("dot", X, Y),
    Case("dot", T, Y),
    Case("dot", T, S),
    Case("dot", 2.0, X),
    Case("dot", X, V),
    Case("dot", K, J),
    Case("matmul", T, S),
    Case("matmul", X, Y),
    Case("matmul", V, Y),
    Case("matmul", T, V),
    Case("matmul", data(2, 1, 3, 4), S),
    Case("matmul", K, Y),
    Case("matmul", Z, Y, since="0.9.0"),
    Case("matmul", B, B.T),
    Case("inner", X, data(2, 4)),
    Case("inner", X, 3.0),
    Case("vdot", Z, Z * 2),
    Case("outer", X, V),
    Case("vecdot", T, X),
    Case("vecdot", T, X[:, :1], axis=-2),
    Case("vecdot", Z, X, since="0.9.0"),
    Case("matvec", T, V),
    Case("matvec", T, data(2, 4)),
    Case("vecmat", data(3), T),
    Case("vecmat", Z, Y, since="0.9.0"),
    Case("tensordot", T, S, ((0, 2), (0, 1))),
    Case("tensordot", T, data(3, 4, 2)),
    Case("tensordot", X, Y, 1),
    Case("tensordot", V, W, 0),
    Case("kron", X, SQUARE),
    Case("kron", X, V),
    Case("kron", K, 2),
    Case("cross", A3, B3),
    Case("cross", A3[:, :2], B3),
    Case("cross", A3[:, :2], B3[:, :2]),
    Case("cross", A3.T, B3, axisa=0, axisc=0),
    Case("cross", A3.T, B3.T, axis=0),
    Case("cross", A3, B3[0]),
    Case("polyval", V, X),
    Case("polyval", data(40), np.tanh(X)),
    Case("polyval", X, data(4)),
    Case("polyval", K[0], 3, since="0.10.1"),
    Case("polyadd", V, X[0, :2]),
    Case("polysub", V, X[0, :2]),
    Case("polymul", V, X[0, :2]),
    Case("polymul", np.array([0.0, 0, 1, 2]), V, trim_leading_zeros=True, jit=False),
    Case("polydiv", data(6), 1 + data.positive(3)),
    Case("polydiv", V[:2], V),
    Case("polyder", V),
    Case("polyder", V, 2),
    Case("polyint", V),
    Case("polyint", V, 2, k=Of(lambda xp: xp.array([1, 2]))),
    Case("polyint", V, 2, k=3),
    Case("poly", V),
    *(Case("polyfit", data(6), data(6), deg) for deg in (0, 1, 3)),
    Case("polyfit", data(6), data(6, 2), 2),
    Case("polyfit", data(6), data(6), 2, w=data.positive(6)),
    Case("polyfit", data(9), data(9), 2, cov=True),
    Case("polyfit", data(9), data(9), 2, cov="unscaled", w=data.positive(9)),
    Case("polyfit", data(9), data(9, 2), 1, cov=True),
    Case("vander", V),
    Case("vander", V, 3, increasing=True),
    Case("vander", K[0]),
    Case("linalg.norm", X),
    Case("linalg.norm", T),
    Case("linalg.norm", Z),
    *(Case("linalg.norm", X, ord=p, axis=1) for p in (1, 2, 3, 0.5, np.inf, -np.inf, -2)),
    Case("linalg.norm", X, ord=0, axis=0, keepdims=True, grad=False),
    *(Case("linalg.norm", T, ord=p, axis=(2, 0)) for p in (1, -1, np.inf, -np.inf, "fro")),
    *(Case("linalg.norm", X, ord=p, keepdims=True) for p in (1, np.inf, "fro")),
    Case("linalg.vector_norm", T, axis=(0, 2), ord=3),
    Case("linalg.matrix_norm", T, keepdims=True),
    Case("linalg.matrix_power", SQUARE, 5),
    Case("linalg.matrix_power", SQUARE, 0),
    Case("linalg.multi_dot", [X, Y, data(5, 2)]),
    Case("linalg.multi_dot", [V, Y, data(5, 2), data(2)]),
    Case("linalg.trace", T, offset=1),
    Case("linalg.diagonal", T, offset=-1),
]

test_values, test_types, test_vmap = laws(CASES)


@pytest.mark.parametrize("extents", [(2, 50, 50, 3), (7, 3, 9, 1), (1, 1, 1, 1)])
def test_the_path_of_a_chain_is_the_cheaper_one(extents: tuple[int, int, int, int]) -> None:
    a, b, c, d = extents
    path, _ = onp.einsum_path("ab,bc,cd->ad", onp.ones((a, b)), onp.ones((b, c)), onp.ones((c, d)))
    left, right = a * b * c + a * c * d, b * c * d + a * b * d
    first = {(0, 1): left, (1, 2): right}.get(path[0])
    assert len(path) == 2 and first == min(left, right)


def test_a_path_may_be_used_again() -> None:
    x, y, z = (ox.array(v, "float64") for v in (X, Y, data(5, 2)))
    path, report = onp.einsum_path("ij,jk,kl->il", x, y, z)
    assert "->il" in report
    np.testing.assert_allclose(
        onp.einsum("ij,jk,kl->il", x, y, z, optimize=path), X @ Y @ np.asarray(z), rtol=1e-12
    )


@pytest.mark.parametrize("name", ["dot", "matmul", "inner", "vdot", "vecdot", "tensordot"])
def test_products_are_computed_in_the_preferred_dtype(name: str) -> None:
    x = onp.full(4096, 0.1, "bfloat16")
    axes = {"axes": 1} if name == "tensordot" else {}
    out = getattr(onp, name)(x, x, preferred_element_type="float32", **axes)
    exact = 4096 * float(x[0].item()) ** 2
    assert out.dtype == np.float32 and abs(out.item() / exact - 1) < 1e-6


def test_extents_of_one_are_broadcast() -> None:
    x = onp.einsum("ij,jk->ik", ox.array(X), ox.array(Y[:1]))
    np.testing.assert_allclose(x, np.einsum("ij,jk->ik", X, Y[:1]), rtol=1e-5)


def test_products_take_no_more_equations_than_they_need() -> None:
    def equations(f, *shapes):
        return [e.prim.name for e in ox.make_jaxpr(f)(*map(onp.ones, shapes)).eqns]

    assert equations(onp.dot, (3, 4), (4, 5)) == ["dot_general"]
    assert equations(onp.matmul, (2, 3, 4), (2, 4, 5)) == ["dot_general"]
    assert equations(lambda x, y: onp.einsum("bij,bjk->bik", x, y), (2, 3, 4), (2, 4, 5)) == [
        "dot_general"
    ]
    assert equations(lambda x, y: onp.einsum("i,i->i", x, y), (3,), (3,)) == ["mul"]
    assert equations(lambda x: onp.einsum("ij->ji", x), (2, 3)) == ["transpose"]
