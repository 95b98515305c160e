"""`bedplate models pull`: from a hub that cuts, lies, refuses and redirects."""

import json
import os
import pathlib
import random
import subprocess
import sys
import threading

import pytest
from stand_in_hub import Hub

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "engine"))
from vision_model import VisionModel  # noqa: E402

CACHE = pathlib.Path(os.environ.get("BEDPLATE_CACHE") or pathlib.Path.home() / ".cache/bedplate")
EMBEDDINGS = CACHE / "models/all-MiniLM-L6-v2.F16.gguf"
Q4, Q8 = "model.Q4_K_M.gguf", "model.Q8_0.gguf"
DATA = random.Random(7).randbytes(1_000_003)
OTHER = random.Random(8).randbytes(500_001)


@pytest.fixture(name="start_hub")
def _start_hub():
    hubs = []

    def start(files=None):
        hubs.append(Hub(files or {Q4: DATA, Q8: OTHER}))
        return hubs[-1]

    yield start
    for hub in hubs:
        hub.close()


@pytest.fixture(name="hub")
def _hub(start_hub):
    return start_hub()


def folder(bedplate) -> pathlib.Path:
    return bedplate.data / "models/pulled/huggingface/owner/model"


def pull(bedplate, hub, reference="owner/model:Q4_K_M", **environment):
    return bedplate.run("models", "pull", reference, "--hub", hub.url, "--only-files",
                        **environment)


def whole(bedplate, data=DATA, name=Q4) -> bool:
    """The file is there, and nothing else of it."""
    path = folder(bedplate) / name
    return path.exists() and path.read_bytes() == data and list(
        path.parent.glob(f"{name}.part*")) == []


def test_a_file_comes_whole_and_only_once(bedplate, hub):
    done = pull(bedplate, hub)
    assert done.returncode == 0, done.stderr
    assert whole(bedplate) and str(folder(bedplate) / Q4) in done.stdout
    assert "of 976.6 KiB" in done.stderr
    assert pull(bedplate, hub).returncode == 0
    assert len(hub.bodies()) == 1


def test_which_file_a_reference_means(bedplate, hub):
    assert pull(bedplate, hub, "owner/model").returncode == 0  # the usual quantization
    assert whole(bedplate)
    assert pull(bedplate, hub, f"owner/model:{Q8}").returncode == 0
    assert whole(bedplate, OTHER, Q8)
    several = pull(bedplate, hub, "owner/model:Q").stderr
    assert "several" in several and Q4 in several and Q8 in several
    assert Q4 in pull(bedplate, hub, "owner/model:F16").stderr
    assert "'../x'" in bedplate.refused("models", "pull", "../x", "--hub", hub.url)


def test_a_split_model_comes_with_all_its_parts(bedplate, start_hub):
    names = [f"big-0000{part}-of-00003.gguf" for part in (1, 2, 3)]
    hub = start_hub({name: DATA[:1000 * len(name) + at] for at, name in enumerate(names)})
    done = pull(bedplate, hub, "owner/model")
    assert done.returncode == 0, done.stderr
    assert all(whole(bedplate, hub.files[name], name) for name in names)
    assert names[0] in done.stdout


def test_a_part_of_a_split_model_means_the_model(bedplate, start_hub):
    names = [f"x/big-0000{part}-of-00002.gguf" for part in (1, 2)]
    hub = start_hub({name: DATA[:1000 + at] for at, name in enumerate(names)})
    assert pull(bedplate, hub, f"owner/model:{names[0]}").returncode == 0
    assert all(whole(bedplate, hub.files[name], name) for name in names)
    del hub.files[names[1]]
    assert "2 parts" in pull(bedplate, hub, f"owner/model:{names[0]}").stderr


def test_files_of_two_folders_stay_apart(bedplate, start_hub):
    hub = start_hub({"a/model.gguf": DATA, "b/model.gguf": OTHER})
    assert pull(bedplate, hub, "owner/model:a/model.gguf").returncode == 0
    assert pull(bedplate, hub, "owner/model:b/model.gguf").returncode == 0
    assert whole(bedplate, DATA, "a/model.gguf") and whole(bedplate, OTHER, "b/model.gguf")


