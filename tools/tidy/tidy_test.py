"""Each rule finds what it is for and leaves the rest alone."""

from __future__ import annotations

import json
import pathlib
import shutil
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import bans  # noqa: E402
import dead  # noqa: E402
import layers  # noqa: E402
import shape  # noqa: E402
import sizes  # noqa: E402
from tree import Tree  # noqa: E402


class TidyTest(unittest.TestCase):
    def setUp(self) -> None:
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        self.paths: list[str] = []
        for data in ("tools/layers.json", bans.RULES):
            self.write(data, (HERE.parents[1] / data).read_text(encoding="utf-8"))

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        if path not in self.paths:
            self.paths.append(path)

    def found(self, check) -> list[tuple[str, str]]:
        tree = Tree(self.root, self.paths)
        return sorted((finding.path, finding.rule) for finding in check.check(tree))

    def messages(self, check) -> str:
        return "\n".join(str(finding) for finding in check.check(Tree(self.root, self.paths)))


class Layers(TidyTest):
    def test_includes_below_are_allowed_also_through_others(self) -> None:
        self.write("src/gateway/a.cc", '#include "wire/x.h"\n#include "net/http.h"\n#include <vector>\n')
        self.write("src/app/main.cc", '#include "services/a/b.h"\n')
        self.assertEqual(self.found(layers), [])

    def test_includes_above_are_not(self) -> None:
        self.write("src/net/a.cc", '#include "wire/x.h"\n')
        self.assertIn("src/net/a.cc:1: net may not include wire: wire/x.h", self.messages(layers))

    def test_generated_types_stop_at_services(self) -> None:
        self.write("src/runtime/a.cc", '#include "bedrock_runtime/shapes/Message.h"\n')
        self.write("src/services/x/a.cc", '#include "bedrock_runtime/shapes/Message.h"\n')
        self.assertEqual(self.found(layers), [("src/runtime/a.cc", "layers")])

    def test_services_are_apart(self) -> None:
        self.write("src/services/one/a.cc", '#include "services/two/b.h"\n')
        self.write("src/services/two/a.cc", '#include "services/two/b.h"\n')
        self.assertEqual(self.found(layers), [("src/services/one/a.cc", "layers")])

    def test_outside_headers_stay_at_home(self) -> None:
        self.write("src/models/a.cc", "#include <llama.h>\n")
        self.write("src/engine/llamacpp/a.cc", "#include <llama.h>\n")
        self.write("src/engine/scheduler/a.cc", '#include <mutex>\n#include "net/http.h"\n')
        self.assertEqual(self.found(layers), [
            ("src/engine/scheduler/a.cc", "layers"), ("src/engine/scheduler/a.cc", "layers"),
            ("src/models/a.cc", "layers")])

    def test_an_unknown_module_is_reported(self) -> None:
        self.write("src/utils/a.cc", "")
        self.assertIn("module utils is not in tools/layers.json", self.messages(layers))

    def test_the_data_names_only_modules_it_has(self) -> None:
        modules = json.loads((self.root / "tools/layers.json").read_text())["modules"]
        for module, below in modules.items():
            for name in below:
                self.assertIn(name, set(modules) | {"*"}, module)


class Sizes(TidyTest):
    def test_a_huge_file_is_reported_and_the_ratchet_lets_it_only_shrink(self) -> None:
        self.write("src/base/a.cc", "\n" * 801)
        self.assertEqual(self.found(sizes), [("src/base/a.cc", "sizes")])
        self.write(sizes.RATCHET, json.dumps({"src/base/a.cc": 801}))
        self.assertEqual(self.found(sizes), [])
        self.write("src/base/a.cc", "\n" * 805)
        self.assertIn("grew from 801 to 805", self.messages(sizes))
        self.write("src/base/a.cc", "\n" * 700)
        self.assertIn("below its ratchet of 801", self.messages(sizes))

    def test_the_middle_and_the_ninth_tenth(self) -> None:
        for number in range(20):
            self.write(f"src/base/a{number}.cc", "\n" * (500 if number < 3 else 10))
        self.assertEqual(self.found(sizes), [("90 % of C++ files", "sizes")])
        for number in range(20):
            self.write(f"src/base/a{number}.cc", "\n" * 200)
        self.assertEqual(self.found(sizes), [("median of C++ files", "sizes")])


