#!/usr/bin/env python3
"""Checks an exported event log without the program that wrote it.

    python3 tools/check-events.py [--anchor ANCHOR.json] [--since OLDER.jsonl] LOG.jsonl

Written from docs/archive-format.md; the standard library and signatures.py beside it are all that it needs. It reports the first broken link and ends
with 1, or with 0 if every event follows the one before it and the signed head names the last one. Without --anchor the
signature of the head is not checked, and the result says so. --since takes an earlier export, or only its head: the log
must go on from there.
"""

import argparse
import hashlib
import json
import sys

from signatures import is_signed_by, unbase64

DOMAIN = b"boyin event\x00"
TYPE = "event-log-head+jwt"


class Broken(Exception):
    """The log is not what it should be; the text says where."""


def digest(number, previous, event):
    return hashlib.sha256(DOMAIN + number.to_bytes(8, "big") + previous + event).digest()


def unhex(text, where):
    try:
        raw = bytes.fromhex(text)
    except (ValueError, TypeError):
        raise Broken(f"{where}: not hexadecimal") from None
    if len(raw) != 32 or raw.hex() != text:
        raise Broken(f"{where}: not 64 lower-case hexadecimal digits")
    return raw


def check_event(line, number, previous, linked):
    """The hash of the event on this line, and whether events hold links by now."""
    if line.get("number") != number:
        raise Broken(f"event {number} is missing: the log goes on with {line.get('number')}")
    event = line["event"].encode("utf-8")
    if unhex(line["prev"], f"event {number}") != previous:
        raise Broken(f"event {number} does not follow: prev is not the hash of event {number - 1}")
    inside = json.loads(event)
    link = inside.get("prev")
    if link is None and linked:
        raise Broken(f"event {number} holds no hash of the one before it, though an earlier event does")
    if link is not None and unhex(link, f"event {number}") != previous:
        raise Broken(f"event {number} does not follow: the hash in it is not that of event {number - 1}")
    found = digest(number, previous, event)
    if unhex(line["hash"], f"event {number}") != found:
        raise Broken(f"event {number} was changed: its hash is another one")
    return found, link is not None


def read(path):
    """Number and hash of the last event, all hashes by number, and the head."""
    number, previous, linked, hashes, head = 0, bytes(32), False, {0: bytes(32)}, None
    with open(path, encoding="utf-8", newline="\n") as lines:
        for text in lines:
            try:
                line = json.loads(text)
            except ValueError:
                raise Broken(f"the line after event {number} is not JSON") from None
            if head is not None:
                raise Broken("something follows the head")
            if "head" in line:
                head = line["head"]
                continue
            try:
                previous, linked = check_event(line, number + 1, previous, linked)
            except (KeyError, TypeError, AttributeError, ValueError):
                raise Broken(f"event {number + 1} is not as the format has it") from None
            number += 1
            hashes[number] = previous
    return number, hashes, head


def check_signature(head, anchor):
    header_text, payload_text, signature_text = head.split(".")
    header = json.loads(unbase64(header_text))
    if header.get("typ") != TYPE or header.get("alg") != anchor["alg"] or header.get("kid") != anchor["kid"]:
        raise Broken("the head names another type, algorithm or key than the anchor")
    message = f"{header_text}.{payload_text}".encode("ascii")
    try:
        signed = is_signed_by(anchor, message, unbase64(signature_text))
    except ValueError as error:
        raise Broken(f"head: {error}") from None
    if not signed:
        raise Broken("the head is not signed by the anchor")


def place_of(head):
    """Number and hash that a head names."""
    try:
        payload = json.loads(unbase64(head.split(".")[1]))
        return payload["events"], unhex(payload["hash"], "head")
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise Broken("the head is not as the format has it") from None


def check(path, anchor, since):
    number, hashes, head = read(path)
    if head is None:
        raise Broken(f"the log ends after event {number} without a head")
    events, named = place_of(head)
    if events != number or named != hashes[number]:
        raise Broken(f"the head names event {events} as the last one, the log ends with {number} or another hash")
    if anchor is not None:
        check_signature(head, anchor)
    if since is not None:
        with open(since, encoding="utf-8") as lines:
            older = json.loads(lines.readlines()[-1])["head"]
        if anchor is not None:
            check_signature(older, anchor)
        at, was = place_of(older)
        if hashes.get(at) != was:
            raise Broken(f"the log is not the one that was exported earlier: event {at} has another hash or is missing")
    return number


def main():
    parser = argparse.ArgumentParser(description="Checks an exported event log.")
    parser.add_argument("log")
    parser.add_argument("--anchor", help="the public key that signs the head, as trust/anchor.json has it")
    parser.add_argument("--since", help="an earlier export, or only its last line")
    given = parser.parse_args()
    anchor = None
    if given.anchor:
        with open(given.anchor, encoding="utf-8") as file:
            anchor = json.load(file)
    try:
        number = check(given.log, anchor, given.since)
    except Broken as broken:
        print(f"BROKEN: {broken}")
        return 1
    signed = "its head is signed" if anchor else "the signature of its head was NOT checked (no --anchor)"
    print(f"OK: {number} events, each holds the hash of the one before it; {signed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
