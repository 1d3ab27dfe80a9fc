"""Kernels as Metal text: goldens, the conventions of the text, and what MSL cannot say."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from oxmlx.backends.metal.block import pack_block
from oxmlx.backends.metal.prelude import prelude
from oxmlx.backends.metal.render import entry, render
from oxmlx.backends.metal.scalars import MEMORY
from oxmlx.compile.fuse import fuse
from oxmlx.dtypes import SCALAR_TYPES, is_complex, short_name
from oxmlx.errors import DtypeError, MissingRule
from oxmlx.ir.aval import Aval
from oxmlx.ir.kernel import (
    Buffer,
    Expr,
    Index,
    Kernel,
    Load,
    Operand,
    Store,
    cast,
    const,
    fold,
    kernel_of,
    part,
    prefix,
    scalar,
    size,
)
from oxmlx.ir.scalar import SCALARS
from oxmlx.ir.stage import stage
from oxmlx.ops.axes import broadcast, reduce_sum
from oxmlx.ops.math import exp
from oxmlx.ops.reduction import reduce_max
from oxmlx.ops.shape import transpose

F32, F16, BF16 = np.dtype("float32"), np.dtype("float16"), np.dtype(ml_dtypes.bfloat16)
I32 = np.dtype("int32")


def bell(x: Any, y: Any) -> Any:
    return exp(-(x * x)) * y + 1.0


def softmax(x: Any) -> Any:
    e = exp(x - broadcast(reduce_max(x, (1,)), x.shape, (1,)))
    return e / broadcast(reduce_sum(e, (1,)), x.shape, (1,))


def fused(f: Callable[..., Any], *shapes: tuple[int, ...]) -> Kernel:
    """The one kernel of a program on f32 arrays."""
    jaxpr, _ = stage(lambda *xs: [f(*xs)], [Aval(s, F32) for s in shapes])
    (kernel,) = fuse(jaxpr).kernels
    return kernel


def typed(shape: tuple[int, ...], dtype: Any = F32) -> Aval:
    return Aval(shape, np.dtype(dtype))


def lowered(lower: Callable[..., Expr], out: Aval, *operands: Aval) -> str:
    """The text of one lower rule's kernel."""
    return render(kernel_of("test", operands, out, lower))


def body(text: str) -> str:
    """The kernel function alone."""
    return text[text.index("kernel void") :]


# Goldens


def test_a_map(golden: Callable[[str, str], None]) -> None:
    golden("bell.metal", render(fused(bell, (4, 6), (4, 6))))


def test_a_row_kernel(golden: Callable[[str, str], None]) -> None:
    golden("softmax.metal", render(fused(softmax, (4, 6))))


# One text


def test_shapes_and_numbers_are_pack_block() -> None:
    small, large = fused(softmax, (4, 6)), fused(softmax, (4096, 50257))
    assert render(small) == render(large)
    one, two = (fused(lambda x, s=s: exp(x) * s, (4, 6)) for s in (0.3, 0.7))
    assert render(one) == render(two)
    assert pack_block(one) == np.array([(4, 6, 0.3)], "i4, i4, f4").tobytes()
    assert pack_block(large) == np.array([(4096, 50257, -np.inf)], "i4, i4, f4").tobytes()


def test_the_text_does_not_depend_on_the_names_of_buffers() -> None:
    def of(name: str) -> Kernel:
        i, x = Index("i0", size(3)), Buffer(name, (3,), F32)
        return Kernel("k", (i,), (Store(Buffer(name + "y", (3,), F32), (i,), Load(x, (i,))),))

    assert render(of("device")) == render(of("p"))


def test_a_kernel_without_sizes_takes_no_struct() -> None:
    text = lowered(lambda index, x, *, out: scalar("exp", x(())), typed(()), typed(()))
    assert "prm" not in text
    assert pack_block(kernel_of("t", [typed(())], typed(()), lambda i, x, *, out: x(i))) == b""


