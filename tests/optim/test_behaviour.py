"""What optax does not say, or where we differ: dtypes, trees of all kinds, edges, signatures."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import ml_dtypes
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import oxmlx as ox
from oxmlx import dtypes, optim, tree
from oxmlx.ops.convert import from_numpy

BF16 = ml_dtypes.bfloat16


def leaf(x: Any, dtype: Any = "float32") -> Any:
    return from_numpy(np.asarray(x, dtype))


# Signatures


DIFFERENT = {
    # ours has an option that reproduces MLX
    "adam": {"bias_correction"},
    "adamw": {"bias_correction"},
    "scale_by_adam": {"bias_correction"},
    # a float32 accumulator would drop half of a float64 or complex gradient
    "MultiSteps": {"accumulator_dtype"},
    # there are no extra arguments to mask
    "masked": {"mask_compatible_extra_args"},
    "partition": {"mask_compatible_extra_args"},
    "multi_transform": {"mask_compatible_extra_args"},
    # optax's learning rate may be left out: what is called so then scales by nothing
    "scale_by_learning_rate": {"learning_rate"},
    # variants that are not in the paper
    "scale_by_lion": {"mode", "smooth_beta"},
    "stateless": {"who"},
}
SHARED = [name for name in optim.__all__ if name[0].islower() or name == "MultiSteps"]


@pytest.mark.parametrize("name", SHARED)
def test_signatures_are_those_of_optax(name: str) -> None:
    def parameters(f: Any) -> list[tuple[Any, ...]]:
        return [
            (p.name, p.kind, p.default)
            for p in inspect.signature(f).parameters.values()
            if p.name not in DIFFERENT.get(name, ())
        ]

    assert parameters(getattr(optim, name)) == parameters(getattr(optax, name))


@pytest.mark.parametrize("name", DIFFERENT)
def test_the_named_differences_exist(name: str) -> None:
    ours = set(inspect.signature(getattr(optim, name)).parameters.values())
    theirs = set(inspect.signature(getattr(optax, name)).parameters.values())
    for parameter in DIFFERENT[name]:
        of = [{p.default for p in ps if p.name == parameter} for ps in (ours, theirs)]
        assert of[0] != of[1]


# dtypes


def test_a_sum_in_16_bits_is_rounded_once() -> None:
    # rounded to bf16 first, the update would be 2⁻⁸, and the sum a tie that goes down to 1
    moved = optim.apply_updates(leaf(1.0, BF16), leaf(2**-8 + 2**-16))
    assert moved.dtype == BF16
    assert float(moved) == 1 + 2**-7


@given(
    hnp.arrays(np.float32, 5, elements=st.floats(-8, 8, width=32)),
    hnp.arrays(np.float32, 5, elements=st.floats(-1, 1, width=32)),
    st.sampled_from([np.float16, BF16, np.float32]),
)
def test_updates_are_added_in_the_wider_dtype(p: Any, u: Any, dtype: Any) -> None:
    params = p.astype(dtype)
    moved = optim.apply_updates([params], [u])[0]
    assert moved.dtype == dtype
    np.testing.assert_array_equal(np.asarray(moved), (params.astype(np.float32) + u).astype(dtype))


@pytest.mark.parametrize(
    ("tx", "moments"),
    [
        (optim.adam(0.1, mu_dtype="float32"), lambda s: s[0].mu),
        (optim.lion(0.1, mu_dtype="float32"), lambda s: s[0].mu),
        (optim.sgd(0.1, 0.9, accumulator_dtype="float32"), lambda s: s[0].trace),
        (optim.ema(0.9, accumulator_dtype="float32"), lambda s: s.ema),
        (optim.MultiSteps(optim.sgd(0.1), 2), lambda s: s.acc_grads),
    ],
)
def test_moments_of_another_dtype(tx: Any, moments: Any) -> None:
    params, grads = [leaf([1.0, 2.0], BF16)], [leaf([0.1, 0.2], BF16)]
    state = tx.init(params)
    for _ in range(2):
        _, state = tx.update(grads, state, params)
        assert moments(state)[0].dtype == np.float32
        assert float(np.asarray(moments(tx.init(params))[0]).sum()) == 0


def test_a_learning_rate_of_any_kind() -> None:
    rates = [0.5, np.float32(0.5), np.float64(0.5), np.array(0.5), leaf(0.5), lambda count: 0.5]
    for rate in rates:
        tx = optim.sgd(rate)
        updates, _ = tx.update([leaf([2.0, 4.0])], tx.init([leaf([1.0, 1.0])]))
        assert updates[0].dtype == np.float32
        assert updates[0].tolist() == [-1.0, -2.0]
    assert float(optim.sgd(2).update(leaf(3.0), optim.sgd(2).init(leaf(0.0)))[0]) == -6


@pytest.mark.parametrize("rate", [0.5, lambda count: 0.5, optim.constant_schedule(0.5)])
def test_a_learning_rate_keeps_the_dtype(rate: Any) -> None:
    for dtype in (np.float16, BF16, np.float32, np.float64, np.complex64):
        tx = optim.adam(rate)
        updates, _ = tx.update(leaf(1.0, dtype), tx.init(leaf(1.0, dtype)))
        assert updates.dtype == dtype


def test_a_norm_in_16_bits_does_not_overflow() -> None:
    x = leaf([300.0, 400.0], np.float16)  # whose squares are no float16
    norm = optim.global_norm([x])
    assert (norm.dtype, float(norm)) == (np.float32, 500)
    tx = optim.clip_by_global_norm(5.0)
    (clipped,), _ = tx.update([x], tx.init([x]))
    assert clipped.dtype == np.float16
    assert clipped.tolist() == [3, 4]


# edges


def test_gradients_below_the_norm_keep_their_bits() -> None:
    x = np.random.default_rng(0).normal(size=7).astype(np.float32)
    for bound in (100.0, float("inf")):
        tx = optim.clip_by_global_norm(bound)
        assert np.asarray(tx.update(x, tx.init(x))[0]).tobytes() == x.tobytes()
    tx = optim.clip_by_global_norm(1.0)
    assert tx.update(leaf([0.0, 0.0]), tx.init(leaf([0.0, 0.0])))[0].tolist() == [0, 0]


def test_a_count_stays_at_the_largest_number() -> None:
    last = np.int32(2**31 - 1)
    tx = optim.scale_by_schedule(lambda count: count)
    updates, state = tx.update(1.0, tx.init(1.0)._replace(count=leaf(last, np.int32)))
    assert int(state.count) == int(last)
    assert float(updates) == float(np.float32(last))


def test_adam_corrects_its_bias_in_16_bits() -> None:
    tx = optim.adam(1.0, b2=0.999, eps=1e-4)  # 0.999 is 1 in bfloat16
    updates, _ = tx.update(leaf(0.5, BF16), tx.init(leaf(0.0, BF16)))
    assert float(updates) == pytest.approx(-1, rel=2**-7)


def test_adam_has_a_derivative_where_the_gradient_is_zero() -> None:
    def moved(g: Any) -> Any:
        tx = optim.adam(0.1, eps_root=1e-6)
        return tx.update(g, tx.init(0.0))[0]

    assert np.isfinite(float(ox.grad(moved)(0.0)))


# trees


def test_trees_without_leaves() -> None:
    for params in ((), {}, [{}, None]):
        for tx in (optim.adamw(0.1), optim.MultiSteps(optim.sgd(0.1), 2)):
            updates, _ = tx.update(params, tx.init(params), params)
            assert optim.apply_updates(params, updates) == params
        assert float(optim.global_norm(params)) == 0


@tree.register_dataclass
@dataclasses.dataclass(frozen=True)
class Model:
    """A module: a node of trees that can be called."""

    weight: Any
    bias: Any

    def __call__(self, x: Any) -> Any:
        return self.weight * x + self.bias


def test_modules_are_trees_of_parameters_masks_and_labels() -> None:
    model = Model(leaf(2.0), leaf(3.0))
    grads = ox.grad(lambda m: m(5.0))(model)
    for tx in (
        optim.chain(optim.masked(optim.set_to_zero(), Model(False, True)), optim.sgd(0.1)),
        optim.partition({"go": optim.sgd(0.1), "stay": optim.set_to_zero()}, Model("go", "stay")),
    ):
        updates, _ = tx.update(grads, tx.init(model), model)
        new = optim.apply_updates(model, updates)
        assert type(new) is Model
        assert (float(new.weight), float(new.bias)) == (1.5, 3.0)


def test_integers_are_left_alone() -> None:
    params = {"w": leaf(2.0), "steps": leaf(7, np.int32)}
    grads = ox.grad(lambda p: p["w"] ** 2, allow_int=True)(params)
    assert np.asarray(grads["steps"]).dtype == dtypes.float0
    trained = {"w": True, "steps": False}
    labels = {"w": "adam", "steps": "none"}
    for tx in (
        optim.masked(optim.adam(0.5), trained),
        optim.partition({"adam": optim.adam(0.5), "none": optim.set_to_zero()}, labels),
    ):
        updates, state = tx.update(grads, tx.init(params), params)
        moved = optim.apply_updates(params, updates)
        assert float(moved["w"]) == pytest.approx(1.5, abs=1e-5)
        assert (int(moved["steps"]), moved["steps"].dtype) == (7, np.int32)
        assert all(x.dtype != dtypes.float0 for x in tree.leaves(state))


def test_the_state_of_masked_parameters_is_not_kept() -> None:
    state = optim.masked(optim.adam(0.1), {"w": True, "b": False}).init({"w": 1.0, "b": 2.0})
    assert state.inner_state[0].mu["b"] == optim.MaskedNode()
    assert len(tree.leaves(state)) == 3  # count, mu, nu


def test_a_transformation_of_the_user_in_a_chain() -> None:
    def init(params: Any) -> Any:
        return {"seen": 0}

    def update(grads: Any, state: Any, params: Any = None) -> Any:
        return tree.map(lambda g: 2 * g, grads), {"seen": state["seen"] + 1}

    tx = optim.chain(optim.GradientTransformation(init, update), optim.sgd(0.5))
    state = tx.init([leaf(1.0)])
    for _ in range(3):
        updates, state = ox.jit(tx.update)([leaf(4.0)], state)
    assert float(updates[0]) == -4
    assert int(state[0]["seen"]) == 3


# wrappers


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
@pytest.mark.parametrize("k", [1, 2, 5])
def test_accumulated_gradients_are_one_batch(k: int, dtype: str) -> None:
    rng = np.random.default_rng(k)
    grads = rng.normal(size=(3, k, 4)) + 1j * rng.normal(size=(3, k, 4))
    grads = (grads if dtype == "complex64" else grads.real).astype(dtype)
    whole, parts = optim.adam(0.1), optim.MultiSteps(optim.adam(0.1), k)
    params = leaf(np.zeros(4), dtype)
    one, other = whole.init(params), parts.init(params)
    for batch in grads:
        wanted, one = whole.update(leaf(batch.mean(0), dtype), one)
        for n, g in enumerate(batch):
            updates, other = parts.update(leaf(g, dtype), other)
            assert bool(parts.has_updated(other)) == (n == k - 1)
            assert np.any(np.asarray(updates)) == (n == k - 1)
        np.testing.assert_allclose(np.asarray(updates), np.asarray(wanted), rtol=1e-5)


def test_accumulation_in_a_chain() -> None:
    steps = optim.MultiSteps(optim.sgd(1.0), 2)
    for tx in (optim.chain(steps, optim.scale(10)), steps.gradient_transformation()):
        assert isinstance(tx, optim.GradientTransformation)
        _, state = tx.update(1.0, tx.init(0.0))
        assert float(tx.update(3.0, state)[0]) in (-20, -2)


def test_hyperparameters_change_without_a_new_trace() -> None:
    tx = optim.inject_hyperparams(optim.sgd)(learning_rate=0.5, momentum=0.0)
    update = ox.jit(tx.update)
    state = tx.init(0.0)
    assert {k: (x.dtype, x.shape) for k, x in state.hyperparams.items()} == {
        "learning_rate": (np.float32, ()),
        "momentum": (np.float32, ()),
    }
    seen: list[float] = []
    for rate in (0.5, 0.25, 2.0):
        state.hyperparams["learning_rate"] = leaf(rate)
        updates, state = update(leaf(1.0), state)
        seen.append(float(updates))
    assert seen == [-0.5, -0.25, -2.0]
    assert update.traces == 1


def test_hyperparameters_are_not_rounded_to_the_parameters() -> None:
    tx = optim.inject_hyperparams(optim.adam)(0.1, eps=1e-3)
    state = tx.init(leaf(1.0, BF16))
    assert state.hyperparams["b2"].dtype == np.float32
    narrow = optim.inject_hyperparams(optim.adam, hyperparam_dtype="bfloat16")(0.1)
    assert narrow.init(leaf(1.0)).hyperparams["b2"].dtype == BF16
    wide = optim.inject_hyperparams(optim.adam)(0.1).init(leaf(1.0, np.float64))
    assert float(wide.hyperparams["b2"]) == 0.999


def test_hyperparameters_follow_their_schedules() -> None:
    schedule = optim.linear_schedule(1.0, 0.0, 4)
    tx = optim.inject_hyperparams(optim.sgd)(schedule)
    state = tx.init(0.0)
    for n in range(6):
        updates, state = tx.update(1.0, state)
        assert float(updates) == -float(schedule(n))
        assert float(state.hyperparams["learning_rate"]) == float(schedule(n))
    assert int(state.count) == 6


def test_switches_and_dtypes_are_no_hyperparameters() -> None:
    make = optim.inject_hyperparams(optim.adamw, static_args="mask")
    for mu_dtype in ("float32", np.float32, dtypes.float32, np.dtype("float32")):
        tx = make(0.1, mu_dtype=mu_dtype, nesterov=True, mask=lambda p: True)
        state = tx.init(leaf(1.0))
        wanted = {"learning_rate", "b1", "b2", "eps", "eps_root", "weight_decay"}
        assert set(state.hyperparams) == wanted
