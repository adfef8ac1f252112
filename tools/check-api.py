#!/usr/bin/env python3
"""Holds a running service against its description, service/openapi.json.

    python3 tools/check-api.py --boyin target/release/boyin [--examples 30] [--seed N] [--only REGEX] [--folder NEW]

Makes a data directory with the sample offices in a temporary folder, issues, shares and decides a few things, starts
`boyin serve --desk` on 127.0.0.1, and lets schemathesis (https://schemathesis.readthedocs.io, version 4.32) make up requests from the
description, right and wrong ones. It needs `schemathesis` and `openssl` in the PATH, and the hooks beside it. Clerks' calls are sent
with tokens of all scopes, clients' calls with access tokens, of many in turn: so that the limits of one (docs/http-api.md) do not end
the run. Each call is asked rightly too, and has to answer with 200; these requests are then varied and spoilt, so that one wrong
member meets no other fault first. Afterwards no number, no name and no token of the run stands in the log of the service (level `info`)
or in its metrics. Ends with 0 if nothing was found and the service logged no error, else with 1.

What is not asked: that every request which the description allows is answered with 2xx (`positive_data_acceptance`). The description says
what a number looks like, and no schema can say that its check character holds (GB 11643, GB 32100), that somebody has it, that the sharing
list names a field, or that a code or a delegation is still good: 400, 403, 404 and 422 are right for nearly all that is made up. So this is
asked of the right requests alone, in the phase `examples`, and of them 200 and nothing else. That nothing undescribed comes back
(`status_code_conformance`, `response_schema_conformance`) and no wrong request is answered (`negative_data_rejection`) is asked of all.
"""

import argparse
import base64
import collections
import http.client
import json
import os
import pathlib
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
DESCRIPTION, FORMS = ROOT / "service/openapi.json", ROOT / "crates/cli/demo/forms.jsonl"
POLICE, MARKET = "11652700DEMX00073K", "11652702DEMX000303"
IDENTITY_CARD = "11100000000013127D001"
ITEM, MATTER, PURPOSE = "0134", "residence-permit", "接口核对"
WHO = ["--who", "窗口甲", "--purpose", PURPOSE]
SCOPES = ["license:read", "holder:read", "holder:authorize", "window:decide", "meter:read"]
CLIENT_SCOPES = ["share:license", "share:holder", "share:check", "share:file"]
CLIENTS, CLERKS = 24, 8
# Stands for a ticket that is good; the hooks know it.
RIGHT_TICKET = "A" * 43
# Access tokens end after 600 s.
RENEW_SECONDS = 240
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

# Checks that ask for what the service does not promise, by the name that schemathesis gives them: but of what has to be answered, see above.
NOT_CHECKED = {"positive_data_acceptance"}
# What refuses a wrong request. 404 does: nothing is on file under a name that is none.
REFUSALS = ["400", "401", "403", "404", "405", "409", "411", "413", "422", "429"]


class Place:
    """A data directory, and the command on it."""

    def __init__(self, boyin, folder):
        self.boyin, self.folder = boyin, folder
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("BOYIN_")}
        self.env |= {"BOYIN_HOME": str(folder / "home"), "BOYIN_PASSPHRASE": secrets.token_urlsafe(24), "BOYIN_LOG": "warn"}

    def run(self, *args, text=None):
        ran = subprocess.run([self.boyin, "--json", *args], env=self.env, input=text or "", capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            sys.exit(f"boyin {' '.join(args[:2])}: {ran.stderr}")
        return ran.stdout

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)


def issue(place, office, license_type, division, count):
    """The forms of the sample that were issued, with the identifiers of the licenses."""
    forms = [json.loads(line) for line in FORMS.read_text(encoding="utf-8").splitlines()]
    fit = [form for form in forms if form["license_type"] == license_type and form["division"] == division][:count]
    file = place.write(f"{license_type}.jsonl", "".join(json.dumps(form) + "\n" for form in fit))
    out = place.folder / license_type
    out.mkdir()
    ran = place.run("license", "issue", "--office", office, "--out", str(out), *WHO, file)
    ids = [json.loads(line)["license_id"] for line in ran.splitlines()]
    return list(zip(fit, ids, strict=True))


