"""Hooks of schemathesis for check-api.py: the token of each request, and requests that have to be answered.

Access tokens are those of many clients in turn.
"""

import itertools
import json
import os

import schemathesis

turn = itertools.count()


def read(name):
    with open(os.environ[name], encoding="utf-8") as file:
        return json.load(file)


@schemathesis.serializer("application/dc+sd-jwt", "application/jwt")
def as_text(_context, value):
    return {"data": value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")}


@schemathesis.auth(refresh_interval=None, retry_on=[])
class Tokens:
    """A clerk's token or a client's, as the description has it."""

    def get(self, case, _context):
        security = case.operation.definition.raw.get("security", [])
        wanted = {name for entry in security for name in entry}
        if "bearer" in wanted:
            return os.environ["CHECK_CLERK_TOKEN"]
        if "client" in wanted:
            tokens = list(read("CHECK_CLIENT_TOKENS").values())
            return tokens[next(turn) % len(tokens)]
        return None

    def set(self, case, data, _context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_add_examples(context, examples):
    """Adds the requests of the file."""
    operation = context.operation
    name = operation.definition.raw["operationId"]
    for request in read("CHECK_EXAMPLES").get(name, []):
        has_body = "body" in request
        media_type = {"media_type": request.get("media_type", "application/json")} if has_body else {}
        examples.append(operation.Case(**(request | media_type)))
