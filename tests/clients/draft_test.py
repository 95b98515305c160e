"""Models with a draft model beside them: added by the command line, asked through boto3."""

from __future__ import annotations

import json
import pathlib
import shutil

import pytest

from asking import SURE_QUESTION, SURE_TOKENS, converse, text_of
from bedplate_server import CACHE, CHAT

WEIGHTS = CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
OTHER_VOCABULARY = CACHE / "models/Qwen2.5-Coder-0.5B-Instruct.Q4.gguf"
MODEL = "draft.guessed-v1:0"


@pytest.fixture(scope="module")
def draft(tmp_path_factory) -> pathlib.Path:
    return pathlib.Path(shutil.copy(WEIGHTS, tmp_path_factory.mktemp("draft") / "small.gguf"))


@pytest.fixture(scope="module")
def guessed(server, draft):
    server.run("models", "add", MODEL, str(WEIGHTS), "--draft", str(draft))
    yield server
    server.run("models", "remove", MODEL)


def test_the_answer_and_its_usage_are_the_models(guessed, runtime, draft):
    plain, fast = (converse(runtime, SURE_QUESTION, modelId=model,
                            inferenceConfig={"maxTokens": SURE_TOKENS, "temperature": 0})
                   for model in (CHAT, MODEL))
    assert text_of(fast) == text_of(plain)
    for count in ("inputTokens", "outputTokens", "totalTokens"):
        assert fast["usage"][count] == plain["usage"][count]
    words = pathlib.Path(f"/proc/{guessed.engine_pid(MODEL)}/cmdline").read_text().split("\0")
    assert words[words.index("--draft") + 1] == str(draft)
    listed = {model["model_id"]: model
              for model in json.loads(guessed.run("models", "list", "--json"))}
    assert listed[MODEL]["answered_by"] == f"{WEIGHTS}, draft {draft}"


def test_its_memory_is_counted(guessed):
    fits = {model["name"]: model
            for model in json.loads(guessed.run("models", "fit", "--json"))["models"]}
    assert fits[MODEL]["weights_bytes"] == 2 * fits[CHAT]["weights_bytes"]
    assert fits[MODEL]["kv_cache_bytes"] > fits[CHAT]["kv_cache_bytes"]


@pytest.mark.parametrize("model, draft_file, says", [
    (WEIGHTS, CACHE / "models/all-MiniLM-L6-v2.F16.gguf", "can't guess"),
    (OTHER_VOCABULARY, WEIGHTS, "vocabularies have to be the same"),
    (WEIGHTS, "/nowhere.gguf", "no file /nowhere.gguf"),
    (WEIGHTS, __file__, "is not a GGUF file"),
])
def test_models_that_do_not_fit_together_are_refused(server, model, draft_file, says):
    if not model.exists():
        pytest.skip("needs the tool model")
    with pytest.raises(AssertionError) as caught:
        server.run("models", "add", "draft.none-v1:0", str(model), "--draft", str(draft_file))
    assert says in str(caught.value)
    assert "draft.none" not in server.run("models", "list")
