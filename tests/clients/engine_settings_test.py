"""Settings of bedplate.toml that are the engine's."""

from __future__ import annotations

import pathlib

from asking import ANSWER, converse, text_of
from bedplate_server import CHAT, wait_until


def test_the_operator_chooses_whose_kernels_compute(new_server):
    server = new_server(engine__attention="ggml", engine__products="ggml", engine__sequences=3,
                        engine__speculation="off", engine__first_token_target_ms=700,
                        engine__token_gap_target_ms=90)
    answer = converse(server.client("bedrock-runtime"),
                      inferenceConfig={"maxTokens": 30, "temperature": 0})
    assert ANSWER in text_of(answer)
    engine = wait_until("the engine is known", lambda: server.engine_pid(CHAT))
    words = pathlib.Path(f"/proc/{engine}/cmdline").read_text().split("\0")
    for option, value in (("--attention", "ggml"), ("--products", "ggml"), ("--sequences", "3"),
                          ("--speculation", "off"), ("--first-token-target", "700"),
                          ("--token-gap-target", "90")):
        assert words[words.index(option) + 1] == value, words