def test_an_ollama_reference(bedplate, hub):
    done = pull(bedplate, hub, "tiny:1b")
    assert done.returncode == 0, done.stderr
    assert (bedplate.data / "models/pulled/ollama/library/tiny/1b.gguf").read_bytes() == DATA
    # An Ollama registry gets no token of the other hub.
    assert pull(bedplate, hub, "tiny:2b", HF_TOKEN="secret").returncode == 1
    assert all(one.authorization is None for one in hub.asked)


def test_a_cut_is_mended(bedplate, hub):
    hub.cuts = [300_000, 100_000]
    done = pull(bedplate, hub)
    assert done.returncode == 0, done.stderr
    assert whole(bedplate)
    assert [one.range for one in hub.bodies()] == [None, "bytes=300000-", "bytes=400000-"]
    assert [one.if_range for one in hub.bodies()] == [None, '"one"', '"one"']


def test_a_killed_pull_goes_on_where_it_was(bedplate, hub):
    hub.hold = threading.Event()
    process = subprocess.Popen(
        [str(bedplate.program), "models", "pull", "owner/model", "--hub", hub.url, "--only-files"],
        env=bedplate.environment, cwd=bedplate.folder, stderr=subprocess.DEVNULL)
    part = folder(bedplate) / f"{Q4}.part"
    half = len(DATA) // 2
    bedplate.log.touch()
    bedplate.wait_until(lambda: part.exists() and part.stat().st_size == half, "half of it came")
    assert "being pulled already" in pull(bedplate, hub).stderr
    process.kill()
    process.wait()
    hub.hold.set()
    hub.hold = None
    assert pull(bedplate, hub).returncode == 0
    assert whole(bedplate)
    assert hub.bodies()[-1].range == f"bytes={half}-"


def left_half(bedplate, hub):
    hub.cuts = [400_000] + [0] * 5
    assert pull(bedplate, hub).returncode == 1
    assert (folder(bedplate) / f"{Q4}.part").stat().st_size == 400_000
    hub.cuts = []


def test_a_file_that_stays_cut_is_kept_for_later(bedplate, hub):
    left_half(bedplate, hub)
    assert not (folder(bedplate) / Q4).exists()
    assert pull(bedplate, hub).returncode == 0 and whole(bedplate)


def test_a_file_that_changed_starts_anew(bedplate, hub):
    left_half(bedplate, hub)
    changed = Hub({Q4: OTHER * 2})
    try:
        assert pull(bedplate, changed).returncode == 0
        assert whole(bedplate, OTHER * 2)
        assert changed.bodies()[0].range is None
    finally:
        changed.close()


def test_a_file_that_changed_and_kept_its_size_comes_anew(bedplate, hub, start_hub):
    assert pull(bedplate, hub).returncode == 0
    changed = start_hub({Q4: DATA[::-1]})
    assert pull(bedplate, changed).returncode == 0
    assert whole(bedplate, DATA[::-1])
    # Where the note is gone the file itself is asked.
    (folder(bedplate) / f"{Q4}.sha256").unlink()
    assert pull(bedplate, changed).returncode == 0
    assert len(changed.bodies()) == 1


def test_another_etag_starts_anew(bedplate, hub):
    left_half(bedplate, hub)
    hub.etag = '"two"'
    assert pull(bedplate, hub).returncode == 0 and whole(bedplate)
    assert hub.bodies()[-1].range == "bytes=400000-"  # asked for, and not given


def test_a_hub_without_ranges_starts_anew(bedplate, hub):
    hub.ranges = False
    hub.cuts = [600_000]
    assert pull(bedplate, hub).returncode == 0 and whole(bedplate)


def test_a_wrong_checksum_is_an_error_and_leaves_nothing(bedplate, hub):
    hub.sha256[Q4] = "0" * 64
    done = pull(bedplate, hub)
    assert done.returncode == 1 and "SHA-256" in done.stderr and "0" * 64 in done.stderr
    assert list(folder(bedplate).iterdir()) == []


def test_a_file_without_checksum_is_refused(bedplate, hub):
    hub.sha256[Q4] = ""
    assert "SHA-256" in pull(bedplate, hub).stderr
    assert hub.bodies() == []


def test_what_is_not_there_or_not_for_us(bedplate, hub):
    assert "the hub has no /api/models/owner/none" in pull(bedplate, hub, "owner/none").stderr
    hub.token = "secret"
    assert "HF_TOKEN" in pull(bedplate, hub).stderr
    assert "holder of this token" in pull(bedplate, hub, HF_TOKEN="wrong").stderr
    assert pull(bedplate, hub, HF_TOKEN="secret").returncode == 0 and whole(bedplate)


