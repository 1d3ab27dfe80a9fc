"""Per-example gradient clipping (vmap of grad) in a transformer block."""

import jax
import jax.numpy as jnp
from jax import random


def init(key, d=16, heads=2, hidden=32):
    k = random.split(key, 4)
    return {
        "qkv": random.normal(k[0], (d, 3, heads, d // heads)) / jnp.sqrt(d),
        "out": random.normal(k[1], (heads, d // heads, d)) / jnp.sqrt(d),
        "up": random.normal(k[2], (d, hidden)) / jnp.sqrt(d),
        "down": random.normal(k[3], (hidden, d)) / jnp.sqrt(hidden),
        "scale": jnp.ones((2, d)),
    }


def norm(x, scale):
    mean = jnp.mean(x, axis=-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(jnp.var(x, axis=-1, keepdims=True) + 1e-5) * scale


def block(p, x):
    y = norm(x, p["scale"][0])
    q, k, v = jnp.einsum("td,dchf->chtf", y, p["qkv"])
    scores = jnp.einsum("htf,hsf->hts", q, k) / jnp.sqrt(q.shape[-1])
    mask = jnp.tril(jnp.ones(scores.shape[-2:], bool))
    weights = jax.nn.softmax(jnp.where(mask, scores, -1e30), axis=-1)
    x = x + jnp.einsum("hts,hsf,hfd->td", weights, v, p["out"])
    return x + jax.nn.gelu(norm(x, p["scale"][1]) @ p["up"], approximate=True) @ p["down"]


def loss(p, x, y):
    return jnp.mean((block(p, x) - y) ** 2)


@jax.jit
def clipped_gradient(p, xs, ys):
    each = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(p, xs, ys)
    norms = jnp.sqrt(sum(jnp.sum(g**2, axis=range(1, g.ndim)) for g in jax.tree.leaves(each)))
    scale = jnp.minimum(1.0, 0.5 / norms)
    clip = lambda g: jnp.tensordot(scale, g, axes=1) / len(scale)
    return jax.tree.map(clip, each), norms


def main():
    k = random.split(random.key(10), 3)
    p = init(k[0])
    xs, ys = random.normal(k[1], (6, 9, 16)), random.normal(k[2], (6, 9, 16))
    g, norms = clipped_gradient(p, xs, ys)
    return g, norms
