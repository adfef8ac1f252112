#!/usr/bin/env python3
"""Verifies a notice to a system of an agency without the program that signed it.

    python3 tools/check-webhook.py --trust LIST.jwt --anchor ANCHOR.json --client ID [--now SECONDS] NOTICE.jwt

Written from docs/http-api.md (section Webhooks) and docs/format.md (section 7); the standard library and signatures.py beside it are all that it
needs. It prints the claims and ends with 0, or says what is wrong and ends with 1. Whether the notice came before, the receiver has to
remember: `seq` counts from 1 without gaps, `jti` tells one notice from another.
"""

import argparse
import json
import sys
import time

from signatures import is_signed_by, unbase64

TYPE, LIST_TYPE = "webhook-notice+jwt", "trust-list+jwt"
CLAIMS = ("at", "aud", "change", "iat", "iss", "jti", "seq")
AHEAD, SECONDS = 300, 300


class Refused(Exception):
    """The notice is not to be taken; the text says why."""


def opened(token, typ, what):
    try:
        head, body, signature = token.strip().split(".")
        header, claims = json.loads(unbase64(head)), json.loads(unbase64(body))
        if set(header) != {"alg", "kid", "typ"} or header["typ"] != typ:
            raise Refused(f"{what}: not of type {typ}")
        return header, claims, f"{head}.{body}".encode("ascii"), unbase64(signature)
    except (AttributeError, TypeError, ValueError):
        raise Refused(f"{what}: no JWS in compact form") from None


def verified(key, header, message, signature, what):
    if header["alg"] != key["alg"] or not is_signed_by(key, message, signature):
        raise Refused(f"{what}: the signature does not match")


def ended(end, signed_at, now):
    return end["sign_until"] <= signed_at or end.get("verify_until") is not None and end["verify_until"] <= now


def check(token, trust, anchor, client, now):
    header, listed, message, signature = opened(trust, LIST_TYPE, "trust list")
    if header["kid"] != anchor["kid"]:
        raise Refused("trust list: not signed by the anchor")
    verified(anchor, header, message, signature, "trust list")
    if listed["issued_at"] > now + AHEAD or listed["next_update"] <= now:
        raise Refused("trust list: not in its time")
    header, claims, message, signature = opened(token, TYPE, "notice")
    keys = [(issuer["code"], key) for issuer in listed["issuers"] for key in issuer["keys"]]
    found = [(code, key) for code, key in keys if key["kid"] == header["kid"]]
    if len(found) != 1:
        raise Refused("notice: the trust list does not name the key")
    code, key = found[0]
    verified(key, header, message, signature, "notice")
    missing = [name for name in CLAIMS if name not in claims]
    if missing:
        raise Refused(f"notice: a claim is missing: {', '.join(missing)}")
    if claims["iss"] != code:
        raise Refused("notice: iss is another office than the one whose key signed")
    if claims["iat"] < key["from"] or key.get("until") is not None and key["until"] <= claims["iat"]:
        raise Refused("notice: the key was not in force")
    for end in listed.get("algorithms", []):
        if end["alg"] == header["alg"] and ended(end, claims["iat"], now):
            raise Refused("notice: the trust list has ended the algorithm")
    if claims["aud"] != client:
        raise Refused("notice: for another client")
    if claims["iat"] > now + AHEAD or claims["iat"] + SECONDS <= now:
        raise Refused("notice: signed too long ago, or later than now")
    return claims


def main():
    parser = argparse.ArgumentParser(description="Verifies a notice to a system of an agency.")
    parser.add_argument("notice")
    parser.add_argument("--trust", required=True)
    parser.add_argument("--anchor", required=True)
    parser.add_argument("--client", required=True)
    parser.add_argument("--now", type=int, default=None)
    given = parser.parse_args()
    texts = []
    for path in (given.notice, given.trust, given.anchor):
        with open(path, encoding="utf-8") as file:
            texts.append(file.read())
    now = int(time.time()) if given.now is None else given.now
    try:
        claims = check(texts[0], texts[1], json.loads(texts[2]), given.client, now)
    except Refused as refused:
        print(f"REFUSED: {refused}")
        return 1
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        print(f"REFUSED: a claim is missing or none: {wrong}")
        return 1
    print(json.dumps(claims, ensure_ascii=False, sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