def test_a_token_goes_to_no_other_host(bedplate, hub, start_hub):
    elsewhere = start_hub()
    hub.token = "secret"
    hub.blobs_at = elsewhere.url
    assert pull(bedplate, hub, HF_TOKEN="secret").returncode == 0 and whole(bedplate)
    assert len(elsewhere.bodies()) == 1 and elsewhere.asked[0].authorization is None
    assert all(one.authorization == "Bearer secret" for one in hub.asked)


def test_redirects_end(bedplate, hub):
    hub.redirect_to = "/round/and/round"
    assert "redirects without end" in pull(bedplate, hub).stderr
    assert len(hub.asked) == 11
    hub.redirect_to = "ftp://127.0.0.1/x"
    assert "ftp://127.0.0.1/x" in pull(bedplate, hub).stderr


def test_a_disk_without_room(bedplate, hub):
    """The kernel's limit on the size of a file stands for a full disk."""
    command = [str(bedplate.program), "models", "pull", "owner/model", "--hub", hub.url,
               "--only-files"]
    done = subprocess.run(["bash", "-c", 'ulimit -f 300; exec "$@"', "-", *command], text=True,
                          capture_output=True, env=bedplate.environment, cwd=bedplate.folder,
                          timeout=60, check=False)
    assert done.returncode == 1, done
    assert "cannot write" in done.stderr and "when there is room" in done.stderr
    assert (folder(bedplate) / f"{Q4}.part").stat().st_size == 300 * 1024
    assert pull(bedplate, hub).returncode == 0 and whole(bedplate)
    assert hub.bodies()[-1].range == f"bytes={300 * 1024}-"


def test_a_file_larger_than_the_disk_is_not_begun(bedplate, hub):
    class Huge(bytes):
        def __len__(self):
            return 1 << 60

    hub.files[Q4] = Huge(DATA)
    assert "has room for" in pull(bedplate, hub).stderr
    assert hub.bodies() == []


def test_no_hub_is_built_in(bedplate, hub):
    said = bedplate.refused("models", "pull", "owner/model", status=2)
    assert "--hub" in said and "models.hugging_face_url" in said and "HF_ENDPOINT" in said
    assert "models.ollama_url" in bedplate.refused("models", "pull", "tiny:1b", status=2)
    bedplate.ok("models", "pull", "owner/model", "--only-files", HF_ENDPOINT=hub.url)
    assert whole(bedplate)
    bedplate.ok("models", "pull", "tiny:1b", "--only-files", BEDPLATE_MODELS_OLLAMA_URL=hub.url)


def listed(bedplate) -> dict[str, dict]:
    return {model["model_id"]: model for model in
            json.loads(bedplate.ok("models", "list", "--json"))}


def test_a_pulled_model_is_added_bound_and_named(bedplate, start_hub):
    hub = start_hub({"MiniLM.F16.gguf": EMBEDDINGS.read_bytes()})
    said = bedplate.refused("models", "add", "mine.embed-v1:0", "owner/model:F16")
    assert "bedplate models pull owner/model:F16" in said
    assert "bedplate models pull owner/model:F16" in bedplate.refused(
        "models", "bind", "amazon.titan-embed-text-v2:0", "--gguf", "owner/model:F16")
    bedplate.ok("models", "pull", "owner/model:F16", "--hub", hub.url)
    file = str(folder(bedplate) / "MiniLM.F16.gguf")
    added = listed(bedplate)["owner.model-f16"]
    assert added["answered_by"] == file and added["kind"] == "embeddings"
    bedplate.ok("models", "pull", "owner/model:F16", "--hub", hub.url)  # once more changes nothing
    bedplate.ok("models", "add", "mine.embed-v1:0", "owner/model:F16", "--embeddings")
    bedplate.ok("models", "bind", "amazon.titan-embed-text-v2:0", "--gguf", "owner/model:F16")
    models = listed(bedplate)
    assert models["mine.embed-v1:0"]["answered_by"] == file
    assert models["amazon.titan-embed-text-v2:0"]["answered_by"] == file


