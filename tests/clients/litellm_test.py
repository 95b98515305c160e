"""LiteLLM as a client, over both of its Bedrock routes: Converse and native bodies."""

from __future__ import annotations

import asyncio
import json
import os

import pytest

# Read when LiteLLM is loaded: no prices from elsewhere.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm  # noqa: E402

from asking import ANSWER, QUESTION  # noqa: E402
from bedplate_server import CHAT, EMBEDDINGS  # noqa: E402
from openai_upstream import OpenAiUpstream  # noqa: E402
from scripted_model import scripted_model  # noqa: E402

CLAUDE = "anthropic.claude-3-5-sonnet-20240620-v1:0"
NOVA = "amazon.nova-lite-v1:0"
CHATS = [f"bedrock/converse/{CHAT}", f"bedrock/{CLAUDE}", f"bedrock/converse/{CLAUDE}",
         f"bedrock/invoke/{CLAUDE}", f"bedrock/us.{NOVA}"]
CALLERS = ["bedrock/converse/anthropic.claude-3-haiku-20240307-v1:0",
           "bedrock/invoke/anthropic.claude-3-haiku-20240307-v1:0"]
WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "The weather of a town.",
    "parameters": {"type": "object", "properties": {"town": {"type": "string"}},
                   "required": ["town"]}}}


@pytest.fixture(scope="module")
def ask(server):
    """Asks LiteLLM as a program does that has the lines of `bedplate env` in its environment."""
    upstream = OpenAiUpstream(scripted_model)
    for model in (CLAUDE, NOVA):
        server.run("models", "bind", model, "--model", CHAT)
    server.run("models", "bind", "anthropic.claude-3-haiku*", "--url", upstream.url)
    server.run("models", "bind", "amazon.titan-embed-text-v2:0", "--model", EMBEDDINGS)
    litellm.suppress_debug_info = True
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("AWS_"):
                patch.delenv(name)
        for name, value in server.client_variables().items():
            patch.setenv(name, value)
        patch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)

        def completion(model: str, text: str, **options: object):
            return litellm.completion(model=model, messages=[{"role": "user", "content": text}],
                                      temperature=0, num_retries=0, **options)

        yield completion
    for pattern in (CLAUDE, NOVA, "anthropic.claude-3-haiku*", "amazon.titan-embed-text-v2:0"):
        server.run("models", "unbind", pattern)
    upstream.close()


@pytest.mark.parametrize("model", CHATS)
def test_an_answer(ask, model):
    answer = ask(model, QUESTION, max_tokens=24)
    assert ANSWER in answer.choices[0].message.content
    assert answer.choices[0].finish_reason in ("stop", "length")
    usage = answer.usage
    assert usage.prompt_tokens > 5 and 0 < usage.completion_tokens <= 24
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


@pytest.mark.parametrize("model", CHATS)
def test_a_stream(ask, model):
    chunks = list(ask(model, QUESTION, max_tokens=24, stream=True,
                      stream_options={"include_usage": True}))
    texts = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert sum(1 for text in texts if text) > 3
    assert ANSWER in "".join(text or "" for text in texts)
    assert any(getattr(chunk, "usage", None) for chunk in chunks)


@pytest.mark.parametrize("model", CALLERS)
def test_a_tool_is_called_and_the_result_told(ask, model):
    asked = ask(model, "The weather in Bern?", tools=[WEATHER], max_tokens=50)
    assert asked.choices[0].finish_reason == "tool_calls"
    message = asked.choices[0].message
    (call,) = message.tool_calls
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"town": "The weather in Bern?"}
    answer = litellm.completion(model=model, tools=[WEATHER], max_tokens=50, messages=[
        {"role": "user", "content": "The weather in Bern?"}, message.model_dump(),
        {"role": "tool", "tool_call_id": call.id, "content": "7 degrees"}])
    assert answer.choices[0].message.content == "I was told: 7 degrees"


@pytest.mark.parametrize("model", CALLERS)
def test_a_streamed_call(ask, model):
    chunks = ask(model, "The weather in Bern?", tools=[WEATHER], max_tokens=50, stream=True)
    pieces = [call.function for chunk in chunks
              for call in chunk.choices[0].delta.tool_calls or []]
    assert next(piece.name for piece in pieces if piece.name) == "get_weather"
    arguments = "".join(piece.arguments or "" for piece in pieces)
    assert json.loads(arguments) == {"town": "The weather in Bern?"}


def test_the_asynchronous_client(ask):
    async def ask_together():
        return await asyncio.gather(*[
            litellm.acompletion(model=f"bedrock/converse/{CHAT}", temperature=0, max_tokens=16,
                                messages=[{"role": "user", "content": QUESTION}])
            for _ in range(4)])

    answers = asyncio.run(ask_together())
    assert all(ANSWER in answer.choices[0].message.content for answer in answers)


def test_embeddings(ask):
    answer = litellm.embedding(model="bedrock/amazon.titan-embed-text-v2:0", input=["a cat"])
    assert len(answer.data[0]["embedding"]) == 384
    assert answer.usage.prompt_tokens > 0


def test_errors_are_litellms(ask):
    with pytest.raises(litellm.BadRequestError, match="There is no model"):
        ask("bedrock/converse/nobody.has-this-v1:0", QUESTION)
    with pytest.raises(litellm.BadRequestError, match="too long"):
        ask(f"bedrock/converse/{CHAT}", "word " * 9000)
