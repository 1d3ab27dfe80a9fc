"""Evaluation inside of an evaluation: callbacks compute with arrays while others wait for them."""

from __future__ import annotations

from typing import Any

import numpy as np

import oxmlx as ox
from oxmlx.config import config
from oxmlx.ops.convert import from_numpy


def array(x: float) -> Any:
    return from_numpy(np.asarray(x, np.float32))


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
