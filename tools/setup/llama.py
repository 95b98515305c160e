"""llama.cpp, built once for this processor and compiler from its pinned source, outside of every
checkout. cmake/Llama.cmake links what lies here."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

import archives
import places
import stamps
from steps import Log, StepFailed, Steps

# What cmake/Llama.cmake links; the rest is built on the way to these.
LIBRARIES = ("llama", "llama-common", "mtmd", "vendor-hash")
# The peers that bench/engine compares with; serving never runs them.
BENCH_PROGRAMS = ("llama-server", "llama-batched-bench")

# clang, not gcc 12: that one optimises the AMX tile set-up away and ggml dies of SIGILL.
# No OpenMP: its spinning threads ruin a shared machine. The rest would reach for the network.
OPTIONS = {
    "CMAKE_BUILD_TYPE": "Release",
    "CMAKE_C_COMPILER": "clang-19",
    "CMAKE_CXX_COMPILER": "clang++-19",
    "CMAKE_C_COMPILER_LAUNCHER": "ccache",
    "CMAKE_CXX_COMPILER_LAUNCHER": "ccache",
    "BUILD_SHARED_LIBS": "OFF",
    "GGML_NATIVE": "ON",
    "GGML_OPENMP": "OFF",
    "LLAMA_BUILD_EXAMPLES": "OFF",
    "LLAMA_BUILD_TESTS": "OFF",
    "LLAMA_BUILD_UI": "OFF",
    "LLAMA_USE_PREBUILT_UI": "OFF",
    "LLAMA_OPENSSL": "OFF",
    "LLAMA_CURL": "OFF",
}
# Where a build that another version of this file made lacks one of these.
ARCHIVES = {"mtmd": "tools/mtmd/libmtmd.a"}
_KEY = places.LLAMA_BUILD / "bedplate-key.txt"


def processor_key() -> str:
    """Everything the compiler knows of this processor, and the compiler's own version."""
    try:
        macros = subprocess.run(["clang-19", "-march=native", "-E", "-dM", "-x", "c", os.devnull],
                                capture_output=True, check=True).stdout
    except FileNotFoundError:
        return "no compiler yet"
    return stamps.key_of(macros)


def build_key(source: pathlib.Path) -> str:
    return stamps.key_of(archives.find("llama-cpp-python")["sha256"], repr(OPTIONS), str(source),
                         str(places.LLAMA_BUILD), processor_key())


def build(steps: Steps, *, with_bench: bool) -> None:
    source = archives.unpacked(steps, "llama-cpp-python") / "vendor/llama.cpp"
    key = build_key(source)
    if not stamps.is_current(_KEY, key):
        def fresh(log: Log) -> None:
            shutil.rmtree(places.LLAMA_BUILD, ignore_errors=True)
            _configure(log, source)
            _make(log, LIBRARIES)
        steps.run("llama.cpp for this processor", fresh)
        stamps.write(_KEY, key)
    missing = [name for name, file in ARCHIVES.items() if not (places.LLAMA_BUILD / file).exists()]
    if missing:
        steps.run("more of llama.cpp", lambda log: _make(log, missing))
    programs = [name for name in BENCH_PROGRAMS if not (places.LLAMA_BUILD / "bin" / name).exists()]
    if with_bench and programs:
        steps.run("llama.cpp's server, for bench/", lambda log: _make(log, programs))


def _configure(log: Log, source: pathlib.Path) -> None:
    options = [f"-D{name}={value}" for name, value in OPTIONS.items()]
    log.run(["cmake", "-S", source, "-B", places.LLAMA_BUILD, "-G", "Ninja", *options],
            advice="The log says what cmake misses.")


def _make(log: Log, targets: list[str] | tuple[str, ...]) -> None:
    # ccache hashes `-march=native` as a word, so the processor has to be said beside it.
    environment = {"CCACHE_NAMESPACE": processor_key(), "CCACHE_BASEDIR": str(places.CACHE),
                   "CCACHE_NOHASHDIR": "1"}
    free_gb = shutil.disk_usage(places.CACHE).free / 1e9
    if free_gb < 2:
        raise StepFailed(f"{places.CACHE} has {free_gb:.1f} GB left; the build needs 2. Set "
                         "BEDPLATE_CACHE to a folder with more room.")
    log.run(["cmake", "--build", places.LLAMA_BUILD, "--target", *targets],
            advice="It needs about 2 GB of memory for each core; with less, close something else.",
            environment=environment)