def test_infinities_travel_as_data_for_fast_math_would_drop_them() -> None:
    def masked(index: Any, x: Operand, *, out: Any) -> Expr:
        return scalar("select", index[0] < index[1], const(-np.inf), x(index))

    kernel = kernel_of("masked", [typed((3, 3))], typed((3, 3)), masked)
    assert "INFINITY" not in render(kernel)
    assert "? prm.c0 :" in render(kernel)
    assert pack_block(kernel)[-4:] == np.float32(-np.inf).tobytes()


# Conventions


TEXTS = {
    "map": render(fused(bell, (4, 6), (4, 6))),
    "rows": render(fused(softmax, (4, 6))),
    "columns": render(fused(lambda x: reduce_sum(x, (0,)), (4, 6))),
    "box": render(fused(lambda x: reduce_sum(x, (1, 2)), (4, 6, 5))),
}


@pytest.mark.parametrize("name", TEXTS)
def test_every_kernel_keeps_the_conventions(name: str) -> None:
    text = TEXTS[name]
    assert "[[max_total_threads_per_threadgroup(256)]]\nkernel void ox_" in text
    indices = re.findall(r"\[\[buffer\((\d+)\)\]\]", text)
    assert indices == [str(k) for k in range(len(indices))]
    bound = re.findall(r"^    (.*) \[\[buffer", text, re.M)
    assert bound[-2:] == ["constant P& prm", "device uint* done"]
    assert text.endswith("  if (tid == 0) {\n    done[grp] = ng;\n  }\n}\n")  # it came to its end
    first, step = r"(grp \* nt \+ tid|grp \* wide|grp)", r"(4 \* \(ng \* nt\)|ng \* wide|ng)"
    loop = re.search(rf"for \(int \w+ = {first}; .*; \w+ \+= {step}\)", text)
    assert loop is not None  # any number of groups is right
    assert not re.search(r"\breturn\b", body(text))  # nobody leaves before a barrier
    assert not re.search(r"double|bfloat|atomic_float|\[&\]|isnan|x != x", text)
    assert len(max(text.splitlines(), key=len)) <= 100


def test_threads_meet_once_a_pass() -> None:
    assert TEXTS["rows"].count("threadgroup_barrier") == 2
    assert "threadgroup_barrier" not in TEXTS["map"]
    # with one pass the next row would overwrite slots that are still read
    assert TEXTS["box"].count("threadgroup_barrier") == 2
    assert TEXTS["columns"].count("threadgroup_barrier") == 2
    assert "simd" not in TEXTS["columns"]  # neighbouring threads read neighbouring columns


def test_a_thread_loads_some_elements_before_it_uses_the_first() -> None:
    load, use = re.findall(r"for \(uint u = 0; u < 4; u\+\+\)(.*?)\n    }\n", TEXTS["map"], re.S)
    assert load.count("] = x") == 2 and "y0[" not in load
    assert "y0[" in use and "x0[" not in use
    transposed = render(fused(lambda x: exp(transpose(x, (1, 0))), (4, 6)))
    assert "[u]" not in transposed  # its neighbours lie apart: better one after another


def test_only_what_may_lie_outside_is_clamped() -> None:
    def pad(index: Any, x: Operand, *, out: Any) -> Expr:
        k = index[0] - 1
        inside = (k >= 0) & (k < x.extents[0])
        return scalar("select", inside, x((k, index[1])), x((0, index[1])))

    text = lowered(pad, typed((6, 3)), typed((4, 3)))
    assert "x0[clamp(r0, 0, prm.n0 - 1) * prm.n1 + i1]" in text
    assert text.count("clamp(") == 2
    gather = lowered(
        lambda index, x, at, *, out: x((at(index[:1]), index[1])),
        typed((5, 3)),
        typed((4, 3)),
        typed((5,), np.int64),
    )
    assert "clamp" not in gather  # the rule says it is inside
    assert "int(v0[u]) * prm.n1 + i1" in gather


