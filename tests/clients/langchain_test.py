"""LangChain's ChatBedrockConverse and BedrockEmbeddings over the same server."""

from __future__ import annotations

import botocore.exceptions
import pytest
from langchain_aws import BedrockEmbeddings, ChatBedrockConverse
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from asking import ANSWER, QUESTION
from bedplate_server import CHAT, EMBEDDINGS


@pytest.fixture
def chat(server):
    return ChatBedrockConverse(
        model=CHAT, max_tokens=24, temperature=0, provider="huggingfacetb", disable_streaming=False,
        client=server.client("bedrock-runtime"), bedrock_client=server.client("bedrock"))


def test_an_answer_with_usage(chat):
    answer = chat.invoke(QUESTION)
    assert ANSWER in answer.content
    usage = answer.usage_metadata
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert answer.response_metadata["stopReason"] in ("end_turn", "max_tokens")


def test_a_conversation(chat):
    answer = chat.invoke([
        SystemMessage("You are a helpful assistant."), HumanMessage("The password is swordfish."),
        AIMessage("I will remember that the password is swordfish."),
        HumanMessage("What is the password?")])
    assert "swordfish" in answer.content


def test_a_stream_comes_in_pieces(chat):
    pieces = list(chat.stream(QUESTION))
    texts = [piece.text if isinstance(piece.text, str) else piece.text() for piece in pieces]
    assert sum(1 for text in texts if text) > 3
    assert ANSWER in "".join(texts)
    assert any(piece.usage_metadata for piece in pieces)


def test_a_batch(chat):
    known = {QUESTION: ANSWER, "What is the capital city of Japan?": "Tokyo",
             "What is the opposite of hot?": "cold"}
    answers = chat.batch(list(known))
    for answer, word in zip(answers, known.values()):
        assert word in answer.content


def test_errors_are_boto3s(chat):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        chat.invoke("word " * 9000)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert "too long" in caught.value.response["Error"]["Message"]


def test_embeddings(server):
    embeddings = BedrockEmbeddings(model_id=EMBEDDINGS, client=server.client("bedrock-runtime"),
                                   region_name="us-east-1")
    cat, kitten, bank = embeddings.embed_documents(
        ["A cat sat on the mat.", "Kittens like to sleep on soft rugs.", "Interest rates rose."])

    def likeness(one, other):
        return sum(a * b for a, b in zip(one, other))

    assert len(cat) == 384
    assert likeness(cat, kitten) > likeness(cat, bank)
