"""How many tokens SmolLM2 makes of a conversation, counted without any of our code or llama.cpp's:
byte-pair merges from the model file, the split of the `smollm` pre-tokenizer, the chat template
written out. ASCII only."""

from __future__ import annotations

import functools
import re

import gguf

from bedplate_server import CACHE

DEFAULT_SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
_SPECIAL = re.compile(r"(<\|im_start\|>|<\|im_end\|>)")
_DIGIT = re.compile(r"([0-9])")
_WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+")


def count(messages: list[tuple[str, str]], system: str | None = None) -> int:
    """Tokens of (role, text) turns with the template's ends and the start of the answer."""
    turns = [("system", system or DEFAULT_SYSTEM), *messages]
    prompt = "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in turns)
    return tokens(prompt + "<|im_start|>assistant\n")


def tokens(text: str) -> int:
    total = 0
    for part in _SPECIAL.split(text):
        if _SPECIAL.fullmatch(part):
            total += 1
            continue
        for piece in _DIGIT.split(part):
            total += sum(_merged(word) for word in _WORDS.findall(piece))
    return total


@functools.cache
def _ranks() -> dict[tuple[str, str], int]:
    reader = gguf.GGUFReader(CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf")
    merges = reader.get_field("tokenizer.ggml.merges").contents()
    return {tuple(merge.split(" ")): rank for rank, merge in enumerate(merges)}


@functools.cache
def _merged(word: str) -> int:
    """The number of tokens of one word: the lowest merge first, until none applies."""
    # GPT-2 writes the bytes that are no printable characters as ones above U+0100.
    pieces = [chr(0x100 + ord(c)) if ord(c) <= 0x20 else c for c in word]
    while len(pieces) > 1:
        pairs = [(_ranks().get(pair, 1 << 30), place)
                 for place, pair in enumerate(zip(pieces, pieces[1:]))]
        rank, place = min(pairs)
        if rank == 1 << 30:
            break
        pieces[place:place + 2] = [pieces[place] + pieces[place + 1]]
    return len(pieces)
