"""What callers may do where no handler answers: requests relayed to Amazon Bedrock, and replayed."""

from __future__ import annotations

import http.client
import json
import urllib.parse

import pytest

from asking import failure_of, user
from bedplate_server import PATIENCE_S, BedplateServer
from bedrock_upstream import BedrockStandIn, event, send, send_stream
from principals import Account, Sender, allow, deny, root_of
from raw_http import sign

NOVA = "amazon.nova-lite-v1:0"
MICRO = "amazon.nova-micro-v1:0"
GUARDRAIL = {"guardrailIdentifier": "abc", "guardrailVersion": "1"}
BODY = json.dumps({"messages": [{"role": "user", "content": [{"text": "x"}]}]})
ANSWER = {"output": {"message": {"role": "assistant", "content": [{"text": "A."}]}},
          "stopReason": "end_turn", "usage": {"inputTokens": 1, "outputTokens": 1,
                                              "totalTokens": 2}, "metrics": {"latencyMs": 1}}


def answer(exchange) -> None:
    if exchange.path.endswith("stream"):
        send_stream(exchange, [event("messageStop", {"stopReason": "end_turn"})])
    else:
        send(exchange, 200, json.dumps(ANSWER).encode(), content_type="application/json")


@pytest.fixture(name="bedrock", scope="module")
def _bedrock():
    running = BedrockStandIn()
    running.answer = answer
    yield running
    running.close()


def ask_all(sender: Sender, model: str = NOVA, **members) -> dict:
    """Each operation with the members that it has: the error's code and message, or nothing."""
    runtime = sender("bedrock-runtime")
    tier = members.get("tier")
    guardrail = members.get("guardrail", {})
    converse = {"messages": [user("x")]} | ({"guardrailConfig": guardrail} if guardrail else {}) \
        | ({"serviceTier": {"type": tier}} if tier else {})
    invoke = {"body": BODY} | guardrail | ({"serviceTier": tier} if tier else {})
    calls = {"converse": converse, "converse_stream": converse, "invoke_model": invoke,
             "invoke_model_with_response_stream": invoke}
    heard = {}
    for name, arguments in calls.items():
        try:
            said = getattr(runtime, name)(modelId=model, **arguments)
            if name.endswith("stream"):  # to its end, so that it is recorded
                list(said.get("stream", said.get("body")))
            heard[name] = None
        except runtime.exceptions.ClientError as error:
            heard[name] = (error.response["Error"]["Code"], error.response["Error"]["Message"])
    return heard


def all_pass(heard: dict) -> bool:
    return all(each is None for each in heard.values()) or heard


def all_denied(heard: dict, *words: str) -> bool:
    return all(each and each[0] == "AccessDeniedException" and all(w in each[1] for w in words)
               for each in heard.values()) or heard


def bind(server: BedplateServer, bedrock: BedrockStandIn) -> None:
    server.run("models", "bind", "amazon.nova-*", "--protocol", "bedrock", "--region", "us-east-1",
               "--url", bedrock.url, "--profile", "standin")


def options(folder) -> dict:
    credentials = folder / "credentials"
    credentials.write_text("[standin]\naws_access_key_id = AKIASTANDIN\n"
                           "aws_secret_access_key = secret\n", encoding="utf-8")
    return {"bedrock__credentials_file": credentials}


@pytest.fixture(name="relaying", scope="module")
def _relaying(tmp_path_factory, bedrock):
    folder = tmp_path_factory.mktemp("relaying")
    server = BedplateServer(folder, **options(folder)).start()
    bind(server, bedrock)
    yield server
    server.stop()


ASKED = [{}, {"guardrail": GUARDRAIL}, {"tier": "priority"},
         {"guardrail": GUARDRAIL | {"guardrailVersion": "DRAFT"}}]


@pytest.fixture(name="replaying", scope="module")
def _replaying(tmp_path_factory, bedrock):
    """Answers all of ASKED from recordings."""
    recordings = tmp_path_factory.mktemp("recordings")
    folder = tmp_path_factory.mktemp("recording")
    recorder = BedplateServer(folder, words=("record", "--to", str(recordings)),
                              **options(folder)).start()
    bind(recorder, bedrock)
    for members in ASKED:
        assert all_pass(ask_all(root_of(recorder).root, **members)) is True
    recorder.stop()
    server = BedplateServer(tmp_path_factory.mktemp("replaying"),
                            words=("serve", "--replay", str(recordings))).start()
    yield server
    server.stop()


@pytest.fixture(name="account", params=["relaying", "replaying"])
def _account(request) -> Account:
    return root_of(request.getfixturevalue(request.param))


def guardrail_arn(account: Account, version: str = "") -> str:
    return f"arn:aws:bedrock:us-east-1:{account.number}:guardrail/abc{version}"


MAY_ALL = allow("bedrock:*")


def test_a_guardrail_can_be_demanded(account):
    anna = account.user(MAY_ALL, deny("bedrock:InvokeModel*", StringNotEquals={
        "bedrock:GuardrailIdentifier": guardrail_arn(account, ":1")}))
    assert all_denied(ask_all(anna), "with an explicit deny") is True
    assert all_pass(ask_all(anna, guardrail=GUARDRAIL)) is True
    draft = GUARDRAIL | {"guardrailVersion": "DRAFT"}
    assert all_denied(ask_all(anna, guardrail=draft), "with an explicit deny") is True


