"""Recording what models answer, and replaying it where there is no model."""

from __future__ import annotations

import concurrent.futures
import http.client
import json
import shutil
import subprocess
import threading
import urllib.parse

import botocore.exceptions
import httpx
import openai
import pytest

from asking import failure_of, text_of, user
from bedplate_server import PATIENCE_S, BedplateServer
from openai_upstream import OpenAiUpstream
from raw_http import sign

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
OF_ONE_REQUEST = {"x-amzn-requestid", "date"}
CLAUDE_BODY = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9,
               "messages": [{"role": "user", "content": "Hello"}]}
CONVERSE = {"messages": [user("Hello")], "inferenceConfig": {"maxTokens": 20, "temperature": 0.5}}

# (operation, body, headers) that the suite records.
REQUESTS = [
    ("converse", CONVERSE, {}),
    ("converse-stream", CONVERSE, {}),
    ("invoke", CLAUDE_BODY, {}),
    ("invoke", CLAUDE_BODY, {"X-Amzn-Bedrock-PerformanceConfig-Latency": "standard"}),
    ("invoke-with-response-stream", CLAUDE_BODY, {}),
    ("count-tokens", {"input": {"converse": {"messages": [user("Hello")]}}}, {}),
    ("converse", {"messages": [{"role": "assistant", "content": [{"text": "I begin"}]}]}, {}),
    ("invoke", {"anthropic_version": "2020-01-01"}, {}),
]


class Model:
    """Never says the same twice, so that what is replayed can't be a second answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.asked = 0

    def __call__(self, request: dict) -> dict:
        with self._lock:
            self.asked += 1
            return {"content": f"Answer {self.asked} to {request['messages'][-1]['content']}"}


def ask(server: BedplateServer, operation: str, body: dict | bytes, headers: dict,
        model: str = HAIKU) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and bytes as they came."""
    path = f"/model/{urllib.parse.quote(model, safe='', errors='surrogateescape')}/{operation}"
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = sign(server, "POST", path, payload, headers=headers)
    connection = http.client.HTTPConnection(*server.address, timeout=PATIENCE_S)
    connection.request("POST", path, payload, signed)
    answer = connection.getresponse()
    fields = {name.lower(): value for name, value in answer.getheaders()}
    content = answer.read()
    connection.close()
    return answer.status, {name: value for name, value in fields.items()
                           if name not in OF_ONE_REQUEST}, content


def bind(server: BedplateServer, upstream: OpenAiUpstream) -> BedplateServer:
    server.run("models", "bind", "anthropic.*", "--url", upstream.url)
    return server


@pytest.fixture(scope="module")
def model():
    return Model()


@pytest.fixture(scope="module")
def upstream(model):
    running = OpenAiUpstream(model)
    yield running
    running.close()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, upstream):
    """The folder, what was answered in turn, and what the recorder's user was called."""
    folder = tmp_path_factory.mktemp("recordings")
    (folder / "README.md").write_text("Not a recording.\n", encoding="utf-8")
    server = BedplateServer(tmp_path_factory.mktemp("recorder"),
                            words=("record", "--to", str(folder))).start()
    bind(server, upstream)
    answers = [ask(server, *request) for request in REQUESTS]
    again = [text_of(server.client("bedrock-runtime").converse(modelId=HAIKU,
                                                               messages=[user("Again")]))
             for _ in range(3)]
    secrets = (server.environment["AWS_ACCESS_KEY_ID"], server.bearer_key, "Signature")
    server.stop()
    return folder, answers, again, secrets


@pytest.fixture(scope="module")
def replaying(tmp_path_factory, recorded):
    server = BedplateServer(tmp_path_factory.mktemp("replayer"),
                            words=("serve", "--replay", str(recorded[0]))).start()
    yield server
    server.stop()


