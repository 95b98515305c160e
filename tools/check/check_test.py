"""What the stages count, and when clang-tidy looks again."""

from __future__ import annotations

import json
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "setup")]

import clang_tidy  # noqa: E402
import main  # noqa: E402
import places  # noqa: E402
import results  # noqa: E402
from results import Counts  # noqa: E402
from steps import StepFailed, Steps  # noqa: E402


class InAFolder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name: str, text: str) -> pathlib.Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


class Results(InAFolder):
    def gtest(self, name: str, *tests: dict) -> None:
        self.write(f"{name}.json", json.dumps(
            {"testsuites": [{"name": "Suite", "testsuite": list(tests)}]}))

    def ctest(self, cases: str) -> Counts:
        junit = self.write("ctest.xml", f"<testsuite>{cases}</testsuite>")
        return results.of_ctest(junit, self.folder)

    def test_single_tests_of_a_program_are_counted(self) -> None:
        self.gtest("net_test", {"name": "A"}, {"name": "B", "failures": [{}]},
                   {"name": "C", "result": "SKIPPED"})
        counts = self.ctest('<testcase name="net_test" status="fail"><failure/></testcase>')
        self.assertEqual((counts.passed, counts.skipped, counts.failures), (1, 1, ["Suite.B"]))

    def test_a_program_that_died_counts_as_a_failure(self) -> None:
        counts = self.ctest('<testcase name="net_test" status="fail"><failure/></testcase>')
        self.assertEqual((counts.passed, counts.failures), (0, ["net_test"]))

    def test_a_leak_after_good_tests_counts_as_a_failure(self) -> None:
        self.gtest("net_test", {"name": "A"})
        counts = self.ctest('<testcase name="net_test" status="fail"/>')
        self.assertEqual((counts.passed, counts.failures), (1, ["net_test"]))

    def test_a_program_without_single_tests_counts_as_one(self) -> None:
        self.assertEqual(self.ctest('<testcase name="uri_fuzz" status="run"/>').passed, 1)

    def test_pytest_counts_errors_as_failures(self) -> None:
        junit = self.write("pytest.xml", '<testsuites><testsuite><testcase name="a"/>'
                           '<testcase classname="c" name="b"><error/></testcase>'
                           '<testcase name="s"><skipped/></testcase></testsuite></testsuites>')
        counts = results.of_pytest(junit)
        self.assertEqual((counts.passed, counts.skipped, counts.failures), (1, 1, ["c.b"]))


class Stages(InAFolder):
    def rows(self, *stages: main.Stage) -> list[main.Row]:
        steps = Steps(self.folder / "log")
        well = {stage.name: True for stage in stages}
        with mock.patch("sys.stderr"):
            return [main._row(steps, stage, well) for stage in stages]

    def test_a_failed_build_takes_its_tests_along_and_others_go_on(self) -> None:
        def broken(_log):
            raise StepFailed("no compiler")
        rows = self.rows(main.Stage("build", broken),
                         main.Stage("unit", lambda _log: Counts(passed=5), after="build"),
                         main.Stage("other", lambda _log: Counts(passed=2)))
        self.assertEqual([row.result for row in rows], ["FAILED", "not run", "ok"])
        self.assertEqual([len(row.counts.failures) for row in rows], [1, 1, 0])

    def test_a_stage_with_failures_is_failed_and_keeps_its_counts(self) -> None:
        row, = self.rows(main.Stage("unit", lambda _log: Counts(passed=5, failures=["x"])))
        self.assertEqual((row.result, row.counts.passed, row.counts.failures), ("FAILED", 5, ["x"]))

    def test_each_stage_that_another_needs_exists_and_comes_first(self) -> None:
        seen = set()
        for stage in main.STAGES:
            self.assertIn(stage.after, seen | {""})
            seen.add(stage.name)

    def test_asking_for_a_stage_brings_its_build(self) -> None:
        self.assertEqual(list(main._wanted(["unit-asan"])), ["build-asan", "unit-asan"])
        self.assertNotIn("unit-tsan", main._wanted(None))


class ClangTidyMemory(InAFolder):
    """Keys of a checkout of two sources, one of which includes a header."""

    def keys(self) -> dict[str, str]:
        units = [{"file": str(self.folder / f"src/{name}.cc"), "output": f"{name}.o",
                  "command": "clang++ -c"} for name in ("a", "b")]
        deps = (f"a.o: #deps 2, deps mtime 1 (VALID)\n    {self.folder}/src/a.cc\n"
                f"    {self.folder}/src/a.h\n\nb.o: #deps 1, deps mtime 1 (VALID)\n"
                f"    {self.folder}/src/b.cc\n")
        with mock.patch.object(places, "CHECKOUT", self.folder), \
                mock.patch("subprocess.run", return_value=mock.Mock(stdout=deps)):
            return clang_tidy._keys(self.folder / "build", units)

    def test_a_changed_header_brings_its_users_back_and_no_others(self) -> None:
        for name in ("src/a.cc", "src/b.cc", "src/a.h", ".clang-tidy"):
            self.write(name, "1")
        before = list(self.keys().values())
        self.assertEqual(before, list(self.keys().values()))
        self.write("src/a.h", "2")
        after = list(self.keys().values())
        self.assertNotEqual(before[0], after[0])
        self.assertEqual(before[1], after[1])
        self.write(".clang-tidy", "2")
        self.assertNotEqual(after[1], list(self.keys().values())[1])


if __name__ == "__main__":
    unittest.main()
