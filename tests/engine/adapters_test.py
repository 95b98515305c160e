"""Several LoRA adapters in one engine: each answers as in an engine that has it alone, whoever else is
asked meanwhile."""

import concurrent.futures
import json
import subprocess

import gguf
import pytest
from engine_process import CHAT_MODEL, EMBEDDING_MODEL, PROGRAMS, Engine
from lora_files import matrices_for, write_adapter
from lora_test import CHANGED, difference, scores
from vision_model import VisionModel, picture
from vision_test import image, likeliest

BASE = CHAT_MODEL.stem
NAMES = [BASE, "one", "two"]
SCALES = {"one": "1", "two": "-1.5"}
# How far apart what different adapters say is at least, and the same at most: rounding depends on the
# batch and on what of the prompt was in the cache.
APART, ROUNDING = 0.4, 0.2
CONTEXT = "The following is a list of things that people say to each other when they meet again. "


def with_adapters(files: dict, *names: str) -> list[str]:
    return [word for name in names for word in
            ("--adapter", f"{name}={files[name]}", f"--adapter-scale={name}={SCALES[name]}")]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapters")
    return {name: write_adapter(folder / f"{name}.gguf",
                                matrices_for(CHAT_MODEL, CHANGED, seed=seed, size=0.05))
            for seed, name in enumerate(SCALES)}


@pytest.fixture(scope="module")
def alone(files, chat_engine):
    """What each says where it is the only one."""
    said = {BASE: scores(chat_engine)}
    for name in SCALES:
        with Engine(CHAT_MODEL, *with_adapters(files, name)) as engine:
            said[name] = scores(engine, name)
    return said


@pytest.fixture(scope="module")
def shared(files):
    with Engine(CHAT_MODEL, *with_adapters(files, *SCALES)) as engine:
        yield engine


def test_each_answers_as_in_an_engine_of_its_own(shared, alone):
    for name in [*NAMES, *reversed(NAMES)]:
        said = scores(shared, name)
        for other in NAMES:
            apart = difference(said, alone[other])
            assert apart < ROUNDING if other == name else apart > APART, (name, other, apart)


def test_no_name_is_the_models_own(shared, alone):
    response = shared.http.post("/v1/completions", json={
        "prompt": "1, 2, 3, 4,", "max_tokens": 1, "temperature": 0, "logprobs": 5})
    assert response.json()["model"] == BASE
    said = response.json()["choices"][0]["logprobs"]["top_logprobs"]
    assert difference(said, [alone[BASE][1]]) < ROUNDING


def test_requests_of_all_of_them_at_once(shared, alone):
    asked = NAMES * 8
    with concurrent.futures.ThreadPoolExecutor(len(asked)) as pool:
        for name, said in zip(asked, pool.map(lambda name: scores(shared, name), asked),
                              strict=True):
            assert difference(said, alone[name]) < ROUNDING, name


def test_a_cached_prompt_is_found_by_its_own_adapter_alone(shared):
    prompt = CONTEXT * 5
    for expected in (False, True):
        for name in NAMES:
            usage = shared.openai.completions.create(model=name, prompt=prompt, max_tokens=1).usage
            # The first token begins every text.
            assert (usage.prompt_tokens_details.cached_tokens > 1) == expected, name


def test_long_answers_of_one_do_not_hold_up_another(shared):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        long = [pool.submit(shared.chat, f"Tell me story {i}.", model=name, max_tokens=300,
                            ignore_eos=True) for i in range(3) for name in (BASE, "one")]
        shared.chat("Hello", model="two", max_tokens=3)
        assert not any(answer.done() for answer in long)
        assert all(answer.result().usage.completion_tokens == 300 for answer in long)


def test_the_list_names_them(shared):
    listed = shared.http.get("/v1/models").json()["data"]
    assert [model["id"] for model in listed] == NAMES
    assert [model.get("parent") for model in listed] == [None, BASE, BASE]
    assert shared.chat("Hello", model="one", max_tokens=1).model == "one"


@pytest.mark.parametrize("path, body", [
    ("chat/completions", {"messages": [{"role": "user", "content": "x"}]}),
    ("completions", {"prompt": "x"}),
    ("tokenize", {"prompt": "x"}),
])
def test_another_name_is_refused(shared, path, body):
    response = shared.http.post(f"/v1/{path}", json={"model": "three", **body})
    assert response.status_code == 404
    error = response.json()["error"]
    assert error["code"] == "not_found"
    assert error["message"] == \
        f'model: expected {BASE} or the name of one of its adapters, got "three"'
    wrong = shared.http.post(f"/v1/{path}", json={"model": 3, **body})
    assert wrong.status_code == 400 and "model: " in wrong.json()["error"]["message"]


def test_an_answer_held_to_a_schema(shared):
    schema = {"type": "object", "properties": {"day": {"enum": ["Monday", "Friday"]}},
              "required": ["day"], "additionalProperties": False}
    for name in NAMES:
        answer = shared.chat("Which day?", model=name, response_format={
            "type": "json_schema", "json_schema": {"name": "day", "schema": schema}})
        assert json.loads(answer.choices[0].message.content)["day"] in ("Monday", "Friday")


