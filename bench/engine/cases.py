"""What is asked of the servers: the cases of the comparison, their requests and their goals."""

from __future__ import annotations

import dataclasses

import texts


@dataclasses.dataclass(frozen=True)
class Goals:
    """What Bedplate is to reach, in times of what llama-server makes in the same run."""
    rate_of_defaults: float | None = None  # at least
    rate_of_best: float | None = None
    first_of_best: float | None = None     # time to the first token: at most
    memory: float | None = None            # peak, of either: at most
    within_of_prompt: float | None = None  # of Bedplate's own prompt speed: at least


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    title: str
    clients: int
    requests: int
    prefixes: int  # different system prompts, dealt in turn
    prefix_tokens: int
    answer_tokens: int
    own: bool = False    # each client has requests of its own, one after the other
    short: bool = False  # answers may end before answer_tokens
    goals: Goals = Goals()
    defaults: str = ""  # flags without which llama-server, as it comes, does not serve the case
    flags_of: str = ""  # the case whose search for the best flags is this one's too
    # Asked in the same rounds: the case whose prompt speed answers are held against.
    beside: Case | None = None


PROMPT = Case("prompt", "one client, prompts of 500 tokens, one token out", 1, 8, 8, 480, 1,
              goals=Goals(1.15, 1.15, memory=1.1))

CASES = [
    Case("one", "one client, 500 tokens of context", 1, 6, 6, 480, 64,
         goals=Goals(2.2, 1.4, memory=1.1)),
    Case("shared", "16 clients, one system prompt of 500 tokens", 16, 48, 1, 500, 64,
         goals=Goals(6, 4, first_of_best=0.15, memory=1.1)),
    Case("eight", "16 clients, 8 system prompts of 500 tokens", 16, 48, 8, 500, 64,
         goals=Goals(5, 3, memory=1.1)),
    Case("different", "16 clients, 48 different prompts of 500 tokens", 16, 48, 48, 480, 64,
         goals=Goals(4, 2.5, memory=1.1)),
    Case("different-16", "16 clients, 16 different prompts of 500 tokens", 16, 16, 16, 480, 64,
         goals=Goals(4, 2.5, memory=1.1), flags_of="different"),
    PROMPT,
    Case("long-prompt", "one client, prompts of 2,000 tokens, one token out", 1, 4, 4, 1980, 1,
         goals=Goals(1.15, 1.15, memory=1.1)),
    # With the question, the template and the answer just below 4,000 tokens: 8 of them fit into
    # the 32,768 cells that Bedplate's cache has as it comes. llama-server's has the model's context,
    # for four at once, and ends answers with an error when it is full.
    Case("long-context", "8 clients, 8 different prompts, contexts of 4,000 tokens", 8, 8, 8, 3845,
         64, goals=Goals(3, 2, memory=1.1), defaults="-c 32768"),
    Case("decode-limit", "16 sequences with one system prompt of 500 tokens, within their answers",
         16, 16, 1, 500, 64, goals=Goals(within_of_prompt=0.5), flags_of="shared", beside=PROMPT),
]


@dataclasses.dataclass(frozen=True)
class Ask:
    """One request in no server's words."""
    system: str
    user: str
    answer_tokens: int


def asks(case, turn):
    """The requests of one turn; `turn` (any text) makes them different from those of all others."""
    return [Ask(texts.text(f"{case.name}/{turn}/prefix/{i % case.prefixes}", case.prefix_tokens),
                texts.question(f"{case.name}/{turn}/question/{i}"), case.answer_tokens)
            for i in range(case.requests)]