def test_answers_come_back_byte_for_byte(recorded, replaying, model):
    asked = model.asked
    for request, expected in zip(REQUESTS, recorded[1], strict=True):
        assert ask(replaying, *request) == expected, request
        assert ask(replaying, *request) == expected, "and again"
    assert [answer[0] for answer in recorded[1]] == [200] * 6 + [400] * 2
    assert recorded[1][1][1]["content-type"] == "application/vnd.amazon.eventstream"
    assert model.asked == asked


def test_odd_requests_leave_the_folder_usable(tmp_path, upstream):
    folder = tmp_path / "odd"
    server = BedplateServer(tmp_path, words=("record", "--to", str(folder))).start()
    bind(server, upstream)
    twice = ask(server, "invoke", CLAUDE_BODY, {"X-Amzn-Bedrock-Trace": "DISABLED"})
    deep = b'{"messages":' + b"[" * 124 + b"]" * 124 + b"}"
    assert ask(server, "converse", deep, {})[0] == 400
    assert ask(server, "converse", CONVERSE, {}, model="\udcff.a")[0] in (400, 404)
    server.stop()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in folder.iterdir())
    again = BedplateServer(tmp_path, words=("serve", "--replay", str(folder))).start()
    assert ask(again, "invoke", CLAUDE_BODY, {"X-Amzn-Bedrock-Trace": "DISABLED"}) == twice
    again.stop()


