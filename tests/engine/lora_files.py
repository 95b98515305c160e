"""Writes LoRA adapters, and the same models with their adapter merged in, as GGUF files."""

from __future__ import annotations

import pathlib

import gguf
import numpy
from gguf.quants import dequantize

Matrices = dict[str, tuple[numpy.ndarray, numpy.ndarray]]  # of each weight: A (rank x in), B (out x rank)


def matrices_for(model: pathlib.Path, names: list[str], rank: int = 4, seed: int = 1,
                 size: float = 0.0) -> Matrices:
    """Random ones; of size 0 B is zero, as it is before any training."""
    random = numpy.random.default_rng(seed)
    made = {}
    for tensor in gguf.GGUFReader(model).tensors:
        if tensor.name not in names:
            continue
        into, out = (int(length) for length in tensor.shape)
        a = random.standard_normal((rank, into)).astype(numpy.float32)
        b = random.standard_normal((out, rank)).astype(numpy.float32) * numpy.float32(size)
        made[tensor.name] = (a, b)
    assert len(made) == len(names)
    return made


def write_adapter(path: pathlib.Path, matrices: Matrices, *, arch: str = "llama",
                  kind: str = "adapter", extra: dict[str, numpy.ndarray] | None = None,
                  words: list[int] | None = None) -> pathlib.Path:
    """Alpha is the rank, so that a scale of 1 adds B x A. `words`: tokens that activate an aLoRA."""
    writer = gguf.GGUFWriter(path, arch)
    writer.add_type(kind)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(next(iter(matrices.values()))[0].shape[0]))
    if words:
        writer.add_key_value("adapter.alora.invocation_tokens", words, gguf.GGUFValueType.ARRAY,
                             gguf.GGUFValueType.UINT32)
    for name, (a, b) in matrices.items():
        writer.add_tensor(name + ".lora_a", a)
        writer.add_tensor(name + ".lora_b", b)
    for name, tensor in (extra or {}).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_merged(path: pathlib.Path, model: pathlib.Path, matrices: Matrices,
                 scale: float) -> pathlib.Path:
    """The model with scale x B x A added to its weights, which are plain floats then."""
    reader = gguf.GGUFReader(model)
    writer = gguf.GGUFWriter(path, reader.get_field("general.architecture").contents())
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        array = field.types[0] == gguf.GGUFValueType.ARRAY
        writer.add_key_value(field.name, field.contents(), field.types[0],
                             field.types[-1] if array else None)
    for tensor in reader.tensors:
        if tensor.name in matrices:
            a, b = matrices[tensor.name]
            whole = dequantize(tensor.data, tensor.tensor_type) + scale * (b @ a)
            writer.add_tensor(tensor.name, whole.astype(numpy.float32))
        else:
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
