"""Weights of the packaged chat model with another chat template."""

from __future__ import annotations

import pathlib

import gguf
from gguf.scripts.gguf_new_metadata import MetadataDetails, copy_with_new_metadata

from bedplate_server import CACHE


def chat_weights(folder: pathlib.Path, template: str) -> pathlib.Path:
    """Writes the file, of about 100 MB, into `folder`."""
    reader = gguf.GGUFReader(CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf")
    path = folder / "with_template.gguf"
    writer = gguf.GGUFWriter(path, arch=reader.get_field("general.architecture").contents(),
                             endianess=reader.endianess)
    text = MetadataDetails(gguf.GGUFValueType.STRING, template)
    copy_with_new_metadata(reader, writer, {"tokenizer.chat_template": text}, [])
    return path
