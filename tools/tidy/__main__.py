"""tools/tidy: the rules of the tree that no compiler checks. `python3 tools/tidy` prints what is
wrong and fails if anything is. Without arguments it looks at the whole checkout."""

from __future__ import annotations

import argparse
import pathlib
import sys

import bans
import dead
import layers
import shape
import sizes
from tree import Tree

CHECKS = (layers, sizes, bans, dead, shape)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/tidy", description=__doc__)
    parser.add_argument("--ratchet", action="store_true",
                        help="write down what is over a size limit now, so that it can only fall")
    parser.add_argument("--only", metavar="PREFIX", default="",
                        help="show findings of the files whose path starts with PREFIX")
    arguments = parser.parse_args()
    tree = Tree.of_checkout(pathlib.Path(__file__).resolve().parents[2])
    if arguments.ratchet:
        sizes.write_ratchet(tree)
        return 0
    findings = sorted(finding for check in CHECKS for finding in check.check(tree)
                      if finding.path.startswith(arguments.only))
    for finding in findings:
        print(finding)
    print(f"tidy: {len(tree.paths)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
