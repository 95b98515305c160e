"""`bedplate serve`, `env` and `status`: starting, telling, stopping, and clear refusals."""

import json
import pathlib
import re
import shlex
import signal
import socket
import ssl
import stat
import subprocess
import urllib.error
import urllib.request

import pytest

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_serves_from_nothing_and_tells_how_to_use_it(bedplate):
    printed = bedplate.start()
    endpoint = re.search(r"export AWS_ENDPOINT_URL=(\S+)", printed)[1]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", endpoint)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        assert re.search(rf"^export {name}=\S+$", printed, re.M), printed
    assert "python3 -c 'import boto3" in printed
    assert get(f"{endpoint}/healthz")[0] == 200
    assert get(f"{endpoint}/readyz")[0] == 200

    status = bedplate.status()
    assert status["running"] and status["answers"]
    assert status["endpoint"] == endpoint
    assert status["pid"] == bedplate.server.pid
    assert status["resident_bytes"] > 0
    text = bedplate.ok("status")
    assert endpoint in text and str(bedplate.server.pid) in text and "uptime" in text

    # The lines of `env` are those of the server that runs, in a form a shell takes.
    assert bedplate.client_environment()["AWS_ENDPOINT_URL"] == endpoint
    foreign = ("AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME")
    for quote in ('"', ""):
        command = f'eval {quote}$({bedplate.program} env){quote}; ' \
                  'echo "$AWS_ENDPOINT_URL $AWS_REGION" ' + \
                  " ".join(f'"${{{name}-unset}}"' for name in foreign)
        shell = subprocess.run(["bash", "-c", command], text=True, capture_output=True, check=True,
                               env=bedplate.environment | dict.fromkeys(foreign, "x"))
        assert shell.stdout.split() == [endpoint, "us-east-1", "unset", "unset", "unset"]

    assert bedplate.stop() == 0
    assert bedplate.run("status").returncode == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stops_when_asked(bedplate, number):
    bedplate.start()
    assert bedplate.stop(number) == 0
    assert "stopped" in bedplate.log.read_text()


def test_a_repeated_sigterm_changes_nothing(bedplate):
    bedplate.start()
    bedplate.server.send_signal(signal.SIGTERM)
    assert bedplate.stop(signal.SIGTERM) == 0


def test_prints_no_key_when_told_to_be_quiet(bedplate):
    bedplate.start("--quiet")
    key = bedplate.client_environment()["AWS_SECRET_ACCESS_KEY"]
    server = bedplate.server
    bedplate.stop()
    assert server.stdout.read() == ""
    assert key not in bedplate.log.read_text()


def test_keeps_its_files_private(bedplate):
    bedplate.start()
    assert stat.S_IMODE(bedplate.data.stat().st_mode) == 0o700
    for path in bedplate.data.rglob("*"):
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_keeps_its_credentials_over_a_restart_and_a_kill(bedplate):
    first = bedplate.ok("env", "--set", "listen.port=4600")
    bedplate.start()
    running = bedplate.client_environment()
    assert f"AWS_ACCESS_KEY_ID={running['AWS_ACCESS_KEY_ID']}" in first
    bedplate.stop(signal.SIGKILL)
    assert bedplate.run("status").returncode == 3
    bedplate.start()
    again = bedplate.client_environment()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_BEARER_TOKEN_BEDROCK"):
        assert again[name] == running[name]


def test_refuses_a_data_folder_in_use(bedplate):
    bedplate.start()
    message = bedplate.refused("serve")
    assert str(bedplate.data) in message
    assert f"kill {bedplate.server.pid}" in message
    assert bedplate.status()["answers"]


def test_refuses_a_port_that_is_taken(bedplate):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        message = bedplate.refused("serve", "--set", f"listen.port={port}")
        assert str(port) in message and "127.0.0.1" in message
        assert "listen.port" in message
    # The folder was given back: the next start works.
    bedplate.start("--set", f"listen.port={port}")


def test_refuses_an_address_that_is_none(bedplate):
    message = bedplate.refused("serve", "--set", "listen.address=not-an-address")
    assert "not-an-address" in message


def test_refuses_a_damaged_database(bedplate):
    bedplate.ok("models", "list")
    (bedplate.data / "bedplate.db").write_bytes(b"x" * 10000)
    for name in ("bedplate.db-wal", "bedplate.db-shm"):
        (bedplate.data / name).unlink(missing_ok=True)
    message = bedplate.refused("serve")
    assert "bedplate.db" in message and "damaged" in message


def test_refuses_wrong_settings_with_their_place(bedplate):
    (bedplate.folder / "bedplate.toml").write_text("[listen]\nprot = 1\n")
    message = bedplate.refused("serve", status=2)
    assert "bedplate.toml:2:1: there is no setting listen.prot: did you mean listen.port?" in message
    message = bedplate.refused("serve", "--config", "missing.toml", status=2)
    assert "missing.toml" in message


def test_refuses_more_sequences_than_an_engine_takes(bedplate):
    (bedplate.folder / "bedplate.toml").write_text("[engine]\nsequences = 193\n")
    message = bedplate.refused("serve", status=2)
    assert "engine.sequences" in message and "193" in message and "192" in message


@pytest.mark.parametrize("name", ["attention", "products"])
def test_refuses_kernels_that_no_engine_has(bedplate, name):
    (bedplate.folder / "bedplate.toml").write_text(f"[engine]\n{name} = 'amx'\n")
    message = bedplate.refused("serve", status=2)
    assert f'engine.{name}: "amx" is not one of auto, avx512, avx2, ggml' in message


