"""Writes the service models of the protocol cases, and the header that lists their services.

  make_models.py <tests/unit/protocols of botocore> <out folder>
"""

import json
import sys
from pathlib import Path

import cases


def main() -> None:
    protocols, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    names = []
    for name, direction, path in cases.case_files(protocols):
        model, found = cases.load(name, direction, path)
        if found:
            names.append(name)
            (out / f"{name}.json").write_text(json.dumps(model))
    lines = ["// The services of the protocol cases. Generated.", "#pragma once"]
    lines += [f'#include "{name}/objects.h"' for name in names]
    lines += ["namespace bedplate::protocol_tests {"]
    pointers = ",\n    ".join(f"&gen::{name}::kObjects" for name in names)
    lines += [f"inline const ServiceObjects* const kServices[] = {{\n    {pointers}}};", "}", ""]
    (out / "protocol_services.h").write_text("\n".join(lines))
    print(";".join(names), end="")


if __name__ == "__main__":
    main()
