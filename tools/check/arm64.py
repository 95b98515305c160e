"""The attention kernels for aarch64, cross-compiled, and their test under qemu. Nothing of llama.cpp
is needed for it. An emulated processor is slow, so some of the test's random shapes stand for all."""

from __future__ import annotations

import concurrent.futures
import os
import pathlib

import places
import results
from results import Counts
from steps import Log, StepFailed

# Ten of two hundred random shapes, every form under a mask with values, and the tests without parts
# but that of long caches.
TESTS = ("*/AttentionTest.*:*/RandomAttentionTest.*_0:*/EveryFormTest.*_7:*/MaskSizeTest.*_47"
         ":-*LongCaches*")
SOURCES = ("plan.cc", "survey.cc", "dispatch.cc", "attention_neon.cc", "attention_avx2.cc",
           "attention_avx512.cc", "attention_test.cc")
GTEST = pathlib.Path("/usr/src/googletest/googletest")
FLAGS = ("--target=aarch64-linux-gnu", "-std=c++2b", "-DNDEBUG", f"-I{places.CHECKOUT / 'src'}",
         "-isystem", GTEST / "include")
ADVICE = "See the log."


def check(log: Log, folder: pathlib.Path) -> Counts:
    """Builds in `folder`, which is there and empty."""
    # Of Highway alone, not of what else lies in this processor's /usr/include.
    (folder / "include").mkdir()
    (folder / "include/hwy").symlink_to("/usr/include/hwy")
    kernels = places.CHECKOUT / "src/engine/kernels"
    jobs = [(kernels / name, ("-O3", "-Wall", "-Wextra", "-Werror")) for name in SOURCES]
    jobs += [(GTEST / "src" / name, ("-O1", "-w", f"-I{GTEST}"))
             for name in ("gtest-all.cc", "gtest_main.cc")]
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        objects = list(pool.map(lambda job: _compile(log, folder, *job), jobs))
    program = folder / "attention_test"
    log.run(["clang++-19", "--target=aarch64-linux-gnu", "-fuse-ld=lld", "-static", *objects,
             "-o", program], advice=ADVICE)
    written = folder / "attention_test.json"
    try:
        log.run(["qemu-aarch64", program, f"--gtest_filter={TESTS}",
                 f"--gtest_output=json:{written}"], advice=ADVICE)
    except StepFailed as failure:
        counts = results.of_gtest(written) if written.is_file() else Counts()
        if not counts.failures:
            counts.failures.append(str(failure))
        return counts
    counts = results.of_gtest(written)
    if not counts.passed:
        counts.failures.append("no kernel was tested")
    return counts


def _compile(log: Log, folder: pathlib.Path, source: pathlib.Path,
             options: tuple[str, ...]) -> pathlib.Path:
    output = folder / f"{source.stem}.o"
    log.run(["ccache", "clang++-19", *FLAGS, "-isystem", folder / "include", *options,
             "-c", source, "-o", output], advice=ADVICE)
    return output
