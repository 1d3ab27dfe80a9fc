"""pure_callback and io_callback: what they compute, when they run, and how often."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import oxmlx as ox
from oxmlx.control.callback import effects_barrier, io_callback, pure_callback
from oxmlx.errors import EvaluationError, GradientError, MissingRule, ShapeError, TreeError
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.elementwise import add

F32 = np.dtype(np.float32)


def arr(*xs: Any) -> Any:
    return from_numpy(np.array(xs, F32))


def typed(*shape: int) -> Any:
    return ox.ShapeDtypeStruct(shape, F32)


def sine(x: Any, method: str | None = None) -> Any:
    return pure_callback(np.sin, ox.ShapeDtypeStruct(x.shape, x.dtype), x, vmap_method=method)


class Recorder:
    """A host function that remembers the shapes of its arguments."""

    def __init__(self, lib: Any) -> None:
        self.lib, self.shapes = lib, []

    def __call__(self, x: Any, y: Any) -> Any:
        self.shapes.append((x.shape, y.shape))
        return np.asarray(x) + np.asarray(y)

    def of(self, method: str) -> Any:
        """x + y for scalars x and y."""
        call = pure_callback if self.lib is ox else jax.pure_callback
        out = self.lib.ShapeDtypeStruct((), F32)
        return lambda x, y: call(self, out, x, y, vmap_method=method)


def test_value_in_eager_and_jitted_code() -> None:
    x = arr(0.5, 1.5)
    for f in (sine, ox.jit(sine), lambda x: ox.vmap(lambda v: sine(v, "expand_dims"))(x)):
        np.testing.assert_array_equal(np.asarray(f(x)), np.sin(np.array([0.5, 1.5], F32)))


def test_trees_and_keywords() -> None:
    def host(a: Any, *, b: Any) -> Any:
        return {"sum": a["x"] + b[0], "flag": b[0] > a["x"], "n": 7}

    types = {
        "sum": typed(2),
        "flag": ox.ShapeDtypeStruct((2,), "bool"),
        "n": ox.ShapeDtypeStruct((), "uint8"),
    }
    out = pure_callback(host, types, {"x": arr(1, 2)}, b=[arr(3, 1)])
    assert {k: (v.dtype.name, v.tolist()) for k, v in out.items()} == {
        "sum": ("float32", [4.0, 3.0]),
        "flag": ("bool", [True, False]),
        "n": ("uint8", 7),
    }


def test_results_enter_as_data_do() -> None:
    """64-bit results become 32-bit ones, unless they were announced."""
    assert sine(arr(1.0)).dtype == F32
    wide = pure_callback(lambda x: x.astype(float), typed(1), arr(1.5))
    assert wide.dtype == F32 and wide.tolist() == [1.5]
    kept = pure_callback(
        lambda x: x.astype(float) / 3, ox.ShapeDtypeStruct((1,), "float64"), arr(1)
    )
    assert kept.tolist() == [1 / 3]
    assert pure_callback(lambda x: 3, typed(), arr(1)).tolist() == 3.0
    assert pure_callback(lambda x: add(x, 1.0), typed(1), arr(1)).tolist() == [2.0]


def test_arguments_are_read_only_numpy_arrays() -> None:
    seen: list[Any] = []
    ox.eval(pure_callback(lambda *xs: seen.extend(xs) or xs[0], typed(2), arr(1, 2), 3.0))
    assert [type(x) for x in seen] == [np.ndarray, np.ndarray] and seen[1].shape == ()
    assert not any(x.flags.writeable for x in seen)


def test_oxmlx_inside_of_a_callback_is_eager() -> None:
    def host(x: Any) -> Any:
        return ox.grad(lambda v: v * v * v)(float(x))

    @ox.jit
    def f(x: Any) -> Any:
        return pure_callback(host, typed(), x) + 1.0

    assert float(f(2.0)) == 13.0
    later = pure_callback(host, typed(), 3.0)  # runs while f is traced again
    assert float(ox.jit(lambda x: x + float(later))(1.0)) == 28.0


@pytest.mark.parametrize("method", ["expand_dims", "broadcast_all"])
@pytest.mark.parametrize("axes", [(0, 0), (0, None), (None, 0)])
def test_what_a_mapped_callback_sees(method: str, axes: Any) -> None:
    xs = [np.arange(1.0, 4.0, dtype=F32) if a == 0 else np.float32(10) for a in axes]
    mine, theirs = Recorder(ox), Recorder(jax)
    got = ox.vmap(mine.of(method), axes)(*map(from_numpy, map(np.asarray, xs)))
    want = jax.vmap(theirs.of(method), axes)(*xs)
    np.testing.assert_array_equal(np.asarray(got), np.asarray(want))
    assert mine.shapes == theirs.shapes


@pytest.mark.parametrize("method", ["expand_dims", "broadcast_all"])
def test_what_a_twice_mapped_callback_sees(method: str) -> None:
    x, y = np.arange(2.0, dtype=F32), np.arange(3.0, dtype=F32)
    mine, theirs = Recorder(ox), Recorder(jax)
    results: list[Any] = []
    for lib, recorder, args in ((ox, mine, (arr(*x), arr(*y))), (jax, theirs, (x, y))):
        f = lib.vmap(lib.vmap(recorder.of(method), (None, 0)), (0, None))
        results.append(np.asarray(f(*args)))
    np.testing.assert_array_equal(*results)
    assert mine.shapes == theirs.shapes


@pytest.mark.parametrize("method", ["sequential", "sequential_unrolled"])
def test_one_element_after_another(method: str) -> None:
    recorder = Recorder(ox)
    f = ox.jit(ox.vmap(ox.vmap(recorder.of(method), (None, 0)), (0, None)))
    np.testing.assert_array_equal(np.asarray(f(arr(1, 2), arr(10, 20, 30)))[1], [12, 22, 32])
    assert recorder.shapes == [((), ())] * 6


def test_no_elements() -> None:
    recorder = Recorder(ox)
    out = ox.vmap(recorder.of("sequential"))(arr(), arr())
    assert out.shape == (0,) and recorder.shapes == []


def test_the_axis_may_be_anywhere() -> None:
    x = np.arange(6.0, dtype=F32).reshape(2, 3)
    for method in ("sequential", "expand_dims", "broadcast_all"):
        f = ox.vmap(lambda v, m=method: sine(v, m), in_axes=1, out_axes=1)
        np.testing.assert_array_equal(np.asarray(f(from_numpy(x))), np.sin(x))


def test_a_pure_callback_without_use_does_not_run() -> None:
    calls: list[Any] = []

    def f(x: Any) -> Any:
        pure_callback(lambda v: calls.append(v) or v, typed(), x)
        return x

    ox.jit(f)(1.0)
    f(1.0)
    assert calls == []


def test_equal_pure_callbacks_run_once() -> None:
    recorder = Recorder(ox)
    f = recorder.of("sequential")
    assert float(ox.jit(lambda x: f(x, x) * f(x, x))(3.0)) == 36.0
    assert len(recorder.shapes) == 1


def test_a_rule_makes_it_differentiable() -> None:
    @ox.custom_jvp
    def smooth(x: Any) -> Any:
        return sine(x, "broadcast_all")

    @smooth.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        (x,), (dx,) = primals, tangents
        cos = pure_callback(np.cos, x, x, vmap_method="broadcast_all")
        return smooth(x), cos * dx

    assert float(ox.jit(ox.grad(smooth))(1.0)) == pytest.approx(np.cos(1.0))
    np.testing.assert_allclose(
        np.asarray(ox.vmap(ox.grad(smooth))(arr(1, 2))), np.cos([1.0, 2.0]), rtol=1e-6
    )


def test_what_does_not_move_needs_no_derivative() -> None:
    scalar = from_numpy(np.asarray(1.0, F32))
    assert float(ox.grad(lambda x: x * sine(scalar))(2.0)) == pytest.approx(np.sin(1.0))


@pytest.mark.parametrize("wrap", [lambda f: f, ox.jit, ox.checkpoint])
def test_derivative_is_refused(wrap: Any) -> None:
    with pytest.raises(GradientError, match="of sin\n  Give it one with ox.custom_jvp"):
        ox.grad(wrap(sine))(1.0)
    with pytest.raises(GradientError, match="io_callback"):
        ox.grad(wrap(lambda x: io_callback(np.sin, typed(), x)))(1.0)


def test_mapping_without_a_method_is_refused() -> None:
    with pytest.raises(MissingRule, match="nobody said how to map sin over an axis\n  Pass vmap_m"):
        ox.vmap(sine)(arr(1, 2))


def test_a_wrong_result_names_both_types() -> None:
    bad = [
        (lambda x: x[:1], ShapeError, "was to return f32[2], it returned f32[1]"),
        (lambda x: (x, x), TreeError, "was to return PyTreeDef(*), it returned"),
        (lambda x: None, TreeError, "it returned PyTreeDef(None)"),
    ]
    for host, error, text in bad:
        with pytest.raises(error) as caught:
            ox.jit(lambda x, h=host: pure_callback(h, typed(2), x))(arr(1, 2))
        assert text in str(caught.value)
        with pytest.raises(error):
            pure_callback(host, typed(2), arr(1, 2)).tolist()


def test_an_error_of_the_function_is_kept() -> None:
    def host(x: Any) -> Any:
        raise ZeroDivisionError("on purpose")

    with pytest.raises(EvaluationError, match="on purpose") as caught:
        pure_callback(host, typed(), 1.0).tolist()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    line = host.__code__.co_firstlineno + 1
    assert f"It was raised at {__file__}:{line} (host)." in str(caught.value)


def logger() -> tuple[list[Any], Any]:
    """A log, and a function that writes its argument there and returns how often it did."""
    log: list[Any] = []

    def note(x: Any) -> Any:
        log.append(x.tolist())
        return np.int32(len(log))

    out = ox.ShapeDtypeStruct((), "int32")
    return log, lambda x: io_callback(note, out, x, ordered=True)


def test_an_io_callback_runs_at_once_and_every_time() -> None:
    log, note = logger()
    assert note(1.0).tolist() == 1
    note(1.0)
    assert log == [1.0, 1.0]
    f = ox.jit(lambda x: (note(x), note(x), note(x + 1))[0])
    assert int(f(5.0)) == 3 and log[2:] == [5.0, 5.0, 6.0]
    f(7.0)
    assert log[5:] == [7.0, 7.0, 8.0] and f.traces == 1
    effects_barrier()


def test_an_io_callback_under_vmap_runs_in_order() -> None:
    log, note = logger()
    counts = ox.vmap(ox.vmap(note))(from_numpy(np.arange(6.0, dtype=F32).reshape(2, 3)))
    assert log == [0, 1, 2, 3, 4, 5] and counts.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_an_io_callback_in_control_flow() -> None:
    log, note = logger()
    ox.lax.scan(lambda c, x: (c + x, note(c)), 0.0, arr(1, 2, 3))
    assert log == [0.0, 1.0, 3.0]
    ox.lax.cond(True, note, lambda x: np.int32(0), 9.0)
    ox.lax.cond(False, note, lambda x: np.int32(0), 8.0)
    assert log[3:] == [9.0]
    ox.lax.while_loop(lambda x: x < 4.0, lambda x: x + note(x).astype(F32) * 0 + 1, 2.0)
    assert log[4:] == [2.0, 3.0]


def test_results_that_nobody_reads_do_not_stop_an_effect() -> None:
    log, note = logger()

    def f(x: Any) -> Any:
        note(x)
        return x * x

    assert float(ox.jit(lambda x: ox.jit(f)(x) * 0 + 1)(2.0)) == 1.0 and log == [2.0]
    ox.eval_shape(f, 1.0)
    assert log == [2.0]


def test_a_program_shows_the_function() -> None:
    def host(x: Any) -> Any:
        return x

    text = str(ox.make_jaxpr(lambda x: pure_callback(host, typed(2), x))(arr(1, 2)))
    assert "pure_callback[fun=host outs=(f32[2],) batch=0 vmap_method=None]" in text
