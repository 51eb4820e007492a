"""Ed25519 key pairs from 32 bytes (RFC 8032, section 5.1.5), in the formats of OpenSSH."""

from __future__ import annotations

import base64
import hashlib
import random
import struct
from typing import NamedTuple

P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
TYPE = b"ssh-ed25519"
BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
LINE_CHARS = 70

Point = tuple[int, int, int, int]


class Key(NamedTuple):
    """A key pair.

    Attributes:
        blob: the public key, as it stands in files.
        comment: what follows it there.
        private: the text of the private key's file.
    """

    blob: str
    comment: str
    private: str

    @property
    def line(self) -> str:
        """The public key with its type and comment."""
        return f"{TYPE.decode()} {self.blob} {self.comment}"


def make_key(rng: random.Random, comment: str) -> Key:
    """Return a new key pair."""
    seed = rng.randbytes(32)
    public = public_key(seed)
    blob = _strings(TYPE, public)
    check = rng.randbytes(4)
    inner = check + check + _strings(TYPE, public, seed + public, comment.encode())
    inner += bytes(range(1, 1 + -len(inner) % 8))
    data = b"openssh-key-v1\0" + _strings(b"none", b"none", b"") + struct.pack(">I", 1) + _strings(blob, inner)
    text = base64.b64encode(data).decode()
    lines = [text[start : start + LINE_CHARS] for start in range(0, len(text), LINE_CHARS)]
    begin, end = (f"-----{word} OPENSSH PRIVATE KEY-----" for word in ("BEGIN", "END"))
    return Key(base64.b64encode(blob).decode(), comment, "\n".join([begin, *lines, end, ""]))


def public_key(seed: bytes) -> bytes:
    """Return the public key that belongs to a secret of 32 bytes."""
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
    x, y, z, _ = _multiply(scalar, (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P))
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _multiply(scalar: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _add(one: Point, two: Point) -> Point:
    """Add two points in extended coordinates (RFC 8032, section 5.1.4)."""
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _strings(*values: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(value)) + value for value in values)
