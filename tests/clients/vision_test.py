"""Images for models on this machine: the tiny random model with a projector of tests/engine, through
boto3 and the facades; its numbers are those of transformers (vision_reference.json)."""

from __future__ import annotations

import base64
import json
import pathlib
import sys

import numpy
import pytest

from asking import converse, failure_of
from bedplate_server import CHAT, wait_until
from picture_files import blank_png, gif, png, stored

ENGINE_TESTS = pathlib.Path(__file__).resolve().parents[1] / "engine"
sys.path.append(str(ENGINE_TESTS))
from vision_cases import CASES  # noqa: E402
from vision_model import PATCHES, VisionModel, picture  # noqa: E402

REFERENCE = json.loads((ENGINE_TESTS / "vision_reference.json").read_text(encoding="utf-8"))
TOLERANCE = 0.03
SEES, CLAUDE, BLIND, MISFIT = ("vision.tiny-v1:0", "vision.claude-v1:0", "vision.blind-v1:0",
                               "vision.misfit-v1:0")
SHORT = {"maxTokens": 4, "temperature": 0}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vision")
    weights = VisionModel()
    whole = weights.write_projector(folder / "mmproj.gguf")
    cut = folder / "cut.gguf"
    cut.write_bytes(whole.read_bytes()[:-20_000])
    return {"model": weights.write_model(folder / "model.gguf"), "projector": whole, "cut": cut,
            "narrow": VisionModel(width=32).write_projector(folder / "narrow.gguf")}


@pytest.fixture(scope="module")
def sees(server, files):
    server.run("models", "add", SEES, str(files["model"]), "--projector", str(files["projector"]))
    server.run("models", "add", CLAUDE, str(files["model"]), "--projector",
               str(files["projector"]), "--family", "anthropic-messages")
    server.run("models", "add", BLIND, str(files["model"]))
    yield server
    for model in (SEES, CLAUDE, BLIND):
        server.run("models", "remove", model)


def image(data: bytes, form: str = "png") -> dict:
    return {"image": {"format": form, "source": {"bytes": data}}}


def content(parts: list) -> list[dict]:
    return [image(png(picture(part))) if isinstance(part, int) else {"text": part}
            for part in parts]


def turns(case: str) -> list[dict]:
    return [{"role": role, "content": content(parts)} for role, parts in CASES[case]]


def look(runtime, blocks: list[dict], **members) -> dict:
    members.setdefault("modelId", SEES)
    return converse(runtime, messages=[{"role": "user", "content": blocks}], inferenceConfig=SHORT,
                    **members)


def refusal(runtime, blocks: list[dict], **members) -> str:
    failure = failure_of(look, runtime, blocks=blocks, **members)
    assert (failure.code, failure.status) == ("ValidationException", 400), failure
    return failure.message


def test_the_lists_say_that_it_takes_images(sees, bedrock, files):
    facts = bedrock.get_foundation_model(modelIdentifier=SEES)["modelDetails"]
    assert facts["inputModalities"] == ["TEXT", "IMAGE"]
    found = bedrock.list_foundation_models()["modelSummaries"]
    taking = {model["modelId"] for model in found if "IMAGE" in model["inputModalities"]}
    assert SEES in taking and BLIND not in taking
    listed = {model["model_id"]: model
              for model in json.loads(sees.run("models", "list", "--json"))}
    assert listed[SEES]["answered_by"] == f"{files['model']} with {files['projector']}"


@pytest.mark.parametrize("case", ["image and text", "two images", "a second turn"])
def test_tokens_are_counted_with_the_images(sees, runtime, case):
    usage = converse(runtime, modelId=SEES, messages=turns(case), inferenceConfig=SHORT)["usage"]
    assert usage["inputTokens"] == REFERENCE[case]["prompt_tokens"]
    counted = runtime.count_tokens(
        modelId=SEES, input={"converse": {"messages": turns(case)}})["inputTokens"]
    assert counted == usage["inputTokens"]


def test_a_stream_answers_as_converse_does(sees, runtime):
    stream = runtime.converse_stream(modelId=SEES, messages=turns("two images"),
                                     inferenceConfig=SHORT)["stream"]
    usage = [event["metadata"]["usage"] for event in stream if "metadata" in event]
    assert usage[0]["inputTokens"] == REFERENCE["two images"]["prompt_tokens"]


def invoke(runtime, model: str, body: dict) -> dict:
    answer = runtime.invoke_model(modelId=model, body=json.dumps(body))
    return json.loads(answer["body"].read())


def openai_body(data: bytes, form: str) -> dict:
    url = f"data:image/{form};base64,{base64.b64encode(data).decode()}"
    return {"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "text", "text": "Which colours?"}]}],
        "max_tokens": 1, "temperature": 0, "logprobs": True, "top_logprobs": 20,
        "response_format": {"type": "json_object"}}


