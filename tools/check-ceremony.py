#!/usr/bin/env python3
"""Checks the transcript of a key ceremony without the program that wrote it.

    python3 tools/check-ceremony.py [--countersigner OWNER=KEY.json]... [--key KEY.json] TRANSCRIPT.jsonl

Written from docs/keys.md; the standard library and signatures.py beside it are all that it needs. It ends with 0 if the
transcript is whole, with 1 and the first line that is not what it should be if it is not, and with 2 if all is well but a
countersigning key was not given. A key counts for its OWNER alone (`trust-list` or a credit code), and whose key is given has to
have signed with it. It does not look at the clock.
"""

import argparse
import hashlib
import json
import sys

from signatures import is_signed_by, sm3, unbase64

TYPE = "key-ceremony+jwt"
HEADERS = {
    "P-256": "3059301306072a8648ce3d020106082a8648ce3d030107034200",
    "SM2": "3059301306072a8648ce3d020106082a811ccf5501822d034200",
}
SUITES = {"ES256": "P-256", "SM2-SM3": "SM2"}


class Broken(Exception):
    """The transcript is not what it should be."""


def canonical(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8")


def need(condition, text):
    if not condition:
        raise Broken(text)


def person(name):
    return "".join(c for c in name if c.isalnum()).lower()


def check_script(script):
    need(script["format"] == 1 and script["alg"] in SUITES, "the script is of another format or suite")
    people = script["participants"]
    roles = [one["role"] for one in people]
    need(roles.count("operator") == 1 and len(people) >= 3, "the script does not name an operator and two others")
    need(set(roles) <= {"operator", "custodian", "witness"}, "the script names a role that there is not")
    need(len({person(one["name"]) for one in people}) == len(people), "somebody has two roles")
    need(all(person(one["name"]) for one in people), "somebody has no name")
    owners = script.get("countersigned_by", [])
    need(len(set(owners)) == len(owners) <= 8, "countersigned_by names somebody twice, or more than 8")
    makes = [step for step in script["steps"] if step["do"] == "make-key"]
    need(len(makes) == 1 and "by" not in makes[0], "not exactly one step makes the key, confirmed by everybody")


def check_key(event, script):
    key = event["key"]
    need(key["alg"] == script["alg"] and key["crv"] == SUITES[key["alg"]], "the key is not of the suite of the script")
    members = canonical({name: key[name] for name in ("crv", "kty", "x", "y")})
    thumbprint = sm3(members) if key["alg"] == "SM2-SM3" else hashlib.sha256(members).digest()
    need(unbase64(key["kid"]) == thumbprint, "the ID of the key is not its thumbprint")
    point = b"\x04" + unbase64(key["x"]) + unbase64(key["y"])
    fingerprint = hashlib.sha256(bytes.fromhex(HEADERS[key["crv"]]) + point).hexdigest()
    need(event["fingerprint"] == fingerprint, "the fingerprint is not that of the key")
    need(event["place"]["kind"] == script["place"]["kind"], "the key was made in another place")
    for member in ("module", "token"):
        need(event["place"].get(member) == script["place"].get(member), "the key was made in another place")
    return key


class Transcript:
    def __init__(self, data):
        self.data, self.place, self.number, self.prev, self.at = data, 0, 0, "0" * 64, 0

    def line(self):
        self.number += 1
        end = self.data.find(b"\n", self.place)
        need(end >= 0, "the ceremony was not brought to its end: its key is none")
        found, self.place = self.data[self.place:end], end + 1
        return found

    def passes(self, at):
        need(isinstance(at, int) and at >= self.at, "it is dated before the line before it")
        self.at = at

    def event(self, kind, **expected):
        text = self.line()
        line = json.loads(text)
        need(canonical(line) == text and set(line) == {"at", "event", "no", "prev"}, "it is no line of a transcript")
        follows = line["no"] == self.number - 1 and line["prev"] == self.prev
        need(follows, "it does not follow the line before it: a line was changed, left out or moved")
        self.prev = hashlib.sha256(text).hexdigest()
        self.passes(line["at"])
        event = line["event"]
        need(event["kind"] != "broken-off", "the ceremony was broken off: its key is none")
        need(event["kind"] == kind, f"the script has something else next: {kind}")
        for name, value in expected.items():
            need(event[name] == value, f"the script has another {name} next")
        return event

    def signature(self, kid, keys):
        """Whether it was checked; not if nobody gave the key."""
        digest = hashlib.sha256(self.data[:self.place]).hexdigest()
        text = self.line().decode("ascii")
        header_text, payload_text, signature_text = text.split(".")
        header, payload = json.loads(unbase64(header_text)), json.loads(unbase64(payload_text))
        need(header["kid"] == kid and header["typ"] == TYPE, "this is not the signature of the key whose turn it is")
        need(payload["transcript"] == digest and payload["format"] == 1, "the signature is over something else")
        self.passes(payload["at"])
        key = next((key for key in keys if key["kid"] == kid), None)
        if key is None:
            return False
        need(header["alg"] == key["alg"], "the signature names another algorithm")
        signed = is_signed_by(key, f"{header_text}.{payload_text}".encode("ascii"), unbase64(signature_text))
        need(signed, "the signature does not match")
        return True


def follow(transcript, script):
    key = None
    for number, step in enumerate(script["steps"]):
        shown = step["text"]
        if step["do"] == "make-key":
            event = transcript.event("made", step=number)
            key, shown = check_key(event, script), event["fingerprint"]
        elif step["do"] == "record":
            shown = transcript.event("recorded", step=number)["digest"]
        else:
            need(step["do"] == "confirm", "the script has a step that there is not")
        for one in script["participants"]:
            if one["role"] in step.get("by", [one["role"]]):
                transcript.event("confirmed", name=one["name"], role=one["role"], step=number, shown=shown)
    return key


def check(transcript, countersigners, expected):
    """The key, its script, and the countersigners that were not given."""
    script = transcript.event("begun", format=1)["script"]
    check_script(script)
    key = follow(transcript, script)
    need(expected is None or expected == key, "the key is not the one that was to be made")
    signers = transcript.event("closed")["signers"]
    owners = script.get("countersigned_by", [])
    need(signers[0] == key["kid"] and len(signers) == 1 + len(owners), "those who are to sign are others than the script names")
    need(len(set(signers)) == len(signers), "somebody is to sign twice")
    of_owner = dict(zip(owners, signers[1:]))
    for owner, keys in countersigners.items():
        signed = of_owner.get(owner) in [key["kid"] for key in keys]
        need(signed, f"{owner}, whose key was given, did not countersign with it")
    transcript.signature(key["kid"], [key])
    unknown = [kid for owner, kid in of_owner.items() if not transcript.signature(kid, countersigners.get(owner, []))]
    if transcript.place != len(transcript.data):
        transcript.number += 1
        raise Broken("something follows the last signature")
    return key, script, unknown


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main():
    parser = argparse.ArgumentParser(description="Checks the transcript of a key ceremony.")
    parser.add_argument("transcript")
    parser.add_argument("--countersigner", action="append", default=[], metavar="OWNER=KEY.json", help="whose key has to have countersigned, and the key, as trust/anchor.json has it")
    parser.add_argument("--key", help="the key that was to be made, as trust/anchor.json has it")
    given = parser.parse_args()
    countersigners = {}
    for owner, equals, path in (text.partition("=") for text in given.countersigner):
        if not equals:
            parser.error("--countersigner takes OWNER=KEY.json")
        countersigners.setdefault(owner, []).append(read_json(path))
    expected = read_json(given.key) if given.key else None
    with open(given.transcript, "rb") as file:
        transcript = Transcript(file.read())
    try:
        key, script, unknown = check(transcript, countersigners, expected)
    except Broken as broken:
        print(f"BROKEN: line {transcript.number}: {broken}")
        return 1
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        print(f"BROKEN: line {transcript.number}: it is not as the format has it")
        return 1
    if unknown:
        print(f"OPEN: the signatures of {', '.join(unknown)} were NOT checked (no --countersigner)")
        return 2
    print(f"OK: {transcript.number} lines; key {key['kid']} of {script['owner']}; {len(script.get('countersigned_by', []))} countersignatures")
    return 0


if __name__ == "__main__":
    sys.exit(main())