def test_guessed_tokens_are_checked_with_the_adapter(tmp_path):
    # An untrained adapter, so that the answer is sure, and a draft model that guesses well.
    untrained = write_adapter(tmp_path / "u.gguf", matrices_for(CHAT_MODEL, CHANGED))
    with Engine(CHAT_MODEL, "--adapter", f"u={untrained}", "--draft", str(CHAT_MODEL)) as engine:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda name: engine.count(model=name), ["u", BASE]))
        for answer in answers:
            assert answer.choices[0].message.content.strip().startswith("9, 10, 11, 12, 13")
        assert engine.metrics()["bedplate_engine_accepted_tokens_total"] > 0


def test_an_adapter_that_cannot_be_used_does_not_end_the_others(files, alone, tmp_path):
    wrong = write_adapter(tmp_path / "wrong.gguf", matrices_for(CHAT_MODEL, CHANGED), arch="qwen2")
    with Engine(CHAT_MODEL, *with_adapters(files, "one"), "--adapter", f"bad={wrong}",
                "--adapter", f"gone={tmp_path}/gone.gguf") as engine:
        assert difference(scores(engine, "one"), alone["one"]) < ROUNDING
        assert difference(scores(engine, BASE), alone[BASE]) < ROUNDING
        for name in ("bad", "gone"):
            response = engine.http.post("/v1/completions", json={"model": name, "prompt": "x"})
            assert response.status_code == 500
            assert f"the adapter {name} can't be used" in response.json()["error"]["message"]
            assert str(tmp_path) not in response.text
        listed = {model["id"]: model for model in engine.http.get("/v1/models").json()["data"]}
        assert "arch mismatch" in listed["bad"]["error"] and "error" not in listed["one"]
        assert any(str(wrong) in line["message"] for line in engine.log())


def test_a_crash_while_one_is_read_names_it(tmp_path):
    folder = tmp_path / ('"quoted" ' + "x" * 240) / ("y" * 240)
    folder.mkdir(parents=True)
    writer = gguf.GGUFWriter(folder / "a.gguf", "llama")
    writer.add_type("adapter")
    writer.add_uint32("adapter.type", 1)  # llama.cpp takes it for a string
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    ended = subprocess.run(
        [PROGRAMS / "bedplate-engine", "--model", CHAT_MODEL, "--listen", f"unix:{tmp_path}/s",
         "--adapter", f"adapter-1={folder}/a.gguf"],
        capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    last = json.loads(ended.stderr.strip().splitlines()[-1])
    assert last["crashed_adapter"] == "adapter-1" and last["file"] == f"{folder}/a.gguf"


def test_embeddings(tmp_path):
    names = ["blk.0.attn_q.weight", "blk.3.ffn_up.weight"]
    files = {name: write_adapter(tmp_path / f"{name}.gguf",
                                 matrices_for(EMBEDDING_MODEL, names, seed=seed, size=0.05),
                                 arch="bert") for seed, name in enumerate(SCALES)}
    texts = [f"text number {i}" for i in range(8)]

    def vectors(engine: Engine, name: str) -> list[list[float]]:
        body = {"model": name, "input": texts}
        return [entry["embedding"]
                for entry in engine.http.post("/v1/embeddings", json=body).json()["data"]]

    def cosine(a: list[list[float]], b: list[list[float]]) -> float:
        return min(sum(x * y for x, y in zip(one, other, strict=True))
                   for one, other in zip(a, b, strict=True))

    expected = {}
    for name in SCALES:
        with Engine(EMBEDDING_MODEL, *with_adapters(files, name)) as engine:
            expected[name] = vectors(engine, name)
    with Engine(EMBEDDING_MODEL) as engine:
        expected[EMBEDDING_MODEL.stem] = vectors(engine, "m")
    with Engine(EMBEDDING_MODEL, *with_adapters(files, *SCALES)) as engine:
        asked = list(expected) * 4
        with concurrent.futures.ThreadPoolExecutor(len(asked)) as pool:
            for name, made in zip(asked, pool.map(lambda name: vectors(engine, name), asked),
                                  strict=True):
                for other, theirs in expected.items():
                    alike = cosine(made, theirs)
                    assert alike > 0.9999 if other == name else alike < 0.999, (name, other, alike)
        response = engine.http.post("/v1/embeddings", json={"model": "three", "input": "x"})
        assert response.status_code == 404


def test_images(tmp_path):
    weights = VisionModel()
    model = weights.write_model(tmp_path / "model.gguf")
    projector = ("--projector", str(weights.write_projector(tmp_path / "projector.gguf")))
    adapter = write_adapter(tmp_path / "a.gguf", matrices_for(
        model, ["blk.0.attn_v.weight", "blk.1.ffn_down.weight"], size=0.2))
    content = [{"role": "user", "content": [image(picture(1)), {"type": "text", "text": "What?"}]}]
    with Engine(model, *projector) as engine:
        plain, _ = likeliest(engine, content)
    with Engine(model, *projector, "--adapter", f"a={adapter}") as engine:
        # The image is encoded once; its keys and values are each model's own.
        for name, same in ((model.stem, True), ("a", False), (model.stem, True), ("a", False)):
            told, _ = likeliest(engine, content, model=name)
            numbers = {entry["token"]: entry["logprob"] for entry in told}
            apart = [abs(numbers[entry["token"]] - entry["logprob"])
                     for entry in plain if entry["token"] in numbers]
            assert apart and (max(apart) < 0.03) == same, (name, max(apart))
