"""Who keeps a user's objects alive: the program that reads them, and nothing else."""

from __future__ import annotations

import gc
import importlib
import weakref
from collections.abc import Callable
from threading import Thread
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.api import eager
from oxmlx.errors import DonatedError, EvaluationError
from oxmlx.ops.axes import reduce_sum
from oxmlx.ops.convert import from_numpy
from oxmlx.ops.math import sin


def total(x: Any) -> Any:
    return reduce_sum(x, (0,))


def own_vjp(big: Any) -> None:
    """The rule calls the function itself, whose inner rules wait to be traced."""

    @ox.custom_vjp
    def f(x: Any) -> Any:
        return x * big

    f.defvjp(lambda x: (f(x), x), lambda _, ct: (ct * big,))
    ox.jit(ox.grad(lambda x: total(f(x))))(big).tolist()


def own_jvp(big: Any) -> None:
    @ox.custom_jvp
    def f(x: Any) -> Any:
        return x * big

    f.defjvp(lambda primals, tangents: (f(*primals), tangents[0] * big))
    ox.grad(ox.jit(lambda x: total(f(x))))(big).tolist()


def callbacks(big: Any) -> None:
    ox.pure_callback(lambda x, b=big: x, big, big).tolist()
    ox.jit(lambda x: ox.pure_callback(lambda x, b=big: x, x, x))(big).tolist()
    ox.debug.callback(lambda x, b=big: None, big)


def loops(big: Any) -> None:
    def step(c: Any, _: Any) -> Any:
        return ox.lax.cond(total(c) > 0, lambda c: sin(c) * big, lambda c: c, c), None

    run = ox.checkpoint(lambda x: total(ox.lax.scan(step, x, None, 2)[0]))
    ox.jit(ox.grad(run))(big).tolist()
    ox.grad(run)(big).tolist()


def errors(big: Any) -> None:
    for f in (lambda x: x.nothing + big, lambda x: x + big):
        with pytest.raises((AttributeError, TypeError)):
            ox.grad(ox.jit(f))(big)


@pytest.mark.parametrize("use", [own_vjp, own_jvp, callbacks, loops, errors])
def test_an_array_dies_with_the_functions_that_close_over_it(use: Callable[[Any], None]) -> None:
    def run() -> Any:
        big = from_numpy(np.ones(100, np.float32))
        use(big)
        return weakref.ref(big)

    use(from_numpy(np.ones(100, np.float32)))  # what is made once may stay
    arrays = [run() for _ in range(3)]
    gc.collect()
    assert [ref() for ref in arrays] == [None] * 3


def test_an_object_whose_jitted_step_calls_it_back_dies() -> None:
    """The callback holds the model, the model its jitted step, the step the program, and the
    program the callback: a circle, which must not be reachable from a table."""

    class Model:
        def __init__(self) -> None:
            self.seen: list[float] = []
            self.step = ox.jit(self.run)

        def log(self, x: Any) -> None:
            self.seen.append(float(x))

        def run(self, x: Any) -> Any:
            ox.debug.callback(self.log, x)
            return sin(x) + ox.pure_callback(lambda v: v + len(self.seen), x, x)

    def train() -> Any:
        model = Model()
        model.step(1.0).tolist()
        ox.jit(lambda x: ox.lax.scan(lambda c, _: (model.step(c), None), x, None, 2))(1.0)
        assert len(model.seen) == 3
        return weakref.ref(model)

    model = train()
    gc.collect()
    assert model() is None


def test_a_failed_array_does_not_collect_the_frames_of_its_readers() -> None:
    x = from_numpy(np.ones(1, np.float32))
    ox.jit(lambda x: x, donate_argnums=0)(x)

    def read() -> tuple[int, Any]:
        mine = from_numpy(np.ones(5, np.float32))
        with pytest.raises(DonatedError) as caught:
            x.tolist()
        return len(caught.traceback), weakref.ref(mine)

    lengths, readers = zip(*(read() for _ in range(3)), strict=True)
    del read
    gc.collect()
    assert len(set(lengths)) == 1
    assert [ref() for ref in readers] == [None] * 3


