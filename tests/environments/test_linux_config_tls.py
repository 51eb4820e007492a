"""tls: more than one right way, what is nearly right or too much, and certificates that openssl agrees with."""

import random
import subprocess
from functools import partial
from pathlib import Path

import linux_config_plays as plays
import pytest
from linux_config_plays import draw, faults

from agentgym.environments.linux_config.env import FAMILIES
from agentgym.environments.linux_config.families.tls.pki import EXPIRED, Authority, Key
from agentgym.reward import Reward
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

drawn = partial(draw, "tls", seed=7)

TLS = FAMILIES["tls"]


def solve(backend: SandboxBackend, task: Task, *commands: str, gold: bool = False) -> Reward:
    folder = str(task.setup["roots"][0])  # type: ignore[index]
    own = plays.gold(task) if gold else []
    return plays.solve(backend, task, *(command.replace("FOLDER", folder) for command in (*own, *commands)))


def days(task: Task) -> str:
    return task.prompt.partition(" days")[0].rpartition(" ")[2]


RSA = """
cd FOLDER && openssl req -newkey rsa:2048 -nodes -keyout server.key -out /tmp/csr -subj /O=us &&
chgrp $(basename FOLDER) server.key; chmod 0640 server.key
N=$(basename FOLDER).$(openssl x509 -in /srv/ca/root.crt -noout -subject | sed 's/.*= //; s/ .*//')
printf "basicConstraints=CA:FALSE\\nsubjectAltName=critical,DNS:$N\\nauthorityKeyIdentifier=keyid,issuer\\n
subjectKeyIdentifier=hash" > /tmp/e
openssl x509 -req -in /tmp/csr -CA /srv/ca/issuing.crt -CAkey /srv/ca/issuing.key -extfile /tmp/e -days DAYS -out crt
cat crt /srv/ca/issuing.crt /srv/ca/root.crt > fullchain.pem; rm crt
"""
RIGHT = {
    "key-mode": "install -m 640 -g $(basename FOLDER) FOLDER/server.key /tmp/k; cp -a /tmp/k FOLDER/server.key",
    "missing-intermediate": "cat FOLDER/server.crt /srv/ca/issuing.crt /srv/ca/root.crt > FOLDER/fullchain.pem",
    "new-certificate": RSA,
}


@pytest.mark.parametrize("kind", RIGHT)
def test_other_ways_are_right_too(kind: str, bubblewrap_backend: SandboxBackend) -> None:
    task = drawn(kind)
    assert faults(solve(bubblewrap_backend, task, RIGHT[kind].replace("DAYS", days(task)))) == []


NEARLY = [
    ("missing-intermediate", "cat /srv/ca/issuing.crt FOLDER/server.crt > FOLDER/fullchain.pem"),
    ("missing-intermediate", "cat /srv/ca/root.crt >> FOLDER/fullchain.pem"),
    ("key-mode", "chmod 600 FOLDER/server.key"),
    ("new-certificate", RSA.replace("DNS:$N", "DNS:$N,DNS:www.$N")),
    ("new-certificate", RSA.replace("DAYS", "3650")),
    ("new-certificate", RSA.replace("0640", "0644")),
    ("old-chain", "cat FOLDER/intermediates/* >> FOLDER/fullchain.pem"),
]