def test_values_of_a_row_are_computed_once_a_row() -> None:
    def lower(index: Any, x: Operand, s: Operand, *, out: Any) -> Expr:
        return fold("add", x.extents[1:], lambda k: scalar("mul", x((*index, *k)), cost(s(index))))

    def cost(e: Expr) -> Expr:
        return scalar("exp", scalar("exp", e))

    lines = lowered(lower, typed((4,)), typed((4, 6)), typed((4,))).splitlines()
    hoisted = next(k for k, line in enumerate(lines) if "exp" in line)
    loop = next(k for k, line in enumerate(lines) if "int k0" in line)
    assert hoisted < loop
    assert sum("exp" in line for line in lines) == 1


def test_loops_inside_loops_are_serial() -> None:
    def lower(index: Any, x: Operand, *, out: Any) -> Expr:
        def row(k: Any) -> Expr:
            return scalar("tanh", fold("max", x.extents[2:], lambda m: x((*index, *k, *m))))

        return fold("add", x.extents[1:2], row)

    text = lowered(lower, typed((4,)), typed((4, 6, 5)))
    assert "for (int k1 = tid; k1 < prm.n1; k1 += nt) {\n" in text
    assert "for (int k0 = 0; k0 < prm.n2; k0++) {\n" in text


def test_a_prefix_is_a_loop_up_to_its_end() -> None:
    def scan(reverse: bool) -> str:
        def lower(index: Any, x: Operand, *, out: Any) -> Expr:
            return prefix("add", x.extents[0], index[0], lambda k: x((k,)), reverse=reverse)

        return lowered(lower, typed((5,)), typed((5,)))

    assert "for (int k0 = 0; k0 <= i0; k0++)" in scan(False)
    assert "for (int k0 = i0; k0 < prm.n0; k0++)" in scan(True)


def test_a_state_of_two_components() -> None:
    def lower(index: Any, x: Operand, *, out: Any) -> Expr:
        best = fold("argmax", x.extents[1:], lambda k: (x((*index, *k)), k[0]))
        return part(1, best)

    text = body(lowered(lower, typed((4,), I32), typed((4, 6))))
    assert "float s0 = prm.c0;\n" in text
    assert "int s1 = 2147483647;\n" in text
    assert "threadgroup int slots_s1[32];\n" in text
    assert "simd_shuffle_xor(s1, d)" in text
    assert "y0[i0] = s1;" in text


# Scalars


def stored(text: str) -> str:
    """What is stored, of the elements v0 and v1."""
    (line,) = [line.strip() for line in text.splitlines() if "y0[" in line]
    return line.removeprefix("y0[i0] = ").removesuffix(";").replace("[u]", "")


def unary(name: str, dtype: Any) -> str:
    out = SCALARS[name].check(np.dtype(dtype))
    text = lowered(lambda i, x, *, out: scalar(name, x(i)), typed((3,), out), typed((3,), dtype))
    return stored(text)


def binary(name: str, dtype: Any) -> str:
    out = SCALARS[name].check(np.dtype(dtype), np.dtype(dtype))
    text = lowered(
        lambda i, x, y, *, out: scalar(name, x(i), y(i)),
        typed((3,), out),
        typed((3,), dtype),
        typed((3,), dtype),
    )
    return stored(text)


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (lambda: unary("exp", F32), "precise::exp(v0)"),
        (lambda: unary("exp", F16), "half(float(half(precise::exp(v0))))"),
        (lambda: unary("exp", BF16), "to_bf16(round_bf16(precise::exp(v0)))"),
        (lambda: unary("neg", BF16), "to_bf16(-v0)"),
        (lambda: unary("neg", I32), "int(-uint(v0))"),
        (lambda: unary("not", np.bool_), "!v0"),
        (lambda: unary("abs", np.int8), "char(char(abs(v0)))"),
        (lambda: binary("div", F32), "precise::divide(v0, v1)"),
        (lambda: binary("max", F32), "max_nan(v0, v1)"),
        (lambda: binary("max", I32), "max(v0, v1)"),
        (lambda: binary("max", np.bool_), "v0 || v1"),
        (lambda: binary("lt", F32), "lt_nan(v0, v1)"),
        (lambda: binary("lt", I32), "v0 < v1"),
        (lambda: binary("add", I32), "int(uint(v0) + uint(v1))"),
        (lambda: binary("add", np.uint32), "v0 + v1"),
        (lambda: binary("add", np.uint8), "uchar(v0 + v1)"),
        (lambda: binary("div", I32), "int_div(v0, v1)"),
        (lambda: binary("and", np.bool_), "v0 && v1"),
        (lambda: binary("shift_left", I32), "shift_left<int, int, uint>(v0, v1)"),
    ],
)
def test_spellings(got: Callable[[], str], want: str) -> None:
    assert got() == want


