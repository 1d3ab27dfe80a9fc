"""Logistic regression by Newton steps: gradient and Hessian of a loss."""

import jax
import jax.numpy as jnp
from jax import random


def make_data(key):
    k1, k2, k3 = random.split(key, 3)
    x = random.normal(k1, (200, 4))
    w = random.normal(k2, (4,))
    y = random.bernoulli(k3, jax.nn.sigmoid(x @ w))
    return x, y.astype(jnp.float32)


def loss(w, x, y):
    logits = x @ w
    return jnp.mean(jnp.logaddexp(0.0, logits) - y * logits) + 1e-3 * jnp.sum(w**2)


@jax.jit
def newton_step(w, x, y):
    g = jax.grad(loss)(w, x, y)
    h = jax.hessian(loss)(w, x, y)
    step = jnp.zeros_like(g)
    for _ in range(30):  # conjugate gradients would do; a fixed Richardson iteration is enough
        step = step + 2.0 * (g - h @ step)
    return w - step


def main():
    x, y = make_data(random.key(0))
    w = jnp.zeros(4)
    losses = []
    for _ in range(6):
        losses.append(loss(w, x, y))
        w = newton_step(w, x, y)
    return {"w": w, "losses": jnp.stack(losses), "gradient": jax.grad(loss)(w, x, y)}
