"""A neural ODE: Runge-Kutta steps in a scan, differentiated through."""

import jax
import jax.numpy as jnp
from jax import lax, random


def field(params, y, t):
    h = jnp.tanh(params["a"] @ y + params["t"] * t)
    return params["b"] @ h


def rk4(f, y, t, dt):
    k1 = f(y, t)
    k2 = f(y + dt / 2 * k1, t + dt / 2)
    k3 = f(y + dt / 2 * k2, t + dt / 2)
    k4 = f(y + dt * k3, t + dt)
    return y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def solve(params, y0, ts):
    def step(y, interval):
        t, dt = interval
        y = rk4(lambda y, t: field(params, y, t), y, t, dt)
        return y, y

    _, ys = lax.scan(step, y0, (ts[:-1], jnp.diff(ts)))
    return jnp.concatenate([y0[None], ys])


def loss(params, y0s, ts, target):
    paths = jax.vmap(solve, in_axes=(None, 0, None))(params, y0s, ts)
    return jnp.mean((paths[:, -1] - target) ** 2)


def main():
    k = random.split(random.key(2), 4)
    params = {
        "a": random.normal(k[0], (8, 2)) / 2,
        "t": random.normal(k[1], (8,)),
        "b": random.normal(k[2], (2, 8)) / 4,
    }
    y0s = random.normal(k[3], (5, 2))
    ts = jnp.linspace(0.0, 1.0, 11)
    target = -y0s
    step = jax.jit(jax.value_and_grad(loss))
    values = []
    for _ in range(5):
        value, g = step(params, y0s, ts, target)
        params = jax.tree.map(lambda p, g: p - 0.5 * g, params, g)
        values.append(value)
    return jnp.array(values), solve(params, y0s[0], ts), g
