"""The C++ of a small model, compared with files in git: a change of the generator shows in review."""

import json
import os
import unittest
from pathlib import Path

from bedplate_codegen import cpp, reader
from bedplate_codegen.api import Api

_HERE = Path(__file__).parent
_GOLDEN = _HERE / "golden"


class Golden(unittest.TestCase):
    maxDiff = None

    def test_output_is_as_accepted(self):
        model = json.loads((_HERE / "tiny.json").read_text())
        files = cpp.files(reader.read("tiny", model, Api("", {}), serve_all=True))
        if os.environ.get("BEDPLATE_ACCEPT_GOLDEN"):
            for name, content in files.items():
                path = _GOLDEN / (name + ".golden")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
        accepted = {
            path.relative_to(_GOLDEN).as_posix().removesuffix(".golden"): path.read_text()
            for path in _GOLDEN.rglob("*.golden")
        }
        self.assertEqual(sorted(files), sorted(accepted))
        for name, content in files.items():
            with self.subTest(name):
                self.assertEqual(content, accepted[name])

    def test_only_what_is_served_is_made(self):
        model = json.loads((_HERE / "tiny.json").read_text())
        service = reader.read("tiny", model, Api("", {"tiny": {"Watch"}}))
        self.assertEqual(len(service.operations), 5)
        self.assertNotIn("ops/GetThing.h", cpp.files(service))
        self.assertNotIn("GetThingRequest", service.shapes)


if __name__ == "__main__":
    unittest.main()
