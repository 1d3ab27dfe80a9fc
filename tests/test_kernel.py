"""The kernel language: interned, typed, scoped and printed expressions."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oxmlx.backends import interpreter
from oxmlx.errors import CheckError, DtypeError, OverflowingLiteralError
from oxmlx.ir import expr
from oxmlx.ir.kernel import (
    INDEX,
    Buffer,
    Const,
    Expr,
    Fold,
    Index,
    Kernel,
    Literal,
    Load,
    Operand,
    Part,
    Prefix,
    Scalar,
    Store,
    bitcast,
    cast,
    const,
    fold,
    kernel_of,
    nodes,
    part,
    prefix,
    scalar,
    size,
    substitute,
)
from oxmlx.ir.kernel_check import check_kernel
from oxmlx.ir.monoid import MONOIDS

F32, F16, BF16 = np.dtype("float32"), np.dtype("float16"), np.dtype(ml_dtypes.bfloat16)
BOOL, U8, I64 = np.dtype(bool), np.dtype("uint8"), np.dtype("int64")

x2, v1 = Buffer("x", (3, 5), F32), Buffer("v", (5,), F32)
x, v = Operand.of(x2), Operand.of(v1)
i, j = Index("i0", size(3)), Index("i1", size(5))


def over(name: str, shape: tuple[int, ...], value: Callable[..., Expr]) -> Kernel:
    """A kernel whose point stores `value(*grid)`."""
    grid = tuple(Index(f"i{k}", size(n)) for k, n in enumerate(shape))
    e = value(*grid)
    return Kernel(name, grid, (Store(Buffer("out", shape, e.dtype), grid, e),))


def table(e: Expr, *grid: Index) -> Any:
    """The values of an expression without loads over a grid."""
    out = Buffer("out", tuple(k.extent.value for k in grid), e.dtype)
    return interpreter.run(Kernel("t", grid, (Store(out, grid, e),)))[0]


# Interning


def test_equal_expressions_are_one_object() -> None:
    assert scalar("mul", x((i, j)), x((i, j))) is scalar("mul", x((i, j)), x((i, j)))
    assert x((i, 0)) is Load(x2, (i, const(0)))
    assert size(5) is size(5)
    assert Index("i0", size(3)) is i
    assert Index("i0", size(4)) is not i
    assert Load(Buffer("x", (3, 5), F32), (i, j)) is not x((i, j))  # another array of that name


def test_constants_are_told_apart_by_type_and_bits() -> None:
    five = [const(True), const(1), const(1.0), const(-0.0), const(float("nan"))]
    assert len({*five, const(0.0), const(0), const(False)}) == 8
    assert [c is const(c.value) for c in five] == [True] * 5
    assert const(1, F32) is const(1.0)
    assert const(1.0, F16) is not const(1.0)
    assert Literal(np.float32(2.0).reshape(())) is not const(2.0)


def test_a_constant_has_the_dtype_of_its_number() -> None:
    assert [const(n).dtype.name for n in (True, 3, 0.5, 1j)] == [
        *("bool", "int32", "float32", "complex64")
    ]
    assert const(np.float64(0.5)).dtype == np.float64
    assert const(np.asarray(3, U8)).dtype == U8
    assert float(const(0.1, BF16).value) == float(ml_dtypes.bfloat16(0.1))


def test_a_constant_that_does_not_fit_is_refused() -> None:
    with pytest.raises(OverflowingLiteralError):
        const(300, U8)
    with pytest.raises(DtypeError):
        const(1.5, INDEX)


def test_what_nobody_refers_to_is_forgotten() -> None:
    gc.collect()
    before = len(expr._table)
    e = scalar("exp", scalar("add", x((i, j)), const(12345.0)))
    assert len(expr._table) > before
    del e
    gc.collect()
    assert len(expr._table) <= before


def test_expressions_are_frozen() -> None:
    with pytest.raises(AttributeError, match="frozen"):
        i.name = "k"  # type: ignore[misc]


# Typing


def test_dtypes_follow_the_scalar_vocabulary() -> None:
    assert scalar("exp", x((i, j))).dtype == F32
    assert (i < 3 + j).dtype == BOOL
    assert cast(x((i, j)), F16).dtype == F16
    assert bitcast(x((i, j)), np.dtype("uint32")).dtype == np.uint32
    assert fold("add", (size(5),), lambda k: x((i, *k))).dtype == F32
    assert fold("argmax", (size(5),), lambda k: (x((i, *k)), k[0])).dtype.names == ("0", "1")


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda: scalar("flip", i), "flip: is no scalar operation"),
        (lambda: scalar("add", i), "add(i0): takes 2"),
        (lambda: scalar("add", x((i, j)), i), "x[i0, i1] + i0: wants two operands of one dtype"),
        (lambda: x((i, j)) + 1, "x[i0, i1] + 1: wants two operands of one dtype"),
        (lambda: scalar("mul", x((i, j)), 0.5), "got float: 0.5"),
        (lambda: x((i,)), "operand[i0]: got 1 indices for an operand of shape (3, 5)"),
        (lambda: Load(x2, (i,)), "x[i0]: got 1 indices for x: f32[3,5]"),
        (lambda: v((v((j,)),)), "v[v[i1]]: index v[i1] must be an integer"),
        (lambda: fold("sum", (size(5),), lambda k: v(k)), "sum: is no monoid"),
        (lambda: fold("add", (j,), lambda k: v(k)), "needs a size for its extent, got i1"),
        (lambda: fold("argmax", (size(5),), lambda k: v(k)), "argmax: folds a state of 2"),
        (lambda: fold("add", (size(5),), lambda k: k[0] < 3), "add: cannot fold"),
        (
            lambda: fold("argmax", (size(5),), lambda k: (v(k), k[0]), dtype=I64),
            "argmax: cannot accumulate 2 components",
        ),
        (lambda: prefix("add", 5, v((j,)), lambda k: v((k,))), "ends at v[i1], which must be an"),
        (lambda: Part(1, i), "part 1: there is no such component in i0"),
        (lambda: i if i < 3 else j, "i0 < 3: has no truth value"),
    ],
)
def test_a_malformed_expression_is_shown(build: Callable[[], Any], text: str) -> None:
    with pytest.raises(CheckError) as e:
        build()
    assert text in str(e.value)


def test_arity_is_checked() -> None:
    with pytest.raises(CheckError, match="takes 3"):
        scalar("select", i < 3, i)


# Simplification


def test_index_arithmetic_is_simplified() -> None:
    n = size(5)
    assert i + 0 is i
    assert 0 + i is i
    assert i - 0 is i
    assert i * 1 is i
    assert 1 * i is i
    assert i // 1 is i
    assert i * 0 is const(0)
    assert const(2) + 3 is const(5)
    assert (const(7) // 2, const(7) % 4) == (const(3), const(3))
    assert cast(const(2), F32) is const(2.0)
    assert cast(i, INDEX) is i
    assert j % n is j
    assert j // n is const(0)
    assert (j < n, j >= 0, n > j, 0 <= j) == (const(True),) * 4  # noqa: SIM300
    assert (j >= n, j < 0) == (const(False),) * 2
    assert scalar("select", j >= 0, i, j) is i
    assert scalar("select", j >= n, i, j) is j
    assert scalar("select", i < 2, j, j) is j
    assert (j >= 0) & (i < 2) is (i < 2)
    assert (j < 0) & (i < 2) is const(False)


def test_an_extent_is_never_folded_into_the_text() -> None:
    kept = [i < size(5), size(5) * 1 + size(3), i * size(1), i % size(1), size(3) - 1 - i]
    assert [str(e) for e in kept] == ["i0 < 5", "5 + 3", "i0 * 1", "i0 % 1", "3 - 1 - i0"]
    assert all(any(type(n).__name__ == "Size" for n in nodes(e)) for e in kept)


def test_float_arithmetic_keeps_its_bits() -> None:
    e = v((j,))
    for name, number in [("add", 0.0), ("add", -0.0), ("sub", 0.0), ("mul", 1.0), ("mul", 0.0)]:
        assert isinstance(scalar(name, e, const(number)), Scalar)
    assert isinstance(scalar("eq", e, e), Scalar)  # NaN
    assert isinstance(scalar("exp", const(0.0)), Scalar)  # each backend has its own last bit
    assert isinstance(scalar("add", const(0.5), const(0.25)), Scalar)


OPERATIONS = ["add", "sub", "mul", "div", "rem", "max", "min", "and", "or", "xor"]
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"]


@st.composite
def index_expressions(draw: st.DrawFn, depth: int = 3) -> Expr:
    """Arithmetic on i, j, their extents and small constants."""
    if depth == 0 or draw(st.booleans()):
        leaves = [i, j, i.extent, j.extent, *map(const, (-1, 0, 1, 2))]
        return draw(st.sampled_from(leaves))
    a, b = (draw(index_expressions(depth=depth - 1)) for _ in range(2))  # type: ignore[call-arg]
    if draw(st.booleans()):
        return scalar(draw(st.sampled_from(OPERATIONS)), a, b)
    test = scalar(draw(st.sampled_from(COMPARISONS)), a, b)
    return scalar("select", test, a, draw(index_expressions(depth=0)))  # type: ignore[call-arg]


@given(st.sampled_from(OPERATIONS + COMPARISONS), index_expressions(), index_expressions())
def test_simplifying_keeps_the_value(name: str, a: Expr, b: Expr) -> None:
    plain = Scalar(name, (a, b), None)
    np.testing.assert_array_equal(table(scalar(name, a, b), i, j), table(plain, i, j))


# Scopes


def test_free_indices() -> None:
    assert x((i, j)).free == {i, j}
    assert const(1).free == size(3).free == frozenset()
    assert fold("add", x.extents[1:], lambda k: x((i, *k))).free == {i}
    assert fold("add", x.extents, x).free == frozenset()
    at = prefix("add", size(5), j, lambda k: x((i, k)))
    assert at.free == {i, j}


def test_folds_that_differ_in_names_only_are_one_object() -> None:
    once = fold("add", (size(5),), lambda k: v(k))
    fold("add", (size(7),), lambda k: v(k))  # uses up fresh names
    assert fold("add", (size(5),), lambda k: v(k)) is once
    assert fold("add", (size(5),), v) is once
    assert isinstance(once, Fold)
    assert once.loop.name == "k0"


def test_a_loop_is_named_by_its_height() -> None:
    n = size(5)
    over_both = fold("add", (n,), lambda a: fold("max", (n,), lambda b: v(a) + cast(b[0], F32)))
    assert str(over_both) == "add k1<5: max k0<5: v[k1] + f32(k0)"
    apart = fold("add", (n,), lambda a: scalar("mul", v(a), fold("max", (n,), v)))
    assert str(apart) == "add k0<5: v[k0] * (max k0<5: v[k0])"
    inner = fold("add", (n,), lambda b: v(b))
    assert any(e is inner for e in nodes(fold("add", (n,), lambda a: scalar("mul", v(a), inner))))


def test_a_fold_over_no_axes_is_its_body() -> None:
    assert fold("add", (), lambda k: x((i, j))) is x((i, j))


def test_substitution_reaches_free_indices_only() -> None:
    total = fold("add", (size(5),), lambda k: scalar("mul", x((i, *k)), v(k)))
    (out,) = substitute([total], {i: const(2)})
    assert str(out) == "add k0<5: x[2, k0] * v[k0]"
    k0 = Index("k0", size(5))
    assert substitute([total], {k0: const(1)}) == (total,)


def test_substitution_captures_nothing() -> None:
    k0 = Index("k0", size(5))
    total = fold("add", (size(3),), lambda k: x((*k, j)))
    assert str(total) == "add k0<3: x[k0, i1]"
    (out,) = substitute([total], {j: Index("k0", size(3))})
    assert str(out) == "add k1<3: x[k1, k0]"
    assert out.free == {Index("k0", size(3))}
    scan = prefix("add", size(5), j, lambda k: v((k,)))
    (out,) = substitute([scan], {j: k0})
    assert str(out) == "add k1<=k0<5: v[k1]"


@given(index_expressions(), index_expressions())
def test_substitution_is_evaluation_elsewhere(e: Expr, at: Expr) -> None:
    inside = scalar("rem", scalar("max", at, const(0)), i.extent)  # an index of i's axis
    (out,) = substitute([e], {i: inside})
    want = np.broadcast_to(table(e, i, j), (3, 5))[table(inside, i, j), np.arange(5)[None]]
    np.testing.assert_array_equal(table(out, i, j), want)


def test_nothing_recurses_over_depth() -> None:
    def deep(a: Expr) -> Expr:
        for _ in range(5000):
            a = scalar("neg", scalar("exp", a))
        return a

    kernel = over("deep", (3,), lambda a: deep(v((a,))))
    (out,) = substitute([kernel.stores[0].value], {kernel.grid[0]: const(1)})
    assert out.free == frozenset()
    assert len(repr(out)) < 300
    assert len(max(str(kernel).splitlines(), key=len)) < 100
    (y,) = interpreter.run(kernel, np.zeros(5, F32))
    assert np.isfinite(y).all()


# 16-bit floats


def test_16_bit_sums_accumulate_in_f32_and_are_rounded_once() -> None:
    h = Operand.of(Buffer("h", (3, 5), F16))
    assert str(fold("add", h.extents, h)) == "f16(add k1<3: add k0<5: f32(h[k1, k0]))"
    assert str(fold("max", h.extents, h)) == "max k1<3: max k0<5: h[k1, k0]"
    assert str(prefix("mul", 5, j, lambda k: h((i, k)))) == "f16(mul k0<=i1<5: f32(h[i0, k0]))"
    assert fold("add", v.extents, v, dtype=np.dtype("float64")).dtype == F32


# Text


@pytest.mark.parametrize(
    ("e", "text"),
    [
        ((i + 1) * 2, "(i0 + 1) * 2"),
        (i + 1 * j, "i0 + i1"),
        (i - (j - 1), "i0 - (i1 - 1)"),
        (i - j - 1, "i0 - i1 - 1"),
        ((i < 2) & (j >= 1) | ~(i > j), "(i0 < 2) & (i1 >= 1) | ~(i0 > i1)"),
        (-(i + 1) % 7, "-(i0 + 1) % 7"),
        (scalar("select", i < 2, const(-1), i), "select(i0 < 2, -1, i0)"),
        (cast(i, F16), "f16(i0)"),
        (bitcast(x((i, j)), INDEX), "bitcast[i32](x[i0, i1])"),
        (const(1.5, F16), "f16(1.5)"),
        (const(float("-inf")), "-inf"),
        (const(True), "True"),
        (Operand.of(Buffer("r", (), F32))(()), "r"),
        (
            part(1, fold("argmin", (size(5),), lambda k: (v(k), k[0]))),
            "(argmin k0<5: (v[k0], k0)).1",
        ),
        (prefix("max", 5, j, lambda k: x((i, k)), reverse=True), "max i1<=k0<5: x[i0, k0]"),
    ],
    ids=str,
)
def test_text(e: Expr, text: str) -> None:
    assert str(e) == text


def softmax(index: Any, x: Operand, *, out: Any) -> Expr:
    a, b = index
    top = fold("max", x.extents[1:], lambda k: x((a, *k)))

    def e(k: Expr) -> Expr:
        return scalar("exp", scalar("sub", x((a, k)), top))

    return scalar("div", e(b), fold("add", x.extents[1:], lambda k: e(*k)))


def test_a_kernel_reads_like_its_mathematics() -> None:
    assert str(kernel_of("softmax", [x2], x2, softmax)) == (
        "kernel softmax(x0: f32[n0, n1]) -> (out: f32[n0, n1])\n"
        "  grid i0 < n0, i1 < n1\n"
        "    s0 = max k0<n1: x0[i0, k0]\n"
        "    s1 = add k0<n1: exp(x0[i0, k0] - s0)\n"
        "    out[i0, i1] = exp(x0[i0, i1] - s0) / s1"
    )


def test_shared_values_and_numbers_get_names() -> None:
    c = Literal(np.asarray(0.125, F32))
    k0 = Index("k0", size(5))
    centred = scalar("mul", x((i, k0)), c)
    norm = scalar("sqrt", fold("add", (size(5),), lambda k: substitute([centred], {k0: k[0]})[0]))
    y, s = Buffer("y", (3, 5), F32), Buffer("s", (3,), F32)
    value = scalar("mul", scalar("div", centred, norm), scalar("add", centred, norm))
    kernel = Kernel("norm", (i,), (Store(y, (i, k0), value), Store(s, (i,), norm)))
    check_kernel(kernel)
    assert str(kernel) == (
        "kernel norm(x: f32[n0, n1], c0: f32) -> (y: f32[n0, n1], s: f32[n0])\n"
        "  grid i0 < n0\n"
        "    v0 = x[i0, k0] * c0   at k0\n"
        "    s1 = add k0<n1: v0\n"
        "    r2 = sqrt(s1)\n"
        "    y[i0, k0] = v0 / r2 * (v0 + r2)   for k0 < n1\n"
        "    s[i0] = r2"
    )
    assert kernel.sizes == (size(3), size(5))
    assert kernel.literals == (c,)
    assert (kernel.inputs, kernel.outputs) == ((x2,), (y, s))


def test_the_text_of_a_kernel_does_not_depend_on_its_shape() -> None:
    shapes = [Buffer("a", shape, F32) for shape in ((3, 5), (4096, 17))]
    one, two = (kernel_of("softmax", [b], b, softmax) for b in shapes)
    assert str(one) == str(two)


# Kernels


def test_kernel_of_takes_every_operand() -> None:
    kernel = kernel_of("second", [v1, x2], x2, lambda index, a, b, *, out: b(index))
    assert [b.shape for b in kernel.inputs] == [(5,), (3, 5)]
    check_kernel(kernel)


def test_kernel_of_wants_the_dtype_of_the_output() -> None:
    with pytest.raises(CheckError) as e:
        kernel_of("bad", [x2], Buffer("", (3, 5), F16), lambda index, a, *, out: a(index))
    assert "bad: its lower rule gives float32, its abstract rule float16" in str(e.value)


y = Buffer("y", (3, 5), F32)
tail = Index("k0", size(5))
whole = fold("argmax", (size(5),), lambda k: (x((i, *k)), k[0]))
BAD: dict[str, tuple[tuple[Index, ...], tuple[Store, ...], str]] = {
    "rank": ((i,), (Store(y, (i,), x((i, 0))),), "got 1 indices"),
    "dtype": ((i, j), (Store(y, (i, j), i + j),), "store to y: f32[3,5]: got i0 + i1: int32"),
    "unbound": ((i,), (Store(y, (i, tail), x((i, j))),), "uses i1, which no grid or loop binds"),
    "twice": ((i, i), (Store(y, (i, tail), x((i, tail))),), "two things are called i0"),
    "diagonal": ((i,), (Store(Buffer("y", (3, 3), F32), (i, i), x((i, 0))),), "each element once"),
    "shifted": ((i, j), (Store(y, (i, j - 1), x((i, j))),), "each element once, got index (i0, i"),
    "part": ((i, j), (Store(Buffer("y", (4, 5), F32), (i, j), x((i, j))),), "does not cover"),
    "race": ((i, j), (Store(Buffer("y", (3,), F32), (i,), x((i, 0))),), "at several points"),
    "combine": ((i, j), (Store(y, (i, j), x((i, j)), "max"),), "combines with 'max'"),
    "float index": (
        (i, j),
        (Store(y, (i, v((j,))), x((i, j)), "add"),),
        "v[i1] must be an integer",
    ),
    "bools": ((i,), (Store(Buffer("y", (), BOOL), (), i < 2, "add"),), "add: cannot fold"),
    "again": ((i, j), (Store(y, (i, j), x((i, j))),) * 2, "stores to y: f32[3,5] 2 times"),
    "own output": ((i, j), (Store(x2, (i, j), x((i, j))),), "reads x[i0, i1], which it writes"),
    "state": ((i, j), (Store(y, (i, j), whole),), "got argmax"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_kernel_is_refused(name: str) -> None:
    grid, stores, text = BAD[name]
    with pytest.raises(CheckError) as e:
        check_kernel(Kernel("bad", grid, stores))
    assert text in str(e.value)


def test_a_kernel_names_what_it_loads() -> None:
    kernel = Kernel("bad", (i, j), (Store(y, (i, j), x((i, j))),), inputs=())
    with pytest.raises(CheckError, match="not among its inputs"):
        check_kernel(kernel)


def test_a_state_is_taken_apart_before_it_is_used() -> None:
    check_kernel(Kernel("good", (i,), (Store(Buffer("y", (3,), F32), (i,), part(0, whole)),)))
    for use in (lambda e: scalar("select", i < 2, e, e), lambda e: fold("max", (3,), lambda k: e)):
        with pytest.raises(CheckError, match="is no dtype"):
            use(whole)


# Monoids

STATES = {
    "add": st.tuples(st.integers(-9, 9)),
    "logaddexp": st.tuples(st.floats(-30, 30, width=32)),
    "argmax": st.tuples(st.sampled_from([-np.inf, -1.0, 0.0, np.inf, np.nan]), st.integers(0, 3)),
}
STATES |= dict.fromkeys(("mul", "max", "min", "and", "or", "xor"), STATES["add"])
STATES["argmin"] = STATES["argmax"]


def combine(name: str, a: tuple[Any, ...], b: tuple[Any, ...]) -> tuple[Any, ...]:
    return MONOIDS[name].combine(interpreter.op, a, b)


def state(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(np.asarray(n, np.int32 if isinstance(n, int) else np.float32) for n in values)


@pytest.mark.parametrize("name", MONOIDS)
@given(st.data())
def test_a_monoid_is_one(name: str, data: st.DataObject) -> None:
    a, b, c = (state(data.draw(STATES[name])) for _ in range(3))
    unit = MONOIDS[name].identity(*(n.dtype for n in a))
    tolerance = 1e-6 if name == "logaddexp" else 0.0
    with np.errstate(all="ignore"):
        laws = [
            (combine(name, unit, a), a),
            (combine(name, a, unit), a),
            (combine(name, a, b), combine(name, b, a)),
            (combine(name, combine(name, a, b), c), combine(name, a, combine(name, b, c))),
        ]
    for left, right in laws:
        for m, n in zip(left, right, strict=True):
            np.testing.assert_allclose(m, n, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    ("name", "dtype", "unit"),
    [
        *(("max", F32, -np.inf), ("max", INDEX, -(2**31)), ("max", BOOL, False), ("max", U8, 0)),
        *(("min", F16, np.inf), ("min", U8, 255), ("min", BOOL, True), ("mul", F32, 1)),
        *(("and", U8, 255), ("and", INDEX, -1), ("and", BOOL, True), ("or", BOOL, False)),
        *(("max", BF16, -np.inf), ("logaddexp", F32, -np.inf), ("xor", I64, 0)),
    ],
)
def test_identities(name: str, dtype: np.dtype[Any], unit: Any) -> None:
    (got,) = MONOIDS[name].identity(dtype)
    assert got.dtype == dtype
    assert got == unit


def test_complex_numbers_have_no_order() -> None:
    with pytest.raises(CheckError, match="cannot fold"):
        MONOIDS["max"].check(np.dtype("complex64"))
    with pytest.raises(CheckError, match="has no order"):
        MONOIDS["max"].identity(np.dtype("complex64"))


def test_node_classes_list_their_fields() -> None:
    assert {c.__name__: c.fields for c in (Const, Index, Load, Scalar, Fold, Prefix, Part)} == {
        "Const": ("value",),
        "Index": ("name", "extent"),
        "Load": ("buffer", "index"),
        "Scalar": ("op", "args", "to"),
        "Fold": ("monoid", "loop", "body"),
        "Prefix": ("monoid", "loop", "body", "at", "reverse"),
        "Part": ("n", "state"),
    }
