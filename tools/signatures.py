"""ES256 (FIPS 186-5) and SM2 with SM3 (GB/T 32918.2, GB/T 32905), with the standard library alone; slow, and for public data only."""

import base64
import hashlib

P256 = {
    "p": 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    "a": -3,
    "b": 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    "n": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "g": (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
          0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5),
}
SM2 = {
    "p": 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF,
    "a": -3,
    "b": 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    "n": 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    "g": (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
          0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0),
}
SM2_ID = b"1234567812345678"


def add(curve, one, two):
    if one is None or two is None:
        return one or two
    p = curve["p"]
    if one[0] == two[0]:
        if (one[1] + two[1]) % p == 0:
            return None
        slope = (3 * one[0] * one[0] + curve["a"]) * pow(2 * one[1], -1, p) % p
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], -1, p) % p
    x = (slope * slope - one[0] - two[0]) % p
    return x, (slope * (one[0] - x) - one[1]) % p


def times(curve, scalar, point):
    total = None
    for bit in bin(scalar)[2:]:
        total = add(curve, total, total)
        if bit == "1":
            total = add(curve, total, point)
    return total


def on_curve(curve, point):
    x, y = point
    return (y * y - x * x * x - curve["a"] * x - curve["b"]) % curve["p"] == 0


def es256(point, message, r, s):
    n = P256["n"]
    e = int.from_bytes(hashlib.sha256(message).digest(), "big")
    w = pow(s, -1, n)
    found = add(P256, times(P256, e * w % n, P256["g"]), times(P256, r * w % n, point))
    return found is not None and found[0] % n == r


def sm3(data):
    mask = 0xFFFFFFFF

    def rotate(word, by):
        by %= 32
        return ((word << by) | (word >> (32 - by))) & mask

    state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    data += b"\x80" + bytes(-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, "big")
    for start in range(0, len(data), 64):
        words = [int.from_bytes(data[at:at + 4], "big") for at in range(start, start + 64, 4)]
        for j in range(16, 68):
            x = words[j - 16] ^ words[j - 9] ^ rotate(words[j - 3], 15)
            words.append(x ^ rotate(x, 15) ^ rotate(x, 23) ^ rotate(words[j - 13], 7) ^ words[j - 6])
        a, b, c, d, e, f, g, h = state
        for j in range(64):
            constant = 0x79CC4519 if j < 16 else 0x7A879D8A
            ss1 = rotate((rotate(a, 12) + e + rotate(constant, j)) & mask, 7)
            ss2 = ss1 ^ rotate(a, 12)
            ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
            gg = e ^ f ^ g if j < 16 else (e & f) | (~e & mask & g)
            tt1 = (ff + d + ss2 + (words[j] ^ words[j + 4])) & mask
            tt2 = (gg + h + ss1 + words[j]) & mask
            a, b, c, d = tt1, a, rotate(b, 9), c
            e, f, g, h = tt2 ^ rotate(tt2, 9) ^ rotate(tt2, 17), e, rotate(f, 19), g
        state = [old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h))]
    return b"".join(word.to_bytes(4, "big") for word in state)


def sm2_sm3(point, message, r, s):
    n, p = SM2["n"], SM2["p"]
    parts = [SM2["a"] % p, SM2["b"], *SM2["g"], *point]
    who = (8 * len(SM2_ID)).to_bytes(2, "big") + SM2_ID + b"".join(part.to_bytes(32, "big") for part in parts)
    e = int.from_bytes(sm3(sm3(who) + message), "big")
    t = (r + s) % n
    if t == 0:
        return False
    found = add(SM2, times(SM2, s, SM2["g"]), times(SM2, t, point))
    return found is not None and (e + found[0]) % n == r


ALGORITHMS = {"ES256": (P256, es256), "SM2-SM3": (SM2, sm2_sm3)}


def unbase64(text):
    if "=" in text:
        raise ValueError("padded base64url")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") != text:
        raise ValueError("not base64url")
    return raw


def is_signed_by(jwk, message, signature):
    """Whether `signature` (r and s) over `message` is by the key; ValueError for a key that is none."""
    if jwk["alg"] not in ALGORITHMS:
        raise ValueError(f"this script does not know the algorithm {jwk['alg']}")
    curve, verify = ALGORITHMS[jwk["alg"]]
    point = tuple(int.from_bytes(unbase64(jwk[axis]), "big") for axis in ("x", "y"))
    if not on_curve(curve, point):
        raise ValueError("the key is not on its curve")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    return len(signature) == 64 and 0 < r < curve["n"] and 0 < s < curve["n"] and verify(point, message, r, s)
