"""jit: what is traced when, what is cached, and what the errors say."""

from __future__ import annotations

import gc
import logging
import sys
import time
import weakref
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.config import config
from oxmlx.errors import DonatedError, EvaluationError, LeakedTracerError, StaticValueError
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.math import sin


def array(*values: float) -> Any:
    return from_numpy(np.array(values, np.float32))


def test_traces_once_for_each_type() -> None:
    f = ox.jit(lambda x: x * 2)
    f(array(1, 2))
    f(array(3, 4))
    assert f.traces == 1
    f(array(1, 2, 3))
    f(from_numpy(np.ones(2, np.int32)))
    assert f.traces == 3


def test_a_scalar_argument_is_never_a_cause_of_retracing() -> None:
    f = ox.jit(lambda x, s: x * s)
    assert [f(array(1), s).tolist() for s in (1.0, 2.0, 3.5)] == [[1], [2], [3.5]]
    assert f.traces == 1


def test_the_structure_of_arguments_is_part_of_the_type() -> None:
    f = ox.jit(lambda p: p["a"] * 2)
    f({"a": array(1)})
    f({"a": array(1), "b": None})
    assert f.traces == 2


def test_static_arguments_are_part_of_the_key_by_value_and_type() -> None:
    f = ox.jit(lambda x, n: x * n, static_argnums=1)
    for n in (1, 1.0, True, 1):
        f(array(1), n)
    assert f.traces == 3


def test_static_names_hold_however_the_argument_is_passed() -> None:
    f = ox.jit(lambda x, n=2: x**n, static_argnames="n")
    assert f(array(3), n=3).tolist() == [27]
    assert f(array(3), 3).tolist() == [27]
    assert f(array(3)).tolist() == [9]


def test_static_arguments_must_be_hashable_and_known() -> None:
    f = ox.jit(lambda x, n: x, static_argnums=1)
    with pytest.raises(StaticValueError, match="static argument .* must be hashable, got list"):
        f(array(1), [1])
    with pytest.raises(StaticValueError, match="is a traced value"):
        ox.jit(lambda n: f(array(1), n))(array(1))


def test_closed_over_arrays_are_operands_not_constants() -> None:
    w = array(2, 3)
    f = ox.jit(lambda x: x * w)
    assert f(array(1, 1)).tolist() == [2, 3]
    assert "c:f32[2] = mul b a" in str(ox.make_jaxpr(lambda x: x * w)(array(1, 1)))


def test_an_inner_jit_sees_the_tracers_around_it() -> None:
    inner = ox.jit(lambda x, y: x * y)
    outer = ox.jit(lambda x: inner(x, x) + ox.jit(lambda z: z * x)(x))
    assert outer(array(3)).tolist() == [18]
    assert float(ox.grad(outer)(3.0)) == 12.0


def test_an_inner_function_that_closes_over_a_tracer_is_not_cached() -> None:
    def outer(x: Any) -> Any:
        return helper(x) + x

    captured: list[Any] = []
    helper = ox.jit(lambda y: y * captured[-1])

    def run(x: Any) -> Any:
        captured.append(x * 2)
        return outer(x)

    assert ox.jit(run)(array(3)).tolist() == [21]
    assert ox.jit(run)(array(5)).tolist() == [55]


def test_the_tracer_is_clean_after_an_exception() -> None:
    @ox.jit
    def f(x: Any) -> Any:
        raise KeyError("mine")

    for _ in range(2):
        with pytest.raises(KeyError, match="mine"):
            ox.vmap(ox.grad(f))(array(1, 2))
    assert ox.grad(lambda x: sin(x))(0.0).tolist() == 1


def test_a_leaked_tracer_is_explained() -> None:
    leaked: list[Any] = []
    ox.jit(lambda x: leaked.append(x) or x)(array(1))
    with pytest.raises(LeakedTracerError, match="made inside a transformation that has ended"):
        leaked[0] + 1
    with pytest.raises(LeakedTracerError, match=r"test_jit\.py"):
        ox.jit(lambda x: x * leaked[0])(array(1))


def test_donated_arrays_cannot_be_read() -> None:
    f = ox.jit(lambda x, y: x + y, donate_argnums=0)
    x, y = array(1), array(2)
    assert f(x, y).tolist() == [3]
    with pytest.raises(DonatedError, match=r"was donated to <lambda>(.|\n)*test_jit\.py"):
        x.tolist()
    with pytest.raises(DonatedError):
        x + 1
    assert y.tolist() == [2]


def test_donation_inside_another_trace_does_nothing() -> None:
    f = ox.jit(lambda x: x + 1, donate_argnums=0)
    assert ox.jit(lambda x: f(x) + x)(array(1)).tolist() == [3]


