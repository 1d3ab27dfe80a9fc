"""Fusion: few kernels, and the same numbers as without it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from random_graphs import Program, graphs, mean, softmax, wide

import oxmlx as ox
from oxmlx.backends import interpreter
from oxmlx.compile import fuse as compile_fuse
from oxmlx.compile.fuse import Fused, fuse
from oxmlx.ir.aval import Aval
from oxmlx.ir.dce import dce
from oxmlx.ir.jaxpr import Jaxpr, Var
from oxmlx.ir.kernel import Kernel
from oxmlx.ir.kernel_check import check_kernel
from oxmlx.ir.primitive import Primitive
from oxmlx.ir.stage import stage
from oxmlx.ir.trace import bind
from oxmlx.ops.axes import reduce_sum
from oxmlx.ops.dot import matmul
from oxmlx.ops.math import exp, log, rsqrt, sin, sqrt
from oxmlx.ops.reduction import reduce_max
from oxmlx.ops.shape import transpose
from oxmlx.ops.slicing import slice_

F64 = np.dtype("float64")  # so that what differs is wrong


def jaxpr_of(f: Program, *shapes: tuple[int, ...]) -> Jaxpr:
    """The program of `f` on f64 arrays."""

    def flat(*xs: Any) -> list[Any]:
        out = f(*xs)
        return list(out) if isinstance(out, tuple) else [out]

    return dce(stage(flat, [Aval(shape, F64) for shape in shapes])[0])


def evaluate(jaxpr: Jaxpr, xs: list[np.ndarray]) -> list[np.ndarray]:
    """The meaning: every primitive's impl, in order."""
    env: dict[Any, Any] = dict(zip(jaxpr.inputs, xs, strict=True))
    with np.errstate(all="ignore"):
        for eqn in jaxpr.eqns:
            out = eqn.prim.impl(*(env[a] if isinstance(a, Var) else a.value for a in eqn.inputs))
            env.update(zip(eqn.outputs, out if eqn.prim.multiple_results else [out], strict=True))
    return [np.asarray(env[a] if isinstance(a, Var) else a.value) for a in jaxpr.outputs]


def run(fused: Fused, jaxpr: Jaxpr, xs: list[np.ndarray]) -> list[np.ndarray]:
    """Run the steps in their order; a step that reads too early fails."""
    env = {fused.buffers[v]: x for v, x in zip(jaxpr.inputs, xs, strict=True)}
    for step in fused.steps:
        if isinstance(step, Kernel):
            check_kernel(step)
            values = interpreter.run(step, *(env[b] for b in step.inputs))
            assert not env.keys() & set(step.outputs)
            env.update(zip(step.outputs, values, strict=True))
        else:
            ins = [env[fused.buffers[a]] if isinstance(a, Var) else a.value for a in step.inputs]
            out = step.prim.impl(*ins)
            outs = out if step.prim.multiple_results else [out]
            env.update(
                {fused.buffers[v]: np.asarray(x) for v, x in zip(step.outputs, outs, strict=True)}
            )
    return [env[fused.buffers[a]] if isinstance(a, Var) else a.value for a in jaxpr.outputs]


def same(jaxpr: Jaxpr, seed: int = 0) -> Fused:
    """Fuse, compare on random operands, and return the kernels."""
    rng = np.random.default_rng(seed)
    xs = [rng.uniform(0.1, 2, v.aval.shape).astype(F64) for v in jaxpr.inputs]
    fused = fuse(jaxpr)
    for got, want in zip(run(fused, jaxpr, xs), evaluate(jaxpr, xs), strict=True):
        scale = np.max(np.abs(want[np.isfinite(want)]), initial=1.0)
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9 * scale)
    return fused


# Programs, as they come out of tracing and differentiating


def log_softmax(x: Any) -> Any:
    centred = x - wide(reduce_max(x, (1,)), x, (1,))
    return centred - wide(log(reduce_sum(exp(centred), (1,))), x, (1,))


def normalize(x: Any, axes: tuple[int, ...]) -> Any:
    centred = x - wide(mean(x, axes), x, axes)
    return centred * wide(rsqrt(mean(centred * centred, axes) + 1e-5), x, axes)


def layer_norm(x: Any, g: Any, b: Any) -> Any:
    return normalize(x, (1,)) * wide(g, x, (0,)) + wide(b, x, (0,))


