"""Conversion of GGUF: the folder is whole or absent, and the weights are the ones on record."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import gguf
import gguf_weights
import numpy as np
import numpy.typing as npt
import pytest
from fetch import fetch
from gguf_weights import convert, open_gguf, read_weights, split_rope_pairs, to_hf_name
from safetensors.numpy import load_file

from oxmlx.errors import ArgumentError, FileFormatError

FIXTURES = Path(__file__).parent / "fixtures"
TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "a", "b", "ab"]
SHAPES = {
    "token_embd": (6, 8),
    "blk.0.attn_q": (8, 8),
    "blk.0.attn_k": (4, 8),
    "output_norm": (8,),
}


def write_gguf(
    path: Path, *, architecture: str = "llama", extra: str = ""
) -> dict[str, npt.NDArray[np.float32]]:
    """A model of four tensors with 2 query heads and 1 key head of size 4."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(1)
    writer.add_context_length(16)
    writer.add_embedding_length(8)
    writer.add_feed_forward_length(16)
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_rope_freq_base(1e5)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_token_list(TOKENS)
    writer.add_token_types([3, 3, 3, 1, 1, 1])
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_chat_template("{{ messages }}")
    draw = np.random.default_rng(0).normal
    arrays = {name: draw(size=shape).astype(np.float32) for name, shape in SHAPES.items()}
    for name, array in arrays.items():
        writer.add_tensor(f"{name}.weight", array)
    if extra:
        writer.add_tensor(extra, np.zeros(2, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return arrays


def test_folder_holds_the_model(tmp_path: Path) -> None:
    arrays = write_gguf(tmp_path / "m.gguf")
    folder = convert(tmp_path / "m.gguf", tmp_path / "models" / "m")
    weights = load_file(folder / "model.safetensors")
    query = "model.layers.0.self_attn.q_proj.weight"
    assert np.array_equal(weights["model.embed_tokens.weight"], arrays["token_embd"])
    assert np.array_equal(weights[query], arrays["blk.0.attn_q"][[0, 2, 1, 3, 4, 6, 5, 7]])
    assert np.array_equal(weights["model.norm.weight"], arrays["output_norm"])
    assert all(weight.flags.c_contiguous for weight in weights.values())
    config = json.loads((folder / "config.json").read_text())
    assert (config["head_dim"], config["vocab_size"], config["rms_norm_eps"]) == (4, 6, 1e-5)
    assert config["tie_word_embeddings"] is True
    assert json.loads((folder / "generation_config.json").read_text())["eos_token_id"] == 2
    assert [path.name for path in folder.parent.iterdir()] == ["m"], "a scratch folder was left"


def test_rope_pairs_are_half_a_head_apart() -> None:
    weight = np.arange(24, dtype=np.float32).reshape(12, 2)
    out = split_rope_pairs(weight, heads=2)
    for head in range(2):
        block, source = out[6 * head : 6 * head + 6], weight[6 * head : 6 * head + 6]
        assert np.array_equal(block[:3], source[0::2])
        assert np.array_equal(block[3:], source[1::2])


def test_work_is_done_once_unless_forced(tmp_path: Path) -> None:
    write_gguf(tmp_path / "m.gguf")
    folder = convert(tmp_path / "m.gguf", tmp_path / "m")
    (folder / "mark").touch()
    convert(tmp_path / "m.gguf", tmp_path / "m")
    assert (folder / "mark").exists()
    convert(tmp_path / "m.gguf", tmp_path / "m", force=True)
    assert not (folder / "mark").exists()
    assert (folder / "config.json").exists()


def test_a_failure_in_the_middle_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_gguf(tmp_path / "m.gguf")

    def fail(path: Path, content: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(gguf_weights, "write_json", fail)
    with pytest.raises(KeyboardInterrupt):
        convert(tmp_path / "m.gguf", tmp_path / "m")
    assert [path.name for path in tmp_path.iterdir()] == ["m.gguf"]


def test_the_slower_of_two_processes_keeps_the_first_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_gguf(tmp_path / "m.gguf")
    write_folder = gguf_weights.write_folder

    def overtaken(reader: gguf.GGUFReader, folder: Path) -> None:
        write_folder(reader, folder)
        (tmp_path / "m").mkdir()
        (tmp_path / "m" / "model.safetensors").write_text("theirs")

    monkeypatch.setattr(gguf_weights, "write_folder", overtaken)
    convert(tmp_path / "m.gguf", tmp_path / "m")
    assert (tmp_path / "m" / "model.safetensors").read_text() == "theirs"


def test_a_foreign_folder_is_not_touched(tmp_path: Path) -> None:
    write_gguf(tmp_path / "m.gguf")
    (tmp_path / "mine").mkdir()
    with pytest.raises(ArgumentError, match=r"mine exists and holds no model\.safetensors"):
        convert(tmp_path / "m.gguf", tmp_path / "mine", force=True)


def test_other_architectures_and_tensors_are_refused(tmp_path: Path) -> None:
    write_gguf(tmp_path / "g.gguf", architecture="gemma")
    with pytest.raises(FileFormatError, match="holds a 'gemma' model"):
        open_gguf(tmp_path / "g.gguf")
    write_gguf(tmp_path / "x.gguf", extra="blk.0.attn_bias.weight")
    with pytest.raises(FileFormatError, match=r"no tensor 'blk\.0\.attn_bias\.weight'"):
        dict(read_weights(open_gguf(tmp_path / "x.gguf")))


@pytest.mark.parametrize("cut", [0, 3, 100, 400, -1])
def test_a_file_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    write_gguf(tmp_path / "m.gguf")
    whole = (tmp_path / "m.gguf").read_bytes()
    (tmp_path / "cut.gguf").write_bytes(whole[:-40] if cut < 0 else whole[:cut])
    with pytest.raises(FileFormatError, match="is not a whole GGUF file"):
        open_gguf(tmp_path / "cut.gguf")


def test_names_of_every_kind() -> None:
    assert to_hf_name("output.weight") == "lm_head.weight"
    assert to_hf_name("blk.29.attn_output.weight") == "model.layers.29.self_attn.o_proj.weight"


def test_real_embedding_is_the_one_that_the_logits_fixture_names() -> None:
    weights = dict(read_weights(open_gguf(fetch("smollm2"))))
    embedding = weights["model.embed_tokens.weight"]
    fixture = np.load(FIXTURES / "smollm2_logits.npz")
    assert hashlib.sha256(embedding.tobytes()).hexdigest() == str(fixture["embedding_sha256"])
    assert len(weights) == 272
    assert sum(weight.size for weight in weights.values()) == 134_515_008
