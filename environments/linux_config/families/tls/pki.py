"""Keys and certificates from a source of randomness: the same bytes for the same seed, without a library for them.

Only for tickets: nothing here is meant to keep a secret. Keys are on the curve P-256 and signatures are ECDSA with
SHA-256 (SEC 1; FIPS 186-4), in certificates by RFC 5280.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property

PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
SERVER, CLIENT = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
VALID = (datetime(2021, 1, 1), datetime(2049, 1, 1))
EXPIRED = (datetime(2019, 1, 1), datetime(2023, 1, 1))
Point = tuple[int, int]


@dataclass(frozen=True)
class Key:
    """A private key."""

    secret: int

    @classmethod
    def draw(cls, rng: random.Random) -> Key:
        """Return a new key."""
        return cls(rng.randrange(1, ORDER))

    @cached_property
    def public(self) -> bytes:
        """The public key: an uncompressed point."""
        x, y = _times(self.secret)
        return b"\x04" + x.to_bytes(32) + y.to_bytes(32)

    @property
    def info(self) -> bytes:
        """The public key as a SubjectPublicKeyInfo."""
        return _seq(_ALGORITHM, _bits(self.public))

    @property
    def identifier(self) -> bytes:
        """What certificates call the key by."""
        return hashlib.sha1(self.public).digest()

    def pem(self) -> str:
        """Return the key as PKCS #8."""
        inner = _seq(_int(1), _tlv(0x04, self.secret.to_bytes(32)), _tlv(0xA1, _bits(self.public)))
        return _pem("PRIVATE KEY", _seq(_int(0), _ALGORITHM, _tlv(0x04, inner)))

    def public_pem(self) -> str:
        """Return the public key."""
        return _pem("PUBLIC KEY", self.info)

    def sign(self, data: bytes) -> bytes:
        """Return a signature, the same for the same data."""
        digest = int.from_bytes(hashlib.sha256(data).digest())
        nonce = int.from_bytes(hashlib.sha512(self.secret.to_bytes(32) + data).digest()) % ORDER
        r = _times(nonce)[0] % ORDER
        return _seq(_int(r), _int(pow(nonce, -1, ORDER) * (digest + r * self.secret) % ORDER))


@dataclass(frozen=True)
class Authority:
    """A certificate authority.

    Attributes:
        name: its common name.
        key: with which it signs.
        pem: its own certificate.
    """

    name: str
    key: Key
    pem: str

    @classmethod
    def root(cls, rng: random.Random, name: str) -> Authority:
        """Return a new root."""
        key = Key.draw(rng)
        return cls(name, key, _certificate(rng, name, key, name, key, VALID, _authority_extensions(key, key)))

    def below(
        self,
        rng: random.Random,
        name: str,
        *,
        key: Key | None = None,
        valid: tuple[datetime, datetime] = VALID,
    ) -> Authority:
        """Return a new intermediate that this authority signed, with a key of its own unless one is given."""
        own = key or Key.draw(rng)
        extensions = _authority_extensions(own, self.key)
        return Authority(name, own, _certificate(rng, name, own, self.name, self.key, valid, extensions))

    def issue(
        self,
        rng: random.Random,
        key: Key,
        names: Sequence[str],
        *,
        usages: Sequence[str] = (SERVER,),
        valid: tuple[datetime, datetime] = VALID,
    ) -> str:
        """Return a certificate for host names and addresses, the first of which is its common name too."""
        extensions = [
            _extension("2.5.29.19", _seq(), critical=True),
            _extension("2.5.29.15", _tlv(0x03, b"\x07\x80"), critical=True),
            _extension("2.5.29.37", _seq(*map(_oid, usages))),
            _extension("2.5.29.17", _seq(*map(_general_name, names))),
            *_identifiers(key, self.key),
        ]
        return _certificate(rng, names[0], key, self.name, self.key, valid, extensions)


def _certificate(
    rng: random.Random,
    name: str,
    key: Key,
    issuer: str,
    issuer_key: Key,
    valid: tuple[datetime, datetime],
    extensions: Sequence[bytes],
) -> str:
    body = _seq(
        _tlv(0xA0, _int(2)),
        _int(rng.randrange(2**80, 2**100)),
        _SIGNATURE,
        _name(issuer),
        _seq(*(_tlv(0x17, moment.strftime("%y%m%d%H%M%SZ").encode()) for moment in valid)),
        _name(name),
        key.info,
        _tlv(0xA3, _seq(*extensions)),
    )
    return _pem("CERTIFICATE", _seq(body, _SIGNATURE, _bits(issuer_key.sign(body))))


