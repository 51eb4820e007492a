"""POSIX ACLs as the extended attributes that hold them (acl(5), and the kernel's posix_acl_xattr.h)."""

from __future__ import annotations

import struct
from collections.abc import Callable

# A version, then tag, permissions and id of each entry, in the order of tags and ids.
HEAD, ENTRY = struct.Struct("<I"), struct.Struct("<HHI")
VERSION, NO_ID, NOBODY_KNOWN = 2, 0xFFFFFFFF, -1
TAGS = {"owner": 0x01, "user": 0x02, "group": 0x04, "groups": 0x08, "mask": 0x10, "other": 0x20}
BITS = {"r": 4, "w": 2, "x": 1}


def encode(entries: str, uid: Callable[[str], int], gid: Callable[[str], int]) -> str:
    """Return the attribute, in hexadecimal, of entries as setfacl(1) takes them, as in `u::rwx,g:staff:r-x,o::---`."""
    packed = []
    for entry in entries.split(","):
        kind, name, letters = entry.split(":")
        tag = {"u": "user" if name else "owner", "g": "groups" if name else "group", "m": "mask", "o": "other"}[kind]
        number = (uid if kind == "u" else gid)(name) if name else NO_ID
        packed.append((TAGS[tag], sum(BITS.get(letter, 0) for letter in letters), number))
    packed.sort(key=lambda entry: (entry[0], entry[2]))
    return (HEAD.pack(VERSION) + b"".join(ENTRY.pack(*entry) for entry in packed)).hex()


def named_ids(acl: str) -> tuple[set[int], set[int]]:
    """Return the users and groups that an attribute in hexadecimal has entries for."""
    data = bytes.fromhex(acl)[HEAD.size :]
    if len(data) % ENTRY.size:
        return {NOBODY_KNOWN}, set()  # a claim that no file system would hold
    entries = list(ENTRY.iter_unpack(data))
    users = {who for tag, _, who in entries if tag == TAGS["user"]}
    return users, {who for tag, _, who in entries if tag == TAGS["groups"]}