@pytest.mark.parametrize("module", ["aval", "primitive", "jaxpr"])
def test_a_finalizer_may_trace_while_a_table_is_written(module: str) -> None:
    """The collector runs finalizers at any allocation, so also where a lock is held."""
    done: list[str] = []

    def finalizer() -> None:
        with importlib.import_module(f"oxmlx.ir.{module}")._lock:
            done.append(str(ox.make_jaxpr(lambda x: sin(x) ** 977)(np.ones((977,)))))

    thread = Thread(target=finalizer, daemon=True)
    thread.start()
    thread.join(timeout=20)
    assert done and "integer_pow[n=977]" in done[0]


def test_a_failed_callback_does_not_keep_the_frames_of_its_first_reader() -> None:
    def host(x: Any) -> Any:
        try:
            return {}["inner"]
        except KeyError as e:
            raise ZeroDivisionError("on purpose") from e

    out = ox.pure_callback(host, ox.ShapeDtypeStruct((), "float32"), 1.0)

    def read() -> Any:
        mine = from_numpy(np.ones(5, np.float32))
        with pytest.raises(EvaluationError) as caught:
            out.tolist()
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        assert isinstance(caught.value.__cause__.__cause__, KeyError)
        return weakref.ref(mine)

    def handle() -> Any:
        try:
            raise ValueError("before")
        except ValueError as e:
            ref = read()
            assert e.__traceback__ is not None and e.__context__ is None
        return ref

    readers = [handle(), read()]
    gc.collect()
    assert [ref() for ref in readers] == [None] * 2


@pytest.mark.parametrize("device", ["cpu", "reference"])
def test_eager_loops_die_with_their_functions(device: str) -> None:
    class Big:
        pass

    def run() -> weakref.ref[Any]:
        big = Big()

        def body(x: Any) -> Any:
            return ox.pure_callback(lambda y: (big, y + 1)[1], x, x)

        with ox.default_device(device):
            ox.eval(ox.lax.fori_loop(0, 2, lambda _, x: body(x), ox.numpy.ones(3)))
        return weakref.ref(big)

    refs = [run() for _ in range(3)]
    gc.collect()
    assert [r() for r in refs[:-1]] == [None, None]


def test_code_that_cannot_be_compiled_runs_op_by_op(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(self: Any, jaxpr: Any, device: Any) -> Any:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(eager.Compiler, "fused", fail)
    for _ in range(5):
        x = ox.numpy.arange(11.0)
        assert (ox.numpy.floor(x) * 3 + 1 - x).tolist() == [2 * k + 1 for k in range(11)]
    assert caplog.text.count("no such luck") == 1


def test_what_is_fused_keeps_only_what_somebody_refers_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intermediate values have no memory, neither when the end is read nor when a long pending
    program is run since it has grown."""
    made: list[int] = []
    fused = eager.Compiler.fused

    def spy(self: Any, jaxpr: Any, device: Any) -> Any:
        made.append(len(jaxpr.outputs))
        return fused(self, jaxpr, device)

    monkeypatch.setattr(eager.Compiler, "fused", spy)

    def chain(n: int) -> Any:
        x = kept = ox.numpy.ones(7)
        for k in range(n):
            x = ox.numpy.sin(x) * 1.01
            kept = x if k == 1 else kept
        return x, kept

    with ox.default_device("cpu"):
        for _ in range(4):
            x, kept = chain(5)
            ox.eval(x)
            assert not kept.is_pending()
        assert made == [2]
        with ox.config.context(pending_limit=16):
            for _ in range(4):
                chain(30)
    assert len(made) > 1
    assert max(made) <= 4, "x, kept, and the operand and result of what is recorded just then"
