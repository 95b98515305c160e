"""The table holds what is left of a server's speed against its fair share."""

from __future__ import annotations

import pathlib
import sys
import time
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import run  # noqa: E402
from run import Result  # noqa: E402


class Tables(unittest.TestCase):
    def test_a_speed_below_the_fair_share_is_a_loss(self):
        results = {("Bedplate", 0): [Result(100, 1, 0)], ("Bedplate", 1): [Result(70, 0.6, 0.02)],
                   ("Bedplate", 2): [Result(30, 0.5, 0)]}
        lines = list(run.table(types.SimpleNamespace(threads=2), run.CASES[0], results, "`-np 1`"))
        self.assertIn("at most 2.0% of the machine", lines[1])
        self.assertEqual(lines[-3:], ["| Bedplate | 0 | 100 | 100% | 100% | 100% |  |",
                                      "| Bedplate | 1 | 70 | 70% | 67% | 60% | no |",
                                      "| Bedplate | 2 | 30 | 30% | 50% | 50% | yes, 20% more |"])

    def test_busy_processes_compute_and_end(self):
        with run.busy(1) as (loop,):
            begin = run.seconds_of(loop)
            time.sleep(0.5)
            self.assertGreater(run.seconds_of(loop), begin)
        self.assertIsNotNone(loop.returncode)


if __name__ == "__main__":
    unittest.main()
