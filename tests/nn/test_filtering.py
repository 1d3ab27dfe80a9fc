"""Partition and combine are inverses; the gradient sees what is trainable only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx import nn
from oxmlx.errors import ArgumentError, GradientError, TreeError

onp = ox.numpy


class Net(nn.Module):
    first: nn.Linear
    norm: nn.BatchNorm
    count: ox.Array = nn.buffer()
    bias: ox.Array | None

    def __init__(self) -> None:
        self.first = nn.Linear(2, 3, key=ox.random.key(0))
        self.norm = nn.BatchNorm(3)
        self.count = onp.zeros((), "int32")
        self.bias = None

    def __call__(self, x: Any) -> Any:
        return self.norm(self.first(x))[0] * (self.count + 1)


def same(a: Any, b: Any) -> bool:
    return ox.tree.structure(a) == ox.tree.structure(b) and all(
        x is y for x, y in zip(ox.tree.leaves(a), ox.tree.leaves(b), strict=True)
    )


PREDICATES = [
    nn.is_trainable,
    nn.is_array,
    nn.is_inexact_array,
    lambda x: x.ndim == 1,
    True,
    False,
]


@pytest.mark.parametrize("where", PREDICATES)
def test_combine_undoes_partition(where: Any) -> None:
    model = Net().freeze("first.bias")
    one, other = nn.partition(model, where)
    assert same(nn.combine(one, other), model) and same(nn.combine(other, one), model)
    leaves = ox.tree.leaves(one), ox.tree.leaves(other)
    assert len(leaves[0]) + len(leaves[1]) == len(ox.tree.leaves(model))
    assert type(one) is Net and one.norm.eps == model.norm.eps


def test_what_is_trainable() -> None:
    model = Net().freeze("first.bias")
    one, other = nn.partition(model)
    assert one.first.bias is None and one.norm.running_mean is None and one.count is None
    assert other.first.bias is not None and other.first.weight is None
    assert same(nn.partition(model, model.trainable_mask())[0], one)
    assert same(nn.filter(model, nn.is_trainable), one)
    assert same(nn.filter(model, nn.is_trainable, inverse=True), other)
    floats = nn.filter(model, nn.is_inexact_array)
    assert floats.count is None and floats.norm.running_var is not None


def test_differentiating_one_part() -> None:
    model, x = Net(), onp.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]])
    one, other = nn.partition(model)
    w = onp.arange(9.0).reshape(3, 3)
    loss = lambda one: onp.sum(nn.combine(one, other)(x) * w)  # noqa: E731
    grads = ox.jit(ox.grad(loss))(one)
    assert grads.count is None and grads.first.weight.shape == (3, 2)
    _, nested = nn.value_and_grad(model, lambda m, x: onp.sum(m(x) * w))(model, x)
    np.testing.assert_allclose(nested["first"]["weight"], grads.first.weight, rtol=1e-6)
    assert set(nested) == {"first", "norm"}
    with pytest.raises(GradientError, match="count"):
        ox.grad(lambda m: onp.sum(m(x) * w))(model)


def test_value_and_grad_holds_frozen_parameters() -> None:
    model = Net().freeze("first")
    x, w = onp.array([[1.0, 2.0], [3.0, -1.0]]), onp.array([[1.0, 2.0, 4.0], [0.5, 0.0, 1.0]])
    step = ox.jit(nn.value_and_grad(model, lambda m, x: (onp.sum(m(x) * w), m.count), has_aux=True))
    (value, aux), grads = step(model, x)
    assert set(grads) == {"norm"} and set(grads["norm"]) == {"weight", "bias"} and int(aux) == 0
    np.testing.assert_allclose(grads["norm"]["bias"], [1.5, 2.0, 5.0])
    np.testing.assert_allclose(value, onp.sum(model(x) * w), rtol=1e-6)
    moved = model.update(ox.tree.map(lambda p, g: p - g, model.trainable_parameters(), grads))
    step(moved, x)
    assert step.traces == 1 and moved.first is not None
    for args in ((), (x,)):
        with pytest.raises(ArgumentError, match="first argument must be a Net"):
            nn.value_and_grad(model, lambda m, x: 0.0)(*args)


def test_combine_refuses_what_does_not_match() -> None:
    with pytest.raises(ArgumentError, match="needs a tree or more"):
        nn.combine()
    with pytest.raises(TreeError, match="the structures differ"):
        nn.combine({"a": 1}, {"b": None})
    with pytest.raises(TreeError):
        nn.partition({"a": 1, "b": 2}, {"a": True, "c": False})
    assert nn.combine({"a": None}, {"a": None}) == {"a": None}
    assert nn.partition([1, (2, 3)], [True, False]) == ([1, (None, None)], [None, (2, 3)])