def test_arithmetic_of_indices_is_plain() -> None:
    def lower(index: Any, x: Operand, *, out: Any) -> Expr:
        i, j = index
        k = i * x.extents[1] + j
        return x((k // x.extents[1], x.extents[1] - 1 - k % x.extents[1]))

    text = lowered(lower, typed((4, 6)), typed((4, 6)))
    assert "x0[r0 / prm.n1 * prm.n1 + prm.n1 - 1 - r0 % prm.n1]" in text
    assert "uint(" not in body(text)


def test_a_number_is_nan_by_its_bits() -> None:
    def lower(index: Any, x: Operand, *, out: Any) -> Expr:
        return scalar("ne", x(index), x(index))

    text = lowered(lower, typed((3,), np.bool_), typed((3,)))
    assert stored(text) == "is_nan(v0)"


def test_helpers_come_with_what_they_call() -> None:
    text = TEXTS["rows"]
    names = re.findall(r"^inline \w+ (\w+)\(", text, re.M)
    assert names == ["is_nan", "ordered", "unordered", "max_nan"]
    assert not re.findall(r"^inline", TEXTS["map"], re.M)
    for name, helper in prelude().items():
        assert re.search(rf"inline \w+ {name}\(", helper)


@pytest.mark.parametrize("t", SCALAR_TYPES, ids=repr)
def test_dtypes(t: Any) -> None:
    def copy() -> str:
        return lowered(lambda i, x, *, out: x(i), typed((3,), t.dtype), typed((3,), t.dtype))

    if short_name(t.dtype) in MEMORY:
        assert f"device const {MEMORY[short_name(t.dtype)]}* x0 [[buffer(0)]]" in copy()
    else:
        assert is_complex(t.dtype) or t.dtype == np.float64
        with pytest.raises(DtypeError, match=f"metal: cannot hold {short_name(t.dtype)}"):
            copy()


def test_an_operation_that_msl_lacks_is_named() -> None:
    with pytest.raises(MissingRule) as e:
        unary("lgamma", F32)
    assert "metal: cannot spell `lgamma` for f32" in str(e.value)
    assert "scalars.py" in str(e.value)


def test_adding_stores_are_refused() -> None:
    x, i = Buffer("x", (3,), F32), Index("i0", size(3))
    kernel = Kernel("total", (i,), (Store(Buffer("y", (), F32), (), Load(x, (i,)), "add"),))
    with pytest.raises(MissingRule, match="cannot add to y"):
        render(kernel)


def test_every_conversion_is_spelled() -> None:
    dtypes = [t.dtype for t in SCALAR_TYPES if short_name(t.dtype) in MEMORY]
    for a in dtypes:
        for b in dtypes:
            text = lowered(
                lambda i, x, *, out: cast(x(i), out.dtype), typed((3,), b), typed((3,), a)
            )
            assert f"device {MEMORY[short_name(b)]}* y0" in text


def test_entries_do_not_clash_with_metal() -> None:
    kernel = kernel_of("exp", [typed((3,))], typed((3,)), lambda i, x, *, out: x(i))
    assert entry(kernel) == "ox_exp"
    assert "kernel void ox_exp(" in render(kernel)


def test_deep_expressions_do_not_recurse() -> None:
    def deep(index: Any, x: Operand, *, out: Any) -> Expr:
        e = x(index)
        for _ in range(3000):
            e = scalar("sin", e)
        return e

    text = lowered(deep, typed((3,)), typed((3,)))
    assert text.count("sin(") == 3000
    assert len(max(text.splitlines(), key=len)) <= 120