def spellings(value):
    """How a value could stand in a text: as it is, percent-encoded, or within base64 of whatever it stands in."""
    data = value.encode("utf-8")
    quoted = urllib.parse.quote(value, safe="")
    found = {value, quoted, quoted.lower()}
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode("ascii")
        # The characters that depend on nothing but the value.
        part = encoded[(0, 2, 3)[before] : (before + len(data)) // 3 * 4]
        found |= {part, part.replace("+", "-").replace("/", "_")} if len(part) >= 8 else set()
    return found


def leaks(text, values):
    """Those of the values that stand in a text, in any spelling."""
    return sorted(value for value in set(values) if any(spelling in text for spelling in spellings(value)))


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def signed(key, message):
    """A signature of ES256, from the DER that openssl writes."""
    der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=message, capture_output=True, check=True).stdout
    numbers, rest = b"", der[2:]
    for _ in range(2):
        length = rest[1]
        numbers += rest[2 : 2 + length].lstrip(b"\0").rjust(32, b"\0")
        rest = rest[2 + length :]
    return numbers


class Client:
    """A client that is registered, and its access token."""

    def __init__(self, place, number):
        self.id = f"check-{number}"
        self.key = str(place.folder / f"{self.id}.pem")
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.key], check=True)
        public = self.key + ".pub"
        subprocess.run(["openssl", "ec", "-in", self.key, "-pubout", "-out", public], check=True, capture_output=True)
        scopes = [word for scope in CLIENT_SCOPES for word in ("--scope", scope)]
        args = ["--name", "核对系统", "--agency", MARKET, "--key", public, "--sharing", "departments", *scopes, *WHO]
        place.run("client", "add", self.id, *args)
        found = json.loads(place.run("client", "list"))["clients"]
        self.kid = next(client["key"][0]["key"]["kid"] for client in found if client["id"] == self.id)

    def assertion(self, base):
        now = int(time.time())
        header = {"alg": "ES256", "kid": self.kid, "typ": "JWT"}
        claims = {"iss": self.id, "sub": self.id, "aud": f"{base}/v1/token", "iat": now, "exp": now + 300, "jti": secrets.token_hex(16)}
        message = ".".join(base64url(json.dumps(part).encode("utf-8")) for part in (header, claims))
        return f"{message}.{base64url(signed(self.key, message.encode('ascii')))}"

    def token(self, base):
        form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion(base)}
        with urllib.request.urlopen(f"{base}/v1/token", urllib.parse.urlencode(form).encode("ascii"), timeout=30) as answer:
            return json.load(answer)["access_token"]


