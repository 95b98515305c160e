"""LoRA adapters as models: added and bound by the command line, asked through boto3. They share the
engine of their base."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import sys

import pytest

from asking import SURE_QUESTION, SURE_TOKENS, converse, failure_of, text_of, user
from bedplate_server import CACHE, CHAT, BedplateServer, wait_until

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


def engines_of(weights: pathlib.Path) -> list[int]:
    """The processes that run a file."""
    pids = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_text(encoding="utf-8").split("\0")
        except (OSError, UnicodeDecodeError):
            continue
        if words[0].endswith("bedplate-engine") and "--model" in words:
            if words[words.index("--model") + 1] == str(weights) and "--draft" not in words:
                pids.append(int(entry.name))
    return pids


def status_of(server, model: str) -> dict:
    for engine in json.loads(server.run("status", "--json"))["engines"]:
        if model in [engine["model_id"]] + [one["model_id"] for one in engine["adapters"]]:
            return engine
    return {}


def running(pid: int) -> int:
    """The process, or 0: what the server told may be of a moment ago."""
    return pid if pathlib.Path(f"/proc/{pid}").exists() else 0


def test_base_and_adapters_are_models_side_by_side(lora, runtime):
    base = answer(runtime, CHAT)
    assert answer(runtime, TUNED) != base
    assert answer(runtime, UNTRAINED) == base
    assert answer(runtime, CHAT) == base
    # One process for all of them.
    pid = wait_until("the engine is known", lambda: running(lora.engine_pid(TUNED)))
    assert {lora.engine_pid(model) for model in (CHAT, TUNED, UNTRAINED)} == {pid}
    words = pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    assert words.count("--adapter") >= 3
    assert [other for other in engines_of(WEIGHTS) if parent_of(other) == lora.pid] == [pid]


def parent_of(pid: int) -> int:
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_memory_counts_the_base_once(lora, runtime):
    answer(runtime, TUNED)
    fits = {model["name"]: model for model in json.loads(lora.run("models", "fit", "--json"))["models"]}
    held = wait_until("the engine holds memory", lambda: status_of(lora, TUNED).get("held_bytes"))
    adapter_bytes = fits[TUNED]["weights_bytes"] - fits[CHAT]["weights_bytes"]
    assert 0 < adapter_bytes < fits[CHAT]["weights_bytes"] / 20
    assert fits[TUNED]["shares_engine_of"] == CHAT and "shares_engine_of" not in fits[CHAT]
    assert held < 1.5 * fits[CHAT]["total_bytes"]


def test_adding_and_removing_while_an_answer_is_under_way(lora, runtime, adapters, tmp_path):
    late = "lora.late-v1:0"
    stream = runtime.converse_stream(
        modelId=CHAT, messages=[user("Tell me a long story about a fox.")],
        inferenceConfig={"maxTokens": 300})["stream"]
    events = iter(stream)
    next(events)
    before = lora.engine_pid(CHAT)
    lora.run("models", "add", late, str(WEIGHTS), "--lora", str(adapters[UNTRAINED]),
             "--lora-scale", "0.5")
    assert answer(runtime, late) == answer(runtime, CHAT)
    rest = list(events)  # it was let finish
    assert "metadata" in rest[-1], rest[-1]
    assert not any(name.endswith("Exception") for event in rest for name in event)
    assert wait_until("another engine", lambda: lora.engine_pid(late) not in (0, before))
    lora.run("models", "remove", late)
    assert failure_of(converse, runtime, modelId=late).code in (
        "ValidationException", "ResourceNotFoundException")
    assert answer(runtime, CHAT) and answer(runtime, TUNED)
    assert late not in json.dumps(status_of(lora, CHAT))


def test_an_engine_that_is_killed_comes_back_with_all_of_them(lora, runtime):
    base = answer(runtime, CHAT)
    os.kill(wait_until("the engine is known", lambda: running(lora.engine_pid(TUNED))),
            signal.SIGKILL)
    assert answer(runtime, TUNED) != base
    assert answer(runtime, UNTRAINED) == answer(runtime, CHAT) == base


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
    good = adapters[MISFIT].read_bytes()
    write_adapter(adapters[MISFIT], matrices_for(WEIGHTS, CHANGED), arch="qwen2")
    answer(runtime, CHAT)
    os.kill(wait_until("the engine is known", lambda: running(lora.engine_pid(CHAT))), signal.SIGKILL)
    base = answer(runtime, CHAT)
    for _ in range(2):
        failure = failure_of(converse, runtime, modelId=MISFIT)
        assert (failure.code, failure.status) == ("ModelErrorException", 424)
        assert MISFIT in failure.message and "could not be loaded" in failure.message
    assert answer(runtime, CHAT) == base and answer(runtime, TUNED) != base
    told = [line for line in lora.log().splitlines() if str(adapters[MISFIT]) in line]
    assert any("arch mismatch" in line for line in told)
    errors = wait_until("status tells of it", lambda: [
        one["error"] for one in status_of(lora, MISFIT).get("adapters", [])
        if one["model_id"] == MISFIT and one["error"]])
    assert "arch mismatch" in errors[0]
    adapters[MISFIT].write_bytes(good)
    assert answer(runtime, MISFIT) == base


def test_a_pattern_is_bound_to_both(lora, runtime, adapters):
    lora.run("models", "bind", "meta.llama3-1-8b*", "--gguf", str(WEIGHTS),
             "--lora", str(adapters[TUNED]), "--lora-scale", "-30")
    try:
        # The adapter makes another answer, of which no token is sure.
        assert answer(runtime, "meta.llama3-1-8b-instruct-v1:0") != answer(runtime, CHAT)
    finally:
        lora.run("models", "unbind", "meta.llama3-1-8b*")


def test_bindings_of_the_settings_may_name_an_adapter_and_a_draft(tmp_path):
    config = tmp_path / "bedplate.toml"
    server = BedplateServer(tmp_path)

    def listed(more: str) -> dict:
        config.write_text(f'[bindings]\n"meta.*" = {{ gguf = "w.gguf", {more} }}\n',
                          encoding="utf-8")
        models = json.loads(server.run("--config", str(config), "models", "list", "--json"))
        return {model["model_id"]: model for model in models}["meta.llama3-1-8b-instruct-v1:0"]

    assert listed('lora = "a.gguf", lora_scale = "-0.5", draft = "d.gguf"')["answered_by"] == \
        f"{tmp_path}/w.gguf + -0.5 x {tmp_path}/a.gguf, draft {tmp_path}/d.gguf"
    assert listed('lora = "a.gguf"')["answered_by"] == f"{tmp_path}/w.gguf + 1 x {tmp_path}/a.gguf"
    for scale, says in (("x", 'lora_scale: "x" is no number'), ("101", "from -100 to 100")):
        with pytest.raises(AssertionError) as caught:
            listed(f'lora = "a.gguf", lora_scale = "{scale}"')
        assert 'bindings."meta.*"' in str(caught.value) and says in str(caught.value)
    with pytest.raises(AssertionError) as caught:
        listed('lora_scale = "2"')
    assert "none is named" in str(caught.value)


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
