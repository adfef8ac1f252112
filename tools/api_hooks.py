"""Hooks of schemathesis for check-api.py: tokens, what counts once, and which answers to wrong requests are right.

What a limit of one client, clerk or holder would refuse is spread over many, so that requests come to what they are for.
"""

import base64
import itertools
import json
import os
import pathlib
import secrets
import urllib.request

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.core.parameters import ParameterLocation

FOLDER = pathlib.Path(os.environ["CHECK_FOLDER"])
# Calls that answer every body, because what they find is a verdict or stands in an envelope. Their queries are checked.
ANSWER_EVERY_BODY = {"verify", "verifyDecision", "verifyPresentation", "gbt36906"}
# Stands for a ticket that is good, as in check-api.py.
RIGHT_TICKET = "A" * 43
turn = itertools.count()


def one_of(name):
    values = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return values[next(turn) % len(values)]


def operation_id(case):
    return case.operation.definition.raw["operationId"]


def citizen_id():
    """A number that nobody has, with its check digit (GB 11643)."""
    digits = "65272219850228" + f"{secrets.randbelow(1000):03}"
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(digits))
    return digits + "10X98765432"[total % 11]


def fresh_ticket(token):
    """The ticket of a URL that the client with this access token may use, once."""
    claims = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    ask = json.loads((FOLDER / "download-url.json").read_text(encoding="utf-8"))
    body = {"accessId": claims["client_id"], "accessToken": token, "data": ask["data"]}
    request = urllib.request.Request(ask["url"], json.dumps(body).encode("utf-8"))
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"]["url"].rsplit("/", 1)[1]


@schemathesis.serializer("application/dc+sd-jwt", "application/jwt", "application/ofd")
def as_text(_context, value):
    return {"data": value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")}


@schemathesis.auth(refresh_interval=None, retry_on=[])
class Tokens:
    """A clerk's token or a client's, as the description has it."""

    def get(self, case, _context):
        security = case.operation.definition.raw.get("security", [])
        wanted = {name for entry in security for name in entry}
        if "bearer" in wanted:
            return one_of("clerks.json")
        return one_of("clients.json") if "client" in wanted else None

    def set(self, case, data, _context):
        case.headers["Authorization"] = f"Bearer {data}"
        places = case.path_parameters or {}
        if operation_id(case) == "sharedFile" and places.get("ticket") == RIGHT_TICKET:
            places["ticket"] = fresh_ticket(data)


@schemathesis.hook
def before_call(_context, case, _kwargs):
    """What counts once is new in each request."""
    name = operation_id(case)
    wrong = case.meta is not None and case.meta.is_negative_at(ParameterLocation.HEADER)
    if name == "decide" and not wrong and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = secrets.token_hex(16)
    body = case.body
    if name not in {"authorize", "authorizeDelegated"} or not isinstance(body, dict):
        return
    delegations = json.loads((FOLDER / "delegations.json").read_text(encoding="utf-8"))
    known = dict(delegations)
    if not isinstance(body.get("holder_code"), str) or body["holder_code"] not in known:
        return
    if name == "authorize":
        case.body = body | {"holder_code": citizen_id()}
        return
    holder, delegation = one_of("delegations.json")
    fresh = {"holder_code": holder}
    if body.get("delegation") == known[body["holder_code"]]:
        fresh["delegation"] = delegation
    if isinstance(body.get("idempotency_key"), str) and len(body["idempotency_key"]) == 32:
        fresh["idempotency_key"] = secrets.token_hex(16)
    case.body = body | fresh


@schemathesis.hook
def filter_failure(_context, failure, case, response):
    if not isinstance(failure, AcceptedNegativeData) or operation_id(case) not in ANSWER_EVERY_BODY:
        return True
    wrong = [place for place, part in case.meta.components.items() if part.mode.is_negative]
    return response.status_code != 200 or wrong != [ParameterLocation.BODY]