def prepare(place, base):
    """Fills the data directory; gives what requests may name, by the name of a list of values."""
    place.run("init", "--sample", "--public-url", base)
    people = issue(place, POLICE, "identity-card", "652722", 12)
    firms = issue(place, MARKET, "business-license", "652702", 3)
    numbers = [form["holder"]["code"] for form, _ in people]
    holder, agent = numbers[0], numbers[-1]
    terms = ["--license-type", "identity-card", "--item", MATTER, "--uses", "100", "--office", POLICE, *WHO]
    delegations = [json.loads(place.run("holder", "delegate", number, "--agent", agent, *terms)) for number in numbers[:-1]]
    delegations = [delegation["delegation"] for delegation in delegations]
    place.write("delegations.json", json.dumps(list(zip(numbers, delegations, strict=False))))
    fields = "holder_name,holder_code,license_number,license_id,address"
    names = ["--agency-name", "阿拉山口市市场监督管理局", "--item-name", "个体工商户登记", "--scope", "departments"]
    place.run("sharing", "add", "--agency", MARKET, "--item", ITEM, "--license-type", IDENTITY_CARD, *names, "--field", fields, *WHO)
    place.run("sharing", "sign", *WHO)
    asked = ["--item", MATTER, "--division", "652722", "--holder", f"applicant={holder}", "--office", POLICE]
    receipt, shown = (str(place.folder / name) for name in ("receipt.jwt", "code.txt"))
    decision = json.loads(place.run("window", "decide", *asked, "--out", receipt, *WHO))
    place.run("present", "make", "--license", people[0][1], "--out", shown, "--office", POLICE, *WHO)
    licenses = [license_id for _, license_id in people + firms]
    return {
        "licenses": licenses,
        "holders": numbers,
        "holder": [holder],
        "agent": [agent],
        "kinds": ["111"],
        "types": [IDENTITY_CARD],
        "agencies": [MARKET],
        "items": [ITEM],
        "matters": [MATTER, "enterprise-start", "newborn"],
        "matter": [MATTER],
        "divisions": ["652722", "652702"],
        "purposes": [PURPOSE],
        "delegations": delegations[:1],
        "decisions": [decision["event"]],
        "status-lists": [f"{POLICE}-1", f"{MARKET}-1"],
        "fields": ["holder_name", "holder_code", "license_number", "address"],
        "license-numbers": [form["license_number"] for form, _ in people],
        "names": [form["holder"]["name"] for form, _ in people],
        "counties": ["652722", POLICE, MATTER],
        "receipt": [pathlib.Path(receipt).read_text(encoding="utf-8").strip()],
        "code": [pathlib.Path(shown).read_text(encoding="utf-8").strip("\r\n")],
        "license": [sorted((place.folder / "identity-card").iterdir())[0].read_text(encoding="utf-8").strip()],
    }


def right_requests(lists, client, token, base):
    """One request or more for each call that has to be answered with 200, by operation."""
    holder, agent, license_id = lists["holder"][0], lists["agent"][0], lists["licenses"][0]
    of_holder = {"holder_code_type": "111", "holder_code": holder}
    asked = {"item": ITEM, "purpose": PURPOSE}
    code_for = of_holder | {"agency": MARKET, "license_type": IDENTITY_CARD, "purpose": PURPOSE}
    envelope = {"accessId": client.id, "accessToken": token}
    cause = {"useCause": PURPOSE, "itemCode": ITEM}
    typed = {"certTypeCode": IDENTITY_CARD}
    content = {"contentType": "base64", "content": base64.b64encode(lists["license"][0].encode("ascii")).decode("ascii")}
    operations = {
        "queryCertInfo": cause | {"certificateIdentifier": license_id},
        "queryCertInfoByHolderCode": cause | typed | {"holderCode": holder},
        "verifyCertInfo": cause | typed | {"certData": {"holderCode": holder, "certNo": lists["license-numbers"][0]}},
        "verifyFile": typed | content | {"useCause": PURPOSE},
        "downloadFile": {"certificateIdentifier": license_id, "certificateCopyCause": PURPOSE, "itemCode": ITEM, "fileType": "sd-jwt"},
        "downloadUrl": {"certificateIdentifier": license_id, "certificateCopyCause": PURPOSE, "itemCode": ITEM, "fileType": "sd-jwt"},
        "downloadUrlsByHolderCode": cause | typed | {"holderCode": holder},
        "queryCertInfoByQRcode": cause | {"qrcode": lists["code"][0]},
        "getCertRemarkInfo": cause | {"certificateIdentifier": license_id},
    }
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": client.assertion(base)}
    parties = {"applicant": of_holder}
    return {
        "verify": [
            {"body": lists["license"][0], "media_type": "application/dc+sd-jwt"},
            {"body": lists["license"][0], "media_type": "application/dc+sd-jwt", "query": {"policy": "file"}},
        ],
        "license": [{"path_parameters": {"id": license_id}, "query": {"purpose": PURPOSE}}],
        "holderLicenses": [{"body": of_holder | {"purpose": PURPOSE}}],
        "holderLog": [{"body": of_holder | {"purpose": PURPOSE}}, {"body": of_holder | {"purpose": PURPOSE, "after": 1, "limit": 2}}],
        "token": [{"body": form, "media_type": "application/x-www-form-urlencoded"}],
        "sharedLicense": [
            {"body": asked | {"license_id": license_id}},
            {"body": asked | {"license_id": license_id, "credential": True}},
        ],
        "sharedHolder": [{"body": asked | of_holder | {"license_type": IDENTITY_CARD}}],
        "sharedCheck": [{"body": asked | of_holder | {"license_type": IDENTITY_CARD, "license_number": lists["license-numbers"][0]}}],
        # The hooks put the ticket of a new URL in its place: each is good once, and for one client.
        "sharedFile": [{"path_parameters": {"ticket": RIGHT_TICKET}}],
        "authorize": [{"body": code_for | {"item": ITEM}}],
        "authorizeDelegated": [
            {
                "body": code_for
                | {"item": MATTER, "agent_code_type": "111", "agent_code": agent, "delegation": lists["delegations"][0]}
                | {"idempotency_key": secrets.token_hex(16)}
            }
        ],
        "items": [{}],
        "item": [{"path_parameters": {"code": matter}} for matter in lists["matters"]],
        "decide": [
            {
                "headers": {"Idempotency-Key": secrets.token_hex(16)},
                "body": {"item": MATTER, "division": "652722", "parties": parties, "purpose": PURPOSE},
            }
        ],
        "decision": [{"path_parameters": {"number": lists["decisions"][0]}, "query": {"purpose": PURPOSE}}],
        "followUps": [{}, {"query": {"from": "2026-01-01", "until": "2099-12-31"}}],
        "verifyDecision": [{"body": lists["receipt"][0], "media_type": "application/jwt"}],
        "meter": [{}, {"query": {"by": "item", "county": "652722"}}],
        "meterDecisions": [
            {"query": {"by": "county", "county": "652722", "figure": "materials", "outcome": "exempt"}},
            {"query": {"figure": "types"}},
        ],
        "meterNext": [{}],
        "verifyPresentation": [{"body": lists["code"][0], "media_type": "text/plain"}],
        "gbt36906": [
            {"path_parameters": {"operation": operation}, "body": envelope | {"data": data}} for operation, data in operations.items()
        ],
        "trustList": [{}],
        "anchorHandovers": [{}],
        "statusList": [{"path_parameters": {"id": name}} for name in lists["status-lists"]],
        "health": [{}],
    }


