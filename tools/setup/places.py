"""Where things are: the checkout, and the cache that all checkouts of a user share."""

from __future__ import annotations

import os
import pathlib

SETUP = pathlib.Path(__file__).resolve().parent
CHECKOUT = SETUP.parents[1]
CACHE = pathlib.Path(os.environ.get("BEDPLATE_CACHE") or pathlib.Path.home() / ".cache/bedplate")

DOWNLOADS = CACHE / "downloads"
SOURCES = CACHE / "src"
LOGS = CACHE / "logs"
MODELS = CACHE / "models"
STAMPS = CACHE / "stamps"
VENV = CACHE / "venv"
PYTHON = VENV / "bin/python"
LLAMA_BUILD = CACHE / "llama-build"
NODE = CACHE / "node"
JAVASCRIPT = CACHE / "javascript"
