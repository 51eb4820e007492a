"""Try certificates and keys: verify them, shake hands with them, issue with them, and read them as other users."""

from __future__ import annotations

import _ssl
import os
import re
import ssl
import stat
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import people  # type: ignore[import-not-found,unused-ignore]

OPENSSL = "/usr/bin/openssl"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "OPENSSL_CONF": "/etc/ssl/openssl.cnf"}
FOLDER = "/root/checker/tls"
TIMEOUT_S = 8.0
MAX_BYTES = 64 << 10
MAX_CERTIFICATES = 8
MAX_FILES = 60
DAY_S = 86_400
BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
OTHER_LABELS = re.compile(r"BEGIN (X509|TRUSTED) CERTIFICATE-")
ANY_BLOCK = re.compile(r"-----BEGIN ([^-]+)-----(.*?)(?:-----END|\Z)", re.DOTALL)
HOST_NAME = re.compile(r"[\w*-]+(\.[\w*-]+)+")


def before(plan: Mapping[str, Any]) -> None:
    """Nothing of the pristine box is compared."""


def observe(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return for each trial whether it went well, or what was found, and what was said."""
    os.makedirs(FOLDER, mode=0o700, exist_ok=True)
    for name, text in plan["known"].items():
        _write(name, text)
    return [_try(trial) for trial in plan["trials"]]


def _try(trial: Mapping[str, Any]) -> dict[str, Any]:
    trials: dict[str, Callable[[Mapping[str, Any]], tuple[Any, str]]] = {
        "verify": _verify,
        "handshake": _handshake,
        "issue": _issue,
        "read": _read,
        "mode": _mode,
        "public": _public,
        "chain": _chain,
        "names": _names,
        "usages": _usages,
        "holds": _holds,
        "keys": _keys,
        "writes": _writes,
    }
    try:
        found, said = trials[trial["do"]](trial)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        found, said = None, f"{type(error).__name__}: {error}"
    return {"found": found, "said": said.strip()[-300:]}


def _verify(trial: Mapping[str, Any]) -> tuple[Any, str]:
    """Whether the first certificate of a file is good, its others being what the server sends along."""
    blocks = _blocks(trial["cert"])
    return _verified(blocks[0], blocks[1:], trial)


def _verified(leaf: str, others: list[str], trial: Mapping[str, Any]) -> tuple[bool, str]:
    argv = ["verify", "-x509_strict", "-no-CAfile", "-no-CApath", "-no-CAstore", "-trusted", _known(trial["ca"])]
    argv += ["-purpose", trial["purpose"]] if trial.get("purpose") else []
    argv += ["-verify_hostname", trial["host"]] if trial.get("host") else []
    argv += ["-verify_ip", trial["ip"]] if trial.get("ip") else []
    argv += ["-attime", str(int(time.time()) + trial.get("days", 0) * DAY_S)]
    if others:
        argv += ["-untrusted", _write("others", "\n".join(others))]
    status, said = _openssl(*argv, _write("leaf", leaf))
    return status == 0, said


def _handshake(trial: Mapping[str, Any]) -> tuple[Any, str]:
    """Whether a client and a server, both in memory, come to terms; an error if the files cannot be used."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _load(server, _known(trial["cert"]), _known(trial["key"]))
    if trial.get("clients"):
        server.verify_mode = ssl.CERT_REQUIRED
        server.load_verify_locations(cadata="\n".join(_blocks(trial["clients"])))
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trial.get("trust"):
        client.load_verify_locations(cadata="\n".join(_blocks(trial["trust"])))
    else:
        client.load_verify_locations(_known(trial["ca"]))
    if trial.get("client_cert"):
        _load(client, _known(trial["client_cert"]), _known(trial["client_key"]))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(incoming, outgoing, server_hostname=trial["host"]),
        server.wrap_bio(outgoing, incoming, server_side=True),
    )
    done: set[int] = set()
    for _ in range(10):
        for number, end in enumerate(ends):
            try:
                end.do_handshake()
                done.add(number)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError as error:
                return False, f"{('client', 'server')[number]}: {error}"
    return len(done) == 2, "shook hands" if len(done) == 2 else "no end"


