"""The stages of scripts/test. Each takes the log and returns how many of its tests passed."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable

import arm64
import build_preset
import clang_tidy
import places
import results
from results import Counts
from steps import Log, StepFailed

RESULTS = places.CHECKOUT / "build" / "results"
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:"
                    "check_initialization_order=1:abort_on_error=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:abort_on_error=1",
    "TSAN_OPTIONS": "second_deadlock_stack=1:halt_on_error=1:"
                    f"suppressions={places.CHECKOUT}/cmake/tsan_suppressions.txt",
    "ASAN_SYMBOLIZER_PATH": "/usr/bin/llvm-symbolizer-19",
}
# Compiled once, and outside of the checkout: else each of the processes that tests start compiles
# the libraries it imports anew, which were half of its processor time.
BYTECODE = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(places.CACHE / "bytecode")}


def format_check(log: Log) -> Counts:
    """clang-format on every C++ file; the log has the difference."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.h", "*.cc"],
        cwd=places.CHECKOUT, capture_output=True, text=True, check=True).stdout.split()
    files = [file for file in listed if (places.CHECKOUT / file).is_file()]
    run = subprocess.run(["clang-format-19", "--dry-run", "--Werror", *files],
                         cwd=places.CHECKOUT, capture_output=True, text=True, check=False)
    log.write(run.stderr)
    wrong = sorted({line.split(":")[0] for line in run.stderr.splitlines() if " error: " in line})
    if wrong:
        log.write("`clang-format-19 -i FILE` lays a file out.\n")
    return Counts(passed=len(files) - len(wrong), failures=wrong)


def tree_check(log: Log) -> Counts:
    """tools/tidy: one test that fails by its findings."""
    run = subprocess.run([sys.executable, "-B", places.CHECKOUT / "tools/tidy"],
                         cwd=places.CHECKOUT, capture_output=True, text=True, check=False)
    log.write(run.stdout + run.stderr)
    findings = run.stdout.splitlines()[:-1]
    if run.returncode != 0:
        return Counts(failures=findings or [run.stderr.strip()])
    return Counts(passed=1)


def script_tests(log: Log) -> Counts:
    """The unit tests of the Python code: generator, tidy, set-up, model tools."""
    # One process a folder: each has a `main` of its own.
    counts = Counts()
    for folder in _folders_with_tests("tools", "codegen", "src", "bench"):
        counts.add(_pytest(log, folder, folder, {}))
    return counts


def build(preset: str, *targets: str) -> Callable[[Log], Counts]:
    def run(log: Log) -> Counts:
        build_preset.build(log, preset, list(targets))
        return Counts()
    return run


def unit_tests(preset: str, label: str = "unit") -> Callable[[Log], Counts]:
    def run(log: Log) -> Counts:
        folder = _fresh(f"{label}-{preset}")
        junit = folder / "ctest.xml"
        command = ["ctest", "--test-dir", _build_folder(preset), "--label-regex", f"^{label}$",
                   "--parallel", str(len(os.sched_getaffinity(0))), "--output-on-failure",
                   "--output-junit", junit, "--no-tests=error"]
        environment = {**SANITIZER_OPTIONS, "GTEST_OUTPUT": f"json:{folder}/",
                       "BEDPLATE_CACHE": str(places.CACHE)}
        return _counted(log, command, environment, lambda: results.of_ctest(junit, folder))
    return run


def client_tests(preset: str) -> Callable[[Log], Counts]:
    """Clients that others wrote against the real programs: every folder of tests/ with Python
    tests, with a process for each processor, for tests wait more than they compute."""
    def run(log: Log) -> Counts:
        environment = {**SANITIZER_OPTIONS,
                       "BEDPLATE_TEST_PROGRAMS": str(_build_folder(preset) / "bin")}
        counts = Counts()
        for folder in _folders_with_tests("tests"):
            counts.add(_pytest(log, f"{folder}-{preset}", folder, environment,
                               "-n", str(len(os.sched_getaffinity(0))), "--dist", "loadscope"))
        return counts
    return run


def arm64_tests(log: Log) -> Counts:
    return arm64.check(log, _fresh("arm64"))


def clang_tidy_check(log: Log) -> Counts:
    return clang_tidy.check(log, _build_folder("release"))


def _build_folder(preset: str) -> pathlib.Path:
    return places.CHECKOUT / "build" / preset


def _fresh(name: str) -> pathlib.Path:
    folder = RESULTS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _folders_with_tests(*tops: str) -> list[str]:
    found = {path.parent.relative_to(places.CHECKOUT).as_posix() for top in tops
             for path in (places.CHECKOUT / top).rglob("*_test.py")
             if "node_modules" not in path.parts}
    return sorted(found)


def _pytest(log: Log, name: str, folder: str, environment: dict[str, str],
            *options: str) -> Counts:
    junit = _fresh(name.replace("/", "-")) / "pytest.xml"
    command = [places.PYTHON, "-m", "pytest", "-p", "no:cacheprovider", "--quiet",
               "--import-mode=importlib", "-o", "python_files=*_test.py", "--junitxml", junit,
               *options, folder]
    return _counted(log, command,
                    {**environment, **BYTECODE, "BEDPLATE_CACHE": str(places.CACHE)},
                    lambda: results.of_pytest(junit))


def _counted(log: Log, command: list, environment: dict[str, str],
             count: Callable[[], Counts]) -> Counts:
    """Runs a test program. It may fail for its tests, which are then counted; if it counts none
    failed and still fails, that is a failure too."""
    try:
        log.run(command, cwd=places.CHECKOUT, environment=environment, advice="See the log.")
    except StepFailed as failure:
        counts = count()
        if not counts.failures:
            counts.failures.append(str(failure))
        return counts
    return count()
