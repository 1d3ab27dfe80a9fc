"""Model-agnostic meta-learning: the gradient through an inner gradient step, vmapped over tasks."""

import jax
import jax.numpy as jnp
from jax import random


def net(params, x):
    w1, b1, w2, b2 = params
    return jnp.tanh(x[:, None] * w1 + b1) @ w2 + b2


def loss(params, x, y):
    return jnp.mean((net(params, x) - y) ** 2)


def inner(params, x, y, rate=0.1):
    return jax.tree.map(lambda p, g: p - rate * g, params, jax.grad(loss)(params, x, y))


def task_loss(params, x1, y1, x2, y2):
    return loss(inner(inner(params, x1, y1), x1, y1), x2, y2)


@jax.jit
def meta_step(params, tasks):
    mean = lambda p: jnp.mean(jax.vmap(task_loss, in_axes=(None, 0, 0, 0, 0))(p, *tasks))
    value, g = jax.value_and_grad(mean)(params)
    return jax.tree.map(lambda p, g: p - 0.05 * g, params, g), value


def sample_tasks(key, n=8, points=10):
    k = random.split(key, 4)
    amplitude = random.uniform(k[0], (n, 1), minval=0.5, maxval=2.0)
    phase = random.uniform(k[1], (n, 1), maxval=jnp.pi)
    x1, x2 = (random.uniform(q, (n, points), minval=-3.0, maxval=3.0) for q in k[2:])
    f = lambda x: amplitude * jnp.sin(x + phase)
    return x1, f(x1), x2, f(x2)


def main():
    key = random.key(8)
    k = random.split(key, 2)
    params = (random.normal(k[0], (20,)), jnp.zeros(20), random.normal(k[1], (20,)) / 5, 0.0)
    values = []
    for i in range(5):
        params, value = meta_step(params, sample_tasks(random.fold_in(key, i)))
        values.append(value)
    return jnp.stack(values), params
