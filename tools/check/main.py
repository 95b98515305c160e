"""Builds and passes every test, stage by stage, and ends with the line `N passed, N failed`.
scripts/test starts it after the set-up."""

from __future__ import annotations

import argparse
import dataclasses
import pathlib
import sys
import time
from collections.abc import Callable

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "setup"))

import places  # noqa: E402
import stages  # noqa: E402
from results import Counts  # noqa: E402
from steps import Log, StepFailed, Steps  # noqa: E402


@dataclasses.dataclass
class Stage:
    name: str
    work: Callable[[Log], Counts]
    # A stage that fails takes those that build on it along.
    after: str = ""
    # Left out unless it is asked for by name.
    on_request: bool = False


STAGES = (
    Stage("format", stages.format_check),
    Stage("tree", stages.tree_check),
    Stage("scripts", stages.script_tests),
    Stage("build-release", stages.build("release", "all")),
    Stage("unit", stages.unit_tests("release"), after="build-release"),
    Stage("clients", stages.client_tests("release"), after="build-release"),
    Stage("arm64", stages.arm64_tests),
    Stage("clang-tidy", stages.clang_tidy_check, after="build-release"),
    Stage("build-asan", stages.build("asan-ubsan", "all")),
    Stage("unit-asan", stages.unit_tests("asan-ubsan"), after="build-asan"),
    Stage("clients-asan", stages.client_tests("asan-ubsan"), after="build-asan"),
    Stage("fuzz", stages.unit_tests("asan-ubsan", label="fuzz"), after="build-asan"),
    Stage("build-tsan", stages.build("tsan", "all"), on_request=True),
    Stage("unit-tsan", stages.unit_tests("tsan"), after="build-tsan", on_request=True),
)


@dataclasses.dataclass
class Row:
    name: str
    counts: Counts
    seconds: float
    result: str


def main() -> int:
    arguments = _arguments()
    if arguments.list:
        for stage in STAGES:
            print(stage.name + ("  (on request)" if stage.on_request else ""))
        return 0
    wanted = _wanted(arguments.stage)
    steps = Steps(places.CHECKOUT / "build/test.log")
    rows = [row for stage in STAGES if stage.name in wanted for row in [_row(steps, stage, wanted)]]
    _print_table(rows)
    failed = sum(len(row.counts.failures) for row in rows)
    if failed:
        print(f"\nEverything is in {steps.log.path}")
    print(f"{sum(row.counts.passed for row in rows)} passed, {failed} failed")
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/test", description=__doc__)
    parser.add_argument("--stage", action="append", metavar="NAME",
                        choices=[stage.name for stage in STAGES],
                        help="only this stage, and the build it needs; may be given several times")
    parser.add_argument("--list", action="store_true", help="print the stages and end")
    return parser.parse_args()


def _wanted(asked: list[str] | None) -> dict[str, bool]:
    """The stages to run, each with True until it failed."""
    if not asked:
        return {stage.name: True for stage in STAGES if not stage.on_request}
    needed = {stage.after for stage in STAGES if stage.name in asked}
    return {stage.name: True for stage in STAGES if stage.name in asked or stage.name in needed}


def _row(steps: Steps, stage: Stage, went_well: dict[str, bool]) -> Row:
    if stage.after and not went_well[stage.after]:
        went_well[stage.name] = False
        return Row(stage.name, Counts(failures=[f"{stage.after} failed"]), 0, "not run")
    begin = time.monotonic()
    counts = Counts()

    def work(log: Log) -> None:
        counts.add(stage.work(log))
        if counts.failures:
            raise StepFailed("failed: " + "\n        ".join(counts.failures[:40]))

    went_well[stage.name] = steps.attempt(stage.name, work)
    if not went_well[stage.name] and not counts.failures:
        counts.failures.append(stage.name)
    result = "ok" if went_well[stage.name] else "FAILED"
    return Row(stage.name, counts, time.monotonic() - begin, result)


def _print_table(rows: list[Row]) -> None:
    print(f"\n{'stage':<16}{'result':<10}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for row in rows:
        print(f"{row.name:<16}{row.result:<10}{row.counts.passed:>8}{len(row.counts.failures):>8}"
              f"{row.counts.skipped:>9}{row.seconds:>9.1f}")
    print(f"{'':<50}{sum(row.seconds for row in rows):>9.1f}\n")


if __name__ == "__main__":
    sys.exit(main())