def seen(runtime, data: bytes, form: str) -> list[float]:
    choice = invoke(runtime, SEES, openai_body(data, form))["choices"][0]
    return [entry["logprob"] for entry in choice["logprobs"]["content"][0]["top_logprobs"]]


@pytest.mark.parametrize("form", ["png", "webp", "animated webp"])
def test_the_model_sees_what_transformers_sees(sees, runtime, form):
    files = {"png": png(picture(1)), "webp": stored("picture.webp"),
             "animated webp": stored("animation.webp")}
    expected = [value for _, value in REFERENCE["image and text"]["top"]]
    got = seen(runtime, files[form], form.split()[-1])
    assert got == pytest.approx(expected, abs=TOLERANCE)


def test_a_gif_and_a_png_of_the_same_pixels_are_one_image(sees, runtime):
    few = picture(1) & 0xC0  # 64 colours
    assert seen(runtime, gif(few), "gif") == pytest.approx(seen(runtime, png(few), "png"),
                                                            abs=TOLERANCE)


def test_a_jpeg_is_nearly_what_it_was_made_of(sees, runtime):
    expected = [value for _, value in REFERENCE["image and text"]["top"]]
    got = seen(runtime, stored("picture.jpeg"), "jpeg")
    # Loss of the format, in a network of random weights.
    assert numpy.abs(numpy.array(got) - expected).mean() < 0.3


def test_transparency_is_on_white(sees, runtime):
    solid = picture(1)
    solid[:14] = 255
    clear = numpy.dstack([picture(1), numpy.full((28, 28), 255, numpy.uint8)])
    clear[:14, :, 3] = 0
    assert seen(runtime, png(clear), "png") == pytest.approx(seen(runtime, png(solid), "png"),
                                                              abs=TOLERANCE)


def claude_body(data: bytes, form: str = "png") -> dict:
    source = {"type": "base64", "media_type": f"image/{form}",
              "data": base64.b64encode(data).decode()}
    return {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 4, "messages": [
        {"role": "user", "content": [{"type": "image", "source": source},
                                     {"type": "text", "text": "Which colours?"}]}]}


def test_a_body_of_claudes_carries_an_image(sees, runtime):
    body = claude_body(png(picture(1)))
    usage = invoke(runtime, CLAUDE, body)["usage"]
    assert usage["input_tokens"] == REFERENCE["image and text"]["prompt_tokens"]
    counted = runtime.count_tokens(
        modelId=CLAUDE, input={"invokeModel": {"body": json.dumps(body).encode()}})["inputTokens"]
    assert counted == usage["input_tokens"]


def test_ten_thousand_by_ten_thousand_pixels_are_refused(sees, runtime):
    data = blank_png(10_000, 10_000)
    assert len(data) < 200_000
    message = refusal(runtime, [{"text": "x"}, image(data)])
    assert "messages.0.content.1.image is 10000 by 10000 pixels" in message
    failure = failure_of(invoke, runtime, model=CLAUDE, body=claude_body(data))
    assert failure.code == "ValidationException" and "10000 by 10000" in failure.message


def test_the_largest_that_is_taken_is_scaled_down(sees, runtime):
    usage = look(runtime, [image(blank_png(8_000, 8_000)), {"text": "Which colours?"}])["usage"]
    assert usage["inputTokens"] == REFERENCE["image and text"]["prompt_tokens"]


def test_all_pixels_of_a_request_are_bounded(sees, runtime):
    large = blank_png(8_000, 8_000)
    message = refusal(runtime, [{"text": "x"}, *[image(large)] * 3])
    assert "messages.0.content.3.image" in message and "192000000 pixels together" in message


def test_pixels_count_against_the_memory_for_bodies(new_server, files):
    server = new_server(limits__bodies_bytes_max=1 << 20)
    server.run("models", "add", SEES, str(files["model"]), "--projector", str(files["projector"]))
    runtime = server.client("bedrock-runtime")
    data = blank_png(600, 600)
    assert len(data) < 10_000  # as a body it counts for nothing
    failure = failure_of(look, runtime, blocks=[image(data)])
    # It would never fit: to try again would be in vain.
    assert (failure.code, failure.status) == ("ValidationException", 400)
    assert str(600 * 600 * 11) in failure.message and str(1 << 20) in failure.message
    assert "limits.bodies_bytes_max" in failure.message
    assert look(runtime, [image(png(picture(1)))])["usage"]["inputTokens"] > PATCHES