def vjp(f: Program) -> Program:
    def pulled(*args: Any) -> Any:
        *xs, ct = args
        return tuple(ox.vjp(f, *xs)[1](ct))

    return pulled


def adam(p: Any, g: Any, m: Any, v: Any) -> Any:
    m, v = m * 0.9 + g * 0.1, v * 0.999 + g * g * 0.001
    return p - m * 0.001 / (sqrt(v) + 1e-8), m, v


def softmax_and_parts(x: Any) -> Any:
    e = exp(x - wide(reduce_max(x, (1,)), x, (1,)))
    s = reduce_sum(e, (1,))
    return e, s, e / wide(s, x, (1,))


def mlp(x: Any, w: Any, b: Any) -> Any:
    return softmax(matmul(x, w) + wide(b, Shaped((x.shape[0], w.shape[1])), (0,)))


class Shaped:
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape


R, C = (6, 5), (5,)
PROGRAMS: dict[str, tuple[Program, list[tuple[int, ...]], int]] = {
    "softmax": (softmax, [R], 1),
    "softmax of columns": (lambda x: softmax(x, (0,)), [R], 1),
    "softmax of all": (lambda x: softmax(x, (0, 1)), [R], 2),
    "softmax of softmax of columns": (lambda x: softmax(softmax(x), (0,)), [R], 3),
    "softmax and its parts": (softmax_and_parts, [R], 1),
    "log softmax": (log_softmax, [R], 1),
    "layer norm": (layer_norm, [R, C, C], 1),
    "norm of two axes": (lambda x: normalize(x, (1, 2)), [(3, 4, 5)], 1),
    "vjp of softmax": (vjp(softmax), [R, R], 1),
    "vjp of log softmax": (vjp(log_softmax), [R, R], 1),
    "vjp of layer norm": (vjp(layer_norm), [R, C, C, R], 3),
    "vjp of layer norm of a square": (vjp(layer_norm), [(5, 5), C, C, (5, 5)], 3),
    "adam": (adam, [R, R, R, R], 1),
    "sum of columns": (lambda x: reduce_sum(x, (0,)), [R], 1),
    "sum of rows of a map": (lambda x: reduce_sum(exp(x), (1,)), [R], 1),
    "x plus its total": (lambda x: x + wide(reduce_sum(x, (0, 1)), x, (0, 1)), [R], 2),
    "a costly row": (lambda b, x: x * wide(exp(sin(exp(b))), x, (0,)), [C, R], 2),
    "a cheap row": (lambda b, x: x * wide(b + b, x, (0,)), [C, R], 1),
    "a matrix and its transpose": (
        lambda x: softmax(x) + transpose(softmax(x), (1, 0)),
        [(5, 5)],
        2,
    ),
    "a contraction, then softmax": (mlp, [(4, 3), (3, 5), (5,)], 2),
    "a contraction of a costly map": (lambda x, y: matmul(exp(sin(x)), y), [R, (5, 3)], 2),
    "its gradient": (vjp(mlp), [(4, 3), (3, 5), (5,), (4, 5)], 5),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str) -> None:
    f, shapes, count = PROGRAMS[name]
    fused = same(jaxpr_of(f, *shapes))
    assert len(fused.kernels) == len(fused.steps) == count, "\n".join(map(str, fused.steps))


@pytest.mark.parametrize("name", ["softmax", "layer norm", "norm of two axes"])
def test_row_kernels_have_a_grid_of_rows(name: str) -> None:
    f, shapes, _ = PROGRAMS[name]
    (kernel,) = fuse(jaxpr_of(f, *shapes)).kernels
    assert [i.name for i in kernel.grid] == ["i0"]
    assert [i.name for i in kernel.loops(kernel.stores[0])] == ["k1", "k0"][-len(shapes[0]) + 1 :]


def test_the_kernel_of_a_softmax() -> None:
    (kernel,) = fuse(jaxpr_of(softmax, R)).kernels
    assert str(kernel).partition("\n")[2] == (
        "  grid i0 < n0\n"
        "    s0 = max k0<n1: a[i0, k0]\n"
        "    v1 = exp(a[i0, k0] - s0)   at k0\n"
        "    s2 = add k0<n1: v1\n"
        "    h[i0, k0] = v1 / s2   for k0 < n1"
    )