class Bans(TidyTest):
    CASES = {
        "regex": "std::regex r;", "clock": "auto t = std::chrono::steady_clock::now();",
        "environment": 'getenv("HOME");', "using-namespace": "using namespace std;",
        "todo": "// TO" + "DO: later", "nolint": "f();  // NOLINT",
        "output": "std::cout << 1;", "random": "std::random_device d;",
        "sleep": "std::this_thread::sleep_for(x);", "width": "// " + "x" * 99,
        "white-space": "f(); ", "registry": "// from pypi." + "org",
        "workplace": "// see /wor" + "k/main",
    }

    def test_each_ban_finds_its_case(self) -> None:
        for rule, line in self.CASES.items():
            with self.subTest(rule):
                self.write("src/net/a.cc", line + "\n")
                self.assertEqual(self.found(bans), [("src/net/a.cc", rule)])

    def test_code_bans_look_at_neither_comments_nor_literals(self) -> None:
        self.write("src/net/a.cc", '// steady_clock::now\nf("std::cout");\n/* getenv(1) */\n')
        self.assertEqual(self.found(bans), [])

    def test_homes_and_tests_may(self) -> None:
        self.write("src/base/clock.cc", "auto t = std::chrono::steady_clock::now();\n")
        self.write("src/net/a_test.cc", 'getenv("HOME");\n')
        self.write("src/net/b.cc", "using namespace std::string_literals;\n// TODO(#12): x\n")
        self.write("src/net/c.cc", "// NOLINTNEXTLINE(bugprone-x)\n")
        self.assertEqual(self.found(bans), [])


class Dead(TidyTest):
    def test_headers_that_nobody_includes(self) -> None:
        self.write("src/base/CMakeLists.txt", "bedplate_module(base)\n")
        self.write("src/base/used.h", "")
        self.write("src/base/lonely.h", "")
        self.write("src/base/lonely.cc", '#include "base/lonely.h"\n')
        self.write("src/base/lonely_test.cc", '#include "base/lonely.h"\n')
        self.write("src/base/user.cc", '#include "base/used.h"\n')
        self.assertEqual(self.found(dead), [("src/base/lonely.h", "dead")])

    def test_sources_outside_the_build(self) -> None:
        self.write("src/app/CMakeLists.txt", "bedplate_module(app)\n")
        self.write("src/app/main.cc", "")
        self.write("bench/a/a.cc", "")
        self.assertEqual(self.found(dead), [("bench/a/a.cc", "dead"), ("src/app/main.cc", "dead")])
        self.write("src/app/CMakeLists.txt", "bedplate_module(app)\nadd_executable(b main.cc)\n")
        self.write("bench/a/CMakeLists.txt", "add_executable(a a.cc)\n")
        self.assertEqual(self.found(dead), [])


class Shape(TidyTest):
    def test_prologue_names_and_readme(self) -> None:
        self.write("src/base/README.md", "")
        self.write("src/README.md", "")
        self.write("src/base/good.h", "// What it is.\n#pragma once\n")
        self.write("src/base/bare.h", "#pragma once\n")
        self.write("src/base/BadName.cc", "")
        self.write("src/net/a.cc", "")
        self.assertEqual(self.found(shape), [
            ("src/base/BadName.cc", "names"), ("src/base/bare.h", "prologue"),
            ("src/net", "readme")])

    def test_links(self) -> None:
        self.write("README.md", "[a](docs/a.md) [b](docs/b.md#part) [c](https://x.example) [d](docs)\n")
        self.write("docs/a.md", "[up](../README.md)\n")
        self.assertEqual(self.found(shape), [("README.md", "links")])


if __name__ == "__main__":
    unittest.main()
