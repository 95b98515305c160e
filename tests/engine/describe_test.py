"""`bedplate-engine --describe`: what a model needs, and files that were made to do harm."""

import json
import pathlib
import struct
import subprocess

import pytest
from engine_process import CHAT_MODEL, EMBEDDING_MODEL, PROGRAMS

# What a file that is no model may cost at most; nothing measures it.
SECONDS_MAX = 100
UINT32, STRING, ARRAY = 4, 8, 9


def describe(path: pathlib.Path, *more: str) -> subprocess.CompletedProcess:
    return subprocess.run([PROGRAMS / "bedplate-engine", "--describe", str(path), *more],
                          capture_output=True, text=True, timeout=SECONDS_MAX, check=False)


def described(path: pathlib.Path, *more: str) -> dict:
    done = describe(path, *more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["description"]


def test_a_chat_model_with_smaller_and_smaller_contexts():
    about = described(CHAT_MODEL)
    assert about["architecture"] == "llama" and not about["embeddings"]
    assert about["context_length"] == 8192 and about["parameters"] > 130e6
    assert about["file_bytes"] == pathlib.Path(CHAT_MODEL).stat().st_size
    assert about["weights_bytes"] > 0.9 * about["file_bytes"]
    cells = [context["cells"] for context in about["contexts"]]
    assert cells == [32768 >> step for step in range(len(cells))] and cells[-1] == 512
    # 30 layers, 3 heads, 64 + 64 numbers of 2 bytes.
    assert all(context["cache_bytes"] == context["cells"] * 30 * 3 * 128 * 2
               for context in about["contexts"])
    assert all(context["compute_bytes"] > 0 for context in about["contexts"])


def test_the_context_that_was_asked_for():
    about = described(CHAT_MODEL, "--context-cells", "1024")
    assert [context["cells"] for context in about["contexts"]] == [1024, 512]


def test_a_model_for_embeddings():
    about = described(EMBEDDING_MODEL)
    assert about["embeddings"] and about["context_length"] == 512
    assert len(about["contexts"]) == 1 and about["contexts"][0]["cells"] == 512
    smaller = described(EMBEDDING_MODEL, "--context-cells", "64")["contexts"]
    assert [context["cells"] for context in smaller] == [64]


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def number(key: bytes, value: int) -> bytes:
    return text(key) + struct.pack("<II", UINT32, value)


def header(pairs: list[bytes], tensors: list[bytes] = (), pair_count=None, tensor_count=None):
    return (b"GGUF" + struct.pack("<IQQ", 3, len(tensors) if tensor_count is None else tensor_count,
                                  len(pairs) if pair_count is None else pair_count)
            + b"".join(pairs) + b"".join(tensors))


ARCHITECTURE = text(b"general.architecture") + struct.pack("<I", STRING) + text(b"llama")
LLAMA = [ARCHITECTURE, number(b"llama.context_length", 64), number(b"llama.embedding_length", 32),
         number(b"llama.block_count", 1), number(b"llama.feed_forward_length", 64),
         number(b"llama.attention.head_count", 2)]


def tensor(name: bytes, shape: list[int], kind=0, offset=0) -> bytes:
    return (text(name) + struct.pack("<I", len(shape))
            + b"".join(struct.pack("<Q", size) for size in shape) + struct.pack("<IQ", kind, offset))


HOSTILE = {
    "empty": b"",
    "magic alone": b"GGUF",
    "no version": b"GGUF" + struct.pack("<I", 99) + bytes(16),
    "countless pairs": header([ARCHITECTURE], pair_count=2 ** 63 - 1),
    "countless tensors": header([ARCHITECTURE], tensor_count=2 ** 62),
    "overlong key": b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 2 ** 60) + b"x",
    "overlong value": header([text(b"general.architecture") + struct.pack("<I", STRING)
                              + struct.pack("<Q", 2 ** 63)]),
    "huge array": header([text(b"a") + struct.pack("<IIQ", ARRAY, UINT32, 2 ** 61)]),
    "huge array of texts": header([text(b"a") + struct.pack("<IIQ", ARRAY, STRING, 2 ** 40)]),
    "array of arrays": header([text(b"a") + struct.pack("<IIQ", ARRAY, ARRAY, 4)]),
    "unknown kind": header([text(b"a") + struct.pack("<I", 77) + bytes(8)]),
    "the same key twice": header([ARCHITECTURE, ARCHITECTURE]),
    "countless layers": header(LLAMA[:3] + [number(b"llama.block_count", 2 ** 32 - 1)] + LLAMA[4:]),
    "no heads": header(LLAMA[:5] + [number(b"llama.attention.head_count", 0)]),
    "absurd width": header([LLAMA[0], LLAMA[1], number(b"llama.embedding_length", 2 ** 32 - 1)]
                           + LLAMA[3:]),
    "dimensions that overflow": header(LLAMA, [tensor(b"token_embd.weight", [2 ** 40, 2 ** 40])]),
    "too many dimensions": header(LLAMA, [tensor(b"token_embd.weight", [2] * 4000)]),
    "an offset out of the file": header(LLAMA, [tensor(b"token_embd.weight", [32, 64],
                                                       offset=2 ** 40)]),
    "no vocabulary": header(LLAMA, [tensor(b"token_embd.weight", [32, 64])]) + bytes(32 * 64 * 4),
    "a part of 65535 parts": header(LLAMA + [
        text(b"split.count") + struct.pack("<IH", 2, 65535),
        text(b"split.no") + struct.pack("<IH", 2, 0)]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_with_an_error(name, tmp_path):
    path = tmp_path / "model-00001-of-00002.gguf"
    path.write_bytes(HOSTILE[name])
    done = describe(path)
    assert done.returncode == 1, (done.returncode, done.stderr[-2000:])
    assert done.stdout == ""
    assert json.loads(done.stderr.splitlines()[-1])["level"] == "error", done.stderr[-2000:]


@pytest.mark.parametrize("part", [30, 5_000, 1_000_000, 50_000_000])
def test_files_that_were_cut_end_with_an_error(part, tmp_path):
    path = tmp_path / "cut.gguf"
    with open(CHAT_MODEL, "rb") as whole:
        path.write_bytes(whole.read(part))
    done = describe(path)
    assert done.returncode == 1 and done.stdout == "", done.stderr[-2000:]


def test_a_file_that_is_not_there(tmp_path):
    assert describe(tmp_path / "none.gguf").returncode == 1