FACADES = {
    "/openai/v1/chat/completions": {"messages": [{"role": "user", "content": "Hello"}]},
    "/openai/v1/responses": {"input": "Hello"},
    "/anthropic/v1/messages": {"max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]},
}


def ask_facade(server: BedplateServer, path: str, body: dict) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(*server.address, timeout=PATIENCE_S)
    connection.request("POST", path, json.dumps(body), {
        "authorization": f"Bearer {server.bearer_key}", "anthropic-version": "2023-06-01"})
    answer = connection.getresponse()
    fields = {name.lower(): value for name, value in answer.getheaders()}
    content = answer.read()
    connection.close()
    assert fields.get("request-id") or fields.get("x-request-id")
    return answer.status, {name: value for name, value in fields.items()
                           if name not in OF_ONE_REQUEST | {"request-id", "x-request-id"}}, content


@pytest.fixture(scope="module")
def recorded_facades(tmp_path_factory, upstream):
    folder = tmp_path_factory.mktemp("facades") / "recordings"
    server = BedplateServer(folder.parent, words=("record", "--to", str(folder))).start()
    bind(server, upstream)
    answers = {(path, stream): ask_facade(server, path, {"model": HAIKU, "stream": stream, **body})
               for path, body in FACADES.items() for stream in (False, True)}
    assert ask_facade(server, "/openai/v1/chat/completions", {"messages": []})[0] == 400
    client = openai.OpenAI(base_url=f"{server.endpoint}/openai/v1", api_key=server.bearer_key)
    first = client.responses.create(model=HAIKU, input="One")
    second = client.responses.create(model=HAIKU, input="Two", previous_response_id=first.id)
    assert keep_and_delete(client, first.id, second.id) == first.output_text
    server.stop()
    return folder, answers, (first.output_text, second.output_text)


def keep_and_delete(client: openai.OpenAI, kept: str, deleted: str) -> str:
    """What the kept one says; the other is there until it is deleted."""
    assert client.responses.retrieve(deleted).id == deleted
    client.responses.delete(deleted)
    for call in (client.responses.retrieve, client.responses.delete):
        with pytest.raises(openai.NotFoundError) as missing:
            call(deleted)
        assert "recording" not in str(missing.value)
    return client.responses.retrieve(kept).output_text


@pytest.fixture(scope="module")
def replaying_facades(tmp_path_factory, recorded_facades):
    server = BedplateServer(tmp_path_factory.mktemp("replayer"),
                            words=("serve", "--replay", str(recorded_facades[0]))).start()
    yield server
    server.stop()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", FACADES)
def test_facades_come_back_byte_for_byte(recorded_facades, replaying_facades, model, path, stream):
    asked = model.asked
    expected = recorded_facades[1][path, stream]
    assert expected[0] == 200
    assert expected[1]["content-type"] == ("text/event-stream" if stream else "application/json")
    body = {**FACADES[path], "stream": stream, "model": HAIKU}
    assert ask_facade(replaying_facades, path, body) == expected
    assert model.asked == asked


def test_libraries_of_facades_replay(recorded_facades, replaying_facades):
    client = openai.OpenAI(base_url=f"{replaying_facades.endpoint}/openai/v1", max_retries=0,
                           api_key=replaying_facades.bearer_key)
    first = client.responses.create(model=HAIKU, input="One")
    second = client.responses.create(model=HAIKU, input="Two", previous_response_id=first.id)
    assert (first.output_text, second.output_text) == recorded_facades[2]
    with pytest.raises(openai.NotFoundError) as missed:
        client.responses.create(model=HAIKU, input="Three")
    assert "no recording of this CreateResponse request" in str(missed.value)
    assert '/input is "Three" here and' in str(missed.value)


def test_kept_responses_replay(recorded_facades, replaying_facades):
    client = openai.OpenAI(base_url=f"{replaying_facades.endpoint}/openai/v1", max_retries=0,
                           api_key=replaying_facades.bearer_key)
    first = client.responses.create(model=HAIKU, input="One")
    second = client.responses.create(model=HAIKU, input="Two", previous_response_id=first.id)
    assert keep_and_delete(client, first.id, second.id) == first.output_text
    with pytest.raises(openai.NotFoundError) as missed:
        client.responses.retrieve("resp_other")
    assert "no recording of this GetResponse request for response resp_other" in str(missed.value)
    with pytest.raises(openai.NotFoundError) as missed:
        client.responses.retrieve(first.id, extra_query={"stream": "true"})
    assert "/stream is only here" in str(missed.value)


def test_recordings_of_facades_are_readable(recorded_facades):
    folder = recorded_facades[0]
    documents = [json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.json")]
    # None of the body without a model; reading both kept responses and deleting one.
    assert len(documents) == 2 * len(FACADES) + 2 + 3
    kept = [document for document in documents if "response_id" in document]
    assert sorted((document["operation"], len(document["answers"])) for document in kept) == [
        ("DeleteResponse", 2), ("GetResponse", 1), ("GetResponse", 2)]
    events = {document["operation"]: document["answers"][0]["events"] for document in documents
              if "events" in document["answers"][0]}
    assert events["CreateMessage"][0]["event"] == "message_start"
    assert events["CreateMessage"][0]["data"]["message"]["role"] == "assistant"
    assert events["CreateChatCompletion"][0]["data"]["choices"][0]["index"] == 0
    assert events["CreateChatCompletion"][-1] == {"text": "data: [DONE]\n\n"}


def test_a_miss_asks_no_model_either(replaying, model):
    asked = model.asked
    connection = http.client.HTTPConnection(*replaying.address, timeout=PATIENCE_S)
    for path in ("/openai/v1/chat/completions", "/anthropic/v1/messages"):
        connection.request("POST", path, json.dumps({
            "model": HAIKU, "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}),
            {"authorization": f"Bearer {replaying.bearer_key}", "anthropic-version": "2023-06-01"})
        answer = connection.getresponse()
        assert answer.status == 404
        assert "There is no recording of this" in json.loads(answer.read())["error"]["message"]
    assert model.asked == asked


def test_a_session_has_no_recording(replaying):
    path = f"/model/{HAIKU}/invoke-with-bidirectional-stream"
    with httpx.Client(http1=False, http2=True) as client:
        answer = client.post(replaying.endpoint + path, content=b"",
                             headers={"authorization": f"Bearer {replaying.bearer_key}"})
    assert answer.status_code == 404
    assert answer.headers["x-amzn-errortype"] == "ResourceNotFoundException"
    assert "asks no model" in answer.json()["message"]


def test_spelling_of_a_body_does_not_matter(recorded, replaying):
    body = b'{ "inferenceConfig" : {"temperature": 5e-1,\n"maxTokens": 20.0},' \
           b'"messages": [{"content": [{"text": "\\u0048ello"}], "role": "user"}]}'
    assert ask(replaying, "converse", body, {"X-Of-Mine": "1"}) == recorded[1][0]


def test_a_request_recorded_thrice_has_its_answers_in_order(recorded, tmp_path):
    server = BedplateServer(tmp_path, words=("serve", "--replay", str(recorded[0]))).start()
    runtime = server.client("bedrock-runtime")
    heard = [text_of(runtime.converse(modelId=HAIKU, messages=[user("Again")])) for _ in range(5)]
    server.stop()
    assert len(set(recorded[2])) == 3
    assert heard == recorded[2] + [recorded[2][-1]] * 2


def test_streams_replay_through_boto3(replaying):
    runtime = replaying.client("bedrock-runtime")
    events = list(runtime.converse_stream(modelId=HAIKU, **CONVERSE)["stream"])
    assert "messageStart" in events[0] and "metadata" in events[-1]
    text = "".join(event["contentBlockDelta"]["delta"]["text"] for event in events
                   if "contentBlockDelta" in event)
    assert text.startswith("Answer ") and text.endswith(" to Hello")
    assert sum("contentBlockDelta" in event for event in events) > 3
    chunks = [json.loads(event["chunk"]["bytes"]) for event in
              runtime.invoke_model_with_response_stream(modelId=HAIKU,
                                                        body=json.dumps(CLAUDE_BODY))["body"]]
    assert chunks[0]["type"] == "message_start" and chunks[-1]["type"] == "message_stop"


def test_a_miss_says_what_differs(replaying):
    runtime = replaying.client("bedrock-runtime")
    missed = failure_of(runtime.converse, modelId=HAIKU,
                        messages=[user("Hullo")], inferenceConfig=CONVERSE["inferenceConfig"])
    assert (missed.code, missed.status) == ("ResourceNotFoundException", 404)
    assert f"no recording of this Converse request for model {HAIKU}" in missed.message
    assert '/messages/0/content/0/text is "Hullo" here and "Hello" there' in missed.message
    assert "converse-anthropic.claude-3-haiku" in missed.message
    other = failure_of(runtime.converse_stream, modelId="amazon.nova-lite-v1:0", **CONVERSE)
    assert other.code == "ResourceNotFoundException" and HAIKU in other.message
    without = failure_of(runtime.invoke_model, modelId=HAIKU, body=json.dumps(CLAUDE_BODY),
                         performanceConfigLatency="optimized")
    assert "performanceconfig-latency" in without.message


def test_replay_needs_a_signature_too(replaying):
    stranger = BedplateServer.__new__(BedplateServer)
    stranger.environment = {**replaying.environment, "AWS_SECRET_ACCESS_KEY": "wrong"}
    failed = failure_of(stranger.client("bedrock-runtime").converse, modelId=HAIKU, **CONVERSE)
    assert failed.code == "InvalidSignatureException"


def test_many_at_once_get_the_same(recorded, replaying):
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        jobs = [threads.submit(ask, replaying, *REQUESTS[i % len(REQUESTS)]) for i in range(160)]
        for i, job in enumerate(jobs):
            assert job.result() == recorded[1][i % len(REQUESTS)]


def test_recordings_are_readable_and_hold_no_secret(recorded):
    folder, _, again, secrets = recorded
    files = sorted(folder.glob("*.json"))
    assert len(files) == len(REQUESTS) + 1
    assert not list(folder.glob(".*"))
    for file in files:
        text = file.read_text(encoding="utf-8")
        document = json.loads(text)
        assert document["bedplate_recording"] == 1 and document["model_id"] == HAIKU
        assert not any(secret in text for secret in secrets), file
    stream = json.loads(next(folder.glob("converse-stream-*")).read_text(encoding="utf-8"))
    assert stream["request"]["body"] == CONVERSE
    events = stream["answers"][0]["events"]
    assert events[0] == {"event": "messageStart", "payload": {"role": "assistant"}}
    invoked = json.loads(next(folder.glob("invoke-model-with-*")).read_text(encoding="utf-8"))
    assert invoked["answers"][0]["events"][0]["bytes"]["type"] == "message_start"
    thrice = [json.loads(file.read_text(encoding="utf-8")) for file in files
              if "Again" in file.read_text(encoding="utf-8")]
    assert [answer["body"]["output"]["message"]["content"][0]["text"]
            for answer in thrice[0]["answers"]] == again


def test_a_new_recording_takes_the_old_ones_place(recorded, upstream, tmp_path):
    folder = tmp_path / "again"
    shutil.copytree(recorded[0], folder)
    server = bind(BedplateServer(tmp_path, words=("serve", "--record", str(folder))).start(),
                  upstream)
    said = text_of(server.client("bedrock-runtime").converse(modelId=HAIKU,
                                                             messages=[user("Again")]))
    server.stop()
    assert said not in recorded[2]
    answers = [json.loads(file.read_text(encoding="utf-8"))["answers"]
               for file in folder.glob("*.json") if "Again" in file.read_text(encoding="utf-8")]
    assert len(answers) == 1 and len(answers[0]) == 1 and said in json.dumps(answers)
    assert len(list(folder.glob("*.json"))) == len(REQUESTS) + 1


def test_what_tells_of_a_moment_is_not_recorded(tmp_path):
    def fail(request: dict) -> dict:
        raise ConnectionError

    broken = OpenAiUpstream(fail)
    folder = tmp_path / "none"
    server = bind(BedplateServer(tmp_path, words=("serve", "--record", str(folder))).start(),
                  broken)
    runtime = server.client("bedrock-runtime")
    with pytest.raises(botocore.exceptions.ClientError):
        runtime.converse(modelId=HAIKU, **CONVERSE)
    server.stop()
    broken.close()
    assert not list(folder.iterdir())


def test_a_killed_recorder_leaves_whole_files(tmp_path, upstream):
    folder = tmp_path / "killed"
    server = bind(BedplateServer(tmp_path, words=("serve", "--record", str(folder))).start(),
                  upstream)
    answered = []

    def record(number: int) -> None:
        runtime = server.client("bedrock-runtime")
        for turn in range(1000):
            try:
                runtime.converse(modelId=HAIKU, messages=[user(f"{number} {turn}")])
            except Exception:  # the server is gone
                return
            answered.append(turn)
            if len(answered) == 60:
                server.kill()

    threads = [threading.Thread(target=record, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = [json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.json")]
    # Whoever has his answer has it recorded.
    assert len(whole) >= len(answered) >= 60
    replaying = BedplateServer(tmp_path / "data", words=("serve", "--replay", str(folder)))
    (tmp_path / "data").mkdir(exist_ok=True)
    replaying.start().stop()


@pytest.mark.parametrize("content, says", [
    (None, "there are no recordings"),
    ("{}", "is no recording: it has no member bedplate_recording"),
    ('{"name": "package", "version": "1.0"}', "is no recording"),
    ('{"bedplate_recording": 1, "operation": "Conv', "is no recording"),
])
def test_damaged_and_foreign_files_are_told_at_the_start(tmp_path, content, says):
    folder = tmp_path / "recordings"
    folder.mkdir()
    if content is not None:
        (folder / "some.json").write_text(content, encoding="utf-8")
    server = BedplateServer(tmp_path)
    for words in [("serve", "--replay"), ("serve", "--record")][:1 if content is None else 2]:
        done = subprocess.run(server._command(*words, str(folder)), capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
        assert done.returncode == 1 and says in done.stderr, done
        assert content is None or "some.json" in done.stderr


def test_one_folder_is_recorded_or_replayed(tmp_path):
    server = BedplateServer(tmp_path)
    done = subprocess.run(server._command("serve", "--record", "a", "--replay", "b"),
                          capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 2, done
    missing = subprocess.run(server._command("serve", "--replay", str(tmp_path / "none")),
                             capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert missing.returncode == 1 and str(tmp_path / "none") in missing.stderr
