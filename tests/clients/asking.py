"""Short ways to ask, and to see how a request failed."""

from __future__ import annotations

import dataclasses
from typing import Any

import botocore.exceptions
import pytest

from bedplate_server import CHAT


# A question that the packaged model answers rightly, and the word in its answer. It is a small
# model: of capitals it knows Tokyo, and not Paris.
QUESTION = "Which planet is called the red planet?"
ANSWER = "Mars"

# For comparing answers: each token of this one leads the next likely one by e^1.5 or more, so that
# rounding, which differs with the batch and with what the cache holds, can choose no other.
SURE_QUESTION = "Name the seven days of the week."
SURE_ANSWER = "The seven days of the week are:"
SURE_TOKENS = 8


def user(text: str) -> dict:
    return {"role": "user", "content": [{"text": text}]}


def assistant(text: str) -> dict:
    return {"role": "assistant", "content": [{"text": text}]}


def converse(client: Any, text: str = QUESTION, **members: Any) -> dict:
    """Converse with few tokens, unless the members say otherwise."""
    members.setdefault("modelId", CHAT)
    members.setdefault("messages", [user(text)])
    members.setdefault("inferenceConfig", {"maxTokens": 16})
    return client.converse(**members)


def text_of(answer: dict) -> str:
    return "".join(block["text"] for block in answer["output"]["message"]["content"])


@dataclasses.dataclass
class Failure:
    """What the client made of an error answer."""

    code: str
    message: str
    status: int
    headers: dict[str, str]


def failure_of(call, *arguments: Any, **members: Any) -> Failure:
    """Runs a call that has to fail with a service error."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(*arguments, **members)
    answer = caught.value.response
    failure = Failure(answer["Error"]["Code"], answer["Error"]["Message"],
                      answer["ResponseMetadata"]["HTTPStatusCode"],
                      answer["ResponseMetadata"]["HTTPHeaders"])
    # Whatever went wrong, a caller can look it up in the log.
    assert failure.headers.get("x-amzn-requestid"), failure
    return failure


def assert_validation(failure: Failure, *parts: str) -> None:
    """A ValidationException whose message has all parts: the member, the value, the rule."""
    assert (failure.code, failure.status) == ("ValidationException", 400), failure
    for part in parts:
        assert part in failure.message, failure.message
