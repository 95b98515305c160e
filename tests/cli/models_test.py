"""`bedplate models`: adding, listing and removing, with and without a running server."""

import json

import pytest

ID = "mine.tiny-chat-v1:0"


@pytest.fixture(name="gguf")
def _gguf(tmp_path):
    """A file that begins as a GGUF file does; nothing here loads it."""
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF" + (3).to_bytes(4, "little") + bytes(16))
    return path


def listed(bedplate) -> dict[str, dict]:
    return {model["model_id"]: model for model in json.loads(bedplate.ok("models", "list", "--json"))}


def test_lists_the_models_that_come_with_bedplate(bedplate):
    models = listed(bedplate)
    assert models["huggingfacetb.smollm2-135m-instruct-v1:0"]["kind"] == "chat"
    assert models["sentence-transformers.all-minilm-l6-v2-v1:0"]["kind"] == "embeddings"
    assert all(model["missing"] and not model["added"] for model in models.values())
    text = bedplate.ok("models", "list")
    assert text.startswith("MODEL") and "(missing)" in text
    assert "models of the catalog have nothing bound to them" in text


def test_lists_the_whole_catalog_when_asked(bedplate):
    models = {model["model_id"]: model for model in
              json.loads(bedplate.ok("models", "list", "--all", "--json"))}
    haiku = models["anthropic.claude-3-haiku-20240307-v1:0"]
    assert not haiku["bound"] and haiku["answered_by"] == "" and haiku["provider"] == "Anthropic"
    assert models["huggingfacetb.smollm2-135m-instruct-v1:0"]["bound"]
    assert models["amazon.nova-canvas-v1:0"]["kind"] == "other"
    assert len(models) > 100
    text = bedplate.ok("models", "list", "--all")
    assert "anthropic.claude-3-haiku" in text and "nothing bound" not in text


def test_adds_and_removes_without_a_server(bedplate, gguf):
    assert "no server runs" in bedplate.ok("models", "add", ID, "tiny.gguf", "--provider", "Me")
    model = listed(bedplate)[ID]
    assert model["added"] and model["provider"] == "Me" and model["kind"] == "chat"
    assert model["answered_by"] == str(gguf) and not model["missing"]
    assert ID in bedplate.refused("models", "add", ID, str(gguf))
    assert ID in bedplate.ok("models", "remove", ID)
    assert ID not in listed(bedplate)
    assert gguf.exists()
    assert ID in bedplate.refused("models", "remove", ID)


def test_adds_a_model_of_another_server(bedplate):
    bedplate.ok("models", "add", ID, "--url", "http://127.0.0.1:9/v1", "--upstream-model", "qwen",
                "--embeddings")
    model = listed(bedplate)[ID]
    assert model["kind"] == "embeddings"
    assert model["answered_by"] == "http://127.0.0.1:9/v1 (qwen)"


def test_a_running_server_notices(bedplate, gguf):
    bedplate.start()
    pid = bedplate.server.pid
    assert f"process {pid}) has read it" in bedplate.ok("models", "add", ID, str(gguf))
    assert f"process {pid}) has read it" in bedplate.ok("models", "remove", ID)


def test_added_models_survive_a_killed_server(bedplate, gguf):
    bedplate.start()
    bedplate.ok("models", "add", ID, str(gguf))
    bedplate.stop(9)
    bedplate.start()
    assert ID in listed(bedplate)


def test_refuses_what_is_no_model(bedplate, gguf, tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    assert "notes.txt" in bedplate.refused("models", "add", ID, str(text))
    assert "missing.gguf" in bedplate.refused("models", "add", ID, "missing.gguf")
    assert "ftp://" in bedplate.refused("models", "add", ID, "--url", "ftp://x/v1")
    for wrong in ("noprovider", "Mine.Chat", "a..b", "huggingfacetb.smollm2-135m-instruct-v1:0"):
        assert wrong in bedplate.refused("models", "add", wrong, str(gguf)), wrong
    assert "--url" in bedplate.refused("models", "add", ID, status=2)
    assert bedplate.refused("models", "add", ID, str(gguf), "--url", "http://x/v1", status=2)
