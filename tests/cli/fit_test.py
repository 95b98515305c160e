"""`bedplate models fit`: what this machine can hold."""

import json
import os
import pathlib
import shutil

CACHE = pathlib.Path(os.environ.get("BEDPLATE_CACHE") or pathlib.Path.home() / ".cache/bedplate")
WEIGHTS = CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
CHAT = "huggingfacetb.smollm2-135m-instruct-v1:0"


def fit(bedplate, *arguments: str, **environment: str) -> dict:
    return json.loads(bedplate.ok("models", "fit", "--json", *arguments, **environment))


def test_a_file_with_the_context_that_was_asked_for(bedplate):
    told = fit(bedplate, str(WEIGHTS), "--context", "2048",
               BEDPLATE_MODELS_MEMORY_BYTES_MAX=str(1 << 30))
    memory, model = told["memory"], told["models"][0]
    assert memory["budget_bytes"] == 1 << 30
    assert 0 < memory["available_bytes"] <= memory["total_bytes"]
    assert told["processor"]["threads"] == len(os.sched_getaffinity(0))
    assert model["verdict"] == "fits" and model["fitting_context_cells"] == 2048
    assert model["kv_cache_bytes"] == 2048 * 30 * 3 * 128 * 2
    assert model["total_bytes"] > model["weights_bytes"] + model["kv_cache_bytes"]


def test_says_which_context_fits_and_what_does_not_fit(bedplate):
    file = str(WEIGHTS)
    smaller = fit(bedplate, file, BEDPLATE_MODELS_MEMORY_BYTES_MAX=str(400 << 20))["models"][0]
    assert smaller["verdict"] == "fits_smaller" and smaller["context_cells"] == 32768
    # Which it is depends on what the engine's program takes by itself: more with sanitizers.
    fitting = smaller["fitting_context_cells"]
    assert fitting in (4096, 8192)
    assert smaller["total_bytes"] > 400 << 20
    # A server makes no context smaller than 4,096, and none of what the operator chose.
    least = fit(bedplate, file, "--context", "2048",
                BEDPLATE_MODELS_MEMORY_BYTES_MAX=str(1 << 30))["models"][0]["total_bytes"]
    for chosen in ({}, {"BEDPLATE_ENGINE_CONTEXT_CELLS": "32768"}):
        told = fit(bedplate, file, BEDPLATE_MODELS_MEMORY_BYTES_MAX=str(
            least + 1_000_000 if not chosen else 400 << 20), **chosen)["models"][0]
        assert told["verdict"] == "does_not_fit" and told["fitting_context_cells"] == 0
    none = fit(bedplate, file, BEDPLATE_MODELS_MEMORY_BYTES_MAX=str(100 << 20))["models"][0]
    assert none["verdict"] == "does_not_fit" and none["fitting_context_cells"] == 0
    text = bedplate.ok("models", "fit", file, BEDPLATE_MODELS_MEMORY_BYTES_MAX=str(400 << 20))
    assert f"fits with a context of {fitting}" in text and "for models" in text


def test_the_models_whose_weights_are_here(bedplate, tmp_path):
    shutil.copyfile(WEIGHTS, tmp_path / "mine.gguf")
    bedplate.ok("models", "add", "mine.chat-v1:0", "mine.gguf")
    models = {model["name"]: model for model in fit(bedplate)["models"]}
    assert models["mine.chat-v1:0"]["parameters"] > 130e6
    assert models[CHAT]["verdict"] == "unusable" and "there is no file" in models[CHAT]["trouble"]


def test_a_file_that_is_no_model(bedplate, tmp_path):
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + b"\xff" * 100)
    done = bedplate.run("models", "fit", "--json", "bad.gguf", str(WEIGHTS))
    assert done.returncode == 1
    bad, good = json.loads(done.stdout)["models"]
    assert bad["verdict"] == "unusable" and "exit code 1" in bad["trouble"]
    assert good["verdict"] != "unusable"