def test_texts_do_not_depend_on_shapes_or_on_the_values_of_literals() -> None:
    small, large = (fuse(jaxpr_of(layer_norm, (r, c), (c,), (c,))) for r, c in (R, (4096, 1023)))
    assert str(small.kernels[0]) == str(large.kernels[0])
    one, two = (fuse(jaxpr_of(lambda x, s=s: sin(x) * s, R)).kernels[0] for s in (0.3, 0.7))
    assert str(one) == str(two)
    assert [float(c.value) for c in (*one.literals, *two.literals)] == pytest.approx([0.3, 0.7])
    three = fuse(jaxpr_of(lambda x: sin(x) * 2, R)).kernels[0]
    assert "2.0" in str(three) and not three.literals


def test_a_kernel_is_named_by_what_it_computes() -> None:
    (kernel,) = fuse(jaxpr_of(lambda x: exp(sin(transpose(x, (1, 0)))), R)).kernels
    assert kernel.name == "sin_exp"
    (kernel,) = fuse(jaxpr_of(lambda x: transpose(x, (1, 0)), R)).kernels
    assert kernel.name == "transpose"


def test_long_chains_are_cut() -> None:
    def chain(x: Any) -> Any:
        for _ in range(350):
            x = sin(x) + 0.5
        return x

    fused = same(jaxpr_of(chain, (3,)))
    assert len(fused.kernels) == 3


def test_kernels_of_too_many_buffers_are_cut() -> None:
    fused = same(jaxpr_of(lambda *xs: sum(xs[1:], xs[0]), *[(3,)] * 60))
    sizes = [len(k.inputs) + len(k.outputs) for k in fused.kernels]
    assert len(sizes) == 3
    assert max(sizes) <= compile_fuse.MAX_BUFFERS + 1


def test_what_cannot_be_lowered_stays_a_step() -> None:
    def f(x: Any) -> Any:
        y = ox.lax.scan(lambda c, t: (c + t, c * t), x * 2.0, wide(x, Shaped((4, 3)), (0,)))[0]
        return exp(y) + x

    jaxpr = jaxpr_of(f, (3,))
    fused = fuse(jaxpr)
    kinds = ["kernel" if isinstance(s, Kernel) else s.prim.name for s in fused.steps]
    assert kinds == ["kernel", "broadcast", "scan", "kernel"]
    assert fused.kernels[-1].name == "exp_add"


class Show(Primitive):
    """Print an operand."""

    word: str
    kind, effect, multiple_results = "host", "ordered", True

    def abstract(self, x: Aval) -> list[Aval]:
        return []


def test_effects_keep_their_order() -> None:
    def f(x: Any) -> Any:
        bind(Show("late"), matmul(x, matmul(x, x)))
        bind(Show("early"), x)
        return exp(x)

    steps = fuse(jaxpr_of(f, (3, 3))).steps
    words = [getattr(s.prim, "word", "") for s in steps if not isinstance(s, Kernel)]
    assert words == ["late", "early"]
    assert len(steps) == 5


def test_outputs_that_are_inputs_need_no_kernel() -> None:
    fused = fuse(jaxpr_of(lambda x, y: (x, y, x), R, R))
    assert fused.steps == ()
    assert len(fused.buffers) == 2


def test_kernels_that_would_wait_for_one_another_are_kept_apart() -> None:
    """By the rule u is stored with w, which reads v; and v with z, which reads u."""

    def f(x: Any, y: Any) -> Any:
        u, v = exp(x), sin(y)
        return u, v, u * transpose(v, (1, 0)), v * transpose(u, (1, 0))

    fused = same(jaxpr_of(f, (5, 5), (5, 5)))
    assert len(fused.kernels) == 4


def test_a_value_is_stored_on_the_way_only_where_all_of_it_passes() -> None:
    def f(x: Any) -> Any:
        y = exp(x)
        return y, sin(slice_(y, (0, 0), (3, 5)))

    fused = same(jaxpr_of(f, R))
    assert [str(k).splitlines()[2].split()[0] for k in fused.kernels] == ["b[i0,", "d[i0,"]


def test_a_value_that_another_kernel_needs_first_is_not_stored_on_the_way() -> None:
    """u passes by w, but the contraction that w reads needs u before."""

    def f(x: Any) -> Any:
        u = exp(x)
        return u, u * matmul(u, u)

    assert len(same(jaxpr_of(f, (5, 5))).kernels) == 3


@given(graphs())
def test_any_program(f: Program) -> None:
    same(jaxpr_of(f, (4, 4), (4, 4)))
