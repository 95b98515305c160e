"""Prompts of a wanted length that no server has seen before: sentences of common words, drawn by a
seed. A word is a little over one token of most models."""

import random

_WORDS = """
the water river mountain city house people time year day work school family history book number
night light sound music paper table window garden green blue small large early late young old
story language country island ship train road bridge market money price letter answer question
teacher child friend doctor engine machine field farm animal horse bird fish tree flower winter
summer morning evening north south east west open close carry bring follow learn write read speak
listen build grow move turn stand begin change watch remember understand because while before
after under over between against through during every other another many several important
possible different common simple clear strong quiet warm cold heavy public local national modern
ancient science nature energy weather earth stone iron glass wood gold silver cloth food bread
salt sugar coffee milk""".split()

TOKENS_A_WORD = 1.09  # SmolLM2 over these sentences, with their full stops


def text(seed, tokens):
    """Sentences of about so many tokens; the same seed gives the same text."""
    draw = random.Random(seed)
    words, left = [], max(1, round(tokens / TOKENS_A_WORD))
    while left > 0:
        count = min(left, draw.randint(7, 14))
        sentence = draw.choices(_WORDS, k=count)
        words.append(" ".join(sentence).capitalize() + ".")
        left -= count
    return " ".join(words)


def question(seed):
    """A user's turn of some twenty tokens."""
    return f"Say something about {text(seed, 12).rstrip('.').lower()}, and why it matters."
