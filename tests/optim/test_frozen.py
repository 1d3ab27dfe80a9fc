"""Frozen parameters and buffers stay where they are, whatever optimizer and gradient say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx import nn, optim

OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "sgd": lambda: optim.sgd(0.1, momentum=0.9, nesterov=True),
    "decayed sgd": lambda: optim.chain(optim.add_decayed_weights(0.1), optim.sgd(0.1)),
    "adam": lambda: optim.adam(0.1),
    "adamw": lambda: optim.adamw(0.1, weight_decay=0.1),
    "lion": lambda: optim.lion(0.1, weight_decay=0.1),
    "rmsprop": lambda: optim.rmsprop(0.1),
    "adagrad": lambda: optim.adagrad(0.1),
    "clipped adamw": lambda: optim.chain(
        optim.clip_by_global_norm(0.5), optim.adamw(0.1, weight_decay=0.1)
    ),
}


class Net(nn.Module):
    body: nn.Linear
    norm: nn.BatchNorm
    head: nn.Linear

    def __call__(self, x: Any) -> Any:
        scaled = self.norm.weight * self.body(x) + self.norm.bias + self.norm.running_var
        return self.head(scaled)


def net() -> Net:
    k1, k2 = ox.random.split(ox.random.key(0))
    return Net(nn.Linear(3, 4, key=k1), nn.BatchNorm(4), nn.Linear(4, 2, key=k2))


X = ox.random.normal(ox.random.key(1), (5, 3))


def loss(model: Net) -> Any:
    return (model(X) ** 2).sum()


def moved(old: Any, new: Any) -> list[str]:
    """The names of the arrays that have changed."""
    now = new.state_dict()
    return [n for n, x in old.state_dict().items() if np.any(np.asarray(x) != np.asarray(now[n]))]


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("wrap", [lambda f: f, ox.jit], ids=["eager", "jit"])
def test_a_frozen_layer_and_buffers_stay(make: Callable[[], Any], wrap: Any) -> None:
    model = net().freeze("body", "norm.bias")
    tx = make()

    @wrap
    def step(model: Net, state: Any) -> Any:
        updates, state = tx.update(ox.grad(loss)(model), state, model)
        return optim.apply_updates(model, updates), state

    new, state = step(model, tx.init(model))
    new, state = step(new, state)
    assert moved(model, new) == ["norm.weight", "head.weight", "head.bias"]
    assert new.body.frozen == {"weight", "bias"}


def test_without_freezing_all_parameters_move() -> None:
    model = net()
    new = optim.apply_updates(model, ox.grad(loss)(model))
    assert len(moved(model, new)) == 6


def test_modules_inside_other_trees_stay_too() -> None:
    params = {"nets": (net().freeze(), net().freeze("head")), "scale": ox.numpy.ones(2)}
    new = optim.apply_updates(params, ox.tree.map(ox.numpy.ones_like, params))
    assert moved(params["nets"][0], new["nets"][0]) == []
    assert moved(params["nets"][1], new["nets"][1]) == [
        "body.weight",
        "body.bias",
        "norm.weight",
        "norm.bias",
    ]
    assert new["scale"].tolist() == [2, 2]


def test_the_trainable_parameters_alone_take_the_same_step() -> None:
    model = net().freeze("body")
    tx = optim.adamw(0.1, weight_decay=0.1)
    whole, _ = tx.update(ox.grad(loss)(model), tx.init(model), model)
    _, grads = nn.value_and_grad(model, loss)(model)
    params = model.trainable_parameters()
    part, _ = tx.update(grads, tx.init(params), params)
    a = optim.apply_updates(model, whole)
    b = model.update(optim.apply_updates(params, part))
    for x, y in zip(ox.tree.leaves(a), ox.tree.leaves(b), strict=True):
        assert x.tolist() == y.tolist()
