"""Debian packages: what is missing of apt-packages.tsv, installed in one go."""

from __future__ import annotations

import os
import shutil
import subprocess

import places
from steps import Log, StepFailed, Steps

# Each purpose needs what the ones before it need.
PURPOSES = ("serve", "test", "bench")


def packages_for(purpose: str) -> list[str]:
    wanted = PURPOSES[:PURPOSES.index(purpose) + 1]
    names = []
    for line in (places.SETUP / "apt-packages.tsv").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, needed_for, _why = line.split("\t")
        if needed_for in wanted:
            names.append(name)
    return names


def missing(names: list[str]) -> list[str]:
    """The packages that dpkg does not report as installed."""
    listed = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\\n", *names],
        capture_output=True, text=True, check=False).stdout
    installed = {line.split()[0] for line in listed.splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in installed]


def install(steps: Steps, purpose: str) -> None:
    if not shutil.which("dpkg-query"):
        raise SystemExit("Bedplate builds on Debian 12; this machine has no dpkg. "
                         "tools/setup/apt-packages.tsv lists what to install.")
    names = missing(packages_for(purpose))
    if names:
        steps.run(f"{len(names)} Debian packages", lambda log: _install(log, names))


def _install(log: Log, names: list[str]) -> None:
    prefix = []
    if os.geteuid() != 0:
        if not shutil.which("sudo"):
            raise StepFailed("These packages are missing and there is no sudo; as root run\n"
                             f"  apt-get install {' '.join(names)}")
        prefix = ["sudo"]
    advice = ("Is the network there, and no other apt running? By hand it is\n"
              f"  {' '.join(prefix)} apt-get install {' '.join(names)}".replace("  apt", " apt"))
    log.run([*prefix, "apt-get", "update"], advice=advice)
    log.run([*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes",
             "--no-install-recommends", *names], advice=advice)
