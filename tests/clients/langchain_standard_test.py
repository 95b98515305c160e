"""LangChain's own standard tests of chat models, over Converse and over Claude's native bodies.

Tools need a model that can use them. One of the test's own, behind a URL, shows what LangChain makes
of the server's answers; a real one (tools/models/fetch_tool_model.py brings it) shows the engine.
"""

from __future__ import annotations

import pytest
from langchain_aws import ChatBedrock, ChatBedrockConverse
from langchain_tests.integration_tests import ChatModelIntegrationTests

from bedplate_server import CACHE, CHAT, PROGRAMS
from openai_upstream import OpenAiUpstream
from scripted_model import scripted_model

TOOL_MODEL = CACHE / "models/Qwen2.5-Coder-0.5B-Instruct.Q4.gguf"
# LangChain looks at a model's id to know what it can; this one can do everything.
CLAUDE = "anthropic.claude-3-5-sonnet-20240620-v1:0"

# Sanitizers make a model of this size too slow, and other tests give them the same code.
SANITIZED = any(name in str(PROGRAMS) for name in ("asan", "tsan"))
needs_tool_model = pytest.mark.skipif(
    SANITIZED or not TOOL_MODEL.is_file(),
    reason=f"{TOOL_MODEL.name} is absent (tools/models/fetch_tool_model.py brings it), or sanitizers "
           "slow it down")


class Standard(ChatModelIntegrationTests):
    """What all of them share. `answer_with` says what answers for MODEL."""

    MODEL = CLAUDE
    SERVER = None

    @staticmethod
    def answer_with() -> tuple[list[str], OpenAiUpstream | None]:
        raise NotImplementedError

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _answering(cls, server):
        target, upstream = cls.answer_with()
        if target:
            server.run("models", "bind", cls.MODEL, *target)
        cls.SERVER = server
        yield
        if target:
            server.run("models", "unbind", cls.MODEL)
        if upstream:
            upstream.close()

    @property
    def chat_model_class(self):
        return ChatBedrockConverse

    @property
    def chat_model_params(self):
        return {"model": self.MODEL, "provider": self.MODEL.partition(".")[0],
                "disable_streaming": False, "client": self.SERVER.client("bedrock-runtime"),
                "bedrock_client": self.SERVER.client("bedrock")}

    @property
    def standard_chat_model_params(self):
        return {"temperature": 0, "max_tokens": 100, "stop": []}


class TestConverseWithTheEmbeddedModel(Standard):
    MODEL = CHAT

    @staticmethod
    def answer_with():
        return [], None

    @property
    def has_tool_calling(self):
        return False

    @property
    def has_structured_output(self):
        return False


class TestConverseWithTools(Standard):
    @staticmethod
    def answer_with():
        upstream = OpenAiUpstream(scripted_model)
        return ["--url", upstream.url], upstream


class TestClaudesBodies(TestConverseWithTools):
    @property
    def chat_model_class(self):
        return ChatBedrock

    @property
    def chat_model_params(self):
        return {"model": self.MODEL, "provider": "anthropic",
                "client": self.SERVER.client("bedrock-runtime"),
                "bedrock_client": self.SERVER.client("bedrock")}


@needs_tool_model
class TestConverseWithAToolModel(Standard):
    @staticmethod
    def answer_with():
        return ["--gguf", str(TOOL_MODEL)], None


@needs_tool_model
class TestClaudesBodiesWithAToolModel(TestClaudesBodies):
    @staticmethod
    def answer_with():
        return ["--gguf", str(TOOL_MODEL)], None


del Standard, ChatModelIntegrationTests  # they are no tests by themselves
