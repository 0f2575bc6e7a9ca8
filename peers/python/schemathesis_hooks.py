"""What schemathesis cannot know of the API from its description: which devices, slots and orders exist.

Loaded by the program itself. `PEER_DATA` is the running server's data folder, `PEER_BASE` its address.
"""

import atexit
import json
import os
from collections import Counter
from pathlib import Path

import requests
import schemathesis
from schemathesis.openapi.checks import IgnoredAuth, MissingHeaderNotRejected

from server import MODEL, call_headers, link

DATA, BASE = os.environ["PEER_DATA"], os.environ["PEER_BASE"]
SLOTS = [slot["id"] for slot in MODEL["slot"]]
# A test device: its orders are free of payment and parcels.
DEVICE, DOOMED = "PY-DEVICE", "PY-DOOMED"
TOKEN = link(DATA, DEVICE, "--test-device")["access_token"]
OTHER = link(DATA, "PY-OTHER", "--test-device")["access_token"]
DEAD = link(DATA, "PY-DEAD", "--test-device")["access_token"]


def order():
    headers = call_headers("DrsReplenish") | {"authorization": f"Bearer {TOKEN}"}
    reply = requests.post(f"{BASE}/replenish/{SLOTS[0]}", headers=headers)
    reply.raise_for_status()
    return reply.json()["eventInstanceId"]


requests.delete(
    f"{BASE}/registration", headers=call_headers("DrsDeregister") | {"authorization": f"Bearer {DEAD}"}
).raise_for_status()

# What exists. Everything else that the description allows in a path is a negative case: it must be refused.
EXISTS = {
    "slotId": SLOTS,
    "eventInstanceId": [order()],
    "deviceModelId": [MODEL["id"]],
    "deviceIdentifier": [DOOMED],
}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for path in raw_schema["paths"].values():
        for operation in path.values():
            for parameter in operation["parameters"]:
                if parameter["in"] == "path":
                    parameter["schema"]["enum"] = EXISTS[parameter["name"]]


@schemathesis.auth(refresh_interval=None)
class Token:
    """The device's token."""

    def get(self, case, context):
        return TOKEN

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Deregistration ends a device, so every call of it gets one of its own, linked just before."""
    if case.operation.definition.raw["operationId"].startswith("deregister"):
        if case.headers.get("Authorization") == f"Bearer {TOKEN}":
            case.headers["Authorization"] = "Bearer " + link(DATA, DOOMED, "--test-device")["access_token"]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Two checks know no other refusal of credentials than 401 and 403, and have no setting for it.

    Here it is 400 `Invalid token` and never 401 (docs/spec/calls.md#invalid-token): clients in the field refresh their
    token on nothing else. `invalid_token` below checks that, so only "400 where 401 was expected" is dropped.
    """
    if isinstance(failure, IgnoredAuth):
        return "got `400 Bad Request`" not in failure.message
    if isinstance(failure, MissingHeaderNotRejected) and failure.header_name == "Authorization":
        return failure.status_code != 400
    return True


def replay(response, authorization):
    """The request that was answered, once more, with other credentials."""
    sent = response.request
    headers = {name: value for name, value in sent.headers.items() if name.lower() != "authorization"}
    if authorization:
        headers["Authorization"] = authorization
    reply = requests.request(sent.method, sent.url, headers=headers, data=sent.body)
    return reply.status_code, reply.json(), reply.headers.get("x-amzn-errortype", "").partition(":")[0]


@schemathesis.check
def invalid_token(ctx, response, case):
    """What was answered well is refused without token, with one that is none, and with a dead one."""
    if response.status_code == 200:
        for authorization in (None, "Bearer Atza|x", "Basic eDp5", f"Bearer {DEAD}"):
            wanted = 400, {"message": "Invalid token"}, "InvalidTokenException"
            assert replay(response, authorization) == wanted, f"with {authorization}"


@schemathesis.check
def other_device(ctx, response, case):
    """An order of another device does not exist; a registration of another device is not ended."""
    if response.status_code == 200 and case.path_parameters and "slotId" not in case.path_parameters:
        status, *_ = replay(response, f"Bearer {OTHER}")
        assert status == 400, f"another device got {status}"


# How often which operation answered what, to positive and to negative data: a run that asked little proves little.
COUNTS = Counter()


@schemathesis.hook
def after_call(context, case, response):
    mode = case.meta.generation.mode.value if case.meta else "none"
    COUNTS[f"{case.operation.label} {mode} {response.status_code}"] += 1


atexit.register(lambda: Path(os.environ["PEER_COUNTS"]).write_text(json.dumps(COUNTS)))
