"""Strands Agents: its loop of model and tools, over Converse."""

from __future__ import annotations

import boto3
import pydantic
import pytest
import strands
from strands.models import BedrockModel

from asking import ANSWER, QUESTION
from bedplate_server import CHAT
from openai_upstream import OpenAiUpstream
from scripted_model import scripted_model

CALLER = "test.strands-v1"


@pytest.fixture(scope="module")
def agent_of(server):
    upstream = OpenAiUpstream(scripted_model)
    server.run("models", "add", CALLER, "--url", upstream.url)
    session = boto3.Session(aws_access_key_id=server.environment["AWS_ACCESS_KEY_ID"],
                            aws_secret_access_key=server.environment["AWS_SECRET_ACCESS_KEY"],
                            region_name=server.environment["AWS_REGION"])

    def agent(model: str, streaming: bool, **options: object) -> strands.Agent:
        return strands.Agent(callback_handler=None, **options, model=BedrockModel(
            model_id=model, boto_session=session, endpoint_url=server.endpoint, temperature=0,
            max_tokens=50, streaming=streaming))

    yield agent
    server.run("models", "remove", CALLER)
    upstream.close()


@pytest.mark.parametrize("streaming", [True, False])
def test_an_agent_answers(agent_of, streaming):
    answer = agent_of(CHAT, streaming)(QUESTION)
    assert ANSWER in str(answer)
    usage = answer.metrics.accumulated_usage
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"] > 0


@pytest.mark.parametrize("streaming", [True, False])
def test_an_agent_calls_its_tool_and_tells_the_result(agent_of, streaming):
    called = []

    @strands.tool
    def count_letters(text: str) -> str:
        """Counts letters.

        Args:
            text: of what
        """
        called.append(text)
        return f"{len(text)} letters"

    agent = agent_of(CALLER, streaming, tools=[count_letters])
    answer = agent("abcdef")
    assert called == ["abcdef"]
    assert answer.stop_reason == "end_turn"
    assert str(answer).strip() == "I was told: 6 letters"
    # The conversation goes on with what was said so far.
    agent("ghi")
    assert called == ["abcdef", "ghi"]


class Person(pydantic.BaseModel):
    """Somebody."""

    name: str
    age: int


@pytest.mark.parametrize("streaming", [True, False])
def test_structured_output(agent_of, streaming):
    answer = agent_of(CALLER, streaming)("Ada is 36.", structured_output_model=Person)
    assert answer.structured_output == Person(name="Ada is 36.", age=36)
