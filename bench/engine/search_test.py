"""The search for the best flags goes on where it was cut off, and leaves out what is clearly worse;
goals are judged."""

from __future__ import annotations

import math
import pathlib
import sys
import tempfile
import unittest
from types import SimpleNamespace

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import candidates  # noqa: E402
import goals  # noqa: E402
import load  # noqa: E402
import search  # noqa: E402
import servers  # noqa: E402
from candidates import Layout  # noqa: E402
from cases import Case, Goals  # noqa: E402
from flags_file import FlagsFile, Found  # noqa: E402
from report import Measured  # noqa: E402

CASE = Case("case", "a case", 16, 16, 16, 480, 64)


class Machine:
    """Servers whose seconds for a turn are decided by their flags."""

    def __init__(self, seconds):
        self._seconds, self.started = seconds, []

    def start(self, flags):
        self.started.append(flags)
        if self._seconds(flags) is None:
            raise servers.NotStarted
        return SimpleNamespace(flags=flags, stop=lambda: None)

    def ask(self, server, case, _name, limit):
        seconds = self._seconds(server.flags)
        if seconds > limit:
            raise load.TooSlow
        return SimpleNamespace(seconds=seconds, rate=lambda case: 1000 / seconds)


def run(machine, found, combination_s=100, case_s=100):
    said = []
    search.Search(CASE, found, search.Limits(combination_s, case_s), machine.start, machine.ask,
                  said.append, lambda: None).run()
    return said


def seconds(flags):
    """Best with 8 slots, attention on, caches apart and small batches."""
    worse = [1.2 * ("-np 8 " not in flags), "-fa off" in flags, 2 * (" -kvu" in flags),
             0.5 * ("-ub 256" not in flags)]
    return 10 + sum(worse)


class Searching(unittest.TestCase):
    def test_it_finds_the_best(self):
        found = Found()
        run(Machine(seconds), found)
        self.assertTrue(found.complete)
        self.assertEqual(found.flags, "-np 8 -c 6144 -fa on -no-kvu -ub 256")

    def test_what_was_measured_is_not_measured_again(self):
        found = Found()
        whole = Machine(seconds)
        run(whole, found)
        for kept in (0, 1, 5, len(found.tried) - 1, len(found.tried)):
            cut = Found(tried=dict(list(found.tried.items())[:kept]))
            rest = Machine(seconds)
            run(rest, cut)
            self.assertEqual(rest.started, whole.started[kept:])
            self.assertEqual((cut.flags, cut.rate), (found.flags, found.rate))

    def test_a_case_has_its_time_and_keeps_what_it_found(self):
        found, machine = Found(), Machine(seconds)
        said = run(machine, found, case_s=-1)
        self.assertFalse(found.complete)
        self.assertEqual(machine.started, [])
        self.assertIn("not tried", said[-1])

    def test_what_does_not_start_or_never_answers_is_never_the_best(self):
        found = Found()
        run(Machine(lambda flags: None if "-np 4 " in flags else
                    1000 if "-np 16 " in flags else seconds(flags)), found)
        self.assertIn("-np 8 ", found.flags)

    def test_nothing_that_answers_in_its_time_ends_the_search(self):
        with self.assertRaisesRegex(SystemExit, "--combination-seconds"):
            run(Machine(lambda flags: 1000), Found())


class LeavingOut(unittest.TestCase):
    def tried(self, *rates):
        places = [Layout(4, "off", False), Layout(4, "off", True), Layout(4, "on", False),
                  Layout(4, "on", True)]
        return {place: {"rate": rate, "below": rate} for place, rate in zip(places, rates)}

    def test_what_lost_each_comparison_by_far(self):
        tried = self.tried(30, 20, 33, 22)
        self.assertEqual(candidates.clearly_worse(Layout(8, "off", True), tried), "unified True")
        self.assertIsNone(candidates.clearly_worse(Layout(8, "off", False), tried))

    def test_one_comparison_or_a_near_one_is_not_enough(self):
        for rates in ((30, 20), (30, 20, 33, 31), (30, 29, 33, 31)):
            self.assertIsNone(candidates.clearly_worse(Layout(8, "on", True), self.tried(*rates)))

    def test_one_that_was_stopped_lost_only_to_the_best(self):
        tried = self.tried(30, 0, 33, 0)
        tried[Layout(4, "off", True)]["below"] = 30 / search.PATIENCE
        tried[Layout(4, "on", True)]["below"] = 33 / search.PATIENCE
        self.assertEqual(candidates.clearly_worse(Layout(8, "on", True), tried), "unified True")
        tried[Layout(4, "off", True)]["below"] = math.inf
        self.assertIsNone(candidates.clearly_worse(Layout(8, "on", True), tried))


class Files(unittest.TestCase):
    def test_each_model_and_case_has_its_own(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "flags.json"
            FlagsFile(path, "one.gguf").keep(CASE, Found("-np 2", 3.0, True, {"a": {"rate": 3.0}}))
            FlagsFile(path, "two.gguf").keep(CASE, Found("-np 4"))
            self.assertEqual(FlagsFile(path, "one.gguf").find(CASE).flags, "-np 2")
            self.assertEqual(FlagsFile(path, "one.gguf").find(CASE).tried, {"a": {"rate": 3.0}})
            self.assertEqual(FlagsFile(path, "two.gguf").find(CASE).flags, "-np 4")
            other = Case("other", "another", 1, 1, 1, 1, 1)
            self.assertIsNone(FlagsFile(path, "two.gguf").find(other).flags)
            like = Case("like", "the same flags", 1, 1, 1, 1, 1, flags_of="case")
            self.assertEqual(FlagsFile(path, "two.gguf").find(like).flags, "-np 4")


def turn(rate, first=100.0, answers=0.0, prompt=0.0):
    return SimpleNamespace(rate=lambda case: rate, first_p50_ms=first, answers_rate=answers,
                           prompt_rate=prompt)


class Judging(unittest.TestCase):
    def lines(self, case_goals, beside=None):
        case = Case("case", "a case", 1, 1, 1, 1, 64, goals=case_goals, beside=beside)
        measured = Measured(
            {"Bedplate": [turn(60, 30, answers=500)], "defaults": [turn(20, 90)],
             "best flags": [turn(30, 100)]}, {"Bedplate": [turn(0, prompt=1250)]},
            {"Bedplate": {"VmHWM": 110}, "defaults": {"VmHWM": 100}, "best flags": {"VmHWM": 90}})
        return goals.table(case, measured)

    def test_each_goal_has_a_line(self):
        lines = self.lines(Goals(3, 2.5, first_of_best=0.3, memory=1.1))
        self.assertEqual(lines[3:], [
            "| rate, of the defaults': at least 3 times | 3.00 | met |",
            "| rate, of the best flags': at least 2.5 times | 2.00 | **missed** |",
            "| first token p50, of the best of both: at most 0.3 times | 0.33 | **missed** |",
            "| peak memory, of defaults': at most 1.1 times | 1.10 | met |",
            "| peak memory, of best flags': at most 1.1 times | 1.22 | **missed** |"])

    def test_answers_are_held_against_prompt_speed(self):
        lines = self.lines(Goals(within_of_prompt=0.5), beside=CASE)
        self.assertEqual(lines[3:], ["| within answers, of its own prompt speed: at least 0.5 "
                                     "times | 0.40 | **missed** |"])

    def test_no_goals_no_table(self):
        self.assertEqual(self.lines(Goals()), [])


if __name__ == "__main__":
    unittest.main()
