"""InvokeModelWithBidirectionalStream by hand: what no SDK would send, and sessions that break off.
The AWS SDK for JavaScript holds whole conversations in javascript_test.py."""

from __future__ import annotations

import base64
import contextlib
import json
import threading

import botocore.eventstream
import h2.config
import h2.connection
import h2.events
import pytest

from asking import ANSWER, QUESTION
from bedplate_server import CHAT, wait_until
from event_signing import EventSigner, chunk, with_payload
from metrics import sequences_running
from raw_http import connect, send

PATH = f"/model/{CHAT}/invoke-with-bidirectional-stream"
HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
OPEN = [{"sessionStart": {"inferenceConfiguration": {"maxTokens": 16, "temperature": 0}}},
        {"promptStart": {"promptName": "p"}}]
GOODBYE = [{"promptEnd": {"promptName": "p"}}, {"sessionEnd": {}}]


def asked(name: str, text: str = QUESTION) -> list[dict]:
    place = {"promptName": "p", "contentName": name}
    return [{"contentStart": {**place, "type": "TEXT", "role": "USER", "interactive": True}},
            {"textInput": {**place, "content": text}}, {"contentEnd": place}]


class Talk:
    """One session on a connection of its own. Events go out plain, with a bearer key, where no
    signer is given."""

    def __init__(self, server, signer: EventSigner | None = None, path: str = PATH):
        self._signer = signer
        self._socket = connect(server)
        self._http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self._http.initiate_connection()
        host, port = server.address
        headers = signer.headers if signer else {"Authorization": f"Bearer {server.bearer_key}"}
        self._http.send_headers(1, [
            (":method", "POST"), (":path", path), (":scheme", "http"),
            (":authority", f"{host}:{port}"),
            *((name.lower(), value) for name, value in headers.items()
              if name.lower() not in ("host", "content-length"))])
        self._flush()
        self.status = 0
        self.ended = False
        self._reader = botocore.eventstream.EventStreamBuffer()
        self._frames: list = []
        self._plain = b""
        self._received = b""

    def _flush(self) -> None:
        self._socket.sendall(self._http.data_to_send())

    def send(self, *events: dict) -> None:
        frames = [chunk(event) for event in events]
        self.send_bytes(b"".join(self._signer.sign(frame) if self._signer else frame
                                 for frame in frames))

    def send_bytes(self, data: bytes, end: bool = False) -> None:
        self._http.send_data(1, data, end_stream=end)
        self._flush()

    def end(self) -> None:
        self.send_bytes(self._signer.sign(b"") if self._signer else b"", end=True)

    def reset(self) -> None:
        self._http.reset_stream(1)
        self._flush()

    def close(self) -> None:
        self._socket.close()

    def _receive_frame(self) -> bytes:
        while len(self._received) < 9 or len(self._received) < 9 + int.from_bytes(
                self._received[:3], "big"):
            data = self._socket.recv(65536)
            assert data, "the server closed the connection"
            self._received += data
        size = 9 + int.from_bytes(self._received[:3], "big")
        frame, self._received = self._received[:size], self._received[size:]
        return frame

    def _take(self) -> None:
        for event in self._http.receive_data(self._receive_frame()):
            if isinstance(event, h2.events.ConnectionTerminated):
                # h2 takes nothing more after a GOAWAY, but streams that were open go on.
                self._http.state_machine.state = h2.connection.ConnectionState.CLIENT_OPEN
            if isinstance(event, h2.events.ResponseReceived):
                fields = dict(event.headers)
                status = fields.get(b":status") or fields.get(":status")
                self.status = int(status)
            if isinstance(event, h2.events.DataReceived):
                if self.status == 200:
                    self._reader.add_data(event.data)
                self._plain += event.data
                self._http.acknowledge_received_data(event.flow_controlled_length, 1)
            if isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
                self.ended = True
        self._flush()
        self._frames += [frame.to_response_dict() for frame in self._reader]

    def until(self, name: str) -> dict:
        """The next event of this name."""
        while True:
            while not self._frames:
                assert not self.ended, f"the stream ended before {name}"
                self._take()
            frame = self._frames.pop(0)
            assert frame["headers"][":message-type"] == "event", frame
            event = event_of(frame)
            if name in event:
                return event[name]

    def rest(self) -> list[dict]:
        """All frames that come until the stream ends."""
        while not self.ended:
            self._take()
        frames, self._frames = self._frames, []
        return frames

    def failure(self) -> tuple[str, str]:
        """The exception that ends the stream, and its message."""
        last = self.rest()[-1]
        assert last["headers"][":message-type"] == "exception", last
        return last["headers"][":exception-type"], json.loads(last["body"])["message"]

    def refusal(self) -> tuple[int, str]:
        """Status and message of an answer that is no stream."""
        self.rest()
        return self.status, json.loads(self._plain)["message"]


def event_of(frame: dict) -> dict:
    return json.loads(base64.b64decode(json.loads(frame["body"])["bytes"]))["event"]


@pytest.fixture
def talk(server):
    with contextlib.ExitStack() as stack:
        def start(signed: bool = False, path: str = PATH, at=server) -> Talk:
            signer = EventSigner(at, path) if signed else None
            return stack.enter_context(contextlib.closing(Talk(at, signer, path)))

        yield start


