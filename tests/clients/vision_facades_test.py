"""Images through the facades of OpenAI's and Anthropic's API, by their own client libraries, with the
tiny random model of tests/engine. That the pixels arrive shows in the numbers of transformers, and, where
no numbers are given out, in the engine's cache: it finds an image again by its pixels alone."""

from __future__ import annotations

import base64
import json
import pathlib
import sys

import anthropic
import openai
import pytest

from picture_files import png, stored

ENGINE_TESTS = pathlib.Path(__file__).resolve().parents[1] / "engine"
sys.path.append(str(ENGINE_TESTS))
from vision_model import PATCHES, VisionModel, picture  # noqa: E402

REFERENCE = json.loads((ENGINE_TESTS / "vision_reference.json").read_text(encoding="utf-8"))
TOLERANCE = 0.03
SEES, BLIND = "facades.tiny-v1:0", "facades.blind-v1:0"
WORDS = "Which colours?"
TOKENS = REFERENCE["image and text"]["prompt_tokens"]


@pytest.fixture(scope="module")
def sees(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("facades")
    weights = VisionModel()
    model = weights.write_model(folder / "model.gguf")
    projector = weights.write_projector(folder / "mmproj.gguf")
    server.run("models", "add", SEES, str(model), "--projector", str(projector))
    server.run("models", "add", BLIND, str(model))
    yield server
    for added in (SEES, BLIND):
        server.run("models", "remove", added)


@pytest.fixture(scope="module")
def gpt(sees):
    return openai.OpenAI(base_url=f"{sees.endpoint}/openai/v1", api_key=sees.bearer_key,
                         max_retries=0, timeout=600)


@pytest.fixture(scope="module")
def claude(sees):
    return anthropic.Anthropic(base_url=f"{sees.endpoint}/anthropic", api_key=sees.bearer_key,
                               max_retries=0, timeout=600)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def url(data: bytes, form: str = "png") -> str:
    return f"data:image/{form};base64,{encoded(data)}"


def chat(client, image: str, words: str = WORDS, **more):
    content = [{"type": "image_url", "image_url": {"url": image, "detail": "low"}},
               {"type": "text", "text": words}]
    more = {"model": SEES, "max_tokens": 1, "temperature": 0} | more
    return client.chat.completions.create(messages=[{"role": "user", "content": content}], **more)


def respond(client, image: str, words: str = WORDS, **more):
    content = [{"type": "input_image", "image_url": image, "detail": "auto"},
               {"type": "input_text", "text": words}]
    more = {"model": SEES, "max_output_tokens": 16, "temperature": 0, "store": False} | more
    return client.responses.create(input=[{"role": "user", "content": content}], **more)


def turns(data: bytes, form: str = "png", words: str = WORDS) -> dict:
    source = {"type": "base64", "media_type": f"image/{form}", "data": encoded(data)}
    content = [{"type": "image", "source": source}, {"type": "text", "text": words}]
    return {"model": SEES, "messages": [{"role": "user", "content": content}]}


def cached(client, data: bytes, words: str) -> int:
    return chat(client, url(data), words).usage.prompt_tokens_details.cached_tokens


@pytest.mark.parametrize("data, form", [(png(picture(1)), "png"), (stored("picture.webp"), "webp")])
def test_a_chat_sees_what_transformers_sees(gpt, data, form):
    answer = chat(gpt, url(data, form), logprobs=True, top_logprobs=20,
                  response_format={"type": "json_object"})
    assert answer.usage.prompt_tokens == TOKENS
    got = [entry.logprob for entry in answer.choices[0].logprobs.content[0].top_logprobs]
    expected = [value for _, value in REFERENCE["image and text"]["top"]]
    assert got == pytest.approx(expected, abs=TOLERANCE)


def test_a_chat_with_an_image_is_streamed(gpt):
    chunks = list(chat(gpt, url(png(picture(1))), stream=True,
                       stream_options={"include_usage": True}))
    assert chunks[-1].usage.prompt_tokens == TOKENS


def test_a_response_sees_the_pixels(gpt):
    data, words = png(picture(51)), "Seen by Responses?"
    answer = respond(gpt, url(data), words)
    assert answer.usage.input_tokens == TOKENS + len(words) - len(WORDS)
    assert cached(gpt, png(picture(52)), words) < PATCHES  # another image of the same size
    assert cached(gpt, data, words) > PATCHES
    events = list(respond(gpt, url(data), words, stream=True))
    assert events[-1].response.usage.input_tokens == answer.usage.input_tokens


def test_a_kept_response_is_gone_on_with_its_image(gpt):
    data, words = png(picture(53)), "Seen and kept?"
    first = respond(gpt, url(data), words, store=True)
    second = gpt.responses.create(model=SEES, input="And now?", max_output_tokens=16,
                                  previous_response_id=first.id)
    assert second.usage.input_tokens > first.usage.input_tokens > PATCHES
    gpt.responses.delete(first.id)
    gpt.responses.delete(second.id)


def test_a_message_sees_the_pixels(gpt, claude):
    data, words = png(picture(54)), "Seen by Messages?"
    answer = claude.messages.create(max_tokens=4, **turns(data, words=words))
    assert answer.usage.input_tokens == TOKENS + len(words) - len(WORDS)
    assert cached(gpt, png(picture(55)), words) < PATCHES
    assert cached(gpt, data, words) > PATCHES
    counted = claude.messages.count_tokens(**turns(data, words=words))
    assert counted.input_tokens == answer.usage.input_tokens
    with claude.messages.stream(max_tokens=4, **turns(data, words=words)) as stream:
        assert stream.get_final_message().usage.input_tokens == answer.usage.input_tokens


def test_an_image_in_a_tools_result(claude):
    ask = turns(png(picture(1)))
    image = ask["messages"][0]["content"][0]
    tool = {"name": "look", "input_schema": {"type": "object", "properties": {}}}
    messages = [{"role": "user", "content": "Look."},
                {"role": "assistant", "content": [
                    {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": [image]}]}]
    counted = claude.messages.count_tokens(model=SEES, messages=messages, tools=[tool])
    without = [*messages[:2], {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "Grey."}]}]
    blind = claude.messages.count_tokens(model=SEES, messages=without, tools=[tool])
    assert counted.input_tokens > blind.input_tokens + PATCHES


REFUSED = [
    ("https://example.com/a.png", "data URL"),
    (url(png(picture(1)), "tiff"), "data URL"),
    ("data:image/png;base64,%", "data URL"),
    (url(png(picture(1))[:-1_000]), "image at place 1 of the request can't be read as png"),
]


@pytest.mark.parametrize("ask", [chat, respond])
@pytest.mark.parametrize("image, says", REFUSED)
def test_what_is_no_image_is_refused_by_openais_facade(gpt, ask, image, says):
    with pytest.raises(openai.BadRequestError) as caught:
        ask(gpt, image)
    assert says in caught.value.message


@pytest.mark.parametrize("ask", [chat, respond])
def test_openais_facade_refuses_an_image_for_a_model_without(gpt, ask):
    with pytest.raises(openai.BadRequestError) as caught:
        ask(gpt, url(png(picture(1))), model=BLIND)
    assert "no projector" in caught.value.message


@pytest.mark.parametrize("change, says", [
    ({"type": "url", "url": "https://example.com/a.png"}, "source"),
    ({"type": "base64", "media_type": "image/tiff", "data": "AAAA"}, "media_type"),
    ({"type": "base64", "media_type": "image/png", "data": "%"}, "base64"),
    ({"type": "base64", "media_type": "image/png", "data": encoded(png(picture(1))[:-1_000])},
     "can't be read as png"),
])
def test_what_is_no_image_is_refused_by_anthropics_facade(claude, change, says):
    ask = turns(png(picture(1)))
    ask["messages"][0]["content"][0]["source"] = change
    with pytest.raises(anthropic.BadRequestError) as caught:
        claude.messages.create(max_tokens=4, **ask)
    assert says in caught.value.message


def test_anthropics_facade_refuses_an_image_for_a_model_without(claude):
    with pytest.raises(anthropic.BadRequestError) as caught:
        claude.messages.create(max_tokens=4, **turns(png(picture(1))) | {"model": BLIND})
    assert "no projector" in caught.value.message
