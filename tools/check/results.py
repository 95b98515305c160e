"""How many tests passed and failed, from what the test programs themselves wrote."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import xml.etree.ElementTree


@dataclasses.dataclass
class Counts:
    """Tests of one stage. `failures` names those that failed."""

    passed: int = 0
    skipped: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)

    def add(self, other: Counts) -> None:
        self.passed += other.passed
        self.skipped += other.skipped
        self.failures += other.failures


def of_ctest(junit: pathlib.Path, gtest_folder: pathlib.Path) -> Counts:
    """A ctest run. A GoogleTest program counts as its single tests; one that died before it wrote
    its results, or that failed outside of a test (a leak), counts as one failure more."""
    counts = Counts()
    for case in _cases(junit):
        name = case.get("name", "?")
        failed = case.get("status") == "fail" or case.find("failure") is not None
        details = gtest_folder / f"{name}.json"
        single = of_gtest(details) if details.is_file() else Counts()
        counts.add(single)
        if failed and not single.failures:
            counts.failures.append(name)
        elif not failed and not details.is_file():
            counts.passed += 1
    return counts


def of_gtest(file: pathlib.Path) -> Counts:
    counts = Counts()
    try:
        suites = json.loads(file.read_text(encoding="utf-8"))["testsuites"]
    except (ValueError, KeyError):
        return counts
    for suite in suites:
        for test in suite["testsuite"]:
            if test.get("failures"):
                counts.failures.append(f"{suite['name']}.{test['name']}")
            elif test.get("result") == "SKIPPED" or test.get("status") == "NOTRUN":
                counts.skipped += 1
            else:
                counts.passed += 1
    return counts


def of_pytest(junit: pathlib.Path) -> Counts:
    counts = Counts()
    for case in _cases(junit):
        if case.find("failure") is not None or case.find("error") is not None:
            counts.failures.append(f"{case.get('classname', '')}.{case.get('name', '')}")
        elif case.find("skipped") is not None:
            counts.skipped += 1
        else:
            counts.passed += 1
    return counts


def _cases(junit: pathlib.Path) -> list[xml.etree.ElementTree.Element]:
    if not junit.is_file():
        return []
    return list(xml.etree.ElementTree.parse(junit).getroot().iter("testcase"))
