"""Tickets about two hosts whose certificates and trust must agree."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.tls.pki import CLIENT, EXPIRED, SERVER, Authority, Key
from agentgym.environments.linux_config.families.tls.scene import CA, Scene

TRUST = "; who trusts whom is tried in handshakes with the very files"
EXTENSIONS = (
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage={}\n"
    "subjectAltName=DNS:{}\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
)


def mutual(rng: random.Random) -> Draft:
    """One host calls another, and each must know the other by the right authority."""
    scene = Scene(rng)
    caller, server = (
        f"{word}{number}" for word, number in zip(("app", "db"), rng.sample(range(1, 90), 2), strict=True)
    )
    machines = Authority.root(rng, f"{scene.domain} machines")
    scene.authority("machines", machines)
    ours, theirs = scene.carried(f"/srv/hosts/{caller}/tls"), scene.carried(f"/srv/hosts/{server}/tls")
    name, caller_name = f"{server}.{scene.domain}", f"{caller}.{scene.domain}"
    cert, key, clients = f"{theirs}/server.pem", f"{theirs}/server.key", f"{theirs}/clients.pem"
    own, own_key, servers = f"{ours}/client.pem", f"{ours}/client.key", f"{ours}/servers.pem"
    scene.keep_key(key, scene.key)
    scene.state.file(cert, scene.issuing.issue(rng, scene.key, [scene.other]) + scene.issuing.pem)
    scene.state.file(clients, scene.root.pem)
    scene.state.file(servers, scene.root.pem + machines.pem)
    there = {"cert": cert, "key": key, "clients": clients, "trust": servers, "host": name}
    here = {"client_cert": own, "client_key": own_key}
    scene.check(f"{caller} reaches {server}", "handshake", **there, **here, goal=True)
    scene.check("not under the old name", "handshake", **{**there, "host": scene.other}, **here, want=(False, None))
    scene.check("nobody gets in without a certificate", "handshake", **there, want=(False, None))
    mate = Key.draw(rng)
    scene.known("mate.key", mate.pem())
    usages = (SERVER, CLIENT)
    for what, by, valid in (("issuing", scene.issuing, None), ("old", machines, EXPIRED), ("peer", machines, None)):
        pem = by.issue(rng, mate, [name], usages=usages, **({"valid": valid} if valid else {}))
        scene.known(f"{what}.crt", pem + (by.pem if by is scene.issuing else ""))
    known = {"client_key": "mate.key"}
    for what in ("issuing", "old"):
        scene.check(
            f"nor with one of {what}", "handshake", **there, **known, client_cert=f"{what}.crt", want=(False, None)
        )
    scene.check("another machine gets in", "handshake", **there, **known, client_cert="peer.crt", goal=True)
    fake = {"cert": "peer.crt", "key": "mate.key", "trust": servers, "host": name}
    scene.check(f"{caller} trusts no machine as a server", "handshake", **fake, want=False, goal=True)
    true = {"cert": "issuing.crt", "key": "mate.key", "trust": servers, "host": name}
    scene.check(f"{caller} trusts other servers of ours", "handshake", **true)
    scene.known("machines", machines.pem)
    both = {"cert": own, "ca": "machines"}
    scene.check("the client's certificate", "verify", **both, purpose="sslclient", host=caller_name, goal=True)
    scene.check("it is no server's", "verify", **both, purpose="sslserver", want=(False, None))
    scene.check("the server's is no client's", "verify", cert=cert, ca="root", purpose="sslclient", want=False)
    scene.same_key(key, scene.key, f"{server}'s key")
    scene.named(cert, name)
    scene.named(own, caller_name)
    scene.used(cert, "server", goal=False)
    scene.used(own, "client")
    scene.only(clients, machines.pem)
    scene.only(servers, scene.root.pem, scene.issuing.pem)
    scene.is_private(key)
    scene.is_private(own_key, missing=True)
    days = rng.randrange(60, 380)
    for path, ca in ((cert, "root"), (own, "machines")):
        scene.check(f"{path} in {days - 3} days", "verify", cert=path, ca=ca, days=days - 3, goal=path == own)
        scene.check(f"{path} not in {days + 3} days", "verify", cert=path, ca=ca, days=days + 3, want=False, goal=True)
    prompt = (
        f"{caller} is to call {server} as {name}, and each must be sure of the other. Files are in {ours} and "
        f"{theirs}; "
        f"servers have certificates below {CA}/root.crt (from {CA}/issuing.crt and its .key), machines that call them "
        f"have theirs from {CA}/machines.crt and its .key, which is a root of its own.\n\n"
        f"- {server}: {cert} is for the old name {scene.other}. It must be for {name} only, good for a server and "
        f"nothing else, followed by the issuing authority's, for the same key ({key} stays).\n"
        f"- {server}: {clients} holds the roots by which callers are known. Any machine must get in, nobody else.\n"
        f"- {caller}: {own} and {own_key} do not exist. Make a key, and a certificate for {caller_name} only that is "
        f"good for a client and nothing else. The key is root's, of group {scene.service}, mode 0640.\n"
        f"- {caller}: {servers} holds the roots by which servers are known. Our servers must be trusted, "
        "machines and everybody else not.\n\n"
        f"Both certificates are valid from now for {days} days."
    )
    make = f"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {own_key}"
    return scene.draft(
        prompt,
        f"{make} && chown root:{scene.service} {own_key} && chmod 640 {own_key}",
        _signed(own_key, caller_name, "clientAuth", days, "machines", f"> {own} < /tmp/crt cat"),
        _signed(key, name, "serverAuth", days, "issuing", f"cat /tmp/crt {CA}/issuing.crt > {cert}"),
        f"cp {CA}/machines.crt {clients}; cp {CA}/root.crt {servers}",
        trust=TRUST,
    )


def new_root(rng: random.Random) -> Draft:
    """Two hosts on the way from one root to the next, and a root that must not be trusted any more."""
    scene = Scene(rng)
    hosts = [f"{word}{number}" for word, number in zip(("web", "db"), rng.sample(range(1, 90), 2), strict=True)]
    names = [f"{host}.{scene.domain}" for host in hosts]
    folders = [scene.carried(f"/srv/hosts/{host}/tls") for host in hosts]
    new = Authority.root(rng, f"{scene.domain} root G2")
    issuing = new.below(rng, f"{scene.domain} issuing G2")
    leaked = Authority.root(rng, f"{scene.domain} test root")
    scene.state.file(f"{CA}/root-g2.crt", new.pem)
    scene.authority("issuing-g2", issuing)
    scene.state.file(f"{CA}/test-root.crt", leaked.pem)
    keys = [scene.key, Key.draw(rng)]
    certs = [f"{folder}/server.pem" for folder in folders]
    for folder, key in zip(folders, keys, strict=True):
        scene.keep_key(f"{folder}/server.key", key)
    moved = issuing.issue(rng, keys[0], names[:1]) + issuing.pem
    scene.state.file(certs[0], moved)
    scene.vendor[certs[0]] = moved
    scene.state.file(certs[1], scene.issuing.issue(rng, keys[1], names[1:]) + scene.issuing.pem)
    trust = [f"{folder}/roots.pem" for folder in folders]
    scene.state.file(trust[0], leaked.pem + scene.root.pem)
    scene.state.file(trust[1], new.pem + leaked.pem)
    mate = Key.draw(rng)
    scene.known("mate.key", mate.pem())
    for what, by in (
        ("old", scene.issuing),
        ("new", issuing),
        ("leaked", leaked),
        ("alien", Authority.root(rng, "alien")),
    ):
        scene.known(f"{what}.crt", by.issue(rng, mate, [scene.other]) + by.pem)
    for number, host in enumerate(hosts):
        for other, cert in zip(hosts, certs, strict=True):
            trial = {"cert": cert, "key": cert.replace(".pem", ".key"), "trust": trust[number]}
            late = (number == 0) == (cert == certs[0])
            scene.check(f"{host} trusts {other}", "handshake", **trial, host=f"{other}.{scene.domain}", goal=late)
        for what in ("old", "new", "leaked", "alien"):
            trial = {"cert": f"{what}.crt", "key": "mate.key", "trust": trust[number], "host": scene.other}
            right = what in ("old", "new")
            late = what == "leaked" or (what == "new" and number == 0) or (what == "old" and number == 1)
            name = f"{host} {'trusts' if right else 'does not trust'} servers of the {what} root"
            scene.check(name, "handshake", **trial, want=right, goal=late)
    scene.known("new-root", new.pem)
    days = rng.randrange(60, 380)
    trial = {"cert": certs[1], "ca": "new-root", "purpose": "sslserver"}
    scene.check(f"{hosts[1]} has moved", "verify", **trial, host=names[1], days=days - 3, goal=True)
    scene.check(f"not for more than {days} days", "verify", **trial, days=days + 3, want=False)
    for name in (names[0], scene.other, scene.domain):
        scene.check(f"{hosts[1]} is not {name}", "verify", **trial, host=name, want=False)
    for folder, key in zip(folders, keys, strict=True):
        scene.same_key(f"{folder}/server.key", key, f"the key in {folder}")
        scene.is_private(f"{folder}/server.key")
        scene.only(f"{folder}/roots.pem", scene.root.pem, scene.issuing.pem, new.pem, issuing.pem)
    scene.named(certs[1], names[1], goal=False)
    prompt = (
        f"We are moving from the root {CA}/root.crt to {CA}/root-g2.crt. {hosts[0]} ({folders[0]}) and {hosts[1]} "
        f"({folders[1]}) call one another, and other servers, as {names[0]} and {names[1]}; each knows servers by the "
        "roots in its roots.pem.\n\n"
        f"- {hosts[0]} has its new certificate already: it stays byte for byte. {hosts[1]} needs one for "
        f"{names[1]}, and "
        f"no other name, issued with {CA}/issuing-g2.crt and its .key, valid from now for {days} days, for the same "
        f"key. {certs[1]} must hold it followed by the issuing authority's.\n"
        "- Until all others have moved, both hosts must trust servers of either root.\n"
        f"- The key of {CA}/test-root.crt has leaked. Neither host may trust it, nor anybody else's root.\n\n"
        "The hosts' keys stay as they are."
    )
    return scene.draft(
        prompt,
        _signed(
            f"{folders[1]}/server.key",
            names[1],
            "serverAuth",
            days,
            "issuing-g2",
            f"cat /tmp/crt {CA}/issuing-g2.crt > {certs[1]}",
        ),
        f"cat {CA}/root.crt {CA}/root-g2.crt | tee {trust[0]} > {trust[1]}",
        trust=TRUST,
    )


def _signed(key: str, name: str, usage: str, days: int, authority: str, then: str) -> str:
    """Return a command that issues a certificate as /tmp/crt, and does something with it."""
    return (
        f"cd /tmp && cat > ext <<'END'\n{EXTENSIONS.format(usage, name)}END\n"
        f"openssl req -new -key {key} -subj /CN={name} -out csr && openssl x509 -req -in csr -CA {CA}/{authority}.crt "
        f"-CAkey {CA}/{authority}.key -CAcreateserial -days {days} -extfile ext -out crt && {then}"
    )