def with_examples(right):
    """The description with requests that have to be answered: the same ones are then varied and spoilt."""
    description = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    for calls in description["paths"].values():
        for call in calls.values():
            for number, request in enumerate(right[call["operationId"]]):
                if "body" in request:
                    content = call["requestBody"]["content"]
                    kind = content[request.get("media_type", "application/json")]
                    kind.setdefault("examples", {})[str(number)] = {"value": request["body"]}
                for parameter in call.get("parameters", []):
                    place = {"path": "path_parameters", "query": "query", "header": "headers"}[parameter["in"]]
                    if parameter["name"] in request.get(place, {}):
                        value = request[place][parameter["name"]]
                        parameter.setdefault("examples", {})[str(number)] = {"value": value}
    return description


# Which parameter of which operation takes its values from which list, and how often. What is not named is made up.
FROM = {
    "license": {"path.id": ("licenses", 0.6)},
    "statusList": {"path.id": ("status-lists", 0.6)},
    "item": {"path.code": ("matters", 0.6)},
    "decision": {"path.number": ("decisions", 0.6)},
    "meter": {"query.county": ("counties", 0.6)},
    "meterDecisions": {"query.county": ("counties", 0.6)},
    "meterNext": {"query.county": ("counties", 0.6)},
    "holderLicenses": {"body.holder_code_type": ("kinds", 0.9), "body.holder_code": ("holders", 0.9)},
    "holderLog": {"body.holder_code_type": ("kinds", 0.9), "body.holder_code": ("holders", 0.9)},
    "sharedLicense": {
        "body.license_id": ("licenses", 0.9), "body.item": ("items", 0.9), "body.fields[*]": ("fields", 0.9),
    },
    "sharedHolder": {
        "body.holder_code_type": ("kinds", 0.9), "body.holder_code": ("holders", 0.9), "body.license_type": ("types", 0.9),
        "body.item": ("items", 0.9), "body.fields[*]": ("fields", 0.9),
    },
    "sharedCheck": {
        "body.holder_code_type": ("kinds", 0.9), "body.holder_code": ("holders", 0.9), "body.license_type": ("types", 0.9),
        "body.item": ("items", 0.9), "body.license_number": ("license-numbers", 0.7), "body.holder_name": ("names", 0.7),
    },
    "authorize": {
        "body.holder_code_type": ("kinds", 0.9), "body.holder_code": ("holders", 0.9), "body.license_type": ("types", 0.9),
        "body.agency": ("agencies", 0.9), "body.item": ("items", 0.9),
    },
    "authorizeDelegated": {
        "body.holder_code_type": ("kinds", 0.95), "body.holder_code": ("holder", 0.95), "body.agent_code_type": ("kinds", 0.95),
        "body.agent_code": ("agent", 0.95), "body.delegation": ("delegations", 0.9), "body.license_type": ("types", 0.95),
        "body.agency": ("agencies", 0.95), "body.item": ("matter", 0.95), "body.purpose": ("purposes", 0.9),
    },
    "decide": {
        "body.item": ("matters", 0.9), "body.division": ("divisions", 0.9), "body.purpose": ("purposes", 0.9),
        "body.parties.[*].holder_code_type": ("kinds", 0.95), "body.parties.[*].holder_code": ("holders", 0.95),
    },
}


