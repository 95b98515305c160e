"""The converter on a model of two layers with eight numbers a row, read back with gguf's reader."""

from __future__ import annotations

import json
import pathlib
import sys
import tempfile
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import gguf  # noqa: E402
import numpy  # noqa: E402

import convert_minilm  # noqa: E402

WIDTH = 8
WORDS = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "plate", "##s"]
CONFIG = {"num_hidden_layers": 2, "max_position_embeddings": 16, "hidden_size": WIDTH,
          "intermediate_size": 32, "num_attention_heads": 2, "layer_norm_eps": 1e-12,
          "type_vocab_size": 2}


def safetensors(tensors: dict[str, numpy.ndarray]) -> bytes:
    header, body = {"__metadata__": {"format": "pt"}}, b""
    for name, values in tensors.items():
        kind = "I64" if values.dtype == numpy.int64 else "F32"
        header[name] = {"dtype": kind, "shape": list(values.shape),
                        "data_offsets": [len(body), len(body) + values.nbytes]}
        body += values.tobytes()
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def tiny_model() -> dict[str, numpy.ndarray]:
    random = numpy.random.default_rng(7)

    def values(*shape: int) -> numpy.ndarray:
        return random.standard_normal(shape).astype(numpy.float32)

    tensors = {"embeddings.position_ids": numpy.arange(16, dtype=numpy.int64),
               "pooler.dense.weight": values(WIDTH, WIDTH),
               "embeddings.word_embeddings.weight": values(len(WORDS), WIDTH),
               "embeddings.position_embeddings.weight": values(16, WIDTH),
               "embeddings.token_type_embeddings.weight": values(2, WIDTH)}
    for layer in range(2):
        for name in convert_minilm.LAYER_TENSORS:
            tensors[f"encoder.layer.{layer}.{name}.weight"] = (
                values(WIDTH) if "LayerNorm" in name else values(WIDTH, WIDTH))
            tensors[f"encoder.layer.{layer}.{name}.bias"] = values(WIDTH)
    return tensors


class ConvertMinilmTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.wheel = str(pathlib.Path(folder.name) / "model.whl")
        self.output = str(pathlib.Path(folder.name) / "model.gguf")

    def convert(self, tensors: dict[str, numpy.ndarray], mean: bool = True) -> gguf.GGUFReader:
        with zipfile.ZipFile(self.wheel, "w") as wheel:
            for name, data in {
                "config.json": json.dumps(CONFIG),
                "1_Pooling/config.json": json.dumps({"pooling_mode_mean_tokens": mean}),
                "vocab.txt": "\n".join(WORDS) + "\n",
                "model.safetensors": safetensors(tensors),
            }.items():
                wheel.writestr(convert_minilm.MODEL_FOLDER + name, data)
        convert_minilm.convert(self.wheel, self.output)
        return gguf.GGUFReader(self.output)

    def test_tensors_have_their_names_types_and_values(self) -> None:
        tensors = tiny_model()
        written = {tensor.name: tensor for tensor in self.convert(tensors).tensors}
        self.assertNotIn("pooler.dense.weight", written)
        self.assertEqual(len(written), 3 + 2 * 2 * len(convert_minilm.LAYER_TENSORS))
        query = written["blk.1.attn_q.weight"]
        self.assertEqual(query.tensor_type, gguf.GGMLQuantizationType.F16)
        numpy.testing.assert_array_equal(
            query.data, tensors["encoder.layer.1.attention.self.query.weight"].astype("float16"))
        for name in ("blk.0.attn_q.bias", "blk.0.layer_output_norm.weight", "position_embd.weight"):
            self.assertEqual(written[name].tensor_type, gguf.GGMLQuantizationType.F32, name)

    def test_metadata_says_bert_with_mean_pooling_and_word_piece(self) -> None:
        reader = self.convert(tiny_model())

        def field(name: str):
            return reader.get_field(name).contents()

        self.assertEqual(field("general.architecture"), "bert")
        self.assertEqual(field("bert.pooling_type"), gguf.PoolingType.MEAN)
        self.assertEqual(field("bert.attention.causal"), False)
        self.assertEqual(field("bert.context_length"), 16)
        self.assertEqual(field("tokenizer.ggml.tokens")[5:], ["[MASK]", "\u2581plate", "s"])
        self.assertEqual(field("tokenizer.ggml.bos_token_id"), 3)
        self.assertEqual(field("tokenizer.ggml.seperator_token_id"), 4)

    def test_a_tensor_without_a_name_and_another_pooling_are_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "encoder.layer.0.surprise.weight"):
            self.convert({"encoder.layer.0.surprise.weight": numpy.zeros(2, numpy.float32)})
        with self.assertRaisesRegex(ValueError, "does not pool by the mean"):
            self.convert(tiny_model(), mean=False)


if __name__ == "__main__":
    unittest.main()
