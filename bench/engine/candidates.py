"""Which combinations of llama-server's flags are tried, and which are left out as clearly worse."""

from __future__ import annotations

import itertools
from typing import NamedTuple

# A setting that is so many times slower wherever it was compared is not tried any more. A little
# less than what a combination is stopped for, so that one that was stopped beside the best counts.
CLEARLY = 1.14
COMPARED_LEAST = 2


class Layout(NamedTuple):
    slots: int
    attention: str
    unified: bool

    def flags(self, case) -> str:
        layout = "-kvu" if self.unified else "-no-kvu"
        return f"-np {self.slots} -c {_cells(case, self.slots)} -fa {self.attention} {layout}"


def _cells(case, slots):
    """The least cache that holds the case's conversations, in steps of 256 tokens for each slot."""
    return slots * -(-(case.prefix_tokens + 60 + case.answer_tokens) // 256) * 256


def layouts(case):
    # Few slots hold a shared prompt fewer times; many make larger batches.
    slots = (1, 4) if case.clients == 1 else tuple(case.clients // n for n in (4, 2, 1))
    for count, attention, unified in itertools.product(slots, ("off", "on"), (False, True)):
        if count > 1 or not unified:  # one slot has one cache either way
            yield Layout(count, attention, unified)


def clearly_worse(layout, tried):
    """The setting of the layout that lost every comparison by far, or None. `tried`: layouts with
    the rate that each has at most (`below`) and at least (`rate`, 0 when it was stopped)."""
    for place, value in enumerate(layout):
        lost = []
        for one, result in tried.items():
            if one[place] != value:
                continue
            other = max((tried[other]["rate"] for other in tried
                         if [n for n in range(3) if other[n] != one[n]] == [place]), default=0)
            if other > 0:
                lost.append(other >= CLEARLY * result["below"])
        if len(lost) >= COMPARED_LEAST and all(lost):
            return f"{Layout._fields[place]} {value}"
    return None


def refinements(case, flags):
    """Other slots and caches for the best of the layouts, then what is added to (+) it."""
    slots = int(flags.split()[1])
    rest = flags.split(maxsplit=4)[4]
    yield f"-np {slots} -c {2 * _cells(case, slots)} {rest}"
    if case.clients > 1:
        for count in sorted({max(1, slots // 2), slots * 3 // 2}):
            yield f"-np {count} -c {_cells(case, count)} {rest}"
    for more in ("-ub 256", "-ub 1024", "-cram 0", "-bs"):
        yield "+" + more
    if "-kvu" in rest.split():
        yield "+--no-cache-idle-slots"
    if "-fa on" in rest:
        yield "+-ctk q8_0 -ctv q8_0"