def config(lists, base, examples, seed):
    """The configuration of schemathesis (TOML; what JSON writes for texts and numbers is TOML too)."""
    lines = [f"base-url = {json.dumps(base)}", f"hooks = {json.dumps(str(ROOT / 'tools/api_hooks.py'))}", "workers = 1"]
    lines += [f"seed = {seed}"] if seed is not None else []
    lines += ["continue-on-failure = true", "request-timeout = 40", "warnings = false"]
    lines += ["[generation]", f"max-examples = {examples}", 'database = "none"', "[checks]"]
    lines += [f"{name}.enabled = false" for name in sorted(NOT_CHECKED)]
    lines += [f"negative_data_rejection.expected-statuses = {json.dumps(REFUSALS)}"]
    # But what has to be answered is.
    lines += [f"[phases.{phase}.extra-data-sources]\nresponses = false" for phase in ("examples", "coverage")]
    lines += ["[phases.examples.checks]", "positive_data_acceptance.enabled = true"]
    lines += ['positive_data_acceptance.expected-statuses = ["200"]']
    for name, values in lists.items():
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps(values, ensure_ascii=False)}"]
    for operation, places in FROM.items():
        lines += ["[[operations]]", f"include-operation-id = {json.dumps(operation)}"]
        lines += [
            f'parameters.{json.dumps(place)} = {{ dictionary = "{values}", probability = {often} }}'
            for place, (values, often) in places.items()
        ]
    return "\n".join(lines) + "\n"


def renew(clients, place, base, ended, given):
    """Keeps access tokens in the file that the hooks read, and adds them to those that were given."""
    while True:
        tokens = [client.token(base) for client in clients]
        given.extend(tokens)
        fresh = place.write("clients.next", json.dumps(tokens))
        os.replace(fresh, place.folder / "clients.json")
        if ended is None or ended.wait(RENEW_SECONDS):
            return


