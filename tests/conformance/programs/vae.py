"""A variational autoencoder: reparametrised samples, a KL term, vmapped over the batch."""

import jax
import jax.numpy as jnp
from jax import random


def dense(key, m, n):
    return {"w": jax.nn.initializers.glorot_normal()(key, (m, n)), "b": jnp.zeros((n,))}


def init(key):
    keys = random.split(key, 4)
    sizes = {"encode": (12, 16), "stats": (16, 6), "decode": (3, 16), "out": (16, 12)}
    return {name: dense(k, *mn) for k, (name, mn) in zip(keys, sizes.items())}


def apply(layer, x):
    return jnp.dot(x, layer["w"]) + layer["b"]


def elbo(params, key, x):
    h = jnp.tanh(apply(params["encode"], x))
    mean, log_std = jnp.split(apply(params["stats"], h), 2)
    z = mean + jnp.exp(log_std) * random.normal(key, mean.shape)
    logits = apply(params["out"], jax.nn.softplus(apply(params["decode"], z)))
    log_p = -jnp.sum(jax.nn.softplus(jnp.where(x > 0.5, -logits, logits)))
    kl = 0.5 * jnp.sum(mean**2 + jnp.exp(2 * log_std) - 1 - 2 * log_std)
    return log_p - kl


@jax.jit
def step(params, key, batch):
    keys = random.split(key, batch.shape[0])
    objective = lambda p: -jnp.mean(jax.vmap(elbo, (None, 0, 0))(p, keys, batch))
    value, g = jax.value_and_grad(objective)(params)
    return jax.tree.map(lambda p, g: p - 0.05 * g, params, g), value


def main():
    key = random.key(3)
    batch = (random.uniform(random.fold_in(key, 99), (20, 12)) > 0.6).astype(jnp.float32)
    params = init(key)
    values = []
    for i in range(8):
        params, value = step(params, random.fold_in(key, i), batch)
        values.append(value)
    return jnp.stack(values), params["stats"]["b"]
