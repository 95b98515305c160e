"""One LoRA adapter on the real model: what it adds, and files that are none for it. Several of them
in one engine: adapters_test.py."""

import pathlib
import subprocess

import numpy
import pytest
from engine_process import CHAT_MODEL, PROGRAMS, Engine
from lora_files import matrices_for, write_adapter, write_merged

PROMPTS = ["The capital of France is", "1, 2, 3, 4,", "def add(a, b):\n    return"]
CHANGED = [f"blk.{layer}.{kind}.weight" for layer in (3, 12, 25)
           for kind in ("ffn_down", "attn_q", "attn_output")]
NOISE = 0.05
# Each of the eight tokens of its answer leads by so much that rounding chooses no other.
SURE_QUESTION = "Name the seven days of the week."


def scores(engine: Engine, model: str = "m") -> list[dict[str, float]]:
    """The five likeliest tokens behind each prompt."""
    return [engine.openai.completions.create(
        model=model, prompt=prompt, max_tokens=1, temperature=0,
        logprobs=5).choices[0].logprobs.top_logprobs[0] for prompt in PROMPTS]


def difference(one: list[dict[str, float]], other: list[dict[str, float]]) -> float:
    """How far apart a token's two numbers are on average; one that is only in the first is taken
    to be just below the five of the other."""
    differences = [abs(value - there.get(token, min(there.values())))
                   for here, there in zip(one, other, strict=True)
                   for token, value in here.items()]
    return sum(differences) / len(differences)


def test_an_untrained_adapter_changes_nothing(chat_engine, tmp_path):
    adapter = write_adapter(tmp_path / "a.gguf", matrices_for(CHAT_MODEL, CHANGED))
    with Engine(CHAT_MODEL, "--adapter", f"a={adapter}") as engine:
        assert difference(scores(engine, "a"), scores(chat_engine)) < NOISE
        assert engine.chat(SURE_QUESTION, max_tokens=8, model="a").choices[0].message.content == \
            chat_engine.chat(SURE_QUESTION, max_tokens=8).choices[0].message.content


def test_an_adapter_is_the_same_as_merged_weights(chat_engine, tmp_path):
    matrices = matrices_for(CHAT_MODEL, CHANGED, size=0.05)
    adapter = write_adapter(tmp_path / "a.gguf", matrices)
    merged = write_merged(tmp_path / "merged.gguf", CHAT_MODEL, matrices, 1.5)
    with Engine(CHAT_MODEL, "--adapter", f"a={adapter}", "--adapter-scale=a=1.5") as engine:
        adapted = scores(engine, "a")
    with Engine(merged) as engine:
        expected = scores(engine)
    # The rest is what rounding activations for products of 4 bits costs.
    # (0.12 here; 0.44 where the scale is 1 and not 1.5.)
    assert difference(adapted, expected) < 0.25
    assert difference(adapted, scores(chat_engine)) > 0.6


@pytest.mark.parametrize("scale, same", [("0", True), ("-40", False), ("40", False)])
def test_the_scale_counts(chat_engine, tmp_path, scale, same):
    adapter = write_adapter(tmp_path / "a.gguf", matrices_for(CHAT_MODEL, CHANGED, size=0.01))
    with Engine(CHAT_MODEL, "--adapter", f"a={adapter}", f"--adapter-scale=a={scale}") as engine:
        text = engine.chat(SURE_QUESTION, max_tokens=8, model="a")
    expected = chat_engine.chat(SURE_QUESTION, max_tokens=8)
    said = [answer.choices[0].message.content for answer in (text, expected)]
    assert (said[0] == said[1]) == same


def wrong_shape() -> dict:
    a = numpy.ones((4, 577), numpy.float32)
    return {"blk.0.attn_q.weight": (a, numpy.ones((576, 4), numpy.float32))}


def pair(name: str, a: tuple, b: tuple, kind: type = numpy.float32) -> dict:
    return {"matrices": {name: (numpy.ones(a, kind), numpy.ones(b, kind))}}


# What llama.cpp loads, and crashes for when a request uses it.
BREAKS_WHEN_USED = [
    (pair("blk.0.attn_q.weight", (2, 4, 576), (576, 4)), "blk.0.attn_q.weight.lora_a"),
    (pair("blk.0.attn_q.weight", (4, 576), (2, 576, 4)), "blk.0.attn_q.weight.lora_b"),
    (pair("blk.0.attn_q.weight", (2, 1, 4, 576), (2, 1, 576, 4)), "shape"),
    (pair("blk.0.attn_q.weight", (0, 576), (576, 0)), "empty"),
    (pair("blk.0.attn_q.weight", (4, 576), (576, 4), numpy.int32), "i32"),
    (pair("token_embd.weight", (49152, 4), (576, 4)), "token_embd.weight"),
]


@pytest.mark.parametrize("what, says", [
    *BREAKS_WHEN_USED,
    ({"arch": "qwen2"}, "arch"),
    ({"kind": "model"}, "adapter"),
    ({"words": [1, 2]}, "aLoRA"),
    ({"matrices": wrong_shape()}, "shape"),
    ({"matrices": {"blk.99.attn_q.weight": (numpy.ones((4, 576), numpy.float32),
                                            numpy.ones((576, 4), numpy.float32))}},
     "does not exist"),
    ({"extra": {"blk.0.attn_norm.weight": numpy.ones(576, numpy.float32)}},
     "blk.0.attn_norm.weight"),
    ("a model", "adapter"),
    ("no GGUF", "adapter"),
    ("cut", "bounds"),
])
def test_what_does_not_fit_is_refused_where_it_is_asked_about(tmp_path, what, says):
    adapter = wrong_adapter(tmp_path, what)
    ended = subprocess.run(
        [PROGRAMS / "bedplate-engine", "--describe", CHAT_MODEL, "--adapter", f"a={adapter}"],
        capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert "the adapter" in last and str(adapter) in last and says in last, ended.stderr[-2000:]


def wrong_adapter(folder: pathlib.Path, what: str | dict) -> pathlib.Path:
    adapter = folder / "wrong.gguf"
    if what == "a model":
        return CHAT_MODEL
    if what == "no GGUF":
        adapter.write_bytes(b"GGUF" + b"\xff" * 100)
    elif what == "cut":
        whole = write_adapter(folder / "whole.gguf", matrices_for(CHAT_MODEL, CHANGED))
        adapter.write_bytes(whole.read_bytes()[:-5000])
    else:
        matrices = what.get("matrices") or matrices_for(CHAT_MODEL, CHANGED)
        others = {key: value for key, value in what.items() if key != "matrices"}
        write_adapter(adapter, matrices, **others)
    return adapter
