"""Settings of bedplate.toml that are the engine's."""

from __future__ import annotations

import pathlib
import stat

import openai
from asking import ANSWER, converse, text_of
from bedplate_server import CHAT, wait_until


def test_the_operator_chooses_whose_kernels_compute(new_server):
    server = new_server(engine__attention="ggml", engine__products="ggml", engine__sequences=3,
                        engine__speculation="off", engine__cache_type="q8_0", engine__first_token_target_ms=700,
                        engine__token_gap_target_ms=90)
    answer = converse(server.client("bedrock-runtime"),
                      inferenceConfig={"maxTokens": 30, "temperature": 0})
    assert ANSWER in text_of(answer)
    engine = wait_until("the engine is known", lambda: server.engine_pid(CHAT))
    words = pathlib.Path(f"/proc/{engine}/cmdline").read_text().split("\0")
    for option, value in (("--attention", "ggml"), ("--products", "ggml"), ("--sequences", "3"),
                          ("--speculation", "off"), ("--cache-type", "q8_0"),
                          ("--first-token-target", "700"), ("--token-gap-target", "90")):
        assert words[words.index(option) + 1] == value, words


def cached_tokens(server) -> int:
    """Of a prompt of some 300 tokens, those that were not computed again."""
    client = openai.OpenAI(base_url=server.endpoint + "/openai/v1", api_key=server.bearer_key)
    answer = client.chat.completions.create(
        model=CHAT, max_completion_tokens=2,
        messages=[{"role": "system", "content": "Always count: " + "one, two, three, " * 40},
                  {"role": "user", "content": "Hello."}])
    return answer.usage.prompt_tokens_details.cached_tokens


def test_a_restart_keeps_prompts_warm_unless_told_not_to(new_server):
    server = new_server()
    assert cached_tokens(server) == 0
    server.stop()
    prefixes = server.data / "prefixes"
    files = [path for path in prefixes.rglob("*") if path.is_file()]
    assert files
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in prefixes.iterdir())
    server.start()
    assert cached_tokens(server) >= 128
    server.stop()
    server.change(engine__prefixes_mb=0)
    server.start()
    assert cached_tokens(server) == 0
    assert not [path for path in prefixes.rglob("*") if path.is_file()]
