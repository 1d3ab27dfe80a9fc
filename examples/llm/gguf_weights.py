"""A llama GGUF file as a Hugging Face folder: float32 safetensors, config and tokenizer.

The folder appears whole or not at all, so whoever finds it can trust it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
from gguf import GGUFReader, dequantize
from safetensors.numpy import save_file
from tokenizer import build_tokenizer
from tqdm import tqdm

from oxmlx.errors import ArgumentError, FileFormatError

Weight = npt.NDArray[np.float32]

TOP = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
BLOCK = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def open_gguf(path: Path) -> GGUFReader:
    """A reader of the file, whose tensors stay on disk until they are asked for.

    Raises:
        FileFormatError: the file is no GGUF, is cut short, or holds another architecture.
    """
    try:
        reader = GGUFReader(path)
    except (ValueError, IndexError) as error:
        raise FileFormatError("open_gguf", f"{path} is not a whole GGUF file: {error}") from error
    architecture = field(reader, "general.architecture")
    if architecture != "llama":
        raise FileFormatError(
            "open_gguf", f"{path} holds a {architecture!r} model; wanted architecture 'llama'"
        )
    return reader


def field(reader: GGUFReader, key: str) -> Any:
    """The value of one metadata field."""
    found = reader.get_field(key)
    if found is None:
        raise FileFormatError("gguf_weights", f"the GGUF file has no field {key!r}")
    return found.contents()


def to_hf_name(name: str) -> str:
    """The Hugging Face name of a GGUF tensor.

    >>> to_hf_name("blk.3.ffn_up.weight")
    'model.layers.3.mlp.up_proj.weight'
    """
    match name.split("."):
        case ["blk", layer, kind, "weight"] if kind in BLOCK:
            return f"model.layers.{layer}.{BLOCK[kind]}.weight"
        case [kind, "weight"] if kind in TOP:
            return f"{TOP[kind]}.weight"
        case _:
            raise FileFormatError("to_hf_name", f"a llama model has no tensor {name!r}")


def split_rope_pairs(weight: Weight, heads: int) -> Weight:
    """Rows of a query or key projection, reordered for RoPE on half heads.

    GGUF keeps the two rows of a rotation next to each other; Hugging Face keeps them half a head
    apart.

    Args:
        weight: f32[heads * head_dim, d].
        heads: the number of heads in it.

    >>> split_rope_pairs(np.arange(8)[:, None], heads=2)[:, 0]
    array([0, 2, 1, 3, 4, 6, 5, 7])
    """
    rows, columns = weight.shape
    pairs = weight.reshape(heads, rows // heads // 2, 2, columns)
    return pairs.swapaxes(1, 2).reshape(rows, columns)


def read_weights(reader: GGUFReader) -> Iterator[tuple[str, Weight]]:
    """Every tensor as (Hugging Face name, f32 array of shape (out, in))."""
    heads = {
        "attn_q": field(reader, "llama.attention.head_count"),
        "attn_k": field(reader, "llama.attention.head_count_kv"),
    }
    for tensor in reader.tensors:
        weight = dequantize(tensor.data, tensor.tensor_type)
        kind = tensor.name.split(".")[-2]
        if kind in heads:
            weight = split_rope_pairs(weight, heads[kind])
        yield to_hf_name(tensor.name), np.ascontiguousarray(weight, np.float32)


def read_config(reader: GGUFReader) -> dict[str, Any]:
    """The model's `config.json`, with the names of Hugging Face's LlamaConfig."""
    width = field(reader, "llama.embedding_length")
    heads = field(reader, "llama.attention.head_count")
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "float32",
        "vocab_size": len(field(reader, "tokenizer.ggml.tokens")),
        "hidden_size": width,
        "intermediate_size": field(reader, "llama.feed_forward_length"),
        "num_hidden_layers": field(reader, "llama.block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": field(reader, "llama.attention.head_count_kv"),
        "head_dim": width // heads,
        "max_position_embeddings": field(reader, "llama.context_length"),
        "rope_theta": field(reader, "llama.rope.freq_base"),
        "rms_norm_eps": shortest(field(reader, "llama.attention.layer_norm_rms_epsilon")),
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": all(tensor.name != "output.weight" for tensor in reader.tensors),
        **read_special_tokens(reader),
    }


def shortest(value: float) -> float:
    """The shortest decimal that reads back as the same float32.

    >>> shortest(9.999999747378752e-06)
    1e-05
    """
    return float(str(np.float32(value)))


def read_special_tokens(reader: GGUFReader) -> dict[str, int]:
    """The token ids that generation needs; `eos_token_id` stops it."""
    return {
        "bos_token_id": field(reader, "tokenizer.ggml.bos_token_id"),
        "eos_token_id": field(reader, "tokenizer.ggml.eos_token_id"),
        "pad_token_id": field(reader, "tokenizer.ggml.padding_token_id"),
    }


def write_folder(reader: GGUFReader, folder: Path) -> None:
    """Write model.safetensors, tokenizer.json and the three configs into an empty folder."""
    progress = tqdm(
        read_weights(reader), "dequantising", total=len(reader.tensors), unit=" tensors", ncols=80
    )
    save_file(dict(progress), folder / "model.safetensors", metadata={"format": "pt"})
    tokens = field(reader, "tokenizer.ggml.tokens")
    tokenizer = build_tokenizer(
        tokens,
        field(reader, "tokenizer.ggml.merges"),
        field(reader, "tokenizer.ggml.token_type"),
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    special = read_special_tokens(reader)
    write_json(folder / "config.json", read_config(reader))
    write_json(folder / "generation_config.json", special)
    tokenizer_config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": field(reader, "llama.context_length"),
        "chat_template": field(reader, "tokenizer.chat_template"),
        **{name.removesuffix("_id"): tokens[index] for name, index in special.items()},
    }
    write_json(folder / "tokenizer_config.json", tokenizer_config)


def write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def convert(gguf: Path, out: Path, *, force: bool = False) -> Path:
    """The folder `out` with the model of `gguf`; work is done only if it is not there yet.

    Raises:
        ArgumentError: `out` exists and is something else than a converted model.
    """
    if out.exists() and not (out / "model.safetensors").is_file():
        raise ArgumentError(
            "convert", f"{out} exists and holds no model.safetensors", "Give --out a new folder."
        )
    if out.exists() and not force:
        return out
    reader = open_gguf(gguf)
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as scratch:
        fresh = Path(scratch, "fresh")
        fresh.mkdir()
        write_folder(reader, fresh)
        if force and out.exists():
            out.rename(Path(scratch, "stale"))
        try:
            fresh.rename(out)
        except OSError:
            if not out.is_dir():  # else another process was faster, with the same content
                raise
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gguf", type=Path, required=True, help="the llama GGUF file to read")
    parser.add_argument("--out", type=Path, required=True, help="the model folder to write")
    parser.add_argument("--force", action="store_true", help="convert again, replacing the folder")
    arguments = parser.parse_args()
    if not arguments.gguf.is_file():
        parser.error(f"argument --gguf: there is no file {arguments.gguf.absolute()}")
    try:
        folder = convert(arguments.gguf, arguments.out, force=arguments.force)
    except (ArgumentError, FileFormatError) as error:
        parser.error(error.problem)
    for path in sorted(folder.iterdir()):
        print(f"{path.stat().st_size / 1e6:10.2f} MB  {path}")


if __name__ == "__main__":
    main()
