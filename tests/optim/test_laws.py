"""Laws of every optimizer: compiled as eager, looped as scanned, mapped as run one by one, saved as
never stopped, differentiable."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import oxmlx as ox
from oxmlx import optim, tree
from oxmlx.ops.convert import from_numpy

SHAPES: dict[str, Any] = {"w": (3, 4), "deep": [(2, 1, 2), {"scalar": ()}], "empty": (0,)}
MASK = {"w": True, "deep": [True, False], "empty": False}
LABELS = {"w": "a", "deep": "b", "empty": "a"}
WARM = optim.warmup_cosine_decay_schedule(0.0, 0.1, 4, 16, 0.01)

OPTIMIZERS: dict[str, Any] = {
    "sgd": optim.sgd(0.1),
    "nesterov": optim.sgd(0.1, 0.9, True),
    "adam": optim.adam(WARM),
    "nadam": optim.adam(0.01, nesterov=True),
    "adam without correction": optim.adam(0.01, bias_correction=False),
    "adam in bf16": optim.adam(0.01, mu_dtype="bfloat16"),
    "adamw": optim.adamw(0.01, weight_decay=0.1, mask=MASK),
    "lion": optim.lion(WARM, weight_decay=optim.linear_schedule(0.1, 0.0, 10)),
    "rmsprop": optim.rmsprop(0.01, centered=True, initial_scale=1.0, momentum=0.9),
    "adagrad": optim.adagrad(0.1),
    "clipped": optim.chain(optim.clip_by_global_norm(1.0), optim.clip(0.4), optim.sgd(0.1)),
    "ema": optim.chain(optim.ema(0.9), optim.clip_by_block_rms(0.5), optim.scale(-0.1)),
    "partition": optim.partition({"a": optim.adam(0.01), "b": optim.set_to_zero()}, LABELS),
    "accumulated": optim.MultiSteps(optim.adam(0.01), 3),
    "finite": optim.apply_if_finite(optim.adam(0.01), 2),
    "injected": optim.inject_hyperparams(optim.adam)(WARM, b1=0.8),
}
every_optimizer = pytest.mark.parametrize("tx", OPTIMIZERS.values(), ids=OPTIMIZERS)


def random_tree(seed: int, dtype: str = "float32") -> Any:
    rng = np.random.default_rng(seed)
    return tree.map(
        lambda shape: from_numpy(np.asarray(rng.normal(size=shape), dtype)),
        SHAPES,
        is_leaf=lambda x: isinstance(x, tuple),
    )


def step(tx: Any, params: Any, state: Any, noise: Any) -> tuple[Any, Any]:
    grads = tree.map(lambda p, n: 0.3 * p + n, params, noise)
    updates, state = tx.update(grads, state, params)
    return optim.apply_updates(params, updates), state


def run(advance: Callable[..., Any], params: Any, state: Any, seeds: range) -> tuple[Any, Any]:
    for seed in seeds:
        params, state = advance(params, state, random_tree(seed))
    return params, state


def start(tx: Any) -> tuple[Any, Any]:
    params = random_tree(0)
    return params, tx.init(params)


def assert_same_bits(x: Any, y: Any) -> None:
    assert tree.structure(x) == tree.structure(y)
    for a, b in zip(tree.leaves(x), tree.leaves(y), strict=True):
        a, b = np.asarray(a), np.asarray(b)
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())


@every_optimizer
def test_compiled_is_eager(tx: Any) -> None:
    jitted = ox.jit(lambda *args: step(tx, *args))
    with ox.default_device("reference"):  # a backend that fuses may differ in the last bit
        eager = run(lambda *args: step(tx, *args), *start(tx), range(1, 13))
        assert_same_bits(run(jitted, *start(tx), range(1, 13)), eager)
    assert jitted.traces == 1


@every_optimizer
def test_scanned_is_looped(tx: Any) -> None:
    noises = [random_tree(seed) for seed in range(1, 13)]
    stacked = tree.map(lambda *xs: from_numpy(np.stack([np.asarray(x) for x in xs])), *noises)
    with ox.config.context(strict=True):
        looped = run(lambda *args: step(tx, *args), *start(tx), range(1, 13))
        scanned, _ = ox.lax.scan(lambda c, n: (step(tx, *c, n), None), start(tx), stacked)
    assert_same_bits(scanned, looped)


@every_optimizer
def test_a_batch_of_runs(tx: Any) -> None:
    def several(make: Callable[[int], Any]) -> Any:
        trees = [make(seed) for seed in (7, 8, 9)]
        return trees, tree.map(
            lambda *xs: from_numpy(np.stack([np.asarray(x) for x in xs])), *trees
        )

    def twice(params: Any, noise: Any) -> Any:
        params, state = step(tx, params, tx.init(params), noise)
        return step(tx, params, state, noise)[0]

    params, all_params = several(random_tree)
    noises, all_noises = several(lambda seed: random_tree(seed + 10))
    together = ox.vmap(twice)(all_params, all_noises)
    for k, (p, n) in enumerate(zip(params, noises, strict=True)):
        alone = twice(p, n)
        for x, y in zip(tree.leaves(together), tree.leaves(alone), strict=True):
            np.testing.assert_allclose(np.asarray(x)[k], np.asarray(y), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("factory", "hyperparams"),
    [
        (optim.sgd, {"learning_rate": [0.1, 0.01], "momentum": [0.9, 0.5]}),
        (optim.adam, {"learning_rate": [0.1, 0.01], "b1": [0.9, 0.5], "b2": [0.99, 0.9]}),
        (optim.adam, {"learning_rate": [0.1, 0.01], "eps": [1e-8, 1.0], "eps_root": [0.0, 0.1]}),
        (optim.adamw, {"learning_rate": [0.1, 0.01], "weight_decay": [0.0, 0.3]}),
        (optim.lion, {"learning_rate": [0.1, 0.01], "b1": [0.9, 0.5], "b2": [0.99, 0.9]}),
        (optim.rmsprop, {"learning_rate": [0.1, 0.01], "decay": [0.9, 0.5], "eps": [1e-3, 1.0]}),
        (optim.rmsprop, {"learning_rate": [0.1, 0.01], "initial_scale": [0.0, 1.0]}),
        (optim.adagrad, {"learning_rate": [0.1, 0.01], "initial_accumulator_value": [0.1, 2.0]}),
        (optim.clip_by_global_norm, {"max_norm": [0.5, 100.0]}),
        (optim.clip, {"max_delta": [0.1, 1.0]}),
        (optim.ema, {"decay": [0.1, 0.9]}),
        (lambda peak: optim.sgd(optim.cosine_decay_schedule(peak, 3)), {"peak": [0.1, 1.0]}),
    ],
)
def test_a_batch_of_hyperparameters(factory: Any, hyperparams: dict[str, list[float]]) -> None:
    def train(hyperparams: dict[str, Any]) -> Any:
        tx = factory(**hyperparams)
        params = random_tree(0, "float64")
        state = tx.init(params)
        for seed in range(1, 4):
            params, state = step(tx, params, state, random_tree(seed, "float64"))
        return params

    columns = {name: np.array(values) for name, values in hyperparams.items()}
    together = ox.vmap(train)({name: from_numpy(x) for name, x in columns.items()})
    for k in range(2):
        alone = train({name: from_numpy(x[k : k + 1].reshape(())) for name, x in columns.items()})
        for x, y in zip(tree.leaves(together), tree.leaves(alone), strict=True):
            np.testing.assert_allclose(np.asarray(x)[k], np.asarray(y), rtol=1e-12, atol=1e-12)
    different = [np.asarray(x) for x in tree.leaves(together) if x.size]
    assert any(not np.array_equal(x[0], x[1]) for x in different)


@every_optimizer
def test_the_types_of_a_state_do_not_change(tx: Any) -> None:
    params, before = start(tx)
    _, after = step(tx, params, before, random_tree(1))

    def types(state: Any) -> Any:
        return [(x.shape, x.dtype) for x in tree.leaves(state)]

    assert tree.structure(after) == tree.structure(before)
    assert types(after) == types(before)


@every_optimizer
def test_pickled_and_resumed(tx: Any) -> None:
    advance = ox.jit(lambda *args: step(tx, *args))
    half = run(advance, *start(tx), range(1, 8))
    again = pickle.loads(pickle.dumps(half))
    assert_same_bits(run(advance, *again, range(8, 14)), run(advance, *half, range(8, 14)))


@every_optimizer
def test_saved_as_numpy_and_resumed(tx: Any, tmp_path: Path) -> None:
    def advance(*args: Any) -> Any:
        return step(tx, *args)

    half = run(advance, *start(tx), range(1, 8))
    leaves, treedef = tree.flatten(half)
    np.savez(tmp_path / "state.npz", *[np.asarray(x).view(bits(x)) for x in leaves])
    with np.load(tmp_path / "state.npz") as file:
        arrays = [a.view(x.dtype) for a, x in zip(file.values(), leaves, strict=True)]
    again = treedef.unflatten(arrays)
    assert_same_bits(run(advance, *again, range(8, 14)), run(advance, *half, range(8, 14)))


def bits(x: Any) -> Any:
    """npz does not know bfloat16."""
    return np.uint16 if x.dtype == ox.dtypes.bfloat16.dtype else x.dtype


@pytest.mark.parametrize(
    "make",
    [
        lambda rate: optim.sgd(rate, 0.9, nesterov=True),
        lambda rate: optim.adam(rate, eps_root=1e-8),
        lambda rate: optim.adamw(optim.cosine_decay_schedule(rate, 9), b1=rate, weight_decay=0.1),
        lambda rate: optim.chain(optim.clip_by_global_norm(2 * rate), optim.sgd(0.5)),
        lambda rate: optim.MultiSteps(optim.adagrad(rate), 2),
        lambda rate: optim.apply_if_finite(optim.adagrad(rate), 2),
        lambda rate: optim.inject_hyperparams(optim.adam)(rate),
    ],
)
def test_the_derivative_by_the_learning_rate(make: Callable[[Any], Any]) -> None:
    def loss(rate: Any) -> Any:
        tx = make(rate)
        params = random_tree(0, "float64")
        state = tx.init(params)
        for seed in range(1, 5):
            params, state = step(tx, params, state, random_tree(seed, "float64"))
        return params["w"][0, 0] + params["deep"][1]["scalar"] ** 2

    rate, h = 0.2, 1e-6
    at = {x: float(loss(from_numpy(np.array(x)))) for x in (rate - h, rate + h)}
    slope = (at[rate + h] - at[rate - h]) / (2 * h)
    assert slope != 0
    for derivative in (ox.grad(loss), ox.jit(ox.grad(loss)), ox.jacfwd(loss)):
        assert float(derivative(from_numpy(np.array(rate)))) == pytest.approx(slope, rel=1e-7)
