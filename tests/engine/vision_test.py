"""Images in prompts: the engine's numbers against those that transformers computed of the same
weights (vision_reference.py), and what it refuses."""

from __future__ import annotations

import base64
import json
import pathlib
import subprocess

import numpy
import pytest
from engine_process import PROGRAMS, Engine
from vision_cases import CASES
from vision_model import (FIRST_BYTE, IMAGE, PATCH, PATCHES, TOKENS, ClipVisionModel,
                          GemmaVisionModel, VisionModel, picture)

HERE = pathlib.Path(__file__).parent
REFERENCE = json.loads((HERE / "vision_reference.json").read_text(encoding="utf-8"))
CLIP_REFERENCE = json.loads((HERE / "clip_vision_reference.json").read_text(encoding="utf-8"))
# ggml computes GELU from a table of 16 bits. A wrong order of patches, mean or deviation changes
# some of these numbers by more than 0.3.
TOLERANCE = 0.03


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vision")
    weights = VisionModel()
    return (weights.write_model(folder / "model.gguf"),
            weights.write_projector(folder / "projector.gguf"))


@pytest.fixture(scope="module")
def engine(files):
    with Engine(files[0], "--projector", str(files[1])) as running:
        yield running


@pytest.fixture(scope="module")
def clip_engine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    weights = ClipVisionModel()
    with Engine(weights.write_model(folder / "model.gguf"), "--projector",
                str(weights.write_projector(folder / "projector.gguf"))) as running:
        yield running


def url(pixels: numpy.ndarray) -> str:
    height, width, _ = pixels.shape
    data = b"P6\n%d %d\n255\n" % (width, height) + pixels.tobytes()
    return "data:image/x-portable-pixmap;base64," + base64.b64encode(data).decode()


def image(pixels: numpy.ndarray) -> dict:
    return {"type": "image_url", "image_url": {"url": url(pixels)}}


def messages(turns: list) -> list[dict]:
    return [{"role": role, "content": [
        image(picture(part)) if isinstance(part, int) else {"type": "text", "text": part}
        for part in content]} for role, content in turns]


def ask(engine: Engine, content: list[dict], **more: object) -> dict:
    body = {"messages": content, "max_tokens": 1, "temperature": 0, **more}
    response = engine.http.post("/v1/chat/completions", json=body)
    return {"status": response.status_code, **response.json()}


def likeliest(engine: Engine, content: list[dict], **more: object) -> tuple[list, dict]:
    """Log probabilities of the likeliest first tokens. They are the model's own; that the answer is
    held to a form has its first token be text, whatever a random model says."""
    answer = ask(engine, content, logprobs=True, top_logprobs=20,
                 response_format={"type": "json_object"}, **more)
    assert answer["status"] == 200, answer
    return answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"], answer["usage"]


@pytest.mark.parametrize("name", CASES)
def test_log_probabilities_are_those_of_transformers(engine, name):
    hold(engine, name, REFERENCE[name])


@pytest.mark.parametrize("name", CASES)
def test_those_of_a_clip_too(clip_engine, name):
    """Its class embedding has a place of its own, which llama.cpp alone gets wrong."""
    hold(clip_engine, name, CLIP_REFERENCE[name])


def hold(engine: Engine, name: str, expected: dict) -> None:
    got, usage = likeliest(engine, messages(CASES[name]))
    assert usage["prompt_tokens"] == expected["prompt_tokens"]
    assert [entry["logprob"] for entry in got] == pytest.approx(
        [value for _, value in expected["top"]], abs=TOLERANCE)
    by_byte = {entry["bytes"][0]: entry["logprob"] for entry in got if entry["bytes"] and
               len(entry["bytes"]) == 1}
    for token, value in expected["top"][:10]:
        byte = token - FIRST_BYTE
        if 0 <= byte < 256:
            assert by_byte[byte] == pytest.approx(value, abs=TOLERANCE), TOKENS[token]


