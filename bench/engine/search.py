"""Finds the flags that llama-server does best with in one case, or rather in less of it: one
request for each client, two where they share prompts.

First every combination of slots (-np), attention (-fa) and cache layout (-kvu), with a cache just
large enough; then, one after the other, what may help besides, kept where it gains 2 %.
"""

import dataclasses
import itertools

import load
import servers

# One measured candidate counts as better from here on: less is noise.
GAIN = 1.02
# A candidate that takes so many times as long as the best so far is stopped.
PATIENCE = 1.15


def _cells(case, slots):
    """The least cache that holds the case's conversations, in steps of 256 tokens for each slot."""
    return slots * -(-(case.prefix_tokens + 60 + case.answer_tokens) // 256) * 256


def first_candidates(case):
    # Few slots hold a shared prompt fewer times; many make larger batches.
    slots = (1, 4) if case.clients == 1 else (4, 8, 16)
    for count, attention, unified in itertools.product(slots, ("off", "on"), (False, True)):
        if count == 1 and unified:
            continue  # one slot has one cache either way
        layout = "-kvu" if unified else "-no-kvu"
        yield f"-np {count} -c {_cells(case, count)} -fa {attention} {layout}"


def refinements(case, flags):
    """Other slots and caches for the best of the first candidates, then what is added to (+) it."""
    slots = int(flags.split()[1])
    rest = flags.split(maxsplit=4)[4]
    yield f"-np {slots} -c {2 * _cells(case, slots)} {rest}"
    if case.clients > 1:
        for count in (slots // 2, slots * 3 // 2):
            yield f"-np {count} -c {_cells(case, count)} {rest}"
    for more in ("-ub 256", "-ub 1024", "-cram 0", "-bs"):
        yield "+" + more
    if "-kvu" in rest.split():
        yield "+--no-cache-idle-slots"
    if "-fa on" in rest:
        yield "+-ctk q8_0 -ctv q8_0"


def search(case, start, ask, say):
    """The best flags and their rate. `start` makes a server from flags, `ask` has it answer a turn,
    `say` gets each result."""
    fewer = case.clients * (1 if case.prefixes == case.requests else 2)
    case = dataclasses.replace(case, requests=max(fewer, min(4, case.requests)))
    best = {"flags": None, "rate": 0.0, "seconds": None}
    tried = itertools.count()

    def attempt(flags):
        try:
            server = start(flags)
        except servers.NotStarted:
            say(f"| `{flags}` | does not start |")
            return
        try:
            patience = PATIENCE * best["seconds"] if best["seconds"] else None
            turn = ask(server, case, f"search/{next(tried)}", patience)
            rate = turn.rate(case)
            say(f"| `{flags}` | {rate:.3g} |")
            if rate > best["rate"] * (GAIN if best["flags"] else 1):
                best.update(flags=flags, rate=rate, seconds=turn.seconds)
        except load.TooSlow:
            say(f"| `{flags}` | stopped, slower |")
        finally:
            server.stop()

    for flags in first_candidates(case):
        attempt(flags)
    # Once more, beside what it is compared with next: machines drift.
    again, best["flags"], best["rate"], best["seconds"] = best["flags"], None, 0.0, None
    attempt(again)
    for change in list(refinements(case, best["flags"])):
        attempt(f"{best['flags']} {change[1:]}" if change.startswith("+") else change)
    return best["flags"], best["rate"]
