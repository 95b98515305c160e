"""LoRA adapters as models: added and bound by the command line, asked through boto3."""

from __future__ import annotations

import json
import pathlib
import sys

import pytest

from asking import SURE_QUESTION, SURE_TOKENS, converse, failure_of, text_of
from bedplate_server import CACHE, CHAT

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "engine"))
from lora_files import matrices_for, write_adapter  # noqa: E402

WEIGHTS = CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
CHANGED = [f"blk.{layer}.ffn_down.weight" for layer in (3, 12, 25)]
PLAIN = {"maxTokens": SURE_TOKENS, "temperature": 0}
TUNED, UNTRAINED, MISFIT = "lora.tuned-v1:0", "lora.untrained-v1:0", "lora.misfit-v1:0"


@pytest.fixture(scope="module")
def adapters(tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapters")
    return {
        TUNED: write_adapter(folder / "tuned.gguf", matrices_for(WEIGHTS, CHANGED, size=0.01)),
        UNTRAINED: write_adapter(folder / "untrained.gguf", matrices_for(WEIGHTS, CHANGED)),
        MISFIT: write_adapter(folder / "misfit.gguf", matrices_for(WEIGHTS, CHANGED)),
    }


@pytest.fixture(scope="module")
def lora(server, adapters):
    server.run("models", "add", TUNED, str(WEIGHTS), "--lora", str(adapters[TUNED]),
               "--lora-scale", "-30")
    for model in (UNTRAINED, MISFIT):
        server.run("models", "add", model, str(WEIGHTS), "--lora", str(adapters[model]))
    yield server
    for model in adapters:
        server.run("models", "remove", model)


def answer(runtime, model: str) -> str:
    return text_of(converse(runtime, SURE_QUESTION, modelId=model, inferenceConfig=PLAIN))


def test_base_and_adapters_are_models_side_by_side(lora, runtime):
    base = answer(runtime, CHAT)
    assert answer(runtime, TUNED) != base
    assert answer(runtime, UNTRAINED) == base
    # Each pair is an engine of its own; the base is as it was.
    pids = {lora.engine_pid(model) for model in (CHAT, TUNED, UNTRAINED)}
    assert len(pids) == 3
    assert answer(runtime, CHAT) == base


def test_the_list_names_the_adapter(lora, adapters):
    listed = {model["model_id"]: model
              for model in json.loads(lora.run("models", "list", "--json"))}
    assert listed[TUNED]["answered_by"] == f"{WEIGHTS} + -30 x {adapters[TUNED]}"
    assert not listed[TUNED]["missing"]


@pytest.mark.parametrize("command", [["add", "lora.none-v1:0"], ["bind", "meta.llama3-1-8b*"]])
def test_an_adapter_for_another_architecture_is_refused(lora, tmp_path, command):
    other = write_adapter(tmp_path / "other.gguf", matrices_for(WEIGHTS, CHANGED), arch="qwen2")
    weights = ["--gguf", str(WEIGHTS)] if command[0] == "bind" else [str(WEIGHTS)]
    with pytest.raises(AssertionError) as caught:
        lora.run("models", *command, *weights, "--lora", str(other))
    assert "arch mismatch" in str(caught.value)
    assert "lora.none" not in lora.run("models", "list")


def test_an_adapter_that_is_damaged_later_is_an_error_of_its_model_alone(lora, runtime, adapters):
    write_adapter(adapters[MISFIT], matrices_for(WEIGHTS, CHANGED), arch="qwen2")
    for _ in range(2):
        failure = failure_of(converse, runtime, modelId=MISFIT)
        assert (failure.code, failure.status) == ("ModelErrorException", 424)
        assert MISFIT in failure.message and "could not be loaded" in failure.message
    assert answer(runtime, CHAT)
    told = [line for line in lora.log().splitlines() if str(adapters[MISFIT]) in line]
    assert any("arch mismatch" in line for line in told)


def test_a_pattern_is_bound_to_both(lora, runtime, adapters):
    lora.run("models", "bind", "meta.llama3-1-8b*", "--gguf", str(WEIGHTS),
             "--lora", str(adapters[TUNED]), "--lora-scale", "-30")
    try:
        assert answer(runtime, "meta.llama3-1-8b-instruct-v1:0") == answer(runtime, TUNED)
    finally:
        lora.run("models", "unbind", "meta.llama3-1-8b*")


@pytest.mark.parametrize("words, says", [
    (["--lora", "/nowhere.gguf"], "no file /nowhere.gguf"),
    (["--lora", __file__], "is not a GGUF file"),
    (["--lora-scale", "2"], "--lora"),
    (["--lora", str(WEIGHTS), "--lora-scale", "101"], "from -100 to 100"),
    (["--lora", str(WEIGHTS), "--lora-scale", "nan"], "from -100 to 100"),
])
def test_what_cannot_be_an_adapter_is_refused(server, words, says):
    with pytest.raises(AssertionError) as caught:
        server.run("models", "add", "lora.none-v1:0", str(WEIGHTS), *words)
    assert says in str(caught.value)