def test_tells_its_settings_and_where_they_come_from(bedplate):
    (bedplate.folder / "bedplate.toml").write_text("[log]\nlevel = 'debug'\n")
    lines = bedplate.ok("settings", "--set", "listen.address=127.0.0.2").splitlines()
    found = {line.split()[0]: line.split()[1:] for line in lines}
    assert found["listen.address"] == ["127.0.0.2", "--set"]
    assert found["listen.port"] == ["0", "BEDPLATE_LISTEN_PORT"]
    assert found["log.level"][0] == "debug" and found["log.level"][1].endswith("bedplate.toml:2:9")
    assert found["log.format"] == ["text", "default"]
    assert bedplate.ok("settings", "models.folder").strip() == str(bedplate.data / "models")
    assert "did you mean listen.port?" in bedplate.refused("settings", "listen.prot", status=2)


def test_the_commands_beside_a_server_take_its_region(bedplate, tmp_path):
    bedplate.start("--set", "account.region=eu-west-1")
    assert bedplate.client_environment()["AWS_REGION"] == "eu-west-1"
    assert bedplate.status()["region"] == "eu-west-1"
    (tmp_path / "tiny.gguf").write_bytes(b"GGUF" + bytes(20))
    bedplate.ok("models", "add", "mine.tiny-v1:0", "tiny.gguf")
    for region, there in (("us-east-1", False), ("eu-west-1", True)):
        bedplate.stop()
        bedplate.start("--set", f"account.region={region}")
        assert ("mine.tiny-v1:0" in bedplate.ok("models", "list")) == there, region


def test_the_printed_command_leads_to_this_server_from_any_shell(bedplate):
    def printed_command(printed: str) -> str:
        return re.search(r"\(or: (.*)\):", printed)[1]

    printed = bedplate.start()
    endpoint = re.search(r"export AWS_ENDPOINT_URL=(\S+)", printed)[1]
    assert str(bedplate.program.resolve()) in printed_command(printed)
    # Nothing of this server's settings is in that shell.
    shell = subprocess.run(
        ["bash", "-c", f'{printed_command(printed)}; echo "$AWS_ENDPOINT_URL"'], text=True,
        capture_output=True, check=True, cwd="/", env={"HOME": "/nowhere", "PATH": "/usr/bin:/bin"})
    assert shell.stdout.strip() == endpoint, shell.stderr
    bedplate.stop()
    folder = f"{bedplate.program.parent}:{bedplate.environment['PATH']}"
    assert printed_command(bedplate.start(PATH=folder)).startswith('eval "$(bedplate env')


def test_the_readmes_commands_are_taken(bedplate, tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"GGUF" + bytes(20))
    commands = re.findall(r"`bedplate ([^`]+)`", README.read_text(encoding="utf-8"))
    assert {command.split()[0] for command in commands} >= {"env", "models"}
    for command in commands:
        words = shlex.split(command)
        # What serves does not end, and what pulls needs a hub: their options are looked at alone.
        only_read = words[0] in ("serve", "record") or words[:2] == ["models", "pull"]
        done = bedplate.run(*words, *(["--help"] if only_read else []), BEDPLATE_LISTEN_PORT="4600")
        assert done.returncode == 0, f"{command}: {done.stderr}"
        if only_read:
            assert all(word in done.stdout for word in words if word.startswith("--")), command


def test_refuses_unknown_commands_and_options(bedplate):
    assert "bedplate --help" in bedplate.refused("sevre", status=2)
    assert "bedplate --help" in bedplate.refused(status=2)
    assert "--prot" in bedplate.refused("serve", "--prot", "1", status=2)
    assert "serve" in bedplate.ok("--help")
    assert bedplate.ok("version").startswith("bedplate ")


def test_warns_of_variables_that_are_no_settings(bedplate):
    bedplate.start(BEDPLATE_PORT="tcp://10.0.0.1:4600")
    # The log is written by a thread of its own.
    bedplate.wait_until(lambda: "BEDPLATE_PORT" in bedplate.log.read_text(), "it warns")


def test_logs_json_lines_for_machines(bedplate):
    bedplate.start("--set", "log.format=json")
    bedplate.stop()
    lines = [json.loads(line) for line in bedplate.log.read_text().splitlines()]
    assert [line for line in lines if line["message"] == "ready" and line["start_ms"] >= 0]
    secret = bedplate.ok("env", "--set", "listen.port=1")
    secret = re.search(r"AWS_SECRET_ACCESS_KEY=(\S+)", secret)[1]
    assert secret not in bedplate.log.read_text()


def test_serves_tls(bedplate):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", bedplate.folder / "key.pem", "-out", bedplate.folder / "cert.pem"],
                   check=True, capture_output=True)
    printed = bedplate.start("--set", "tls.certificate=cert.pem", "--set", "tls.key=key.pem")
    endpoint = re.search(r"export AWS_ENDPOINT_URL=(\S+)", printed)[1]
    assert endpoint.startswith("https://127.0.0.1:")
    context = ssl.create_default_context(cafile=bedplate.folder / "cert.pem")
    with urllib.request.urlopen(f"{endpoint}/healthz", context=context, timeout=10) as answer:
        assert answer.status == 200
    assert bedplate.status()["answers"]
    bedplate.stop()
    message = bedplate.refused("serve", "--set", "tls.certificate=no.pem", "--set",
                               "tls.key=key.pem")
    assert "no.pem" in message