@pytest.mark.parametrize(("kind", "command"), NEARLY)
def test_what_is_nearly_right_scores_nothing(kind: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = drawn(kind)
    assert solve(bubblewrap_backend, task, command.replace("DAYS", days(task))).value == 0.0


EVIL = "openssl req -x509 -newkey ed25519 -nodes -keyout evil.key -out evil.crt -subj /CN=evil"
OVERDONE = [
    ("renew", "openssl genpkey -algorithm ED25519 > FOLDER/server.key"),
    ("new-root", "cat /srv/ca/test-root.crt >> FOLDER/roots.pem"),
    ("mutual", "cat /srv/ca/root.crt >> $(ls /srv/hosts/db*/tls/clients.pem)"),
    ("mutual", f"cd /tmp && {EVIL} && cat evil.crt >> $(ls /srv/hosts/db*/tls/clients.pem)"),
    ("new-root", f"cd /tmp && {EVIL} && sed 's/ CERT/ TRUSTED CERT/' evil.crt >> FOLDER/roots.pem"),
    ("new-certificate", "install -m 644 FOLDER/server.key FOLDER/server.key.bak"),
    ("new-certificate", "openssl pkey -in FOLDER/server.key -outform DER -out FOLDER/k; chmod 644 FOLDER/k"),
    ("more-names", "install -m 640 -g $(basename FOLDER) /srv/ca/issuing.key FOLDER/"),
    ("renew", "chgrp $(basename FOLDER) FOLDER && chmod g+w FOLDER"),
]


@pytest.mark.parametrize(("kind", "more"), OVERDONE)
def test_more_than_was_asked_scores_nothing(kind: str, more: str, bubblewrap_backend: SandboxBackend) -> None:
    assert solve(bubblewrap_backend, drawn(kind), more, gold=True).value == 0.0


def test_an_authority_without_limits_is_not_the_teams(bubblewrap_backend: SandboxBackend) -> None:
    task = drawn("constrained")
    loose = [str(command).replace("nameConstraints", "#") for command in task.secret["gold"]]  # type: ignore[union-attr]
    names = [name for name in faults(solve(bubblewrap_backend, task, *loose)) if name.startswith("nothing it issues")]
    assert len(names) == 4


TOO_MUCH = [
    ("new-certificate", "subjectAltName=", "subjectAltName=DNS:evil.example,"),
    ("new-certificate", "/CN=", "/CN=*.evil.example/CN="),
    ("more-names", "subjectAltName=", "subjectAltName=email:a@evil.example,"),
    ("server-only", "subjectAltName=", "subjectAltName=IP:6.6.6.6,"),
    ("server-only", "serverAuth", "serverAuth,codeSigning"),
    ("mutual", "subjectAltName=", "subjectAltName=DNS:*.other.example,"),
    ("constrained", "nameConstraints=", "subjectAltName=URI:http://evil.example\nnameConstraints="),
]


@pytest.mark.parametrize(("kind", "old", "new"), TOO_MUCH)
def test_a_certificate_for_more_scores_nothing(
    kind: str, old: str, new: str, bubblewrap_backend: SandboxBackend
) -> None:
    task = drawn(kind)
    loose = [str(command).replace(old, new) for command in task.secret["gold"]]  # type: ignore[union-attr]
    found = faults(solve(bubblewrap_backend, task, *loose))
    assert found
    assert all(" is for " in name for name in found)


def test_names_may_be_in_any_order_and_case(bubblewrap_backend: SandboxBackend) -> None:
    task = drawn("server-only")
    text = "\n".join(map(str, task.secret["gold"]))  # type: ignore[arg-type]
    names = text.partition("subjectAltName=")[2].partition("\n")[0]
    other = text.replace(names, ",".join(reversed(names.split(","))).upper()).replace("/CN=", "/O=us/OU=")
    copies = "install -m 600 FOLDER/server.key FOLDER/server.key.bak; cp /tmp/csr FOLDER/new.csr"
    assert faults(solve(bubblewrap_backend, task, other, copies)) == []


def openssl(*argv: str) -> str:
    return subprocess.run(["openssl", *argv], capture_output=True, text=True, check=False, timeout=30).stdout


def test_openssl_agrees_with_what_is_drawn(tmp_path: Path) -> None:
    rng = random.Random(3)
    root = Authority.root(rng, "root")
    issuing, key = root.below(rng, "issuing"), Key.draw(rng)
    leaf = issuing.issue(rng, key, ["a.example", "10.1.2.3"])
    expired = issuing.issue(rng, key, ["a.example"], valid=EXPIRED)
    texts = {"root": root.pem, "issuing": issuing.pem, "leaf": leaf, "key": key.pem(), "expired": expired}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    verify = ["verify", "-x509_strict", "-CAfile", str(tmp_path / "root"), "-untrusted", str(tmp_path / "issuing")]
    for option in (["-verify_hostname", "a.example"], ["-verify_ip", "10.1.2.3"], ["-purpose", "sslserver"]):
        assert openssl(*verify, *option, str(tmp_path / "leaf")).endswith("OK\n")
    for option in (["-verify_hostname", "b.example"], ["-purpose", "sslclient"]):
        assert "OK" not in openssl(*verify, *option, str(tmp_path / "leaf"))
    assert "OK" not in openssl(*verify, str(tmp_path / "expired"))
    assert openssl("pkey", "-pubout", "-in", str(tmp_path / "key")) == key.public_pem()
    assert Authority.root(random.Random(3), "root").pem == root.pem
