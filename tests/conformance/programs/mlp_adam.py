"""A multilayer perceptron trained with an Adam written by hand, parameters in a pytree."""

import jax
import jax.numpy as jnp
from jax import random


def init(key, sizes):
    keys = random.split(key, len(sizes) - 1)
    return [
        {"w": random.normal(k, (m, n)) * jnp.sqrt(2.0 / m), "b": jnp.zeros(n)}
        for k, m, n in zip(keys, sizes[:-1], sizes[1:])
    ]


def predict(params, x):
    for layer in params[:-1]:
        x = jax.nn.relu(x @ layer["w"] + layer["b"])
    return x @ params[-1]["w"] + params[-1]["b"]


def loss(params, x, y):
    return jnp.mean((predict(params, x) - y) ** 2)


@jax.jit
def update(i, params, m, v, x, y):
    value, g = jax.value_and_grad(loss)(params, x, y)
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g**2, v, g)
    scale = 1e-2 * jnp.sqrt(1 - 0.999 ** (i + 1)) / (1 - 0.9 ** (i + 1))
    params = jax.tree.map(lambda p, m, v: p - scale * m / (jnp.sqrt(v) + 1e-8), params, m, v)
    return params, m, v, value


def main():
    key = random.key(1)
    x = random.uniform(random.fold_in(key, 0), (64, 2), minval=-1, maxval=1)
    y = jnp.sin(3 * x[:, :1]) * x[:, 1:]
    params = init(random.fold_in(key, 1), [2, 32, 32, 1])
    m = jax.tree.map(jnp.zeros_like, params)
    v = jax.tree_util.tree_map(jnp.zeros_like, params)
    history = []
    for i in range(40):
        params, m, v, value = update(jnp.float32(i), params, m, v, x, y)
        history.append(value)
    return jnp.array(history), predict(params, x[:5])
