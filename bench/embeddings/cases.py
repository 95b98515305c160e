"""What is asked of the sides: texts of several lengths, in batches and one by one."""

import dataclasses
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "engine"))

import texts  # noqa: E402


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    title: str
    tokens: tuple[int, ...]  # of a text, about; drawn evenly where there are several
    batch: int               # texts of a request
    clients: int             # that ask at once, each one request after the other

    def texts(self, turn, tokens_of_turn):
        """Whole batches of about so many tokens; `turn` (any text) makes them unlike all others."""
        draw = random.Random(f"{self.name}/{turn}")
        mean = sum(self.tokens) / len(self.tokens)
        batches = max(self.clients, round(tokens_of_turn / mean / self.batch))
        return [[texts.text(f"{self.name}/{turn}/{i}/{j}", draw.choice(self.tokens))
                 for j in range(self.batch)] for i in range(batches)]


LENGTHS = {"short": (8,), "medium": (40,), "long": (200,), "mixed": (8, 20, 40, 100, 200)}
CASES = [Case(f"{length}-{mode}", f"{length} texts, {title}", tokens, batch, clients)
         for length, tokens in LENGTHS.items()
         for mode, title, batch, clients in (("one", "one at a time", 1, 1),
                                             ("eight", "8 in a request", 8, 1),
                                             ("many", "64 in a request", 64, 1),
                                             ("clients", "16 clients, one text each", 1, 16))]