def damaged(data: bytes) -> bytes:
    return data[:len(data) // 2] + bytes(16) + data[len(data) // 2 + 16:]


@pytest.mark.parametrize("form, data", [
    ("png", png(picture(1))[:-1_000]), ("png", damaged(png(picture(1)))),
    ("jpeg", stored("picture.jpeg")[:-500]),
    ("gif", gif(picture(1) & 0xC0)[:-400]),
    ("webp", stored("picture.webp")[:-800]),
    ("webp", stored("animation.webp")[:300]),
])
def test_a_broken_image_is_refused_by_name(sees, runtime, form, data):
    message = refusal(runtime, [{"text": "x"}, image(data, form)])
    assert f"The image at messages.0.content.1.image can't be read as {form}" in message


@pytest.mark.parametrize("form, data", [
    ("jpeg", png(picture(1))), ("png", stored("picture.jpeg")), ("webp", gif(picture(1) & 0xC0)),
    ("gif", b"GIF89a"), ("png", b"x"),
])
def test_another_format_than_said_is_refused(sees, runtime, form, data):
    message = refusal(runtime, [{"text": "x"}, image(data, form)])
    assert f"messages.0.content.1.image is not a {form} image" in message


def test_a_broken_image_of_a_body_is_refused_by_its_number(sees, runtime):
    failure = failure_of(invoke, runtime, model=CLAUDE, body=claude_body(png(picture(1))[:-1_000]))
    assert failure.code == "ValidationException"
    assert "image at place 1 of the request can't be read as png" in failure.message


def test_more_than_twenty_images_are_refused(sees, runtime):
    blocks = [{"text": "x"}, *[image(png(picture(1)))] * 21]
    assert "21" in refusal(runtime, blocks) and "20 images" in refusal(runtime, blocks)


@pytest.mark.parametrize("model", [CHAT, BLIND])
def test_a_model_without_images_refuses_them(sees, runtime, model):
    message = refusal(runtime, [{"text": "x"}, image(png(picture(1)))], modelId=model)
    assert "doesn't support the image content block that you provided at messages.0.content.1" in \
        message


def test_a_body_with_an_image_for_a_model_without(sees, runtime):
    failure = failure_of(invoke, runtime, model=BLIND, body=openai_body(png(picture(1)), "png"))
    assert failure.code == "ValidationException" and "no projector" in failure.message


def test_a_pattern_is_bound_to_both(sees, runtime, files):
    claude = "anthropic.claude-3-haiku-20240307-v1:0"
    sees.run("models", "bind", claude, "--gguf", str(files["model"]), "--projector",
             str(files["projector"]))
    try:
        usage = invoke(runtime, claude, claude_body(png(picture(1))))["usage"]
        assert usage["input_tokens"] == REFERENCE["image and text"]["prompt_tokens"]
    finally:
        sees.run("models", "unbind", claude)


MISFITS = [
    ("narrow", "does not fit the model: it makes rows of 32 numbers, and the model takes rows of 64"),
    ("cut", "is not usable"),
    ("model", "is not usable"),
]


def refused_command(server, *words: str) -> str:
    with pytest.raises(AssertionError) as caught:
        server.run("models", *words)
    return " ".join(str(caught.value).replace("\\n", " ").split())


@pytest.mark.parametrize("which, says", MISFITS)
def test_a_projector_that_does_not_fit_is_refused_by_the_commands(sees, files, which, says):
    pair = (str(files["model"]), "--projector", str(files[which]))
    assert says in refused_command(sees, "fit", *pair)
    assert says in refused_command(sees, "add", MISFIT, *pair)
    assert says in refused_command(sees, "bind", "anthropic.*", "--gguf", *pair)


@pytest.mark.parametrize("which, says", MISFITS)
def test_a_projector_that_does_not_fit_is_an_error_of_its_model_alone(sees, runtime, files, tmp_path,
                                                                      which, says):
    """As when a file is replaced behind the back of the server."""
    projector = tmp_path / f"{which}.gguf"
    projector.write_bytes(files["projector"].read_bytes())
    sees.run("models", "add", MISFIT, str(files["model"]), "--projector", str(projector))
    projector.write_bytes(files[which].read_bytes())
    try:
        failure = failure_of(converse, runtime, modelId=MISFIT)
        assert (failure.code, failure.status) == ("ModelErrorException", 424)
        assert MISFIT in failure.message and "could not be loaded" in failure.message
        wait_until("the log tells why", lambda: any(
            says in line for line in sees.log().splitlines() if str(projector) in line))
    finally:
        sees.run("models", "remove", MISFIT)
    assert look(runtime, [image(png(picture(1)))])["usage"]["inputTokens"] > PATCHES


def test_fit_counts_the_projector(sees, files):
    alone = json.loads(sees.run("models", "fit", "--json", str(files["model"])))["models"][0]
    both = json.loads(sees.run("models", "fit", "--json", str(files["model"]), "--projector",
                               str(files["projector"])))["models"][0]
    assert both["projector"] == "mlp"
    assert both["projector_bytes"] > files["projector"].stat().st_size
    more = both["total_bytes"] - alone["total_bytes"]
    assert 0.8 * both["projector_bytes"] < more < 1.2 * both["projector_bytes"]


@pytest.mark.parametrize("words, says", [
    (["--projector", "/nowhere.gguf"], "no file /nowhere.gguf"),
    (["--projector", __file__], "is not a GGUF file"),
])
def test_what_cannot_be_a_projector_is_refused(sees, files, words, says):
    assert says in refused_command(sees, "add", MISFIT, str(files["model"]), *words)