@pytest.mark.parametrize("change", ["mean", "patches"])
def test_the_tolerance_would_show(files, tmp_path, change):
    """What is wrong in an encoder is more than rounding."""
    weights = VisionModel()
    name = "embeddings.position_embedding.weight"
    if change == "patches":  # columns first
        side = IMAGE // PATCH
        rows = weights.eye[name].reshape(side, side, -1)
        weights.eye[name] = numpy.ascontiguousarray(rows.swapaxes(0, 1)).reshape(PATCHES, -1)
        wrong = weights.write_projector(tmp_path / "wrong.gguf")
    else:
        wrong = weights.write_projector(tmp_path / "wrong.gguf", mean=(0.5, 0.5, 0.5))
    with Engine(files[0], "--projector", str(wrong)) as engine:
        got, _ = likeliest(engine, messages(CASES["image and text"]))
    expected = [value for _, value in REFERENCE["image and text"]["top"]]
    differences = numpy.abs(numpy.array([entry["logprob"] for entry in got]) - expected)
    assert differences.max() > 2 * TOLERANCE


def test_tokens_are_counted_with_the_patches(engine):
    content = messages(CASES["two images"])
    counted = engine.http.post("/v1/tokenize", json={"messages": content, "tokens": True}).json()
    assert counted["count"] == REFERENCE["two images"]["prompt_tokens"]
    places = [token for token in counted["tokens"] if token < 0]
    assert len(places) == 2 * PATCHES and len(set(places)) == 2


def test_the_same_image_is_found_in_the_cache_and_another_is_not(engine):
    first = picture(11)
    text = {"type": "text", "text": "What is this?"}
    _, usage = likeliest(engine, [{"role": "user", "content": [image(first), text]}])
    assert usage["prompt_tokens_details"]["cached_tokens"] < PATCHES
    again, usage = likeliest(engine, [{"role": "user", "content": [image(first), text]}])
    assert usage["prompt_tokens_details"]["cached_tokens"] >= usage["prompt_tokens"] - 1
    other = first.copy()
    other[-1, -1, 2] ^= 1  # one bit of the last pixel
    different, usage = likeliest(engine, [{"role": "user", "content": [image(other), text]}])
    assert usage["prompt_tokens_details"]["cached_tokens"] < PATCHES
    assert [entry["logprob"] for entry in different] != [entry["logprob"] for entry in again]


def test_other_scopes_do_not_see_that_an_image_was_there(engine):
    content = [{"role": "user", "content": [image(picture(12)), {"type": "text", "text": "So?"}]}]
    likeliest(engine, content, prompt_cache_key="one")
    _, usage = likeliest(engine, content, prompt_cache_key="two")
    assert usage["prompt_tokens_details"]["cached_tokens"] == 0


def test_images_of_other_sizes_are_scaled(engine):
    large = picture(1, 640, 480)
    _, usage = likeliest(engine, [{"role": "user", "content": [image(large)]}])
    _, same = likeliest(engine, [{"role": "user", "content": [image(picture(1))]}])
    assert usage["prompt_tokens"] == same["prompt_tokens"]


def test_many_at_once_each_see_their_own(engine):
    from concurrent.futures import ThreadPoolExecutor
    seeds = [21 + i % 4 for i in range(12)]
    def look(seed: int) -> list[float]:
        content = [{"role": "user", "content": [image(picture(seed)), {"type": "text", "text": "?"}]}]
        return [entry["logprob"] for entry in likeliest(engine, content)[0]]
    alone = {seed: look(seed) for seed in set(seeds)}
    with ThreadPoolExecutor(8) as pool:
        for seed, got in zip(seeds, pool.map(look, seeds)):
            assert got == pytest.approx(alone[seed], abs=TOLERANCE)


def test_describe_tells_of_the_projector(files, tmp_path):
    done = describe(files, files[1])
    about = json.loads(done.stdout)["description"]["projector"]
    assert (about["kind"], about["embedding_length"]) == ("mlp", 64)
    assert about["bytes"] > files[1].stat().st_size
    narrow = VisionModel(width=32).write_projector(tmp_path / "narrow.gguf")
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(files[1].read_bytes()[:-5_000])
    for path, words in ((narrow, "rows of 32 numbers, and the model takes rows of 64"),
                        (cut, "is not usable"), (files[0], "is not usable"),
                        (VisionModel().write_projector(tmp_path / "odd.gguf", kind="other"),
                         "unknown projector type")):
        done = describe(files, path)
        assert done.returncode == 1 and not done.stdout
        assert words in done.stderr and str(path) in done.stderr


