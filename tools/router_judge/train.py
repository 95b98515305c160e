"""Learns how hard a prompt is for a small model, and measures how well that is learned.

    questions.py DATA > questions.jsonl
    answer_likelihood MODEL.gguf THREADS < questions.jsonl > likelihoods.tsv
    print_features < questions.jsonl > features.tsv
    train.py questions.jsonl likelihoods.tsv features.tsv ../../src/runtime/routing/prompt_judge_weights.h

Ridge regression of the log-likelihood, for each four bytes (about a token), that the model gives to
a good answer of a person. What is printed is of five-fold cross-validation: no question is judged
by weights that were learned from it.
"""

from __future__ import annotations

import json
import pathlib
import sys

import numpy as np

BYTES = 4
LIKELIHOOD_MIN = -8.0  # below: a name or a number that nobody guesses; how far below says little
RIDGE = 0.1
FOLDS = 5


def read_table(path: str, skip: int = 0) -> np.ndarray:
    lines = pathlib.Path(path).read_text(encoding="utf-8").split("\n")[skip:]
    return np.array([[float(value) for value in line.split("\t")] for line in lines if line])


def fit(features: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights of the plain features, and the bias."""
    mean, spread = features.mean(0), features.std(0)
    spread[spread == 0] = 1
    scaled = (features - mean) / spread
    penalty = RIDGE * len(target) * np.eye(scaled.shape[1])
    weights = np.linalg.solve(scaled.T @ scaled + penalty, scaled.T @ (target - target.mean()))
    weights = weights / spread
    return weights, float(target.mean() - mean @ weights)


def ranks(values: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(values))


def held_out(features: np.ndarray, target: np.ndarray) -> np.ndarray:
    order = np.random.RandomState(0).permutation(len(target))
    judged = np.zeros(len(target))
    for fold in range(FOLDS):
        test = order[fold::FOLDS]
        train = np.setdiff1d(order, test)
        weights, bias = fit(features[train], target[train])
        judged[test] = features[test] @ weights + bias
    return judged


def measure(name: str, judged: np.ndarray, target: np.ndarray) -> None:
    hard = -target > np.median(-target)
    order = ranks(-judged)
    above = order[hard].sum() - hard.sum() * (hard.sum() - 1) / 2
    area = above / (hard.sum() * (~hard).sum())
    spearman = np.corrcoef(ranks(judged), ranks(target))[0, 1]
    explained = 1 - ((target - judged) ** 2).sum() / ((target - target.mean()) ** 2).sum()
    print(f"{name}: {len(target)} questions, Spearman {spearman:.2f}, R2 {explained:.2f}, "
          f"harder than the median found with AUC {area:.2f}")


def numbers(values: np.ndarray) -> str:
    return ",\n    ".join(f"{value:.9g}" for value in values)


def main() -> None:
    questions, likelihoods, table, header = sys.argv[1:]
    rows = pathlib.Path(questions).read_text(encoding="utf-8").split("\n")
    sources = np.array([json.loads(row)["source"] for row in rows if row])
    measured = read_table(likelihoods)
    count = len(measured)
    features, sources = read_table(table, skip=1)[:count], sources[:count]
    target = np.maximum(measured[:, 0] / measured[:, 1] * BYTES, LIKELIHOOD_MIN)
    judged = held_out(features, target)
    measure("all", judged, target)
    for source in sorted(set(sources)):
        measure(source, judged[sources == source], target[sources == source])
    weights, bias = fit(features, target)
    hundredths = np.percentile(-(features @ weights + bias), np.arange(101))
    pathlib.Path(header).write_text(f"""\
// Written by tools/router_judge/train.py from {count} questions; README.md says which. Do not edit.
#pragma once

#include <array>

#include "runtime/routing/prompt_features.h"

namespace bedplate::runtime {{

inline constexpr double kJudgeBias = {bias:.9g};
inline constexpr std::array<double, kPromptFeatures> kJudgeWeights = {{
    {numbers(weights)}}};
// Hardness of the questions that were learned from: the least, each hundredth, the most.
inline constexpr std::array<double, 101> kJudgeHundredths = {{
    {numbers(hundredths)}}};

}}  // namespace bedplate::runtime
""", encoding="utf-8")


if __name__ == "__main__":
    main()
