"""A physics-informed network: u'' + u = 0 with jvp of grad, trained by plain gradient descent."""

import jax
import jax.numpy as jnp
from jax import random


def u(params, t):
    h = jnp.tanh(params["w1"] * t + params["b1"])
    h = jnp.tanh(params["w2"] @ h + params["b2"])
    return jnp.dot(params["w3"], h)


def second_derivative(f, t):
    return jax.jvp(jax.grad(f), (t,), (1.0,))[1]


def residual(params, t):
    f = lambda t: u(params, t)
    return second_derivative(f, t) + f(t)


def loss(params, ts):
    physics = jnp.mean(jax.vmap(residual, (None, 0))(params, ts) ** 2)
    start = (u(params, 0.0) - 0.0) ** 2 + (jax.grad(u, 1)(params, 0.0) - 1.0) ** 2
    return physics + 10.0 * start


@jax.jit
def step(params, ts):
    value, g = jax.value_and_grad(loss)(params, ts)
    return jax.tree.map(lambda p, g: p - 0.001 * g, params, g), value


def main():
    k = random.split(random.key(11), 3)
    params = {
        "w1": random.normal(k[0], (12,)),
        "b1": jnp.zeros(12),
        "w2": random.normal(k[1], (12, 12)) / 3,
        "b2": jnp.zeros(12),
        "w3": random.normal(k[2], (12,)) / 3,
    }
    ts = jnp.linspace(0.0, 3.0, 20)
    values = []
    for _ in range(20):
        params, value = step(params, ts)
        values.append(value)
    return jnp.stack(values), jax.vmap(u, (None, 0))(params, ts)
