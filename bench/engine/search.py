"""Finds the flags that llama-server does best with in one case, or rather in less of it: one
request for each client, two where they share prompts.

First combinations of slots (-np), attention (-fa) and cache layout (-kvu), with a cache just large
enough; then, one after the other, what may help besides, kept where it gains 2 %.
"""

import dataclasses
import math
import time

import candidates
import load
import servers

# One measured candidate counts as better from here on: less is noise.
GAIN = 1.02
# A candidate that takes so many times as long as the best so far is stopped.
PATIENCE = 1.15


@dataclasses.dataclass(frozen=True)
class Limits:
    combination_s: float  # for the answers of one combination
    case_s: float         # for all of them; what is left then is tried by the next search


class OutOfTime(Exception):
    """The case had its time; what was found is kept."""


class Search:
    """`start` makes a server from flags, `ask` has it answer a turn, `say` gets each result,
    `keep` is called with `found` after each."""

    def __init__(self, case, found, limits, start, ask, say, keep):
        fewer = case.clients * (1 if case.prefixes == case.requests else 2)
        self._case = dataclasses.replace(case, requests=max(fewer, min(4, case.requests)))
        self._found, self._limits = found, limits
        self._start, self._ask, self._say, self._keep = start, ask, say, keep
        self._deadline = time.monotonic() + limits.case_s
        self._best = None  # an attempt

    def run(self):
        """Goes on with the search, as far as its time goes."""
        try:
            self._layouts()
            # Once more, beside what it is compared with next: machines drift.
            again, self._best = self._best_of()["flags"], None
            self._attempt("again", again)
            for change in list(candidates.refinements(self._case, again)):
                before = self._best_of()["flags"]
                self._attempt(f"then {change}",
                              f"{before} {change[1:]}" if change.startswith("+") else change)
            self._found.complete = True
        except OutOfTime:
            self._say("| the rest | not tried in the time given |")
        self._keep()

    def _layouts(self):
        tried = {}
        for layout in candidates.layouts(self._case):
            flags = layout.flags(self._case)
            worse = candidates.clearly_worse(layout, tried)
            if worse:
                self._say(f"| `{flags}` | left out: {worse} is clearly worse |")
                continue
            result = self._attempt("first", flags)
            rate = result.get("rate", 0.0)
            tried[layout] = {"rate": rate, "below": result.get("below", rate)}

    def _best_of(self):
        if self._best is None:
            raise SystemExit("no combination answered in its time; see --combination-seconds")
        return self._best

    def _attempt(self, stage, flags):
        name = f"{stage} {flags}" if stage == "first" else stage
        tried = self._found.tried.get(name)
        if tried is None or tried["flags"] != flags:  # else of a search before
            if time.monotonic() > self._deadline:
                raise OutOfTime
            tried = {"flags": flags} | self._measure(flags)
            self._found.tried[name] = tried
        self._say(f"| `{flags}` | {_describe(tried)} |")
        rate = tried.get("rate", 0.0)
        if rate > (GAIN * self._best["rate"] if self._best else 0.0):
            self._best = tried
            self._found.flags, self._found.rate = flags, rate
        self._keep()
        return tried

    def _measure(self, flags):
        """`rate` and `seconds`, or what it stays `below`, or nothing if it does not start."""
        limit = self._limits.combination_s
        if self._best:
            limit = min(limit, PATIENCE * self._best["seconds"])
        try:
            server = self._start(flags)
        except servers.NotStarted:
            return {}
        try:
            turn = self._ask(server, self._case, f"search/{len(self._found.tried)}", limit)
            return {"rate": turn.rate(self._case), "seconds": turn.seconds}
        except load.TooSlow:
            if self._best is None:
                return {"below": math.inf}
            return {"below": self._best["rate"] * self._best["seconds"] / limit}
        finally:
            server.stop()


def _describe(tried):
    if "rate" in tried:
        return f"{tried['rate']:.3g}"
    return "stopped, slower" if "below" in tried else "does not start"
