"""One server for most tests, and fresh ones for those that break things."""

from __future__ import annotations

import functools
import pathlib
import sys

import botocore.session
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from bedplate_server import BedplateServer  # noqa: E402


def pytest_configure(config):
    """Tests that others wrote are coroutines without a mark."""
    config.option.asyncio_mode = "auto"
    # Each session reads the models of its services from their files anew, a tenth of a second for a
    # client; with one loader for all, a process reads each model once.
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The server that tests share; they must leave it as they found it."""
    running = BedplateServer(tmp_path_factory.mktemp("shared")).start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def runtime(server):
    return server.client("bedrock-runtime")


@pytest.fixture(scope="session")
def bedrock(server):
    return server.client("bedrock")


@pytest.fixture
def new_server(tmp_path):
    """Starts servers of the test's own: new_server(limits__slow_window_s=2)."""
    started = []

    def start(**settings):
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(BedplateServer(folder, **settings))
        return started[-1].start()

    yield start
    for running in started:
        running.stop()
