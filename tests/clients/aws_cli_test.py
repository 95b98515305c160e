"""The AWS CLI, as a user pastes it."""

from __future__ import annotations

import json
import subprocess

from asking import ANSWER, QUESTION
from bedplate_server import CACHE, CHAT, EMBEDDINGS, PATIENCE_S


def aws(server, *words: str, status: int = 0) -> str:
    """What `aws WORDS` prints; its standard error when it has to fail with `status`."""
    done = subprocess.run([CACHE / "venv/bin/aws", *words], capture_output=True, text=True,
                          timeout=PATIENCE_S, check=False,
                          env={**server.client_variables(), "AWS_MAX_ATTEMPTS": "1"})
    assert done.returncode == status, done.stdout + done.stderr
    return done.stderr if status else done.stdout


def test_converse(server):
    messages = [{"role": "user", "content": [{"text": QUESTION}]}]
    answer = json.loads(aws(server, "bedrock-runtime", "converse", "--model-id", CHAT,
                            "--messages", json.dumps(messages),
                            "--inference-config", "maxTokens=24,temperature=0"))
    assert ANSWER in answer["output"]["message"]["content"][0]["text"]


def test_invoke_model_writes_a_file(server, tmp_path):
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"inputText": "plate"}), encoding="utf-8")
    output = tmp_path / "answer.json"
    aws(server, "bedrock-runtime", "invoke-model", "--model-id", EMBEDDINGS,
        "--body", f"fileb://{body}", str(output))
    assert len(json.loads(output.read_text(encoding="utf-8"))["embedding"]) == 384


def test_list_foundation_models(server):
    said = aws(server, "bedrock", "list-foundation-models", "--by-output-modality", "TEXT",
               "--by-provider", "HuggingFaceTB", "--query", "modelSummaries[].modelId", "--output", "text")
    assert said.split() == [CHAT]


def test_get_foundation_model(server):
    answer = json.loads(aws(server, "bedrock", "get-foundation-model", "--model-identifier", CHAT))
    assert answer["modelDetails"]["modelId"] == CHAT


def test_an_error_says_its_type_operation_and_reason(server):
    said = aws(server, "bedrock-runtime", "converse", "--model-id", CHAT, "--messages",
               '[{"role":"assistant","content":[{"text":"Hello"}]}]', status=255)
    assert "(ValidationException)" in said
    assert "Converse operation" in said
    assert "must start with a user message" in said


def test_what_is_not_served_says_so(server):
    said = aws(server, "bedrock", "list-guardrails", status=255)
    assert "(NotImplementedException)" in said
    assert "ListGuardrails" in said