def _authority_extensions(key: Key, issuer_key: Key) -> list[bytes]:
    constraints = _extension("2.5.29.19", _seq(_tlv(0x01, b"\xff")), critical=True)
    usage = _extension("2.5.29.15", _tlv(0x03, b"\x01\x06"), critical=True)
    return [constraints, usage, *_identifiers(key, issuer_key)]


def _identifiers(key: Key, issuer_key: Key) -> list[bytes]:
    own = _extension("2.5.29.14", _tlv(0x04, key.identifier))
    return [own, _extension("2.5.29.35", _seq(_tlv(0x80, issuer_key.identifier)))]


def _general_name(name: str) -> bytes:
    try:
        return _tlv(0x87, ipaddress.ip_address(name).packed)
    except ValueError:
        return _tlv(0x82, name.encode())


def _name(common: str) -> bytes:
    return _seq(_tlv(0x31, _seq(_oid("2.5.4.3"), _tlv(0x0C, common.encode()))))


def _extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    return _seq(_oid(oid), _tlv(0x01, b"\xff") if critical else b"", _tlv(0x04, value))


def _tlv(tag: int, value: bytes) -> bytes:
    if len(value) < 128:
        return bytes((tag, len(value))) + value
    size = len(value).to_bytes((len(value).bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(size))) + size + value


def _seq(*items: bytes) -> bytes:
    return _tlv(0x30, b"".join(items))


def _int(number: int) -> bytes:
    return _tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def _bits(value: bytes) -> bytes:
    return _tlv(0x03, b"\x00" + value)


def _oid(text: str) -> bytes:
    first, second, *rest = map(int, text.split("."))
    octets = bytearray([40 * first + second])
    for number in rest:
        part = [number & 0x7F]
        while number := number >> 7:
            part.append(0x80 | number & 0x7F)
        octets += bytes(reversed(part))
    return _tlv(0x06, bytes(octets))


_ALGORITHM = _seq(_oid("1.2.840.10045.2.1"), _oid("1.2.840.10045.3.1.7"))
_SIGNATURE = _seq(_oid("1.2.840.10045.4.3.2"))


def _pem(label: str, data: bytes) -> str:
    text = base64.b64encode(data).decode()
    lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def _times(factor: int) -> Point:
    """Multiply the base point, in Jacobian coordinates, by four bits at a time."""
    result = (1, 1, 0)
    for row in _table():
        result = _add(result, row[factor & 15])
        factor >>= 4
    x, y, z = result
    inverse = pow(z, -1, PRIME)
    return x * inverse**2 % PRIME, y * inverse**3 % PRIME


@cache
def _table() -> list[list[tuple[int, int, int]]]:
    """Return the first sixteen multiples of the base point, of sixteen times it, and so on."""
    rows, step = [], (*BASE, 1)
    for _ in range(64):
        row = [(1, 1, 0)]
        for _ in range(16):
            row.append(_add(row[-1], step))
        rows.append(row[:16])
        step = row[16]
    return rows


def _double(point: tuple[int, int, int]) -> tuple[int, int, int]:
    x, y, z = point
    if not z:
        return point
    squared = y * y % PRIME
    s = 4 * x * squared % PRIME
    m = 3 * (x - z * z) * (x + z * z) % PRIME
    new = (m * m - 2 * s) % PRIME
    return new, (m * (s - new) - 8 * squared * squared) % PRIME, 2 * y * z % PRIME


def _add(one: tuple[int, int, int], other: tuple[int, int, int]) -> tuple[int, int, int]:
    if not one[2] or not other[2]:
        return other if not one[2] else one
    (x1, y1, z1), (x2, y2, z2) = one, other
    u1, u2 = x1 * z2 * z2 % PRIME, x2 * z1 * z1 % PRIME
    s1, s2 = y1 * z2**3 % PRIME, y2 * z1**3 % PRIME
    h, r = (u2 - u1) % PRIME, (s2 - s1) % PRIME
    if not h:
        return _double(one) if not r else (1, 1, 0)
    cube = h**3 % PRIME
    v = u1 * h * h % PRIME
    x = (r * r - cube - 2 * v) % PRIME
    return x, (r * (v - x) - s1 * cube) % PRIME, h * z1 * z2 % PRIME
