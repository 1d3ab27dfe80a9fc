"""Hamiltonian Monte Carlo: leapfrog steps in fori_loop, proposals until accepted in while_loop."""

import jax
import jax.numpy as jnp
from jax import lax, random


def log_density(x):
    return -0.5 * jnp.sum(x**2 / jnp.array([1.0, 4.0, 0.25])) - 0.1 * jnp.sum(jnp.cos(x))


def leapfrog(x, p, step, n):
    force = jax.grad(log_density)
    p = p + 0.5 * step * force(x)

    def body(i, state):
        x, p = state
        x = x + step * p
        p = p + step * force(x) * jnp.where(i == n - 1, 0.5, 1.0)
        return x, p

    return lax.fori_loop(0, n, body, (x, p))


@jax.jit
def draw(key, x):
    """Propose until one is accepted; also how often that was."""

    def propose(state):
        key, old, _, tries, _ = state
        key, k1, k2 = random.split(key, 3)
        p = random.normal(k1, old.shape)
        new, q = leapfrog(old, p, 0.2, 8)
        change = log_density(new) - 0.5 * q @ q - log_density(old) + 0.5 * p @ p
        return key, old, new, tries + 1, jnp.log(random.uniform(k2)) < change

    start = (key, x, x, 0, jnp.array(False))
    _, _, new, tries, _ = lax.while_loop(lambda s: ~s[-1], propose, start)
    return new, tries


def main():
    x = jnp.array([1.0, -2.0, 0.5])
    xs, tries = [], []
    for i in range(10):
        x, n = draw(random.fold_in(random.key(6), i), x)
        xs.append(x)
        tries.append(n)
    chains = jax.vmap(lambda k, x: draw(k, x)[0])(random.split(random.key(7), 4), jnp.ones((4, 3)))
    return jnp.stack(xs), jnp.stack(tries), chains