def started(place, port):
    log = open(place.folder / "serve.log", "w", encoding="utf-8")
    server = subprocess.Popen([place.boyin, "serve", "--desk", "--listen", f"127.0.0.1:{port}", "--metrics", f"127.0.0.1:{port + 1}", "--webhook-host", "agency.example"], env=place.env | {"BOYIN_LOG": "info"}, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/v1/health")
            if connection.getresponse().status == 200:
                return server
        except OSError:
            pass
        time.sleep(0.1)
    server.kill()
    sys.exit("boyin serve does not answer:\n" + (place.folder / "serve.log").read_text(encoding="utf-8"))


def answers(port):
    """Tells how often each route was answered with each status; gives the metrics."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        metrics = answer.read().decode("utf-8")
    counted = collections.defaultdict(collections.Counter)
    for line in metrics.splitlines():
        found = re.match(r"boyin_http_requests_total\{(.*)\} (\d+)", line)
        if found:
            labels = dict(re.findall(r'(\w+)="([^"]*)"', found[1]))
            counted[labels["route"]][labels["status"]] += int(found[2])
    for route, statuses in sorted(counted.items()):
        print(f"{route:32}", " ".join(f"{status}:{count}" for status, count in sorted(statuses.items())))
    return metrics


def check(arguments, folder):
    base = f"http://127.0.0.1:{arguments.port}"
    place = Place(str(pathlib.Path(arguments.boyin).resolve()), folder)
    lists = prepare(place, base)
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    clerks = [place.run("token", "new", "--name", f"核对{number}", "--office", POLICE, *scopes) for number in range(CLERKS)]
    clerks = [json.loads(clerk)["token"] for clerk in clerks]
    place.write("clerks.json", json.dumps(clerks))
    clients = [Client(place, number) for number in range(CLIENTS)]
    server = started(place, arguments.port)
    ended, given, metrics = threading.Event(), [], ""
    try:
        # Assertions count that were made more than ten seconds after the start.
        time.sleep(12)
        renew(clients, place, base, None, given)
        threading.Thread(target=renew, args=(clients, place, base, ended, given), daemon=True).start()
        settings = place.write("schemathesis.toml", config(lists, base, arguments.examples, arguments.seed))
        tokens = json.loads((folder / "clients.json").read_text(encoding="utf-8"))
        right = right_requests(lists, clients[0], tokens[0], base)
        url = next(one for one in right["gbt36906"] if one["path_parameters"]["operation"] == "downloadUrl")
        place.write("download-url.json", json.dumps({"url": f"{base}/gbt36906/downloadUrl", "data": url["body"]["data"]}))
        description = place.write("openapi.json", json.dumps(with_examples(right)))
        command = ["schemathesis", "--config-file", settings, "run", description, "--phases", arguments.phases, "--no-color"]
        command += ["--report", "junit", "--report-junit-path", str(folder / "report.xml")]
        command += ["--include-operation-id-regex", arguments.only] if arguments.only else []
        env = place.env | {"CHECK_FOLDER": str(folder)}
        code = subprocess.run(command, env=env, cwd=folder, check=False).returncode
        metrics = answers(arguments.port + 1)
    finally:
        ended.set()
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    log = (folder / "serve.log").read_text(encoding="utf-8")
    faults = [line for line in log.splitlines() if '"ERROR"' in line]
    for line in sorted(set(re.sub(r'"(timestamp|id)":"[^"]*",?', "", line) for line in faults)):
        print("log:", line)
    secret = lists["holders"] + lists["license-numbers"] + lists["names"] + lists["code"] + lists["license"] + clerks + given
    # Else nothing would be found because nothing can be.
    planted = [base64.b64encode(f"{'.' * before}{secret[0]}.".encode("ascii")).decode("ascii") for before in range(3)]
    assert all(leaks(text, secret) for text in [secret[0], *planted]) and '"answered"' in log
    found = leaks(log, secret) + leaks(metrics, secret)
    print(f"{len(found)} of {len(set(secret))} numbers, names and tokens stand in the log or in the metrics", *found, sep="\n  ")
    return 1 if code != 0 or faults or found else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boyin", required=True, help="the command, as it was built")
    parser.add_argument("--port", type=int, default=8750)
    parser.add_argument("--examples", type=int, default=30, help="requests made up for each call and phase")
    parser.add_argument("--seed", type=int, help="the same requests again")
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful")
    parser.add_argument("--only", metavar="REGEX", help="calls with such an operationId alone")
    parser.add_argument("--folder", help="keep data directory, log and report in this new folder")
    arguments = parser.parse_args()
    if arguments.folder:
        folder = pathlib.Path(arguments.folder).resolve()
        folder.mkdir(mode=0o700)
        sys.exit(check(arguments, folder))
    with tempfile.TemporaryDirectory(prefix="boyin-check-api-") as folder:
        sys.exit(check(arguments, pathlib.Path(folder)))


if __name__ == "__main__":
    main()
