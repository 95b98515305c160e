"""What is asked of the servers: the cases of the comparison and their requests."""

import dataclasses

import texts


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


CASES = [
    Case("one", "one client, 500 tokens of context", 1, 6, 6, 480, 64),
    Case("shared", "16 clients, one system prompt of 500 tokens", 16, 48, 1, 500, 64),
    Case("eight", "16 clients, 8 system prompts of 500 tokens", 16, 48, 8, 500, 64),
    Case("different", "16 clients, 48 different prompts of 500 tokens", 16, 48, 48, 480, 64),
    Case("prompt", "one client, prompts of 500 tokens, one token out", 1, 8, 8, 480, 1),
    Case("long-prompt", "one client, prompts of 2,000 tokens, one token out", 1, 4, 4, 1980, 1),
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
