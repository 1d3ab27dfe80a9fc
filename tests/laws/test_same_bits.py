"""On `cpu` eager code, fused code and strict programs agree bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import Case, every_case, program_of_case, run

import oxmlx as ox
from oxmlx import tree
from oxmlx.backends.base import backend_of
from oxmlx.compile.pipeline import make_plan
from oxmlx.dtypes import is_inexact
from oxmlx.ir.device import as_device
from oxmlx.ir.trace import bind
from oxmlx.ops.convert import from_numpy

jnp = ox.numpy
CASES = every_case()


def bits(x: Any) -> tuple[Any, ...]:
    """The type and the bits, those of NaNs apart."""
    x = np.asarray(x)
    if is_inexact(x.dtype):
        x = np.where(np.isnan(x), np.array(np.nan, x.dtype), x)
    return x.shape, x.dtype, x.tobytes()


def all_bits(x: Any) -> list[Any]:
    return [bits(leaf) for leaf in tree.leaves(x)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_kernel_said_to_be_exact_has_the_bits_of_impl(case: Case) -> None:
    backend = backend_of(as_device("cpu"))
    plan = make_plan(program_of_case(case), backend.obstacle, strict=True)
    if all(map(backend.is_exact, plan.kernels)):
        got = backend.load(plan)(case.operands)
        assert list(map(bits, got)) == list(map(bits, run(case)))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_eager_has_the_bits_of_a_strict_program(case: Case) -> None:
    def f(*xs: Any) -> Any:
        return bind(case.prim, *xs)

    with ox.default_device("cpu"), ox.config.context(strict=True):
        xs = [from_numpy(x) for x in case.operands]
        assert all_bits(f(*xs)) == all_bits(ox.jit(f)(*xs))


def weights() -> dict[str, Any]:
    keys = ox.random.split(ox.random.key(3), 3)
    return {
        "w": ox.random.normal(keys[0], (33, 20)),
        "g": ox.random.normal(keys[1], (33,)),
        "b": ox.random.normal(keys[2], (20,)),
    }


def loss(p: Any, x: Any) -> Any:
    y = ox.nn.layer_norm(x, p["g"], p["g"], 1e-5)
    y = ox.nn.gelu(y @ p["w"] + p["b"])
    y = ox.nn.softmax(y * jnp.tanh(y))
    return jnp.mean(jnp.log(y.sum(0) + 1.5) * y[3]) + jnp.std(x)


def attention(p: Any, x: Any) -> Any:
    q = x[:, :32].reshape(1, 2, 9, 16)
    return ox.nn.scaled_dot_product_attention(q, q, q * 0.5, scale=0.25, mask="causal")


def scanned(p: Any, x: Any) -> Any:
    return ox.lax.scan(lambda c, t: (jnp.sin(c * t).sum() + c, jnp.exp(c)), x[0], x[1:])


def drawn(p: Any, x: Any) -> Any:
    return ox.random.normal(ox.random.key(1), (7, 5)) * x[:7, :5]


PROGRAMS: dict[str, Callable[[Any, Any], Any]] = {
    "loss": loss,
    "gradient": ox.grad(loss),
    "hessian-vector product": lambda p, x: ox.jvp(lambda x: ox.grad(loss, 1)(p, x), (x,), (x,)),
    "mapped": lambda p, x: ox.vmap(lambda r: loss(p, jnp.stack([r * k for k in range(5)])))(x),
    "attention": attention,
    "scan": scanned,
    "random": drawn,
    "half": lambda p, x: jnp.exp(x.astype(ox.bfloat16)).sum(0) + jnp.cumsum(x.astype("float16"), 1),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_have_the_same_bits_however_they_run(name: str) -> None:
    f = PROGRAMS[name]
    with ox.default_device("cpu"):
        p, x = weights(), ox.random.normal(ox.random.key(0), (9, 33))
        ox.eval(p, x)
        with ox.config.context(eager=True, strict=True):
            one_by_one = all_bits(f(p, x))
        with ox.config.context(strict=True):
            pending = [all_bits(f(p, x)) for _ in range(4)]
            compiled = all_bits(ox.jit(f)(p, x))
    assert pending == [one_by_one] * 4
    assert compiled == one_by_one


FOLDED: dict[str, Callable[[Any], Any]] = {
    "quotient": lambda x: x / jnp.sqrt(jnp.sum(x * x, -1, keepdims=True) + 1),
    "softmax": lambda x: ox.nn.softmax(x),
    "mean of a part": lambda x: x * (1 / jnp.sum(jnp.abs(x), -1, keepdims=True)),
    "layer norm": lambda x: (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True)),
}
BARRIERS: dict[str, Callable[[Any], Any]] = {
    "product": lambda y: jnp.sin(y @ jnp.cos(jnp.arange(36.0)).reshape(12, 3)),
    "checkpoint": lambda y: ox.checkpoint(lambda z: z * z)(y),
    "scan": lambda y: ox.lax.scan(lambda c, r: (jnp.sin(c + r), c), y[0], y)[1],
    "sort": lambda y: jnp.sort(y),
}


@pytest.mark.parametrize("barrier", BARRIERS)
@pytest.mark.parametrize("extreme", [jnp.max, jnp.min])
@pytest.mark.parametrize("name", FOLDED)
def test_a_value_has_the_same_bits_in_every_kernel(name: str, extreme: Any, barrier: str) -> None:
    """The gradient of a maximum looks for it among the elements: it must be one of them, also where
    another kernel computes them again."""

    def f(x: Any) -> Any:
        return BARRIERS[barrier](extreme(FOLDED[name](x), -1)).sum()

    x = np.random.default_rng(0).normal(size=(8, 12, 32)).astype(np.float32)
    got = ox.jit(ox.grad(f))(ox.device_put(x, "cpu"))
    want = ox.grad(f)(ox.device_put(x, "reference"))
    np.testing.assert_allclose(got, np.asarray(want), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("size", [1e-45, 1e-40, 1e-38, 1.0, 1e37, 3e38])
def test_quotients_of_any_size_are_right(size: float) -> None:
    x = np.array([1, 0.5, 0.25, 0], np.float32) * np.float32(size)

    def f(x: Any) -> Any:
        return x / jnp.max(x, keepdims=True)

    with np.errstate(all="ignore"):
        want = np.asarray(f(ox.device_put(x, "reference")))
    np.testing.assert_allclose(ox.jit(f)(ox.device_put(x, "cpu")), want, rtol=3e-7)


def test_an_output_serves_as_scratch_only_until_it_is_stored() -> None:
    """The kernel of this gradient keeps exp(x) in the row of an output that it stores half-way."""

    def f(x: Any) -> Any:
        x = ox.lax.cummax(x, 0)
        y = ox.nn.softmax(ox.vmap(lambda r: r * jnp.mean(r))(x), 0)
        return jnp.sin(jnp.min(y)) + jnp.cos(y).mean()

    x = np.random.default_rng(0).uniform(-1, 1, 33).astype(np.float32)
    got = ox.jit(ox.grad(f))(ox.device_put(x, "cpu"))
    want = ox.grad(f)(ox.device_put(x, "reference"))
    np.testing.assert_allclose(got, np.asarray(want), rtol=1e-4, atol=1e-6)
