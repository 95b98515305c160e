"""Writes vision_reference.json and clip_vision_reference.json: what transformers computes with the weights of vision_model.py.

    PYTHON tests/engine/vision_reference.py

PYTHON needs numpy, torch and transformers, which are no part of the test environment; it is run when
vision_model.py or CASES change."""

from __future__ import annotations

import json
import pathlib

import numpy
import torch
import transformers

from vision_cases import CASES
from vision_model import (CONTEXT, DEVIATION, EYE, EYE_EPSILON, EYE_HEADS, EYE_INNER, EYE_LAYERS,
                          IMAGE, IMAGE_TOKEN, MEAN, PATCH, TEXT, TEXT_EPSILON, TEXT_HEADS,
                          TEXT_INNER, TEXT_LAYERS, TOKENS, ClipVisionModel, VisionModel, picture,
                          prompt)

TOP = 20


def llava(weights: VisionModel) -> transformers.LlavaForConditionalGeneration:
    clip = isinstance(weights, ClipVisionModel)
    kind = transformers.CLIPVisionConfig if clip else transformers.SiglipVisionConfig
    eye = kind(
        hidden_size=EYE, intermediate_size=EYE_INNER, num_hidden_layers=EYE_LAYERS,
        num_attention_heads=EYE_HEADS, image_size=IMAGE, patch_size=PATCH,
        layer_norm_eps=EYE_EPSILON)
    text = transformers.LlamaConfig(
        vocab_size=len(TOKENS), hidden_size=TEXT, intermediate_size=TEXT_INNER,
        num_hidden_layers=TEXT_LAYERS, num_attention_heads=TEXT_HEADS, rms_norm_eps=TEXT_EPSILON,
        max_position_embeddings=CONTEXT, tie_word_embeddings=False)
    model = transformers.LlavaForConditionalGeneration(transformers.LlavaConfig(
        vision_config=eye, text_config=text, image_token_id=IMAGE_TOKEN,
        vision_feature_layer=-2, vision_feature_select_strategy="default" if clip else "full",
        projector_hidden_act="gelu"))
    of_kind = {"lm_head": weights.text, "language_model": weights.text,
               "vision_tower": weights.eye, "multi_modal_projector": weights.projector}
    state = {}
    for name in model.state_dict():
        kind = next(kind for kind in of_kind if kind in name)
        short = max((known for known in of_kind[kind] if name.endswith(known)), key=len, default=None)
        if short is None:
            continue
        state[name] = torch.from_numpy(of_kind[kind][short])
    missing, unexpected = model.load_state_dict(state, strict=False)
    # Pooling, which LLaVA has no use for.
    assert not unexpected and all(".head." in name or "position_ids" in name for name in missing)
    return model.eval()


def pixels(seed: int) -> torch.Tensor:
    values = picture(seed).astype(numpy.float32) / 255
    values = (values - numpy.array(MEAN, numpy.float32)) / numpy.array(DEVIATION, numpy.float32)
    return torch.from_numpy(values.transpose(2, 0, 1).copy())


def compute(weights: VisionModel, path: pathlib.Path) -> None:
    model = llava(weights)
    cases = {}
    for name, turns in CASES.items():
        ids = prompt(turns)
        images = [part for _, content in turns for part in content if isinstance(part, int)]
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([ids]),
                           pixel_values=torch.stack([pixels(seed) for seed in images])
                           if images else None).logits[0, -1]
        likely = torch.log_softmax(logits.double(), 0).topk(TOP)
        cases[name] = {"prompt_tokens": len(ids),
                       "top": [[token, round(value, 5)] for token, value in
                               zip(likely.indices.tolist(), likely.values.tolist())]}
    lines = [f"  {json.dumps(name)}: {json.dumps(case)}" for name, case in cases.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main() -> None:
    folder = pathlib.Path(__file__).parent
    compute(VisionModel(), folder / "vision_reference.json")
    compute(ClipVisionModel(), folder / "clip_vision_reference.json")


if __name__ == "__main__":
    main()
