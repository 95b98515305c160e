"""Beginnings of prompts that are kept on the disk, on the real model."""

import concurrent.futures
import pathlib
import re
import signal
import stat
import time

import pytest
from engine_process import CHAT_MODEL, Engine
from speculation_test import COPY, RECORDS

BLOCK = 64


@pytest.fixture(name="folder")
def _folder(tmp_path) -> pathlib.Path:
    return tmp_path / "prefixes"


def start(folder: pathlib.Path, *more: str) -> Engine:
    return Engine(CHAT_MODEL, "--prefix-folder", str(folder), *more)


def copy(engine: Engine) -> int:
    """Has the records copied once more, rightly; returns how much of the prompt was cached."""
    answer = engine.openai.completions.create(model="m", prompt=COPY, max_tokens=40, temperature=0)
    assert answer.choices[0].text[:60] == RECORDS[:60]
    return answer.usage.prompt_tokens_details.cached_tokens


def test_a_restart_finds_its_prompts_warm(folder):
    with start(folder) as engine:
        assert copy(engine) == 0
        prompt_tokens = engine.metrics()["bedplate_engine_prompt_tokens_total"]
    whole_blocks = (prompt_tokens - 1) // BLOCK * BLOCK
    assert whole_blocks >= 2 * BLOCK
    with start(folder) as engine:
        assert copy(engine) == whole_blocks
        metrics = engine.metrics()
        assert metrics["bedplate_engine_loaded_tokens_total"] == whole_blocks
        assert metrics["bedplate_engine_prefix_blocks_read_total"] == whole_blocks / BLOCK
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_cache_type_finds_nothing_of_it(folder):
    with start(folder) as engine:
        copy(engine)
    with start(folder, "--cache-type", "q8_0") as engine:
        assert copy(engine) == 0
    with start(folder, "--cache-type", "q8_0") as engine:
        assert copy(engine) >= BLOCK


def test_what_was_wanted_twice_survives_a_crash(folder):
    with start(folder) as engine:
        copy(engine)
        cached = copy(engine)
        assert cached > BLOCK
        deadline = time.monotonic() + 60  # written when nobody asks for anything
        written = "bedplate_engine_prefix_blocks_written_total"
        while engine.metrics()[written] < cached // BLOCK:
            assert time.monotonic() < deadline, engine.metrics()[written]
            time.sleep(0.05)
        engine.process.send_signal(signal.SIGKILL)
        engine.process.wait()
    with start(folder) as engine:
        assert copy(engine) >= cached // BLOCK * BLOCK


def test_spoilt_files_cost_time_and_nothing_else(folder):
    with start(folder) as engine:
        copy(engine)
    files = sorted(folder.iterdir())
    for path in files:
        contents = bytearray(path.read_bytes())
        contents[len(contents) // 2] ^= 1
        path.write_bytes(contents)
    with start(folder) as engine:
        assert copy(engine) == 0
        assert engine.metrics()["bedplate_engine_prefix_blocks_failed_total"] >= 1
        assert [line for line in engine.log() if "spoilt" in line["message"]]


def test_a_folder_that_cannot_be_used_is_done_without(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with start(tmp_path / "file") as engine:
        assert copy(engine) == 0
        assert [line for line in engine.log() if "prefixes are not kept" in line["message"]]


def resident_mib(engine: Engine) -> float:
    status = pathlib.Path(f"/proc/{engine.process.pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", status).group(1)) / 1024


def test_memory_of_what_nobody_uses_goes_back():
    with Engine(CHAT_MODEL, "--idle-prefix-seconds", "1") as engine, \
            concurrent.futures.ThreadPoolExecutor(10) as clients:
        assert copy(engine) == 0
        before = resident_mib(engine)
        # 900 tokens each, which is 20 MiB; the first still talks when the last prompt is read.
        list(clients.map(lambda number: engine.chat(f"{number}: " + "one, two, three, " * 150,
                                                    max_tokens=60, ignore_eos=True), range(10)))
        assert resident_mib(engine) > before + 60
        deadline = time.monotonic() + 90
        while engine.metrics()["bedplate_engine_cells_used"] > 0 or (
                resident_mib(engine) > before + 30):
            assert time.monotonic() < deadline, (engine.metrics(), before, resident_mib(engine))
            time.sleep(0.1)
        assert copy(engine) == 0
        assert copy(engine) > BLOCK


def test_what_is_left_of_a_cache_moves_together_and_stays_right():
    with Engine(CHAT_MODEL, "--idle-prefix-seconds", "5") as engine:
        for number in range(6):
            engine.chat(f"{number}: " + "one, two, three, " * 150, max_tokens=1)
        deadline = time.monotonic() + 90
        compactions = "bedplate_engine_cache_compactions_total"
        while engine.metrics()[compactions] == 0:  # the copy stays in use, the others grow old
            cached = copy(engine)
            time.sleep(2.5)
            assert time.monotonic() < deadline, engine.metrics()
        assert cached > BLOCK
        assert copy(engine) >= cached
