"""Tokens that are guessed, on the real model: the answers are the same, and guesses are counted."""

import concurrent.futures
import json
import pathlib
import shutil
import subprocess

import pytest
from engine_process import CACHE, CHAT_MODEL, EMBEDDING_MODEL, PROGRAMS, Engine

OTHER_VOCABULARY = CACHE / "models/Qwen2.5-Coder-0.5B-Instruct.Q4.gguf"
RECORDS = "\n".join(f'{{"name": "{name}", "price": {price}, "colour": "{colour}"}}'
                    for name, price, colour in [("lamp", 310, "amber"), ("chair", 42, "green"),
                                                ("table", 978, "brown"), ("shelf", 65, "white"),
                                                ("clock", 120, "black")])
# Said twice already: what follows is sure, whatever the rounding noise.
COPY = f"Records:\n{RECORDS}\n\nRecords:\n{RECORDS}\n\nRecords:\n"


@pytest.fixture(scope="module")
def draft(tmp_path_factory) -> pathlib.Path:
    """The model itself: it guesses what the model will say, wherever that is sure."""
    return pathlib.Path(shutil.copy(CHAT_MODEL, tmp_path_factory.mktemp("draft") / "d.gguf"))


def complete(engine: Engine, prompt: str = COPY, **fields):
    return engine.openai.completions.create(model="m", prompt=prompt, **{
        "max_tokens": 80, "temperature": 0, **fields})


def drafted(engine: Engine) -> tuple[float, float]:
    metrics = engine.metrics()
    return (metrics["bedplate_engine_drafted_tokens_total"],
            metrics["bedplate_engine_accepted_tokens_total"])


def test_a_copy_is_guessed_from_the_text():
    with Engine(CHAT_MODEL) as engine, Engine(CHAT_MODEL, "--speculation", "off") as plain:
        answer, expected = complete(engine), complete(plain)
        assert answer.choices[0].text[:60] == expected.choices[0].text[:60] == RECORDS[:60]
        assert answer.usage.completion_tokens == expected.usage.completion_tokens == 80
        computed, accepted = drafted(engine)
        assert 40 < accepted <= computed
        assert engine.metrics()["bedplate_engine_step_seconds_count"] < 50
        assert drafted(plain) == (0, 0)


def test_an_answer_ends_where_it_would_in_the_middle_of_a_guess():
    with Engine(CHAT_MODEL) as engine:
        stopped = complete(engine, stop=["green"])
        assert stopped.choices[0].finish_reason == "stop"
        assert stopped.choices[0].text == RECORDS[:RECORDS.index("green")]
        cut = complete(engine, max_tokens=7)
        assert (cut.choices[0].finish_reason, cut.usage.completion_tokens) == ("length", 7)
        told = complete(engine, max_tokens=30, logprobs=1).choices[0]
        assert "".join(told.logprobs.tokens) == told.text == RECORDS[:len(told.text)]
        assert drafted(engine)[1] > 20


def test_guesses_are_held_to_a_schema():
    schema = {"type": "object", "additionalProperties": False, "required": ["records"],
              "properties": {"records": {"type": "array", "minItems": 3, "maxItems": 3, "items": {
                  "type": "object", "additionalProperties": False,
                  "required": ["name", "colour"],
                  "properties": {"name": {"enum": ["lamp", "chair", "table"]},
                                 "colour": {"enum": ["amber", "green", "brown"]}}}}}}
    with Engine(CHAT_MODEL) as engine:
        answer = engine.chat(f"Write the names and colours of these records.\n{RECORDS}",
                             max_tokens=120, response_format={
                                 "type": "json_schema",
                                 "json_schema": {"name": "records", "schema": schema}})
        records = json.loads(answer.choices[0].message.content)["records"]
        assert len(records) == 3
        assert all(set(record) == {"name", "colour"} for record in records)
        # Prices stand between these in the text, and a guess of one is refused.
        computed, accepted = drafted(engine)
        assert 0 < accepted < computed


def test_each_of_several_gets_its_own():
    names = ["lamp", "chair", "table", "shelf"]
    prompts = [COPY.replace("lamp", name).replace("310", str(100 + 7 * i))
               for i, name in enumerate(names)]
    with Engine(CHAT_MODEL) as engine, concurrent.futures.ThreadPoolExecutor(4) as clients:
        texts = list(clients.map(lambda p: complete(engine, p, max_tokens=40).choices[0].text,
                                 prompts))
        assert [text[:40] for text in texts] == [prompt[9:49] for prompt in prompts]
        assert drafted(engine)[1] > 40


def test_a_draft_model_guesses(draft):
    with Engine(CHAT_MODEL, "--speculation", "off", "--draft", draft) as engine, \
            Engine(CHAT_MODEL, "--speculation", "off") as plain:
        prompt = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10,"
        answer, expected = (complete(each, prompt, max_tokens=40) for each in (engine, plain))
        assert answer.choices[0].text[:40] == expected.choices[0].text[:40]
        assert answer.usage.completion_tokens == 40
        computed, accepted = drafted(engine)
        assert computed >= accepted > 20


@pytest.mark.parametrize("model, says", [
    (OTHER_VOCABULARY, "vocabularies have to be the same"),
    (EMBEDDING_MODEL, "makes none"),
    ("a cut file", "not usable"),
])
def test_two_models_that_do_not_fit_together_are_refused(tmp_path, model, says, draft):
    if model == OTHER_VOCABULARY and not OTHER_VOCABULARY.exists():
        pytest.skip("needs the tool model")
    guesses = draft
    if model == "a cut file":
        model = CHAT_MODEL
        guesses = tmp_path / "cut.gguf"
        guesses.write_bytes(CHAT_MODEL.read_bytes()[:100_000])
    serving = ["--model", model, "--listen", f"unix:{tmp_path}/s"]
    for what in (["--describe", model], serving):
        ended = subprocess.run([PROGRAMS / "bedplate-engine", *what, "--draft", guesses],
                               capture_output=True, text=True, timeout=120, check=False)
        assert ended.returncode == 1
        assert says in ended.stderr, ended.stderr[-2000:]
        assert "description" not in ended.stdout
