"""S3 by others' programs: the AWS CLI with a tree of 2,000 files, both ways, and rclone."""

from __future__ import annotations

import filecmp
import os
import random
import subprocess

import pytest

from bedplate_server import CACHE
from s3_support import empty, new_name, s3_client

FILES = 2000


@pytest.fixture
def bucket(server):
    s3 = s3_client(server)
    name = new_name()
    s3.create_bucket(Bucket=name)
    yield name
    empty(s3, name)


def aws(server, *words) -> str:
    done = subprocess.run([CACHE / "venv/bin/aws", *map(str, words)], capture_output=True, text=True,
                          timeout=500, check=False, env=server.client_variables())
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def rclone(server, *words) -> str:
    """With its S3 backend as users configure it for a server that is none of Amazon's."""
    keys = server.client_variables()
    remote = {"RCLONE_CONFIG_HERE_TYPE": "s3", "RCLONE_CONFIG_HERE_PROVIDER": "Other",
              "RCLONE_CONFIG_HERE_ENDPOINT": server.endpoint,
              "RCLONE_CONFIG_HERE_REGION": "us-east-1",
              "RCLONE_CONFIG_HERE_ACCESS_KEY_ID": keys["AWS_ACCESS_KEY_ID"],
              "RCLONE_CONFIG_HERE_SECRET_ACCESS_KEY": keys["AWS_SECRET_ACCESS_KEY"],
              # Small, so that a file of some megabytes comes in parts.
              "RCLONE_S3_UPLOAD_CUTOFF": "6M", "RCLONE_S3_CHUNK_SIZE": "5M", "RCLONE_CONFIG": ""}
    done = subprocess.run(["rclone", "--retries", "1", *map(str, words)], capture_output=True,
                          text=True, timeout=300, check=False,
                          env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"} | remote)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def same(left, right) -> bool:
    compared = filecmp.dircmp(left, right)
    if compared.left_only or compared.right_only or compared.funny_files:
        return False
    _, different, failed = filecmp.cmpfiles(left, right, compared.common_files, shallow=False)
    return not different and not failed and all(
        same(left / name, right / name) for name in compared.common_dirs)


def test_sync_of_a_tree_both_ways(server, bucket, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    chance = random.Random(1)
    for number in range(FILES):
        path = source / f"ördner {number % 20}" / f"{number % 7}" / f"file {number}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(chance.choice([0, 1, 500, 5_000, 70_000])))
    (source / "large").write_bytes(chance.randbytes(20 << 20))
    aws(server, "s3", "sync", source, f"s3://{bucket}/tree", "--quiet")
    aws(server, "s3", "sync", f"s3://{bucket}/tree", target, "--quiet")
    assert same(source, target)
    assert aws(server, "s3", "sync", source, f"s3://{bucket}/tree", "--size-only") == ""
    (source / "large").unlink()
    aws(server, "s3", "sync", source, f"s3://{bucket}/tree", "--delete", "--quiet")
    listed = aws(server, "s3", "ls", "--recursive", "--summarize", f"s3://{bucket}/tree")
    assert f"Total Objects: {FILES}" in listed
    aws(server, "s3", "rm", "--recursive", "--quiet", f"s3://{bucket}/tree")


def test_rclone(server, bucket, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    chance = random.Random(2)
    for name, size in (("a b/ö+&%.bin", 0), ("a b/one", 1), ("deep/er/file", 70_000),
                       ("large", 13 << 20)):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(chance.randbytes(size))
    rclone(server, "copy", source, f"here:{bucket}/tree")
    rclone(server, "check", "--download", source, f"here:{bucket}/tree")
    rclone(server, "copy", f"here:{bucket}/tree", target)
    assert same(source, target)
    rclone(server, "moveto", f"here:{bucket}/tree/large", f"here:{bucket}/moved/large")
    listed = rclone(server, "lsf", "--recursive", "--files-only", f"here:{bucket}").split("\n")
    assert sorted(filter(None, listed)) == sorted(
        ["moved/large", "tree/a b/one", "tree/a b/ö+&%.bin", "tree/deep/er/file"])
    rclone(server, "purge", f"here:{bucket}/tree")
    assert rclone(server, "lsf", f"here:{bucket}").strip() == "moved/"
