"""How fast does SmolLM2 decode, and does digits train in time? One thread; JAX is the peer.

    python bench/decode.py

The reference backend is NumPy, equation by equation: the bound is its own, 15 tokens/s.
"""

from __future__ import annotations

import os

from command import Command

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

Command(__doc__, "jax", "gguf", "sklearn", "tokenizers", "tqdm").start()

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "examples"), str(ROOT / "examples" / "llm")]

import generate
import jax
import jax.numpy as jnp
import numpy as np
import train_digits
from fetch import fetch
from gguf_weights import convert
from llama import load_llama
from report import report
from safetensors.numpy import load_file


PROMPT = list(range(100, 140))
STEPS = 24


def ours() -> Callable[[], list[int]]:
    """Greedy decoding with the example's own code."""
    model = load_llama(generate.FOLDER)
    return lambda: [int(t[0]) for t, _ in generate.stream(model, [PROMPT], STEPS)]


def theirs() -> Callable[[], list[int]]:
    """The same model in plain JAX: layers unrolled, the cache donated."""
    config = json.loads((generate.FOLDER / "config.json").read_text())
    weights = {
        k: jnp.asarray(v) for k, v in load_file(generate.FOLDER / "model.safetensors").items()
    }
    heads, kv, dim = (config[k] for k in ("num_attention_heads", "num_key_value_heads", "head_dim"))
    layers, capacity = config["num_hidden_layers"], 80

    def norm(x: Any, w: Any) -> Any:
        return x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + config["rms_norm_eps"]) * w

    def rope(x: Any, at: Any) -> Any:
        angle = at[:, None] * config["rope_theta"] ** (-jnp.arange(0, dim, 2) / dim)
        cos, sin = jnp.cos(angle)[:, None], jnp.sin(angle)[:, None]
        a, b = jnp.split(x, 2, -1)
        return jnp.concatenate([a * cos - b * sin, b * cos + a * sin], -1)

    def forward(w: Any, tokens: Any, cache: Any, offset: Any) -> Any:
        x = w["model.embed_tokens.weight"][tokens]
        at = offset + jnp.arange(len(tokens))
        seen = jnp.arange(capacity) <= at[:, None]
        new = []
        for n in range(layers):
            p = f"model.layers.{n}."
            y = norm(x, w[p + "input_layernorm.weight"])
            q, k, v = (
                (y @ w[f"{p}self_attn.{c}_proj.weight"].T).reshape(len(tokens), -1, dim)
                for c in "qkv"
            )
            keys = jax.lax.dynamic_update_slice(cache[n][0], rope(k, at), (offset, 0, 0))
            values = jax.lax.dynamic_update_slice(cache[n][1], v, (offset, 0, 0))
            new.append((keys, values))
            q = rope(q, at).reshape(len(tokens), kv, heads // kv, dim)
            scores = jnp.einsum("tgrd,sgd->grts", q, keys) / dim**0.5
            attention = jax.nn.softmax(jnp.where(seen, scores, -jnp.inf), -1)
            y = jnp.einsum("grts,sgd->tgrd", attention, values).reshape(len(tokens), -1)
            x = x + y @ w[p + "self_attn.o_proj.weight"].T
            y = norm(x, w[p + "post_attention_layernorm.weight"])
            gate, up = (y @ w[f"{p}mlp.{c}_proj.weight"].T for c in ("gate", "up"))
            x = x + (jax.nn.silu(gate) * up) @ w[p + "mlp.down_proj.weight"].T
        last = norm(x[-1], w["model.norm.weight"])
        return jnp.argmax(last @ w["model.embed_tokens.weight"].T), new

    step = jax.jit(forward, donate_argnums=2)

    def run() -> list[int]:
        empty = jnp.zeros((capacity, kv, dim))
        cache = [(empty + 0, empty + 0) for _ in range(layers)]
        token, cache = step(weights, jnp.array(PROMPT), cache, 0)
        out = [int(token)]
        for k in range(STEPS - 1):
            token, cache = step(weights, token[None], cache, len(PROMPT) + k)
            out.append(int(token))
        return out

    return run


def rate(run: Callable[[], list[int]]) -> float:
    start = time.perf_counter()
    run()
    return STEPS / (time.perf_counter() - start)


def main() -> None:
    if not generate.FOLDER.exists():
        convert(fetch("smollm2"), generate.FOLDER)
    a, b = ours(), theirs()
    if a() != b():  # also compiles
        sys.exit("the two engines choose different tokens")
    rates = np.array([(rate(a), rate(b)) for _ in range(5)])
    best = rates.max(axis=0)
    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter()
        accuracy = train_digits.main(["--quiet", "--out", out]).accuracies[-1]
        digits = time.perf_counter() - start
    rows = [
        {
            "what": "decode, tokens/s",
            "value": float(best[0]),
            "bound": ">= 15",
            "met": best[0] >= 15,
        },
        {"what": "decode / jax f32", "value": float(best[0] / best[1]), "bound": "", "met": ""},
        {"what": "digits, s", "value": digits, "bound": "<= 20", "met": digits <= 20},
        {
            "what": "digits, accuracy",
            "value": accuracy,
            "bound": ">= 0.97",
            "met": accuracy >= 0.97,
        },
    ]
    report("decode", [{**r, "met": str(r["met"])} for r in rows])
    if any(r["met"] is False for r in rows):
        sys.exit("a bound is missed")


if __name__ == "__main__":
    main()
