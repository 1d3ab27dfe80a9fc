"""jit: which arguments are static or donated, however they are named and passed."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.errors import ArgumentError, DonatedError
from oxmlx.ops.convert import from_numpy


def array(*values: float) -> Any:
    return from_numpy(np.array(values, np.float32))


def test_positions_count_from_the_function_not_from_the_call() -> None:
    f = ox.jit(lambda x, k=3: x * k, static_argnums=-1)
    assert f(array(1, 2)).tolist() == [3, 6]
    assert f(array(1, 2), 5).tolist() == [5, 10]
    assert f(array(1, 2), k=7).tolist() == [7, 14]


def test_a_keyword_only_argument_has_no_position() -> None:
    f = ox.jit(lambda x, *rest, k: x * k + sum(rest), static_argnames="k")
    assert f(1.0, array(2), array(3), k=4).tolist() == [9]


def test_what_is_donated_is_found_beside_static_arguments() -> None:
    f = ox.jit(lambda n, x, y: x * n + y, static_argnums=0, donate_argnums=1)
    x, y = array(1), array(2)
    assert f(3, x, y).tolist() == [5]
    assert y.tolist() == [2]
    with pytest.raises(DonatedError):
        x.tolist()


def test_donating_an_array_that_is_passed_twice_or_captured() -> None:
    x, y = array(1), array(2)
    assert ox.jit(lambda a, b: a + b, donate_argnums=0)(x, x).tolist() == [2]
    f = ox.jit(lambda a: a * y, donate_argnums=0)
    assert f(y).tolist() == [4]
    for gone in (x, y):
        with pytest.raises(DonatedError):
            gone.tolist()
    with pytest.raises(DonatedError):
        f(array(3))


@pytest.mark.parametrize(
    "options",
    [
        {"static_argnums": 2},
        {"static_argnums": (0, -3)},
        {"static_argnames": "n"},
        {"donate_argnums": 5},
        {"donate_argnames": ["x", "n"]},
    ],
)
def test_an_argument_that_does_not_exist_is_refused(options: dict[str, Any]) -> None:
    def f(x: Any, k: int = 1) -> Any:
        return x

    with pytest.raises(ArgumentError, match=r"arguments must be among \['x', 'k'\]"):
        ox.jit(f, **options)
    ox.jit(lambda *xs, **named: xs[0], **options)


def test_no_other_thread_can_clear_the_cache_between_a_look_and_a_touch() -> None:
    free: list[bool] = []

    class Watched(OrderedDict[Any, Any]):
        def move_to_end(self, key: Any, last: bool = True) -> None:
            with ThreadPoolExecutor(1) as other:
                free.append(other.submit(f.lock.acquire, blocking=False).result())

    f = ox.jit(lambda xs: xs[0] + 1)
    f.cache = Watched()
    assert f((array(1),)).tolist() == f((array(1),)).tolist() == [2]
    assert free == [False]


def test_donation_by_name_reaches_keyword_arguments() -> None:
    f = ox.jit(lambda **kw: kw["a"] + kw["b"], donate_argnames="a")
    a, b = ox.numpy.ones(3), ox.numpy.ones(3)
    f(a=a, b=b)
    with pytest.raises(ox.errors.DonatedError, match="donated"):
        a.tolist()
    assert b.tolist() == [1, 1, 1]
