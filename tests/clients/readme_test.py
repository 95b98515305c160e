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


def test_the_tour_is_of_five_clients_and_the_account():
    assert [language for language, _ in blocks()] == ["python", "js", "sh", "python", "python", "sh"]


def variables_of(server) -> dict[str, str]:
    variables = server.client_variables()
    return variables | {"PATH": f"{CACHE}/venv/bin:{CACHE}/node/bin:{variables['PATH']}"}


def run(language: str, text: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = {"python": ["python3", "-"], "sh": ["bash", "-e", "-s"],
               "js": ["node", "--input-type=module", "-"]}[language]
    return subprocess.run(command, input=text, text=True, capture_output=True, check=False,
                          timeout=PATIENCE_S, env=variables,
                          cwd=CACHE / "javascript" if language == "js" else None)


@pytest.mark.parametrize("language, text", blocks()[:-1],
                         ids=["boto3", "javascript", "cli", "langchain", "openai"])
def test_a_block_prints_an_answer(new_server, language, text):
    # With little room the model cannot go on for long.
    server = new_server(engine__context_cells=256)
    variables = variables_of(server)
    if "AWS_BEARER_TOKEN_BEDROCK" in text:
        variables["AWS_BEARER_TOKEN_BEDROCK"] = server.bearer_key
    done = run(language, text, variables)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) >= 2, done.stdout


def test_the_account_s_block_makes_keys_that_read_alone(new_server):
    variables = variables_of(new_server())
    done = run(*blocks()[-1], variables)
    assert done.returncode == 0, done.stderr
    assert "Kept under a key of KMS." in done.stdout
    identifier, secret = done.stdout.split()[-2:]
    reader = variables | {"AWS_ACCESS_KEY_ID": identifier, "AWS_SECRET_ACCESS_KEY": secret}
    read = run("sh", "aws s3 cp s3://notes/first.txt -", reader)
    assert read.stdout == "Kept under a key of KMS.\n", read.stderr
    written = run("sh", "echo more | aws s3 cp - s3://notes/second.txt", reader)
    assert written.returncode != 0
    assert "not authorized to perform: s3:PutObject" in written.stderr
