"""Short-term API keys of Amazon Bedrock: of users, of roles and of sessions, as the token generator
(aws-bedrock-token-generator) makes them: a presigned request of its caller, in base64."""

from __future__ import annotations

import base64
import datetime
import json
import time
import urllib.error
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from bedplate_server import CHAT, BedplateServer
from principals import Sender, allow, assume, deny, new_name, policy, root_of

MAY = allow("bedrock:InvokeModel", "bedrock:CallWithBearerToken", "sts:*")


@pytest.fixture(name="account", scope="module")
def _account(tmp_path_factory):
    server = BedplateServer(tmp_path_factory.mktemp("bearer")).start()
    yield root_of(server)
    server.stop()


class SignedAt(botocore.auth.SigV4QueryAuth):
    """Signs as of another time than now."""

    def __init__(self, *arguments, ago_s=0, **members):
        super().__init__(*arguments, **members)
        self.ago_s = ago_s

    def add_auth(self, request):
        at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=self.ago_s)
        request.context["timestamp"] = at.strftime("%Y%m%dT%H%M%SZ")
        super()._modify_request_before_signing(request)
        canonical = self.canonical_request(request)
        self._inject_signature_to_request(
            request, self.signature(self.string_to_sign(request, canonical), request))


def short_term_key(sender: Sender, expires_s=43_200, region="us-east-1", ago_s=0, **parts):
    request = botocore.awsrequest.AWSRequest(
        parts.get("method", "POST"), "https://bedrock.amazonaws.com/",
        headers={"host": "bedrock.amazonaws.com"},
        params={"Action": parts.get("action", "CallWithBearerToken")})
    credentials = botocore.credentials.Credentials(sender.key, sender.secret, sender.token)
    SignedAt(credentials, parts.get("service", "bedrock"), region, expires=expires_s,
             ago_s=ago_s).add_auth(request)
    url = request.url.removeprefix("https://") + "&Version=1"
    return "bedrock-api-key-" + base64.b64encode(url.encode()).decode()


def by_key(account, key, model=CHAT):
    """The status and message of a request with the key."""
    body = json.dumps({"messages": [{"role": "user", "content": [{"text": "Hi"}]}],
                       "inferenceConfig": {"maxTokens": 2}}).encode()
    request = urllib.request.Request(
        account.root.server.endpoint + f"/model/{model}/converse", data=body,
        headers={"authorization": f"Bearer {key}", "content-type": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["message"]


def test_users_roles_and_sessions_make_keys(account):
    anna = account.user(MAY)
    role = account.role({"AWS": account.number}, MAY)
    session = assume(anna, role)
    chained = assume(session, role, "chained")
    made = anna("sts").get_session_token()["Credentials"]
    users = Sender(anna.server, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    made = anna("sts").get_federation_token(Name="guest", Policy=policy(MAY))["Credentials"]
    guest = Sender(anna.server, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    for sender in (account.root, anna, session, chained, users, guest):
        assert by_key(account, short_term_key(sender)) == (200, ""), sender.arn


def test_a_key_may_what_its_maker_may(account):
    anna = account.user(MAY)
    without = account.user(allow("bedrock:InvokeModel"))
    status, message = by_key(account, short_term_key(without))
    assert status == 403 and without.arn in message and "bedrock:CallWithBearerToken" in message
    role = account.role({"AWS": account.number}, MAY)
    narrow = assume(anna, role, Policy=policy(allow("bedrock:CallWithBearerToken")))
    status, message = by_key(account, short_term_key(narrow))
    assert status == 403 and narrow.arn in message and "session policy" in message
    key = short_term_key(assume(anna, role))
    assert by_key(account, key)[0] == 200
    # What is taken from the role is taken from its keys.
    account.iam.put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="stop",
                                PolicyDocument=policy(deny(
                                    "bedrock:CallWithBearerToken",
                                    StringEquals={"bedrock:BearerTokenType": "SHORT_TERM"})))
    assert by_key(account, key)[0] == 403


def test_a_key_ends_with_the_access_key_of_its_maker(account):
    name = new_name()
    anna = account.user(MAY, UserName=name)
    key = short_term_key(anna)
    assert by_key(account, key)[0] == 200
    account.iam.update_access_key(UserName=name, AccessKeyId=anna.key, Status="Inactive")
    status, message = by_key(account, key)
    assert status == 403 and "API Key is valid" in message
    account.iam.update_access_key(UserName=name, AccessKeyId=anna.key, Status="Active")
    assert by_key(account, key)[0] == 200
    account.iam.delete_access_key(UserName=name, AccessKeyId=anna.key)
    assert by_key(account, key)[0] == 403


def test_a_key_ends_with_the_role_of_its_maker(account):
    anna = account.user(MAY)
    role = account.role({"AWS": account.number}, MAY)
    key = short_term_key(assume(anna, role))
    assert by_key(account, key)[0] == 200
    name = role.rpartition("/")[2]
    account.iam.delete_role_policy(RoleName=name, PolicyName="p")
    account.iam.delete_role(RoleName=name)
    account.role({"AWS": account.number}, MAY, name=name)
    assert by_key(account, key)[0] == 403


def test_a_key_ends_in_time(account):
    anna = account.user(MAY)
    assert by_key(account, short_term_key(anna, expires_s=120, ago_s=60))[0] == 200
    status, message = by_key(account, short_term_key(anna, expires_s=60, ago_s=120))
    assert status == 403 and message == "Bearer Token has expired"
    brief = short_term_key(anna, expires_s=2)
    assert by_key(account, brief)[0] == 200
    time.sleep(3)
    assert by_key(account, brief) == (403, "Bearer Token has expired")
    # Twelve hours at most; and none that is of later.
    assert by_key(account, short_term_key(anna, expires_s=43_201))[0] == 403
    assert by_key(account, short_term_key(anna, ago_s=-3600))[0] == 403


@pytest.mark.parametrize("parts", [{"region": "eu-west-1"}, {"service": "s3"}, {"method": "GET"},
                                   {"action": "ListFoundationModels"}], ids=lambda parts: str(parts))
def test_a_key_is_for_nothing_else(account, parts):
    assert by_key(account, short_term_key(account.root, **parts))[0] == 403
    assert by_key(account, short_term_key(account.root))[0] == 200


def test_keys_are_for_bedrock_alone(account):
    request = urllib.request.Request(
        account.root.server.endpoint + "/", data=b"Action=ListUsers&Version=2010-05-08",
        headers={"authorization": f"Bearer {short_term_key(account.root)}",
                 "content-type": "application/x-www-form-urlencoded"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert caught.value.code in (400, 403, 404)