def test_a_draft_is_the_guardrail_without_a_version(account):
    draft = GUARDRAIL | {"guardrailVersion": "DRAFT"}
    anna = account.user(MAY_ALL, deny("bedrock:InvokeModel*", StringEquals={
        "bedrock:GuardrailIdentifier": guardrail_arn(account)}))
    assert all_denied(ask_all(anna, guardrail=draft)) is True
    assert all_pass(ask_all(anna, guardrail=GUARDRAIL)) is True


def test_a_guardrail_takes_a_permission_of_its_own(account):
    anna = account.user(allow("bedrock:InvokeModel*"))
    assert all_pass(ask_all(anna)) is True
    assert all_denied(ask_all(anna, guardrail=GUARDRAIL), "bedrock:ApplyGuardrail",
                      guardrail_arn(account)) is True
    both = account.user(allow("bedrock:InvokeModel*"),
                        allow("bedrock:ApplyGuardrail", on=guardrail_arn(account)))
    assert all_pass(ask_all(both, guardrail=GUARDRAIL)) is True


def test_a_tier_can_be_denied(account):
    anna = account.user(MAY_ALL, deny("bedrock:InvokeModel*", StringEquals={
        "bedrock:ServiceTier": ["priority", "default", "flex"]}))
    assert all_denied(ask_all(anna, tier="priority"), "with an explicit deny") is True
    assert all_pass(ask_all(anna)) is True


def test_a_profile_can_be_demanded_for_its_model(account):
    made = account.root("bedrock").get_inference_profile(
        inferenceProfileIdentifier="us." + NOVA)["inferenceProfileArn"]
    model = f"arn:aws:bedrock:us-east-1::foundation-model/{NOVA}"
    anna = account.user(MAY_ALL, deny("bedrock:InvokeModel*", on=model, StringEquals={
        "bedrock:InferenceProfileArn": made}))
    assert all_denied(ask_all(anna, model="us." + NOVA), model) is True
    assert all_pass(ask_all(anna)) is True


# --- What is read in two ways is read in none ---

def send_raw(account: Account, path: str, body: bytes, headers=()) -> tuple[int, str]:
    server = account.root.server
    signed = sign(server, "POST", path, body)
    connection = http.client.HTTPConnection(*server.address, timeout=PATIENCE_S)
    connection.putrequest("POST", path, skip_host="host" in map(str.lower, signed))
    for name, value in [*signed.items(), *headers]:
        connection.putheader(name, value)
    if not any(name.lower() == "content-length" for name in signed):
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    got = connection.getresponse()
    text = got.read().decode()
    connection.close()
    return got.status, text


PATH = f"/model/{urllib.parse.quote(NOVA, safe='')}"


@pytest.mark.parametrize("body", [
    b'{"messages":[],"guardrailConfig":{"guardrailIdentifier":"abc"},"guardrailConfig":{}}',
    b'{"guardrailConfig":{"guardrailIdentifier":"abc","guardrailIdentifier":"x"}}',
    b'{"serviceTier":{"type":"flex"},"serviceT\\u0069er":{"type":"priority"}}',
    b'{"serviceTier":{"type":7}}', b'{"messages":[],}', b"x"])
def test_a_body_of_two_meanings_is_refused(account, bedrock, body):
    bedrock.seen.clear()
    status, text = send_raw(account, PATH + "/converse", body)
    assert status == 400 and "The body is not valid JSON" in text
    assert not bedrock.seen


def test_a_header_that_stands_there_twice_is_refused(account, bedrock):
    bedrock.seen.clear()
    name = "X-Amzn-Bedrock-Service-Tier"
    status, text = send_raw(account, PATH + "/invoke", BODY.encode(),
                            [(name, "flex"), (name, "priority")])
    assert status == 400 and "x-amzn-bedrock-service-tier stands there 2 times" in text
    assert not bedrock.seen


# --- Prompt routers, which only the relay settles ---

def test_a_routers_model_is_asked_for_with_router_guardrail_and_tier(relaying):
    account = root_of(relaying)
    arn = "arn:aws:bedrock:us-east-1::foundation-model/"
    bedrock = account.root("bedrock")
    router = bedrock.create_prompt_router(
        promptRouterName="team", models=[{"modelArn": arn + NOVA}],
        fallbackModel={"modelArn": arn + MICRO},
        routingCriteria={"responseQualityDifference": 50})["promptRouterArn"]
    by_router = {"bedrock:PromptRouterArn": router}
    anna = account.user(allow("bedrock:InvokeModel*", on=router),
                        allow("bedrock:InvokeModel*", on=arn + "*", StringEquals=by_router))
    assert all_pass(ask_all(anna, model=router)) is True
    assert all_denied(ask_all(anna)) is True
    denied = account.user(MAY_ALL, deny("bedrock:InvokeModel*", StringEquals=by_router))
    assert all_denied(ask_all(denied, model=router)) is True
    assert all_pass(ask_all(denied)) is True
    tier = account.user(MAY_ALL, deny("bedrock:InvokeModel*", on=arn + "*", StringEquals={
        "bedrock:ServiceTier": "priority"}))
    assert all_denied(ask_all(tier, model=router, tier="priority"), arn) is True
    assert all_pass(ask_all(tier, model=router)) is True
    guarded = account.user(MAY_ALL, deny("bedrock:InvokeModel*", on=arn + "*", StringNotEquals={
        "bedrock:GuardrailIdentifier": guardrail_arn(account, ":1")}))
    assert all_pass(ask_all(guarded, model=router, guardrail=GUARDRAIL)) is True
    assert all_denied(ask_all(guarded, model=router), arn) is True
    bedrock.delete_prompt_router(promptRouterArn=router)
    assert failure_of(bedrock.get_prompt_router,
                      promptRouterArn=router).code == "ResourceNotFoundException"