def test_a_projector_cut_anywhere_ends_cleanly(files, tmp_path):
    whole = files[1].read_bytes()
    cut = tmp_path / "cut.gguf"
    # The last bytes are of no tensor.
    for length in range(0, len(whole) - 100, len(whole) // 12):
        cut.write_bytes(whole[:length])
        done = describe(files, cut)
        assert done.returncode == 1 and '"level":"error"' in done.stderr


@pytest.mark.parametrize("kind", ["gemma3", "qwen2vl_merger"])
def test_kinds_that_are_not_served_are_no_crash(files, tmp_path, kind):
    odd = VisionModel().write_projector(tmp_path / "odd.gguf", kind=kind)
    done = describe(files, odd)
    assert done.returncode == 1 and not done.stdout and '"level":"error"' in done.stderr


def test_positions_in_width_and_height_are_refused_by_name(files, tmp_path):
    model = VisionModel().write_model(tmp_path / "qwen2vl.gguf", "qwen2vl")
    done = describe((model,), files[1])
    assert done.returncode == 1 and not done.stdout
    assert f"{files[1]} is not usable: the model gives images positions in width and height" in \
        done.stderr and "M-RoPE" in done.stderr


def test_images_that_are_computed_all_at_once_are_refused_by_name(files, tmp_path):
    projector = GemmaVisionModel().write_projector(tmp_path / "gemma3.gguf", kind="gemma3")
    done = describe(files, projector)
    assert done.returncode == 1 and not done.stdout
    assert f"{projector} is not usable: in a model of its kind (gemma3) all of an image is computed " \
        "at once" in done.stderr


def describe(files, projector: pathlib.Path) -> subprocess.CompletedProcess:
    return subprocess.run([PROGRAMS / "bedplate-engine", "--describe", files[0], "--projector",
                           projector], capture_output=True, text=True, timeout=100, check=False)


def damaged(change) -> dict:
    part = image(picture(1))
    part["image_url"]["url"] = change(part["image_url"]["url"])
    return part


@pytest.mark.parametrize("part, words", [
    (damaged(lambda at: at.replace("x-portable-pixmap", "png")), "data URL"),
    (damaged(lambda at: at[:-8]), "bytes"),
    (damaged(lambda at: at + "!"), "base64"),
    (damaged(lambda _: "https://example.com/picture.png"), "data URL"),
    (damaged(lambda at: at.replace(at[36:], base64.b64encode(b"P6\n0 4\n255\n").decode())),
     "0 by 4"),
    (damaged(lambda at: at.replace(
        at[36:], base64.b64encode(b"P6\n100000 100000\n255\n").decode())), "100000 by 100000"),
    ({"type": "image_url"}, "image_url"),
    ({"type": "input_audio"}, "type"),
])
def test_what_is_no_image_is_refused(engine, part, words):
    answer = ask(engine, [{"role": "user", "content": [part]}])
    assert answer["status"] == 400
    assert answer["error"]["message"].startswith("messages[0].content[0]")
    assert words in answer["error"]["message"]


def test_an_image_of_the_assistant_is_refused(engine):
    answer = ask(engine, [{"role": "user", "content": "x"},
                          {"role": "assistant", "content": [image(picture(1))]}])
    assert answer["status"] == 400 and "only messages of the user" in answer["error"]["message"]


def test_more_images_than_the_context_holds_are_refused_before_they_are_encoded(engine):
    before = engine.metrics()["bedplate_engine_images_total"]
    content = [image(picture(100 + i)) for i in range(40)]
    answer = ask(engine, [{"role": "user", "content": content}])
    assert answer["error"]["code"] == "context_length_exceeded"
    assert engine.metrics()["bedplate_engine_images_total"] == before


def test_a_model_without_a_projector_takes_no_image(files):
    with Engine(files[0]) as engine:
        answer = ask(engine, [{"role": "user", "content": [image(picture(1))]}])
        assert answer["status"] == 400 and "takes no images" in answer["error"]["message"]
        assert engine.http.get("/v1/models").json()["data"][0]["meta"]["images"] is False


def test_text_stays_text(engine):
    answer = ask(engine, [{"role": "user", "content": "<image> <__media__>"}])
    assert answer["status"] == 200
    assert answer["usage"]["prompt_tokens"] < 60


def test_a_model_with_a_projector_says_that_it_takes_images(engine):
    assert engine.http.get("/v1/models").json()["data"][0]["meta"]["images"] is True
