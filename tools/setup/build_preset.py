"""Configures one CMake preset where that is needed and builds targets of it, as a step with
progress. tools/setup/build starts it."""

from __future__ import annotations

import os
import shutil
import sys

import places
from steps import Log, StepFailed, Steps

# The linker and a translation unit of Asio coroutines with sanitizers, at the same time.
JOB_BYTES = 1.2e9


def main() -> None:
    preset, *targets = sys.argv[1:]
    steps = Steps(places.LOGS / f"build-{preset}.log")
    steps.run(f"build ({preset})", lambda log: build(log, preset, targets))


def build(log: Log, preset: str, targets: list[str]) -> None:
    folder = places.CHECKOUT / "build" / preset
    cache = folder / "CMakeCache.txt"
    presets = places.CHECKOUT / "CMakePresets.json"
    # ninja sees for itself when a CMakeLists.txt changed, but not a preset.
    if not ((folder / "build.ninja").is_file() and
            cache.stat().st_mtime > presets.stat().st_mtime):
        configure(log, preset)
        cache.touch()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    jobs = max(1, min(len(os.sched_getaffinity(0)), int(memory / JOB_BYTES)))
    log.run(["cmake", "--build", folder, "--parallel", str(jobs), "--target", *targets],
            advice="The compiler's words are above.")


def configure(log: Log, preset: str) -> None:
    if not shutil.which("cmake"):
        raise StepFailed("There is no cmake; run tools/setup/setup first.")
    log.run(["cmake", "--preset", preset, f"-DBEDPLATE_CACHE={places.CACHE}"], cwd=places.CHECKOUT,
            advice=f"If the folder build/{preset} is from another time, delete it and try again.")


if __name__ == "__main__":
    main()
