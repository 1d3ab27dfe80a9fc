"""What `explain_retraces` says: the argument that changed, and nothing else."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx.config import config

Call = Callable[[Any], Any]
X = ox.numpy.ones(2)
LAYER = ox.nn.Dropout(0.5)
NORM = ox.nn.LayerNorm(2)


@ox.tree.register_dataclass
@dataclass
class Dense:
    weight: Any
    activation: str = ox.tree.static(default="relu")


class Polar:
    def __init__(self, r: Any, unit: str) -> None:
        self.r, self.unit = r, unit


ox.tree.register_pytree_node(Polar, lambda p: ((p.r,), p.unit), lambda unit, xs: Polar(*xs, unit))


def first(p: Any, x: Any = 0.0) -> Any:
    return x


def static(x: Any, n: Any, k: Any, y: Any = 1.0) -> Any:
    return x


def many(n: Any, *xs: Any) -> Any:
    return xs[0]


ON_FIRST = [
    ((1.0,), (X,), "argument p was f32[] (weak), now f32[2]"),
    (({"a": X},), ({"a": X, "b": X},), "argument p['b'] is new: f32[2]"),
    (({"a": X, "b": (X, X)},), ({"a": X},), "argument p['b'] is gone, it was tuple of 2"),
    (({"a": [X, 1.0]},), ({"a": [1.0, 1.0]},), "argument p['a'][0] was f32[2], now f32[] (weak)"),
    (({"a": [X]},), ({"a": (X,)},), "argument p['a'] was list of 1, now tuple of 1"),
    (({"a": X},), ({"a": None},), "argument p['a'] was f32[2], now None"),
    (({1: X},), ({True: X},), "the metadata of argument p was (1,), now (True,)"),
    ((1.0,), (1.0, X), "argument x was left out, now f32[2]"),
    ((1.0, X), (1.0,), "argument x was f32[2], now left out"),
    ((NORM,), (NORM.freeze("bias"),), "argument p.frozen was frozenset(), now frozenset({'bias'})"),
    (((LAYER,),), ((LAYER.eval(),),), "argument p[0].training was True, now False"),
    ((Dense(X),), (Dense(X, "gelu"),), "argument p.activation was 'relu', now 'gelu'"),
    ((Polar(X, "rad"),), (Polar(X, "deg"),), "the metadata of argument p was 'rad', now 'deg'"),
    (
        (OrderedDict(a=X, b=X),),
        (OrderedDict(b=X, a=X),),
        "the metadata of argument p was ('a', 'b'), now ('b', 'a')",
    ),
]  # fmt: skip


def explained(f: Any, *calls: Call) -> list[str]:
    """What is logged when a function is called so."""
    seen: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(record.getMessage())
    log = logging.getLogger("oxmlx")
    log.addHandler(handler)
    log.propagate = False
    try:
        with config.context(explain_retraces=True):
            for call in calls:
                call(f)
    finally:
        log.removeHandler(handler)
        log.propagate = True
    return [text.partition(" again: ")[2] for text in seen]


@pytest.mark.parametrize(
    ("old", "new", "text"), ON_FIRST, ids=lambda x: x if type(x) is str else ""
)
def test_an_argument_that_changed_is_named(old: Any, new: Any, text: str) -> None:
    assert explained(ox.jit(first), lambda f: f(*old), lambda f: f(*new)) == [text]


ON_STATIC = [
    (lambda f: f(X, 2, 3), "static argument k was 2, now 3"),
    (lambda f: f(X, 2, 2.0), "static argument k was 2, now 2.0"),
    (lambda f: f(X, True, 2), "static argument n was 2, now True"),
    (lambda f: f(X, 2, (1, 2j)), "static argument k was 2, now (1, 2j)"),
    (lambda f: f(X, 2, np.float32(2)), "static argument k was 2, now np.float32(2.0)"),
    (lambda f: f(X, 2, k=2), "static argument k was passed by position, now by name"),
    (lambda f: f(X, 2, 2, 1.0), "argument y was left out, now f32[] (weak)"),
    (
        lambda f: f(1.0, 3, 3, y=X),
        "static argument n was 2, now 3; static argument k was 2, now 3; "
        "argument x was f32[2], now f32[] (weak); and 1 more",
    ),
]


@pytest.mark.parametrize(("call", "text"), ON_STATIC)
def test_a_static_argument_that_changed_is_named(call: Call, text: str) -> None:
    if np.__version__ < "2":
        text = text.replace("np.float32(2.0)", "2.0")
    f = ox.jit(static, static_argnums=(1, 2))
    assert explained(f, lambda f: f(X, 2, 2), call) == [text]


def test_static_values_that_look_alike_are_told_apart() -> None:
    class Mode:
        def __repr__(self) -> str:
            return "Mode()"

    f = ox.jit(static, static_argnames=("n", "k"))
    got = explained(f, lambda f: f(X, Mode(), 1), lambda f: f(X, Mode(), 1))
    assert got == ["static argument n was Mode(), now another Mode()"]


def test_places_are_counted_with_the_static_ones() -> None:
    f = ox.jit(many, static_argnums=(0, 2))
    got = explained(f, lambda f: f(1, X, 5, X), lambda f: f(1, X, 5, 1.0))
    assert got == ["argument xs[2] was f32[2], now f32[] (weak)"]


def test_the_nearest_signature_is_the_one_with_the_fewest_differences() -> None:
    f = ox.jit(static, static_argnums=(1, 2))
    got = explained(
        f, lambda f: f(X, 1, 1), lambda f: f(1.0, 22222, 33333), lambda f: f(X, 22222, 33333)
    )
    assert got[1] == "argument x was f32[] (weak), now f32[2]"


def test_of_signatures_equally_near_the_latest_counts() -> None:
    f = ox.jit(static, static_argnums=(1, 2))
    got = explained(f, *(lambda f, k=k: f(X, 1, k) for k in range(3)))
    assert got == ["static argument k was 0, now 1", "static argument k was 1, now 2"]


def test_what_is_around_the_call_is_named() -> None:
    f = ox.jit(lambda x: x)
    inside = lambda f: ox.vmap(f, axis_name="i")(ox.numpy.ones((3, 2)))  # noqa: E731
    got = explained(f, lambda f: f(X), inside)
    assert got == ["the axes mapped around it were {}, now {'i': 3}"]
    with config.context(check=True):
        got = explained(f, lambda f: f(X))
    assert got == ["the check switch was False, now True"]


def test_a_function_of_c_has_numbers_for_names() -> None:
    f = ox.jit(dict)
    got = explained(f, lambda f: f({"a": X}), lambda f: f({"a": 1.0}))
    assert got == ["argument #0['a'] was f32[2], now f32[] (weak)"]
