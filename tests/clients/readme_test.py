"""The README's one-minute tour, as it stands: each block is run by whom it is written for."""

from __future__ import annotations

import re
import subprocess

import pytest

from bedplate_server import CACHE, CHECKOUT, PATIENCE_S


def blocks() -> list[tuple[str, str]]:
    """Language and text of each code block under a bold name."""
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"\*\*[^*]+\*\*\n\n```(\w+)\n(.*?)```", readme, re.S)


def test_the_tour_is_of_five_clients():
    assert [language for language, _ in blocks()] == ["python", "js", "sh", "python", "python"]


@pytest.mark.parametrize("language, text", blocks(),
                         ids=["boto3", "javascript", "cli", "langchain", "openai"])
def test_a_block_prints_an_answer(new_server, language, text):
    # With little room the model cannot go on for long.
    server = new_server(engine__context_cells=256)
    variables = server.client_variables()
    if "AWS_BEARER_TOKEN_BEDROCK" in text:
        variables["AWS_BEARER_TOKEN_BEDROCK"] = server.bearer_key
    variables["PATH"] = f"{CACHE}/venv/bin:{CACHE}/node/bin:{variables['PATH']}"
    command = {"python": ["python3", "-"], "sh": ["bash", "-s"],
               "js": ["node", "--input-type=module", "-"]}[language]
    done = subprocess.run(command, input=text, text=True, capture_output=True, check=False,
                          timeout=PATIENCE_S, env=variables,
                          cwd=CACHE / "javascript" if language == "js" else None)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) >= 2, done.stdout
