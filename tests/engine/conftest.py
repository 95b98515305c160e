"""One engine of each model for all tests that do not break theirs."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from engine_process import CHAT_MODEL, EMBEDDING_MODEL, Engine  # noqa: E402


@pytest.fixture(scope="session")
def chat_engine():
    with Engine(CHAT_MODEL) as engine:
        yield engine


@pytest.fixture(scope="session")
def embedding_engine():
    with Engine(EMBEDDING_MODEL) as engine:
        yield engine
