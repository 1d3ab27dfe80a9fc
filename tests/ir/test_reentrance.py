"""Evaluation inside of an evaluation: callbacks compute with arrays while others wait for them."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Event, Thread
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.config import config
from oxmlx.errors import EvaluationError
from oxmlx.ops.convert import from_numpy

SCALAR = ox.ShapeDtypeStruct((), "float32")
SOON = 20  # seconds, after which we call it a deadlock


def array(x: float) -> Any:
    return from_numpy(np.asarray(x, np.float32))


def started(f: Callable[[], Any]) -> tuple[Thread, list[Any]]:
    """A thread that runs `f`, and what will hold its result; it does not outlive a deadlock."""
    results: list[Any] = []
    thread = Thread(target=lambda: results.append(f()), daemon=True)
    thread.start()
    return thread, results


def finished(thread: Thread) -> bool:
    thread.join(timeout=SOON)
    return not thread.is_alive()


def test_a_callback_that_fills_the_pending_program_does_not_start_itself_again() -> None:
    calls: list[float] = []

    def host(x: Any) -> Any:
        calls.append(float(x))
        y = array(float(x))
        for _ in range(10):
            y = y + 1.0
        return np.asarray(y)

    with config.context(pending_limit=3):
        out = ox.pure_callback(host, array(0.0), array(5.0)) * 2.0
        assert float(out) == 30.0
    assert calls == [5.0]


def test_a_callback_may_need_what_runs_after_it() -> None:
    x = array(2.0)
    shared = x * 3.0  # pending, and read by the callback as well as beside it

    def host(y: Any) -> Any:
        return np.asarray(shared + float(y))

    out = ox.pure_callback(host, x, x) + shared * shared
    assert float(out) == 8.0 + 36.0


def test_a_callback_may_wait_for_a_thread_that_evaluates() -> None:
    def host(x: Any) -> Any:
        thread, results = started(lambda: np.asarray(array(float(x)) * 3.0))
        assert finished(thread), "a thread that evaluates waits for the callback"
        return results[0]

    assert float(ox.pure_callback(host, SCALAR, array(2.0)) + 1.0) == 7.0


def test_a_thread_that_a_callback_waits_for_may_fill_the_pending_program() -> None:
    """What depends on the callback is left to wait, whoever runs the pending program."""

    def many() -> float:
        y = array(0.0)
        for _ in range(20):
            y = y + 1.0
        return float(y)

    def host(x: Any) -> Any:
        thread, results = started(many)
        assert finished(thread), "the pending program waits for the callback"
        return np.float32(results[0])

    with config.context(pending_limit=3):
        out = ox.pure_callback(host, SCALAR, array(1.0)) * 2.0
        assert float(out) == 40.0


def test_a_callback_runs_once_for_two_threads_that_read_it_at_the_same_time() -> None:
    calls: list[float] = []
    entered, go, both = Event(), Event(), Barrier(2)

    def host(x: Any) -> Any:
        calls.append(float(x))
        entered.set()
        assert go.wait(SOON)
        return x * 2

    y = ox.pure_callback(host, SCALAR, array(4.0))
    outs = [y + 1.0, y + 2.0]

    def read(out: Any) -> float:
        both.wait(SOON)
        return float(out)

    threads = [started(lambda out=out: read(out)) for out in outs]
    assert entered.wait(SOON)
    assert float(array(1.0) + 1.0) == 2.0  # and a third, which does not need it, does not wait
    go.set()
    assert all(finished(thread) for thread, _ in threads)
    assert [results for _, results in threads] == [[9.0], [10.0]]
    assert calls == [4.0]


def test_threads_that_wait_for_a_callback_are_told_that_it_failed() -> None:
    entered, go = Event(), Event()

    def host(x: Any) -> Any:
        entered.set()
        assert go.wait(SOON)
        raise KeyboardInterrupt if float(x) else ZeroDivisionError("on purpose")

    def read(out: Any) -> Any:
        try:
            return float(out)
        except BaseException as e:
            return type(e)

    failing = ox.pure_callback(host, SCALAR, array(0.0))
    first = started(lambda: read(failing))
    assert entered.wait(SOON)
    second = started(lambda: read(failing + 1.0))
    go.set()
    assert finished(first[0]) and finished(second[0])
    assert first[1] == second[1] == [EvaluationError]

    interrupted = ox.pure_callback(host, SCALAR, array(1.0))
    assert read(interrupted) is KeyboardInterrupt and read(interrupted) is KeyboardInterrupt


def test_a_callback_that_reads_its_own_result_is_refused() -> None:
    def host(x: Any) -> Any:
        return np.asarray(out[0] + 1.0)

    out = [ox.pure_callback(host, SCALAR, array(1.0))]
    with pytest.raises(EvaluationError, match="needs the result that it is to return"):
        out[0].tolist()
