#!/usr/bin/env python3
"""KMS of Bedplate against that of moto's server.

    bench/keys/run.py --bedplate build/release/bin/bedplate [--moto VENV/bin/moto_server]
        [--one] [--bytes 32] [--seconds 3] [--rounds 3]

Both answer Encrypt, Decrypt and GenerateDataKey with a symmetric key, a plaintext of --bytes and an
encryption context of two pairs; Bedplate also signs and MACs, which is shown without a peer. Each
server may use the whole machine, with the threads that it chooses itself, and so may wrk (one
connection, and 16); with --one the server that is measured has the first processor for itself and
Bedplate one thread, and wrk the second. Each request was signed by botocore when the run began and
is sent again and again: Bedplate verifies signature, body hash and clock skew and asks the policies
each time; moto does none of that. Before the load each server answers once, and what it encrypted
is decrypted by itself through boto3 and compared. Servers take turns within a round; the tables
show medians. Needs botocore (any environment of the set-up), wrk, and bench/keys/setup for moto.
"""
import argparse
import base64
import contextlib
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time
import urllib.request

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "gateway"))

import peers  # noqa: E402
from peers import Peer, free_port, processor_name, wrk  # noqa: E402

GOAL = 50  # times moto's requests a second, of Encrypt and of Decrypt
JUDGED = ("Encrypt", "Decrypt")
CONTEXT = {"department": "10103.0", "purpose": "bench"}
CACHE = pathlib.Path(os.environ.get("BEDPLATE_CACHE") or pathlib.Path.home() / ".cache/bedplate")


def text(data):
    return base64.b64encode(data).decode()


class Server:
    """A peer with a client, its keys, and the requests that are sent to it."""

    def __init__(self, peer, access_key, secret, plain):
        self.peer, self.access_key, self.secret = peer, access_key, secret
        self.url = f"http://127.0.0.1:{peer.port}/"
        kms = boto3.client("kms", endpoint_url=self.url, region_name="us-east-1",
                           aws_access_key_id=access_key, aws_secret_access_key=secret)
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        blob = kms.encrypt(KeyId=key, Plaintext=plain, EncryptionContext=CONTEXT)["CiphertextBlob"]
        opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)["Plaintext"]
        if opened != plain:
            sys.exit(f"{peer.name} does not decrypt what it encrypted")
        self.works = {
            "Encrypt": {"KeyId": key, "Plaintext": text(plain), "EncryptionContext": CONTEXT},
            "Decrypt": {"CiphertextBlob": text(blob), "EncryptionContext": CONTEXT},
            "GenerateDataKey": {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": CONTEXT}}
        if peer.name == "bedplate":
            self.add_own_works(kms, plain)

    def add_own_works(self, kms, plain):
        mac = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        mac = mac["KeyMetadata"]["KeyId"]
        self.works["GenerateMac"] = {"KeyId": mac, "Message": text(plain),
                                     "MacAlgorithm": "HMAC_SHA_256"}
        for spec, algorithm in (("ECC_NIST_P256", "ECDSA_SHA_256"),
                                ("RSA_2048", "RSASSA_PSS_SHA_256")):
            key = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
            self.works[f"Sign, {spec}"] = {"KeyId": key, "Message": text(plain),
                                           "SigningAlgorithm": algorithm}

    def request(self, work):
        """Headers and body, signed now; the server must answer it well."""
        body = json.dumps(self.works[work])
        request = botocore.awsrequest.AWSRequest("POST", self.url, data=body, headers={
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": "TrentService." + work.partition(",")[0]})
        credentials = botocore.credentials.Credentials(self.access_key, self.secret)
        botocore.auth.SigV4Auth(credentials, "kms", "us-east-1").add_auth(request)
        headers = dict(request.headers.items())
        with urllib.request.urlopen(urllib.request.Request(self.url, body.encode(), headers),
                                    timeout=30) as answer:
            if answer.status != 200:
                sys.exit(f"{self.peer.name} answers {work} with {answer.status}")
        return headers, body

    def measure(self, work, connections, seconds, folder):
        headers, body = self.request(work)
        spent = self.peer.processor_seconds()
        one = wrk(self.url, headers, body, connections, seconds, folder)
        if one["requests"] == 0 or one["errors"]:
            sys.exit(f"{self.peer.name}, {work}: {one['requests']} requests, "
                     f"{one['errors']} errors")
        one["processor_us"] = (self.peer.processor_seconds() - spent) / one["requests"] * 1e6
        return one


def start_bedplate(program, folder):
    port = free_port()
    env = dict(os.environ, BEDPLATE_DATA_FOLDER=os.path.join(folder, "data"),
               BEDPLATE_LISTEN_PORT=str(port),
               BEDPLATE_SERVER_THREADS="1" if peers.SERVER else "0")
    peer = Peer("bedplate", [program, "serve"], port, env, folder)
    root = json.loads((pathlib.Path(folder) / "data" / "credentials.json").read_text())
    return peer, root["access_key_id"], root["secret_access_key"]


def start_moto(program, folder):
    port = free_port()
    return Peer("moto", [program, "-H", "127.0.0.1", "-p", str(port)], port, None, folder), \
        "testing", "testing"


def measure(servers, args, folder):
    results = {}
    for connections in (1, 16):
        for work in servers[0].works:
            taking_part = [server for server in servers if work in server.works]
            for server in taking_part:  # warm-up, not counted
                server.measure(work, connections, 1, folder)
            for _ in range(args.rounds):
                for server in taking_part:
                    one = server.measure(work, connections, args.seconds, folder)
                    results.setdefault((work, connections, server.peer.name), []).append(one)
    return {key: {name: statistics.median(run[name] for run in runs) for name in runs[0]}
            for key, runs in results.items()}


def report(results, size):
    share = "one for the server" if peers.SERVER else "shared by all"
    print(f"{processor_name()}, {os.cpu_count()} processors, {share}, "
          f"{size} bytes of plaintext, {time.strftime('%Y-%m-%d')}\n")
    print("| work | clients | server | requests/s | p50 ms | p99 ms | processor time a request, us"
          " |\n|---|---|---|---|---|---|---|")
    for (work, connections, name), run in results.items():
        print(f"| {work} | {connections} | {name} | {run['rps']:,.0f} | {run['p50_ms']:.3f}"
              f" | {run['p99_ms']:.3f} | {run['processor_us']:,.1f} |")
    print("\n| work | clients | Bedplate / moto | goal | |\n|---|---|---|---|---|")
    for (work, connections, name), run in results.items():
        if name != "moto":
            continue
        ratio = results[work, connections, "bedplate"]["rps"] / run["rps"]
        goal = f">= {GOAL} | {'met' if ratio >= GOAL else 'missed'}" if work in JUDGED else "| "
        print(f"| {work} | {connections} | {ratio:.1f} | {goal} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bedplate", required=True, help="the bedplate program")
    parser.add_argument("--moto", default=CACHE / "bench-moto/bin/moto_server",
                        help="the moto_server program")
    parser.add_argument("--one", action="store_true", help="a processor for each side")
    parser.add_argument("--bytes", type=int, default=32, help="of plaintext: 1 to 4096")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    if not args.one:
        peers.SERVER, peers.LOAD = [], []
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        servers = []
        for started in (start_bedplate(args.bedplate, folder), start_moto(str(args.moto), folder)):
            stack.callback(started[0].stop)
            servers.append(Server(*started, os.urandom(args.bytes)))
        report(measure(servers, args, folder), args.bytes)


if __name__ == "__main__":
    main()
