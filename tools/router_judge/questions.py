"""Questions with good answers, from public data sets, as lines that answer_likelihood reads."""

from __future__ import annotations

import json
import pathlib
import random
import re
import sys
from collections.abc import Iterator

# (folder below the data folder, file, how many of its questions). Short facts, and instructions of
# every kind; all with licences that allow what is learned from them to be given on.
SOURCES = (
    ("guardrails/dolly-hhrlhf-benign", "dolly_hhrlhf_train_small.jsonl", 900),
    ("evaluation/triviaqa", "triviaqa_sm_sub.jsonl", 350),
    ("evaluation/natural-questions", "NQ-open.dev.jsonl", 350),
)
# Of an answer; the rest of a long one says little of its question.
ANSWER_CHARACTERS_MAX = 200
_INSTRUCTION = re.compile(r"### Instruction:\n(.*)\n\n### Response:", re.DOTALL)


def _read(source: str, row: dict) -> tuple[str, str]:
    if "triviaqa" in source:
        return row["context"].removeprefix("Question: ").removesuffix("\nAnswer:"), row["answer"]
    if "natural-questions" in source:
        return row["question"], row["answer"][0]
    found = _INSTRUCTION.search(row["prompt"])
    return (found.group(1) if found else ""), row["response"]


def questions(data: pathlib.Path) -> Iterator[dict]:
    for folder, name, count in SOURCES:
        lines = (data / folder / name).read_text(encoding="utf-8").split("\n")
        rows = [_read(folder, json.loads(line)) for line in lines if line.strip()]
        rows = [(prompt.strip(), answer.strip()) for prompt, answer in rows]
        rows = [(prompt, answer) for prompt, answer in rows if prompt and answer]
        random.Random(1).shuffle(rows)
        for prompt, answer in rows[:count]:
            yield {"source": folder, "prompt": prompt, "answer": answer[:ANSWER_CHARACTERS_MAX]}


if __name__ == "__main__":
    for question in questions(pathlib.Path(sys.argv[1])):
        print(json.dumps(question))
