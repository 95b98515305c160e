#!/usr/bin/env python3
"""Writes requests that botocore signed, for sigv4_test to verify.

Usage: sign_with_botocore.py OUTPUT_FILE [SEED]

Each request is a block of lines, all values hexadecimal so that any byte can stand in them:
  request NAME METHOD PATH QUERY BODY RULE SERVICE
  header NAME VALUE          (as sent, in order)
  end
The time is 2024-06-01T12:00:00Z, the region eu-west-3; the credentials are the constants below.
"""

import datetime
import random
import sys
from unittest import mock
from urllib.parse import quote, urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCESS_KEY_ID = "AKIAEXAMPLEEXAMPLE01"
SECRET = "a/secret+of=forty~characters-for*the$test"
TOKEN = "token+with/odd=characters=="
REGION = "eu-west-3"
NOW = datetime.datetime(2024, 6, 1, 12, 0, 0, tzinfo=datetime.timezone.utc)
REQUESTS = 300

ALPHABET = "abcXYZ019-_.~:/?#[]@!$&'()*+,;=%\"<>\\^`{|} äß√水😀"


def text(rng, longest):
    return "".join(rng.choice(ALPHABET) for _ in range(rng.randint(1, longest)))


def make_path(rng, s3):
    segments = [quote(text(rng, 12), safe="-_.~") for _ in range(rng.randint(0, 4))]
    if s3:
        segments = [s for s in segments if s not in (".", "..")]
    elif rng.random() < 0.2:
        segments.insert(rng.randint(0, len(segments)), rng.choice([".", "..", ""]))
    return "/" + "/".join(segments) + ("/" if segments and rng.random() < 0.2 else "")


def make_query(rng):
    pairs = [(text(rng, 8), text(rng, 8) if rng.random() < 0.8 else "")
             for _ in range(rng.choice([0, 0, 1, 3, 6]))]
    if pairs and rng.random() < 0.3:
        pairs.append((pairs[0][0], text(rng, 8)))
    return "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in pairs)


def make_headers(rng):
    headers = [("Content-Type", "application/json")]
    for i in range(rng.randint(0, 4)):
        value = rng.choice(["plain", "  outer  blanks ", "a,b,  c", "tab\there", "x" * 300])
        headers.append((rng.choice([f"X-Amz-Meta-{i}", f"x-custom-{i}", "X-Repeated"]), value))
    if rng.random() < 0.5:
        headers += [("User-Agent", "never signed"), ("X-Amzn-Trace-Id", "Root=1-2-3")]
    return headers


def sign(rng, number):
    s3 = rng.random() < 0.4
    presigned = rng.random() < 0.3
    service = "s3" if s3 else "bedrock"
    credentials = Credentials(ACCESS_KEY_ID, SECRET, TOKEN if rng.random() < 0.3 else None)
    body = b"" if presigned else rng.randbytes(rng.choice([0, 1, 100, 5000]))
    query = make_query(rng)
    if presigned:  # botocore reads the query back into a dictionary, which has a name once
        query = "&".join({p.split("=")[0]: p for p in query.split("&") if p}.values())
    url = "http://127.0.0.1:4600" + make_path(rng, s3) + ("?" + query if query else "")
    request = AWSRequest(rng.choice(["GET", "POST", "PUT"]), url, data=body)
    for name, value in make_headers(rng):
        request.headers.add_header(name, value)
    if not presigned and rng.random() < 0.2:
        request.headers["Date"] = "Thu, 01 Jan 1970 00:00:00 GMT"  # botocore writes the time here
    signer = {
        (False, False): botocore.auth.SigV4Auth,
        (True, False): botocore.auth.S3SigV4Auth,
        (False, True): botocore.auth.SigV4QueryAuth,
        (True, True): botocore.auth.S3SigV4QueryAuth,
    }[s3, presigned]
    signer(credentials, service, REGION).add_auth(request)
    parts = urlsplit(request.url)
    if "Host" not in request.headers:
        request.headers["Host"] = parts.netloc
    lines = [("request", f"{number}{'-s3' if s3 else ''}{'-presigned' if presigned else ''}",
              request.method, parts.path, parts.query, body, "s3" if s3 else "other", service)]
    lines += [("header", name, value) for name, value in request.headers.items()]
    return lines + [("end",)]


def encode(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return raw.hex() or "-"


def main():
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 20240601)
    with open(sys.argv[1], "w") as out, \
            mock.patch("botocore.auth.get_current_datetime", lambda *a, **k: NOW):
        for number in range(REQUESTS):
            for word, *values in sign(rng, number):
                print(word, *map(encode, values), file=out)


if __name__ == "__main__":
    main()
