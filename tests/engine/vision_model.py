"""A tiny language model and a tiny SigLIP, or CLIP, with LLaVA's projector, both of random weights: as GGUF files
here, and as a network of transformers in vision_reference.py, which says what they compute.

Only numpy is needed but for writing the files."""

from __future__ import annotations

import pathlib

import numpy

# The language model: Llama.
TEXT, TEXT_HEADS, TEXT_LAYERS, TEXT_INNER, CONTEXT = 64, 2, 2, 96, 512
TEXT_EPSILON = 1e-5
# The encoder: SigLIP, whose last layer LLaVA leaves out.
EYE, EYE_HEADS, EYE_LAYERS, EYE_INNER = 32, 2, 3, 64
IMAGE, PATCH = 28, 7
EYE_EPSILON = 1e-6
PATCHES = (IMAGE // PATCH) ** 2
MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)

BEGIN, TURN, END = "<s>", "<|im_start|>", "<|im_end|>"
TOKENS = (["<unk>", BEGIN, "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)] +
          [TURN, END, "\u2581", "<image>"])
FIRST_BYTE, IMAGE_TOKEN = 3, len(TOKENS) - 1
TEMPLATE = ("{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}"
            "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")


def picture(seed: int, width: int = IMAGE, height: int = IMAGE) -> numpy.ndarray:
    """Rows of pixels of three bytes: colours that change slowly, and some noise."""
    random = numpy.random.default_rng(seed)
    rows, columns = numpy.mgrid[0:height, 0:width].astype(numpy.float32)
    layers = [numpy.sin(rows * random.uniform(0.05, 0.4) + columns * random.uniform(0.05, 0.4) +
                        random.uniform(0, 6)) for _ in range(3)]
    values = 127 + 90 * numpy.stack(layers, axis=2) + random.normal(0, 12, (height, width, 3))
    return numpy.clip(values, 0, 255).astype(numpy.uint8)


def prompt(turns: list[tuple[str, list[str | int]]]) -> list[int]:
    """The tokens of turns of (role, texts and numbers of images) as the template writes them; each
    image is its patches."""
    ids = [TOKENS.index(BEGIN)]
    for role, content in [*turns, ("assistant", None)]:
        ids += [TOKENS.index(TURN), *_bytes(role + "\n")]
        if content is None:
            break
        for part in content:
            ids += [IMAGE_TOKEN] * PATCHES if isinstance(part, int) else _bytes(part)
        ids += [TOKENS.index(END), *_bytes("\n")]
    return ids


def _bytes(text: str) -> list[int]:
    return [TOKENS.index("\u2581") if byte == 32 else FIRST_BYTE + byte for byte in text.encode()]


class VisionModel:
    """The weights by transformers' names; the same seed gives the same ones. `width`: of the rows
    that the projector makes."""

    def __init__(self, seed: int = 1, width: int = TEXT):
        self._random = numpy.random.default_rng(seed)
        self.width = width
        self.text: dict[str, numpy.ndarray] = {}
        self.eye: dict[str, numpy.ndarray] = {}
        self.projector: dict[str, numpy.ndarray] = {}
        self._make_text()
        self._make_eye()
        for layer, into in (("linear_1", EYE), ("linear_2", width)):
            self._dense(self.projector, layer, width, into)

    def _make_text(self) -> None:
        text = self.text
        text["embed_tokens.weight"] = self._matrix(len(TOKENS), TEXT)
        for layer in range(TEXT_LAYERS):
            name = f"layers.{layer}."
            for which in ("q_proj", "k_proj", "v_proj", "o_proj"):
                text[f"{name}self_attn.{which}.weight"] = self._matrix(TEXT, TEXT)
            text[f"{name}mlp.gate_proj.weight"] = self._matrix(TEXT_INNER, TEXT)
            text[f"{name}mlp.up_proj.weight"] = self._matrix(TEXT_INNER, TEXT)
            text[f"{name}mlp.down_proj.weight"] = self._matrix(TEXT, TEXT_INNER)
            for which in ("input_layernorm", "post_attention_layernorm"):
                text[f"{name}{which}.weight"] = self._vector(1, TEXT)
        text["norm.weight"] = self._vector(1, TEXT)
        text["lm_head.weight"] = self._matrix(len(TOKENS), TEXT)

    def _make_eye(self) -> None:
        eye = self.eye
        eye["embeddings.patch_embedding.weight"] = self._matrix(
            EYE, 3 * PATCH * PATCH).reshape(EYE, 3, PATCH, PATCH)
        eye["embeddings.patch_embedding.bias"] = self._vector(0, EYE)
        eye["embeddings.position_embedding.weight"] = self._matrix(PATCHES, EYE)
        for layer in range(EYE_LAYERS):
            name = f"encoder.layers.{layer}."
            for which in ("q_proj", "k_proj", "v_proj", "out_proj"):
                self._dense(eye, f"{name}self_attn.{which}", EYE, EYE)
            self._norm(f"{name}layer_norm1")
            self._norm(f"{name}layer_norm2")
            self._dense(eye, f"{name}mlp.fc1", EYE_INNER, EYE)
            self._dense(eye, f"{name}mlp.fc2", EYE, EYE_INNER)
        self._norm("post_layernorm")

    def _eye_facts(self, writer) -> None:
        writer.add_bool("clip.use_gelu", True)

    def _matrix(self, rows: int, columns: int) -> numpy.ndarray:
        scale = 1.5 / numpy.sqrt(columns)
        return self._random.normal(0, scale, (rows, columns)).astype(numpy.float32)

    def _vector(self, middle: float, length: int) -> numpy.ndarray:
        return self._random.normal(middle, 0.1, length).astype(numpy.float32)

    def _dense(self, weights: dict[str, numpy.ndarray], name: str, rows: int, columns: int) -> None:
        weights[f"{name}.weight"] = self._matrix(rows, columns)
        weights[f"{name}.bias"] = self._vector(0, rows)

    def _norm(self, name: str) -> None:
        self.eye[f"{name}.weight"] = self._vector(1, EYE)
        self.eye[f"{name}.bias"] = self._vector(0, EYE)

    def write_model(self, path: pathlib.Path, architecture: str = "llama") -> pathlib.Path:
        """Only as "llama" it computes what transformers does; "qwen2vl" gives images positions in
        width and height."""
        import gguf
        writer = gguf.GGUFWriter(path, architecture)
        if architecture == "qwen2vl":
            writer.add_rope_dimension_sections([4, 6, 6, 0])
        writer.add_block_count(TEXT_LAYERS)
        writer.add_context_length(CONTEXT)
        writer.add_embedding_length(TEXT)
        writer.add_feed_forward_length(TEXT_INNER)
        writer.add_head_count(TEXT_HEADS)
        writer.add_head_count_kv(TEXT_HEADS)
        writer.add_layer_norm_rms_eps(TEXT_EPSILON)
        writer.add_rope_dimension_count(TEXT // TEXT_HEADS)
        writer.add_rope_freq_base(10_000.0)
        writer.add_vocab_size(len(TOKENS))
        writer.add_tokenizer_model("llama")
        writer.add_token_list(TOKENS)
        writer.add_token_scores([0.0] * len(TOKENS))
        kinds = {"<unk>": gguf.TokenType.UNKNOWN, "\u2581": gguf.TokenType.NORMAL}
        writer.add_token_types([
            kinds.get(token, gguf.TokenType.BYTE if token.startswith("<0x")
                      else gguf.TokenType.CONTROL) for token in TOKENS])
        writer.add_bos_token_id(TOKENS.index(BEGIN))
        writer.add_eos_token_id(TOKENS.index(END))
        writer.add_unk_token_id(0)
        writer.add_add_bos_token(True)
        writer.add_add_space_prefix(False)
        writer.add_chat_template(TEMPLATE)
        names = {"embed_tokens": "token_embd", "norm": "output_norm", "lm_head": "output",
                 "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
                 "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
                 "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
                 "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}
        for name, values in self.text.items():
            if ".q_proj" in name or ".k_proj" in name:
                values = _interleaved(values)
            writer.add_tensor(_renamed(name, "layers.", "blk.", names), values)
        return _written(writer, path)

    def write_projector(self, path: pathlib.Path, *, kind: str = "mlp",
                        mean: tuple[float, ...] = MEAN) -> pathlib.Path:
        import gguf
        writer = gguf.GGUFWriter(path, "clip")
        writer.add_string("clip.projector_type", kind)
        writer.add_bool("clip.has_vision_encoder", True)
        writer.add_bool("clip.has_llava_projector", True)
        for key, value in (("image_size", IMAGE), ("patch_size", PATCH), ("embedding_length", EYE),
                           ("feed_forward_length", EYE_INNER), ("projection_dim", self.width),
                           ("attention.head_count", EYE_HEADS), ("block_count", EYE_LAYERS)):
            writer.add_uint32(f"clip.vision.{key}", value)
        writer.add_float32("clip.vision.attention.layer_norm_epsilon", EYE_EPSILON)
        writer.add_array("clip.vision.image_mean", list(mean))
        writer.add_array("clip.vision.image_std", list(DEVIATION))
        self._eye_facts(writer)
        names = {"embeddings.patch_embedding": "v.patch_embd",
                 "embeddings.position_embedding": "v.position_embd",
                 "embeddings.class_embedding": "v.class_embd", "pre_layrnorm": "v.pre_ln",
                 "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
                 "self_attn.v_proj": "attn_v", "self_attn.out_proj": "attn_out",
                 "layer_norm1": "ln1", "layer_norm2": "ln2", "mlp.fc1": "ffn_up",
                 "mlp.fc2": "ffn_down"}
        for name, values in self.eye.items():
            if name.startswith("post_layernorm"):  # LLaVA reads what the last layer but one says
                continue
            writer.add_tensor(_renamed(name, "encoder.layers.", "v.blk.", names), values)
        for name, values in self.projector.items():
            writer.add_tensor(name.replace("linear_1", "mm.0").replace("linear_2", "mm.2"), values)
        return _written(writer, path)


class ClipVisionModel(VisionModel):
    """The same with a tiny CLIP, as in LLaVA 1.5: a class embedding beside the patches."""

    def _make_eye(self) -> None:
        super()._make_eye()
        del self.eye["embeddings.patch_embedding.bias"]
        self.eye["embeddings.class_embedding"] = self._vector(0, EYE) * 10
        self.eye["embeddings.position_embedding.weight"] = self._matrix(PATCHES + 1, EYE)
        self._norm("pre_layrnorm")

    def _eye_facts(self, writer) -> None:
        writer.add_bool("clip.use_gelu", False)  # nor SiLU: CLIP's own quick one


class GemmaVisionModel(VisionModel):
    """The same with a projector of Gemma 3's, whose rows a language model computes all at once: to be
    written with kind="gemma3"."""

    def __init__(self) -> None:
        super().__init__()
        self.projector = {"mm.input_projection.weight": self._matrix(EYE, TEXT),
                          "mm.soft_emb_norm.weight": self._vector(1, EYE)}


def _renamed(name: str, layers: str, blocks: str, names: dict[str, str]) -> str:
    name = name.replace(layers, blocks)
    for known, new in names.items():
        at = name.find(known)
        if at >= 0 and name[at - 1:at] in ("", ".") and name[at + len(known):] in (
                "", ".weight", ".bias"):
            return name[:at] + new + name[at + len(known):]
    raise ValueError(name)


def _interleaved(weight: numpy.ndarray) -> numpy.ndarray:
    """Halves of each head, as transformers rotates them, to pairs, as llama.cpp does."""
    rows, columns = weight.shape
    return weight.reshape(TEXT_HEADS, 2, rows // TEXT_HEADS // 2, columns).swapaxes(1, 2).reshape(
        rows, columns)


def _written(writer, path: pathlib.Path) -> pathlib.Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