@pytest.mark.parametrize("signed", [False, True])
def test_answers_come_before_the_next_event_is_sent(talk, signed):
    session = talk(signed)
    session.send(*OPEN)
    total = 0
    for turn in range(3):
        session.send(*asked(f"c{turn}"))
        usage = session.until("usageEvent")
        assert usage["totalTokens"] > total
        total = usage["totalTokens"]
        session.until("completionEnd")
    session.send(*GOODBYE)
    session.end()
    assert session.rest() == []
    assert session.status == 200


def test_the_end_of_the_body_ends_a_session_too(talk):
    session = talk()
    session.send(*OPEN, *asked("c"))
    session.end()
    events = [event_of(frame) for frame in session.rest()]
    assert ANSWER in "".join(event["textOutput"]["content"] for event in events
                             if "textOutput" in event)
    assert "completionEnd" in events[-1]


def signed_opening(signer: EventSigner) -> list[bytes]:
    return [signer.sign(chunk(event)) for event in OPEN + asked("c")]


@pytest.mark.parametrize("change", [
    lambda frames: frames[:1] + frames[2:],
    lambda frames: frames[:2] + frames[1:],
    lambda frames: frames[1:2] + frames[:1] + frames[2:],
    lambda frames: [with_payload(frames[0], chunk({"sessionStart": {}})), *frames[1:]],
], ids=["dropped", "repeated", "moved", "changed"])
def test_events_must_be_those_that_were_signed(server, talk, change):
    signer = EventSigner(server, PATH)
    frames = signed_opening(signer)
    with contextlib.closing(Talk(server, signer)) as session:
        session.send_bytes(b"".join(change(frames)))
        kind, message = session.failure()
    assert kind == "validationException"
    assert "signature we calculated does not match" in message


def test_an_event_must_be_signed_now(server):
    signer = EventSigner(server, PATH)
    with contextlib.closing(Talk(server, signer)) as session:
        session.send_bytes(signer.sign(chunk(OPEN[0]), late_s=400))
        assert "more than 5 minutes" in session.failure()[1]


def test_a_signed_stream_that_is_cut_has_not_ended(talk):
    session = talk(signed=True)
    session.send(*OPEN)
    session.send_bytes(b"", end=True)
    assert "was cut" in session.failure()[1]


def test_plain_events_are_none_where_signed_ones_were_promised(talk):
    session = talk(signed=True)
    session.send_bytes(chunk(OPEN[0]))
    assert "not signed" in session.failure()[1]


def test_the_signature_of_events_is_no_signature_of_a_body(server):
    signer = EventSigner(server, f"/model/{CHAT}/converse")
    answer = send(server, "POST", f"/model/{CHAT}/converse", b"{}", signer.headers)
    assert answer.error[:2] == (403, "InvalidSignatureException")


def test_http_1_cannot_carry_a_session(server):
    answer = send(server, "POST", PATH, b"", {"Authorization": f"Bearer {server.bearer_key}"})
    status, kind, message = answer.error
    assert (status, kind) == (400, "ValidationException") and "HTTP/2" in message


def test_a_model_at_amazon_bedrock_is_refused_by_name(server, talk):
    server.run("models", "bind", HAIKU, "--protocol", "bedrock", "--region", "us-east-1",
               "--url", "http://127.0.0.1:9")
    try:
        session = talk(path=f"/model/{HAIKU}/invoke-with-bidirectional-stream")
        status, message = session.refusal()
    finally:
        server.run("models", "unbind", HAIKU)
    assert status == 400 and "bound to Amazon Bedrock" in message


def test_an_event_in_the_wrong_order_ends_the_session_and_says_why(talk):
    session = talk()
    session.send(OPEN[0], *asked("c"))
    kind, message = session.failure()
    assert kind == "validationException" and "promptStart" in message


def test_a_client_that_leaves_frees_the_model(server, talk):
    session = talk()
    session.send({"sessionStart": {"inferenceConfiguration": {"maxTokens": 1800}}}, OPEN[1],
                 *asked("c", "Tell me a long story."))
    session.until("textOutput")
    session.reset()
    wait_until("the engine is idle again", lambda: sequences_running(server) == 0)


def test_the_log_has_a_session_as_one_line(server, talk):
    session = talk()
    session.send(*OPEN, *asked("a"), *asked("b"), *GOODBYE)
    session.end()
    events = session.rest()
    usage = event_of(events[-2])["usageEvent"]

    def line() -> dict | None:
        said = [json.loads(text) for text in server.log().splitlines() if text.startswith("{")]
        mine = [entry for entry in said
                if entry.get("operation") == "InvokeModelWithBidirectionalStream"
                and entry.get("events") == len(events)]
        return mine[-1] if mine else None

    entry = wait_until("the line is there", line)
    assert entry["status"] == 200 and entry["model_id"] == CHAT
    assert entry["input_tokens"] == usage["totalInputTokens"]
    assert entry["output_tokens"] == usage["totalOutputTokens"]
    assert entry["request_bytes"] > 500


def test_a_server_that_stops_ends_sessions_with_an_error(new_server, talk):
    server = new_server()
    session = talk(at=server)
    session.send(*OPEN)
    wait_until("it is open", lambda: session._take() or session.status)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    kind, message = session.failure()
    session.close()
    stopping.join()
    assert kind == "serviceUnavailableException" and "stopping" in message