def test_an_id_that_cannot_be_given_is_refused_before_the_download(bedplate, hub, tmp_path):
    (tmp_path / "other.gguf").write_bytes(b"GGUF")
    bedplate.ok("models", "add", "mine.taken-v1:0", str(tmp_path / "other.gguf"))
    for taken, why in (("nodot", "nodot"), ("mine.taken-v1:0", "a model of another file"),
                       ("amazon.titan-embed-text-v2:0", "in the catalog")):
        said = bedplate.refused("models", "pull", "owner/model", "--hub", hub.url, "--id", taken)
        assert why in said
    assert hub.bodies() == []


def test_a_truncated_model_is_not_pulled(bedplate, hub):
    assert pull(bedplate, hub).returncode == 0
    with (folder(bedplate) / Q4).open("r+b") as file:
        file.truncate(1000)
    said = bedplate.refused("models", "add", "mine.chat-v1:0", "owner/model:Q4_K_M")
    assert "bedplate models pull owner/model:Q4_K_M" in said
    assert pull(bedplate, hub).returncode == 0 and whole(bedplate)


def test_what_the_engine_cannot_read_is_not_added(bedplate, hub):
    done = bedplate.run("models", "pull", "owner/model", "--hub", hub.url)
    assert done.returncode == 1 and "was not added" in done.stderr
    assert "owner.model" not in listed(bedplate)


@pytest.fixture(name="vision", scope="module")
def _vision(tmp_path_factory) -> dict[str, bytes]:
    files = tmp_path_factory.mktemp("vision")
    weights = VisionModel()
    return {"model.gguf": weights.write_model(files / "model.gguf").read_bytes(),
            "mmproj-F16.gguf": weights.write_projector(files / "mmproj.gguf").read_bytes(),
            "mmproj-narrow.gguf": VisionModel(width=32).write_projector(
                files / "narrow.gguf").read_bytes()}


def test_a_projector_comes_with_its_model(bedplate, start_hub, vision):
    del (files := dict(vision))["mmproj-narrow.gguf"]
    hub = start_hub(files)
    hub.cuts = [len(files["model.gguf"]), 1_000]  # the projector's first answer
    said = bedplate.ok("models", "pull", "owner/model", "--hub", hub.url)
    assert "With the projector mmproj-F16.gguf\n" in said
    assert whole(bedplate, files["mmproj-F16.gguf"], "mmproj-F16.gguf")
    added = listed(bedplate)["owner.model"]
    weights, projector = folder(bedplate) / "model.gguf", folder(bedplate) / "mmproj-F16.gguf"
    assert added["answered_by"] == f"{weights} with {projector}"
    assert [asked.range for asked in hub.bodies()] == [None, None, "bytes=1000-"]
    assert "is served from it already" in bedplate.ok(
        "models", "pull", "owner/model", "--hub", hub.url)
    assert len(hub.bodies()) == 3


def test_which_projector_comes_is_chosen_and_said(bedplate, start_hub, vision):
    hub = start_hub(vision)
    said = bedplate.ok("models", "pull", "owner/model", "--hub", hub.url)
    assert "With the projector mmproj-F16.gguf (of 2; --projector chooses)" in said
    refused = bedplate.refused("models", "pull", "owner/model", "--hub", hub.url, "--projector",
                               "none")
    assert "with the projector" in refused and "not without a projector" in refused
    said = bedplate.ok("models", "pull", "owner/model", "--hub", hub.url, "--projector", "none",
                       "--id", "mine.blind-v1:0")
    assert "takes no images" in said
    assert listed(bedplate)["mine.blind-v1:0"]["answered_by"] == str(folder(bedplate) / "model.gguf")
    done = bedplate.run("models", "pull", "owner/model", "--hub", hub.url, "--projector", "narrow",
                        "--id", "mine.narrow-v1:0")
    assert done.returncode == 1 and "was not added" in done.stderr
    assert "rows of 32 numbers" in done.stderr and "--projector none" in done.stderr
    assert "mine.narrow-v1:0" not in listed(bedplate)
    assert "no projectors that q9 means" in bedplate.refused(
        "models", "pull", "owner/model", "--hub", hub.url, "--projector", "q9")


def test_a_projector_with_a_wrong_checksum_is_an_error(bedplate, start_hub, vision):
    hub = start_hub(vision)
    hub.sha256["mmproj-F16.gguf"] = "0" * 64
    assert "mmproj-F16.gguf" in bedplate.refused("models", "pull", "owner/model", "--hub", hub.url)
    assert "owner.model" not in listed(bedplate)
    assert not (folder(bedplate) / "mmproj-F16.gguf").exists()
