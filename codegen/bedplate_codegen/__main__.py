"""The command line of the generator.

  cpp         writes the C++ of one service below a folder
  operations  writes (or, with --check, compares) the page of operations
  permissions the same for the page of permissions
  check       reads every service of api/ and reports route collisions
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from . import api as api_folder
from . import authorization, cpp, facades, operations_page, permissions_page, reader, routes
from .ir import Service


def _botocore_data(api: api_folder.Api) -> Path:
    import botocore  # here, so that tests of the generator need no botocore

    if botocore.__version__ != api.botocore_version:
        sys.exit(
            f"botocore {api.botocore_version} is pinned (api/botocore.toml), "
            f"but {botocore.__version__} is installed"
        )
    return Path(botocore.__file__).parent / "data"


def _model(folder: Path, data: Path, name: str) -> dict:
    return reader.add_own(reader.find_model(data, name), folder / "models" / f"{name}.json")


def _services(folder: Path, serve_all: bool) -> list[Service]:
    api = api_folder.load(folder)
    data = _botocore_data(api)
    services = [
        reader.read(name, _model(folder, data, name), api, serve_all) for name in api.served
    ]
    services += facades.load(folder)
    found = routes.collisions(services)
    if found:
        sys.exit("Routes collide:\n" + "\n".join(found))
    if not serve_all:
        authorization.apply(services, folder / "authorization")
    return services


def _model_files(arguments: list[str]) -> list[Service]:
    """Services from files of the caller's (NAME=FILE), all of whose operations are served."""
    services = []
    for argument in arguments:
        name, _, file = argument.partition("=")
        model = json.loads(Path(file).read_text())
        services.append(reader.read(name, model, api_folder.Api("", {}), serve_all=True))
    return services


def main() -> None:
    parser = argparse.ArgumentParser(prog="bedplate_codegen", description=__doc__)
    parser.add_argument("command", choices=["cpp", "operations", "permissions", "check"])
    parser.add_argument("--api", type=Path, help="the folder api/")
    parser.add_argument("--model", action="append", metavar="NAME=FILE",
                        help="a model file to take in place of botocore's services; may repeat")
    parser.add_argument("--out", type=Path, help="folder (cpp) or file (operations) to write")
    parser.add_argument("--check", action="store_true", help="compare, do not write")
    parser.add_argument("--serve-all", action="store_true", help="take every operation as served")
    parser.add_argument("--objects", action="store_true",
                        help="for tests: objects.cc, which makes any input, in place of handlers")
    parser.add_argument("--stamp", type=Path, help="a file to touch when done")
    options = parser.parse_args()

    if options.model:
        services = _model_files(options.model)
    else:
        services = _services(options.api, options.serve_all)
    if options.command == "cpp":
        for service in services:
            cpp.write(service, options.out, options.objects)
    pages = {"operations": operations_page.page, "permissions": permissions_page.page}
    if options.command in pages:
        page = pages[options.command](services)
        if not options.check:
            options.out.write_text(page)
        elif not options.out.exists() or options.out.read_text() != page:
            sys.exit(f"{options.out} is not current: run `python -m bedplate_codegen {options.command}`")
    if options.stamp:
        options.stamp.touch()


if __name__ == "__main__":
    main()