def _load(context: ssl.SSLContext, cert: str, key: str) -> None:
    for path in (cert, key):
        _text(path)
    context.load_cert_chain(cert, key, password=lambda: "")


def _issue(trial: Mapping[str, Any]) -> tuple[Any, str]:
    """Whether a certificate that the file's certificate issues here and now is good."""
    key, request, leaf = (f"{FOLDER}/{name}" for name in ("own.key", "own.csr", "own.crt"))
    name = trial["host"]
    ca = "TRUE" if trial.get("authority") else "FALSE"
    usage = "keyCertSign,cRLSign" if trial.get("authority") else "digitalSignature"
    extensions = (
        f"basicConstraints=critical,CA:{ca}\nkeyUsage=critical,{usage}\nsubjectKeyIdentifier=hash\n"
        f"authorityKeyIdentifier=keyid\nsubjectAltName=DNS:{name}\n"
    )
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    _openssl("req", "-new", *curve, "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
    blocks = _blocks(trial["cert"])
    issuer = ("-CA", _write("issuer", blocks[0]), "-CAkey", trial["key"], "-passin", "pass:", "-set_serial", "77")
    options = ("-days", "30", "-extfile", _write("extensions", extensions))
    with suppress(FileNotFoundError):
        os.unlink(leaf)
    _text(trial["key"])
    status, said = _openssl("x509", "-req", "-in", request, *issuer, *options, "-out", leaf)
    if status != 0:
        return None, said
    if not trial.get("authority"):
        return _verified(_text(leaf), blocks, trial)
    return _issued_below(leaf, key, blocks, trial)


def _issued_below(cert: str, key: str, above: list[str], trial: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether an authority that was made here can itself issue."""
    chain = _write("below", "\n".join([_text(cert), *above]))
    return _issue({**trial, "cert": chain, "key": _write("below.key", _text(key)), "authority": False})


def _read(trial: Mapping[str, Any]) -> tuple[Any, str]:
    """Whether a user can read a file."""

    def attempt() -> bool:
        people.become(trial["user"])
        try:
            with open(trial["path"], "rb") as file:
                return bool(file.read(1))
        except OSError:
            return False

    found = people.in_child(attempt)
    return found, f"{trial['user']} {'reads' if found else 'does not read'} it"


def _mode(trial: Mapping[str, Any]) -> tuple[Any, str]:
    found = os.lstat(trial["path"])
    values = [stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid]
    return values, f"mode {values[0]:04o}, owner {values[1]}:{values[2]}"


def _public(trial: Mapping[str, Any]) -> tuple[Any, str]:
    """The public key of a file: of its private key, or of its first certificate."""
    text = _text(trial["path"])
    if blocks := BLOCK.findall(text):
        status, said = _openssl("x509", "-noout", "-pubkey", "-in", _write("first", blocks[0]))
    else:
        status, said = _openssl("pkey", "-pubout", "-passin", "pass:", "-in", _write("some.key", text))
    return (said if status == 0 else None), said[:120].replace("\n", " ")


def _chain(trial: Mapping[str, Any]) -> tuple[Any, str]:
    """The certificates of a file in order, each with spaces taken out."""
    blocks = ["".join(block.split()) for block in _blocks(trial["path"])]
    return blocks, f"{len(blocks)} certificates"


def _names(trial: Mapping[str, Any]) -> tuple[Any, str]:
    """All names of a file's first certificate: its alternative names, and a common name that is a host's."""
    first = _write("named", _blocks(trial["cert"])[0])
    facts = _ssl._test_decode_cert(first)  # type: ignore[attr-defined,unused-ignore]
    names = {str(value).lower() for _, value in facts.get("subjectAltName", ())}
    pairs = [pair for part in facts.get("subject", ()) for pair in part]
    names |= {text.lower() for name, text in pairs if name == "commonName" and HOST_NAME.fullmatch(text)}
    return sorted(names), f"it is for {', '.join(sorted(names)) or 'no host'}"


def _usages(trial: Mapping[str, Any]) -> tuple[Any, str]:
    """What a file's first certificate says that it is good for."""
    leaf = _write("used", _blocks(trial["cert"])[0])
    status, said = _openssl("x509", "-noout", "-ext", "extendedKeyUsage", "-in", leaf)
    lines = said.strip().splitlines()
    usages = sorted(lines[1].strip().split(", ")) if status == 0 and len(lines) == 2 else []
    return usages, f"it is for {', '.join(usages) or 'everything'}"


def _holds(trial: Mapping[str, Any]) -> tuple[Any, str]:
    """All that a file holds, be it a certificate or not, each with spaces taken out."""
    blocks = [f"{label}:{''.join(data.split())}" for label, data in ANY_BLOCK.findall(_text(trial["path"]))]
    return blocks, f"{len(blocks)} certificates"


def _keys(trial: Mapping[str, Any]) -> tuple[Any, str]:
    """The files that a user can read and that hold a private key, other than the keys that are named."""
    own = [_public({"path": path})[0] for path in trial["but"] if os.path.exists(path)]
    readable = _allowed(trial, os.R_OK)
    files = [path for path in readable if os.path.isfile(path)]
    if len(files) > MAX_FILES:
        raise ValueError("too many files")
    found = [path for path in files if _has_key(path, own)]
    return found, f"{trial['user']} reads the keys {', '.join(found)}" if found else "no key of others"


def _has_key(path: str, own: list[Any]) -> bool:
    """Whether a file holds a private key whose public key is none of these."""
    loads, _ = _openssl("pkey", "-noout", "-passin", "pass:", "-in", path)
    if loads != 0 and "PRIVATE KEY-----" not in _text(path):
        return False
    status, public = _openssl("pkey", "-pubout", "-passin", "pass:", "-in", path)
    return _text(path).count("PRIVATE KEY-----") > 2 or status != 0 or public not in own


def _writes(trial: Mapping[str, Any]) -> tuple[Any, str]:
    """What a user can change."""
    found = _allowed(trial, os.W_OK)
    return found, f"{trial['user']} can change {', '.join(found) or 'nothing'}"


def _allowed(trial: Mapping[str, Any], right: int) -> list[str]:
    """Return what a user has a right to, or could have by being the owner, of all that is in some folders."""
    paths = [
        path
        for folder in trial["folders"]
        for top, _, names in os.walk(folder)
        for path in (top, *(os.path.join(top, name) for name in names))
    ]

    def attempt() -> list[str]:
        people.become(trial["user"])
        reached = [path for path in paths if os.path.lexists(path)]
        return [path for path in reached if os.access(path, right) or os.lstat(path).st_uid == os.getuid()]

    found = people.in_child(attempt)
    if found is None:
        raise ValueError("it could not be tried")
    return sorted(map(str, found))


def _blocks(path: str) -> list[str]:
    """Return the certificates in a file, or that are known by this name."""
    text = _text(_known(path))
    blocks = BLOCK.findall(text)
    if not blocks or OTHER_LABELS.search(text):
        raise ValueError(f"{path} holds no certificate, or one with another label")
    return blocks[:MAX_CERTIFICATES]


def _text(path: str) -> str:
    with open(path, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError(f"{path} is no file")
        return file.read(MAX_BYTES).decode("utf-8", "replace")


def _known(name: str) -> str:
    return name if name.startswith("/") else f"{FOLDER}/{name}"


def _write(name: str, text: str) -> str:
    path = f"{FOLDER}/{name}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def _openssl(*argv: str) -> tuple[int | None, str]:
    status, said = people.run([OPENSSL, *argv], timeout_s=TIMEOUT_S, env=ENVIRONMENT)
    return status, said
