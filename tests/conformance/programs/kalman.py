"""A Kalman filter in scan, and the gradient of its log likelihood in the noise."""

import jax
import jax.numpy as jnp
from jax import lax, random

F = jnp.array([[1.0, 0.1], [0.0, 1.0]])
H = jnp.array([[1.0, 0.0]])


def filter_path(log_noise, ys):
    q, r = jnp.exp(log_noise[0]) * jnp.eye(2), jnp.exp(log_noise[1]) * jnp.eye(1)

    def step(state, y):
        mean, cov = state
        mean, cov = F @ mean, F @ cov @ F.T + q
        s = (H @ cov @ H.T + r)[0, 0]
        gain = (cov @ H.T)[:, 0] / s
        err = y - (H @ mean)[0]
        logp = -0.5 * (err**2 / s + jnp.log(2 * jnp.pi * s))
        mean = mean + gain * err
        cov = (jnp.eye(2) - jnp.outer(gain, H[0])) @ cov
        return (mean, cov), (mean, logp)

    _, (means, logps) = lax.scan(step, (jnp.zeros(2), jnp.eye(2)), ys)
    return means, logps.sum()


def main():
    noise = random.normal(random.key(5), (2, 50))
    path = jnp.cumsum(0.1 * jnp.cumsum(noise[0]))
    ys = path + 0.3 * noise[1]
    means, logp = jax.jit(filter_path)(jnp.array([-2.0, -1.0]), ys)
    g = jax.grad(lambda n: filter_path(n, ys)[1])(jnp.array([-2.0, -1.0]))
    h = jax.jacfwd(jax.grad(lambda n: filter_path(n, ys)[1]))(jnp.array([-2.0, -1.0]))
    return {"means": means[-5:], "logp": logp, "gradient": g, "hessian": h}
