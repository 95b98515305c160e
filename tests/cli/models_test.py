"""`bedplate models`: adding, listing and removing, with and without a running server."""

import json

import pytest

ID = "mine.tiny-chat-v1:0"
CHAT = "huggingfacetb.smollm2-135m-instruct-v1:0"
HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"


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
    for wrong in ("noprovider", "Mine.Chat", "a..b", CHAT, HAIKU):
        assert wrong in bedplate.refused("models", "add", wrong, str(gguf)), wrong
    assert "--url" in bedplate.refused("models", "add", ID, status=2)
    assert bedplate.refused("models", "add", ID, str(gguf), "--url", "http://x/v1", status=2)


def test_binds_models_of_the_catalog_and_takes_it_back(bedplate, gguf):
    assert HAIKU not in listed(bedplate)
    said = bedplate.ok("models", "bind", "anthropic.*", "--gguf", "tiny.gguf")
    assert "Bound anthropic.* (" in said and "no server runs" in said
    haiku = listed(bedplate)[HAIKU]
    assert haiku["answered_by"] == str(gguf) and haiku["bound_by"] == "anthropic.*"
    assert haiku["provider"] == "Anthropic" and not haiku["added"] and not haiku["missing"]
    # The more specific one, whenever it came; and another model of this server.
    bedplate.ok("models", "bind", HAIKU, "--url", "http://127.0.0.1:9/v1")
    assert listed(bedplate)[HAIKU]["answered_by"] == f"http://127.0.0.1:9/v1 ({HAIKU})"
    bedplate.ok("models", "bind", HAIKU, "--model", CHAT)
    assert listed(bedplate)[HAIKU]["answered_by"] == CHAT
    assert HAIKU in bedplate.ok("models", "list")
    bedplate.ok("models", "unbind", HAIKU)
    assert listed(bedplate)[HAIKU]["answered_by"] == str(gguf)
    bedplate.ok("models", "unbind", "anthropic.*")
    assert HAIKU not in listed(bedplate)
    assert "anthropic.*" in bedplate.refused("models", "unbind", "anthropic.*")


def test_a_running_server_notices_bindings(bedplate, gguf):
    bedplate.start()
    pid = bedplate.server.pid
    said = bedplate.ok("models", "bind", "meta.*", "--gguf", str(gguf))
    assert f"process {pid}) has read it" in said
    assert f"process {pid}) has read it" in bedplate.ok("models", "unbind", "meta.*")


def test_takes_bindings_from_the_configuration(bedplate, gguf):
    (bedplate.folder / "bedplate.toml").write_text(
        '[bindings]\n"anthropic.*" = { gguf = "tiny.gguf" }\n'
        f'"{HAIKU}" = {{ model = "{CHAT}" }}\n'
        '"meta.llama3-*" = { url = "http://gpu1:8000/v1", upstream_model = "llama" }\n')
    models = listed(bedplate)
    assert models[HAIKU]["answered_by"] == CHAT
    assert models["anthropic.claude-opus-4-6-v1"]["answered_by"] == str(gguf)
    assert models["meta.llama3-8b-instruct-v1:0"]["answered_by"] == "http://gpu1:8000/v1 (llama)"
    # The command line wins where it names the same pattern.
    bedplate.ok("models", "bind", "anthropic.*", "--url", "http://127.0.0.1:9/v1")
    assert "127.0.0.1:9" in listed(bedplate)["anthropic.claude-opus-4-6-v1"]["answered_by"]
    assert listed(bedplate)[HAIKU]["answered_by"] == CHAT
    text = bedplate.ok("settings")
    assert "bindings.meta.llama3-*" in text and "url=http://gpu1:8000/v1" in text
    assert "bedplate.toml:4:" in text


def test_refuses_bindings_that_can_never_answer(bedplate, gguf, tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    for words, why in {
            ("not.there", "--gguf", str(gguf)): "not.there",
            ("nobody.*", "--gguf", str(gguf)): "nobody.*",
            ("Anthropic.*", "--gguf", str(gguf)): "Anthropic.*",
            (HAIKU, "--gguf", "missing.gguf"): "missing.gguf",
            (HAIKU, "--gguf", "notes.txt"): "is not a GGUF file",
            (HAIKU, "--url", "ftp://x/v1"): "ftp://x/v1",
            (HAIKU, "--model", "not.there"): "not.there",
            (HAIKU, "--model", HAIKU): "itself",
            (HAIKU, "--model", "sentence-transformers.all-minilm-l6-v2-v1:0"): "makes embeddings",
            (HAIKU, "--gguf", str(gguf), "--embeddings"): "makes text",
            ("amazon.nova-canvas-v1:0", "--gguf", str(gguf)): "can't answer for yet"}.items():
        assert why in bedplate.refused("models", "bind", *words), words
    assert "--gguf" in bedplate.refused("models", "bind", HAIKU, status=2)
    assert bedplate.refused("models", "bind", HAIKU, "--gguf", str(gguf), "--model", CHAT, status=2)
    assert HAIKU not in listed(bedplate)
    for entry, why in {'"nobody.*" = { model = "a.b" }': "nobody.*",
                       f'"{HAIKU}" = {{ gguf = "x", model = "y" }}': "not 2 of them",
                       f'"{HAIKU}" = {{ url = "ftp://x" }}': "ftp://x"}.items():
        (bedplate.folder / "bedplate.toml").write_text(f"[bindings]\n{entry}\n")
        message = bedplate.refused("serve")
        assert 'bindings."' in message and why in message, message
