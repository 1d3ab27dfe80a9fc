"""A recurrent language model in scan: embedding, GRU cell, cross-entropy, clipped gradient."""

import jax
import jax.numpy as jnp
from jax import lax, random

TEXT = "the quick brown fox jumps over the lazy dog. " * 3


def encode(text):
    chars = sorted(set(text))
    return jnp.array([chars.index(c) for c in text]), len(chars)


def init(key, vocab, dim):
    k = random.split(key, 4)
    return {
        "embed": random.normal(k[0], (vocab, dim)) * 0.1,
        "gates": random.normal(k[1], (2 * dim, 2 * dim)) / jnp.sqrt(2 * dim),
        "candidate": random.normal(k[2], (2 * dim, dim)) / jnp.sqrt(2 * dim),
        "out": random.normal(k[3], (dim, vocab)) / jnp.sqrt(dim),
    }


def cell(params, h, x):
    both = jnp.concatenate([h, x])
    reset, keep = jnp.split(jax.nn.sigmoid(both @ params["gates"]), 2)
    candidate = jnp.tanh(jnp.concatenate([reset * h, x]) @ params["candidate"])
    h = keep * h + (1 - keep) * candidate
    return h, h


def loss(params, tokens):
    xs = params["embed"][tokens[:-1]]
    _, hs = lax.scan(lambda h, x: cell(params, h, x), jnp.zeros(xs.shape[1]), xs)
    logp = jax.nn.log_softmax(hs @ params["out"])
    return -jnp.mean(jnp.take_along_axis(logp, tokens[1:, None], axis=1))


@jax.jit
def step(params, tokens):
    value, g = jax.value_and_grad(loss)(params, tokens)
    norm = jnp.sqrt(sum(jnp.vdot(x, x) for x in jax.tree.leaves(g)))
    scale = jnp.minimum(1.0, 1.0 / norm)
    return jax.tree.map(lambda p, g: p - 0.5 * scale * g, params, g), value


def main():
    tokens, vocab = encode(TEXT)
    params = init(random.key(4), vocab, 16)
    values = []
    for _ in range(6):
        params, value = step(params, tokens)
        values.append(value)
    return jnp.array(values), params["out"][:2]
