"""A tiny BERT with random weights that ranks documents, as a GGUF file, and the same network
computed with numpy: what the engine says of a query and a document has to be what numpy says."""

from __future__ import annotations

import pathlib

import gguf
import numpy

HIDDEN, HEADS, LAYERS, INNER, CONTEXT = 32, 2, 2, 64, 64
EPSILON = 1e-12
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ("the a of river city cat dog water bread bridge runs old new small north south salt iron "
         "glass moon").split()
# The word boundary that llama.cpp's WordPiece looks for.
TOKENS = SPECIAL + ["\u2581" + word for word in WORDS]


class CrossEncoder:
    """The weights; the same seed gives the same ones."""

    def __init__(self, seed: int = 1):
        self._random = numpy.random.default_rng(seed)
        self.tensors: dict[str, numpy.ndarray] = {}
        self._matrix("token_embd.weight", len(TOKENS), HIDDEN)
        self._matrix("position_embd.weight", CONTEXT, HIDDEN)
        self._matrix("token_types.weight", 2, HIDDEN)
        self._norm("token_embd_norm")
        for layer in range(LAYERS):
            for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
                self._dense(f"blk.{layer}.{name}", HIDDEN, HIDDEN)
            self._norm(f"blk.{layer}.attn_output_norm")
            self._dense(f"blk.{layer}.ffn_up", INNER, HIDDEN)
            self._dense(f"blk.{layer}.ffn_down", HIDDEN, INNER)
            self._norm(f"blk.{layer}.layer_output_norm")
        self._dense("cls", HIDDEN, HIDDEN)
        self._dense("cls.output", 1, HIDDEN)

    def _matrix(self, name: str, rows: int, columns: int) -> None:
        scale = 2 / numpy.sqrt(columns)
        self.tensors[name] = self._random.normal(0, scale, (rows, columns)).astype(numpy.float32)

    def _vector(self, name: str, middle: float, length: int) -> None:
        self.tensors[name] = self._random.normal(middle, 0.1, length).astype(numpy.float32)

    def _dense(self, name: str, rows: int, columns: int) -> None:
        self._matrix(f"{name}.weight", rows, columns)
        self._vector(f"{name}.bias", 0, rows)

    def _norm(self, name: str) -> None:
        self._vector(f"{name}.weight", 1, HIDDEN)
        self._vector(f"{name}.bias", 0, HIDDEN)

    def write(self, path: pathlib.Path, *, says_so: bool = True, head: bool = True) -> pathlib.Path:
        """`says_so`: the file declares that it ranks; `head`: it has the layer of the scores."""
        writer = gguf.GGUFWriter(str(path), "bert")
        writer.add_block_count(LAYERS)
        writer.add_context_length(CONTEXT)
        writer.add_embedding_length(HIDDEN)
        writer.add_feed_forward_length(INNER)
        writer.add_head_count(HEADS)
        writer.add_layer_norm_eps(EPSILON)
        writer.add_causal_attention(False)
        if says_so:
            writer.add_pooling_type(gguf.PoolingType.RANK)
        writer.add_tokenizer_model("bert")
        writer.add_tokenizer_pre("default")
        writer.add_token_list(TOKENS)
        writer.add_token_types([gguf.TokenType.CONTROL] * len(SPECIAL) +
                               [gguf.TokenType.NORMAL] * len(WORDS))
        writer.add_token_type_count(2)
        writer.add_pad_token_id(0)
        writer.add_unk_token_id(1)
        writer.add_bos_token_id(2)
        writer.add_sep_token_id(3)
        writer.add_mask_token_id(4)
        for name, values in self.tensors.items():
            if head or not name.startswith("cls"):
                writer.add_tensor(name, values)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path

    def tokens(self, query: str, document: str) -> list[int]:
        def ids(text: str) -> list[int]:
            return [TOKENS.index("\u2581" + word) if word in WORDS else 1 for word in text.split()]
        return [2, *ids(query), 3, *ids(document), 3]

    def logit(self, tokens: list[int]) -> float:
        """What the network says of a pair's tokens. Each is of type 0, as in llama.cpp."""
        weights = self.tensors
        state = (weights["token_embd.weight"][tokens] + weights["token_types.weight"][0] +
                 weights["position_embd.weight"][:len(tokens)])
        state = self._normed(state, "token_embd_norm")
        for layer in range(LAYERS):
            name = f"blk.{layer}"
            state = self._normed(state + self._attention(state, name), f"{name}.attn_output_norm")
            inner = _gelu(self._through(state, f"{name}.ffn_up"))
            state = self._normed(state + self._through(inner, f"{name}.ffn_down"),
                                 f"{name}.layer_output_norm")
        return float(self._through(numpy.tanh(self._through(state[:1], "cls")), "cls.output")[0, 0])

    def score(self, query: str, document: str) -> float:
        """Between 0 and 1."""
        return 1 / (1 + numpy.exp(-self.logit(self.tokens(query, document))))

    def _through(self, state: numpy.ndarray, name: str) -> numpy.ndarray:
        return state @ self.tensors[f"{name}.weight"].T + self.tensors[f"{name}.bias"]

    def _normed(self, state: numpy.ndarray, name: str) -> numpy.ndarray:
        middle = state.mean(axis=1, keepdims=True)
        spread = numpy.sqrt(state.var(axis=1, keepdims=True) + EPSILON)
        return (state - middle) / spread * self.tensors[f"{name}.weight"] + \
            self.tensors[f"{name}.bias"]

    def _attention(self, state: numpy.ndarray, name: str) -> numpy.ndarray:
        def heads(which: str) -> numpy.ndarray:
            values = self._through(state, f"{name}.attn_{which}")
            return values.reshape(len(state), HEADS, -1).transpose(1, 0, 2)
        queries, keys, values = heads("q"), heads("k"), heads("v")
        weight = queries @ keys.transpose(0, 2, 1) / numpy.sqrt(HIDDEN / HEADS)
        weight = numpy.exp(weight - weight.max(axis=2, keepdims=True))
        weight /= weight.sum(axis=2, keepdims=True)
        mixed = (weight @ values).transpose(1, 0, 2).reshape(len(state), HIDDEN)
        return self._through(mixed, f"{name}.attn_output")


def _gelu(values: numpy.ndarray) -> numpy.ndarray:
    """By the tanh that ggml computes it with."""
    inner = numpy.sqrt(2 / numpy.pi) * (values + 0.044715 * values**3)
    return 0.5 * values * (1 + numpy.tanh(inner))