def test_retraces_are_explained(caplog: pytest.LogCaptureFixture) -> None:
    f = ox.jit(lambda p, flag: p["w"], static_argnames="flag")
    with config.context(explain_retraces=True), caplog.at_level(logging.WARNING, "oxmlx"):
        f({"w": array(1)}, flag=True)
        f({"w": array(1, 2)}, flag=True)
        f({"w": array(1)}, flag=False)
    assert len(caplog.messages) == 2
    assert "argument p['w'] was f32[1], now f32[2]" in caplog.messages[0]
    assert "static" in caplog.messages[1]


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["oxmlx.jit"], "MAX_ENTRIES", 3)
    f = ox.jit(lambda x, n: x * n, static_argnums=1)
    for n in (0, 1, 2, 0, 3):  # 0 is used again, so 1 is the oldest
        f(array(1), n)
    assert len(f.cache) == 3
    before = f.traces
    f(array(1), 0)
    assert f.traces == before
    f(array(1), 1)
    assert f.traces == before + 1


def test_jit_can_be_switched_off() -> None:
    seen: list[Any] = []
    f = ox.jit(lambda x: seen.append(type(x).__name__) or x)
    with config.context(jit=False):
        f(array(1))
    assert seen == ["Array"]


def test_programs_die_with_their_functions() -> None:
    def make() -> Any:
        f = ox.jit(lambda x: sin(sin(sin(x))) * 17.25)
        ox.grad(lambda x: f(x))(1.0)
        return weakref.ref(next(iter(f.cache.values())).prim.body)

    program = make()
    gc.collect()
    assert program() is None


def test_methods_and_partials_can_be_jitted() -> None:
    class Scale:
        factor = 3.0

        @ox.jit
        def apply(self, x: Any) -> Any:
            return x * 2.0

    ox.tree_util.register_static(Scale)
    assert Scale().apply(array(2)).tolist() == [4]


def test_equal_bodies_are_one_program() -> None:
    f, g = ox.jit(lambda x: sin(x) * 2.0), ox.jit(lambda y: sin(y) * 2.0)
    f(array(1)), g(array(1))
    (a,), (b,) = f.cache.values(), g.cache.values()
    assert a.prim.body is b.prim.body


def test_jit_as_a_decorator_with_options() -> None:
    @ox.jit(static_argnums=1)
    def f(x: Any, n: int) -> Any:
        return x * n

    assert f(array(2), 3).tolist() == [6]
    assert f.__name__ == "f"


@pytest.mark.parametrize("device", ["reference", "cpu"])
def test_the_nan_switch_names_the_equation(device: str) -> None:
    """Also where it is one of many in a kernel."""
    with ox.config.context(nan=True), ox.default_device(device):
        f = ox.jit(lambda x: ox.numpy.sum(ox.numpy.log(x) * 2 + 1))
        assert float(f(ox.numpy.ones(3))) == 3
        with pytest.raises(EvaluationError, match="log: made a NaN"):
            f(-ox.numpy.ones(3))


def test_a_call_on_arrays_alone_is_told_apart_like_any_other() -> None:
    """It takes a way of its own, which must see what the other one sees."""
    f = ox.jit(lambda x, y=None: x * 2 if y is None else x + y)
    x, i = ox.numpy.ones(3), ox.numpy.arange(3)
    for _ in range(2):
        assert f(x).tolist() == [2, 2, 2]
        assert f(i).dtype == ox.int32
        assert f(x, i).tolist() == [1, 2, 3]
        assert f(x, y=i).tolist() == [1, 2, 3]
        assert f(x, 1.0).tolist() == [2, 2, 2]
        assert ox.vmap(f)(x).tolist() == [2, 2, 2]
        assert float(ox.grad(lambda x: f(x).sum())(x)[0]) == 2
    assert f.traces == 6
    with ox.config.context(check=True):
        f(x)
    assert f.traces == 7
    f.clear_cache()
    f(x)
    assert f.traces == 8


@pytest.mark.parametrize("device", ["reference", "cpu"])
def test_a_long_program_neither_recurses_nor_crawls(device: str) -> None:
    """Four times the length takes some four times as long; with a quadratic pass, sixteen times."""

    def seconds(length: int) -> float:
        def chain(x: Any) -> Any:
            for _ in range(length):
                x = x * 1.0001
            return x

        start = time.process_time()
        got = ox.jit(chain)(ox.device_put(1.0, device))
        took = time.process_time() - start
        assert float(got) == pytest.approx(1.0001**length, rel=1e-2)
        return took

    seconds(1000)
    gc.disable()  # what it costs depends on what other tests have left behind
    try:
        short, long = (min(seconds(n) for _ in range(2)) for n in (4_000, 16_000))
    finally:
        gc.enable()
    assert long < 10 * short
