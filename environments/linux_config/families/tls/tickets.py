"""Tickets about one service's key and certificate."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.tls.pki import CLIENT, EXPIRED
from agentgym.environments.linux_config.families.tls.scene import CA, Scene

FILES = (
    "{folder}/fullchain.pem must hold the certificate followed by the issuing authority's, and {folder}/server.key its "
    "key."
)
SIGN = f"-CA {CA}/issuing.crt -CAkey {CA}/issuing.key -CAcreateserial"


def signed(
    folder: str, names: list[str], days: int, *, usage: str = "serverAuth", chain: str = f"{CA}/issuing.crt"
) -> str:
    """Return a command that issues a certificate for the key in a folder, and writes the chain."""
    kinds = ",".join(f"{'IP' if name.replace('.', '').isdigit() else 'DNS'}:{name}" for name in names)
    extensions = (
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
        f"extendedKeyUsage={usage}\nsubjectAltName={kinds}\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    return (
        f"cd /tmp && cat > ext <<'END'\n{extensions}END\n"
        f"openssl req -new -key {folder}/server.key -subj /CN={names[0]} -out csr && "
        f"openssl x509 -req -in csr {SIGN} -days {days} -extfile ext -out crt && cat crt {chain} > "
        f"{folder}/fullchain.pem"
    )


def new_key(scene: Scene) -> str:
    """Return a command that makes the service's key."""
    path = f"{scene.folder}/server.key"
    make = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"
    return f"{make} -out {path} && chown root:{scene.service} {path} && chmod 640 {path}"


def key_mode(rng: random.Random) -> Draft:
    """A key that everybody reads."""
    scene = Scene(rng)
    folder = scene.carried(scene.folder)
    mode = rng.choice((0o644, 0o664, 0o666, 0o646))
    cert, key = f"{folder}/fullchain.pem", scene.keep_key(f"{folder}/server.key", scene.key, mode)
    text = scene.issuing.issue(rng, scene.key, [scene.name]) + scene.issuing.pem
    scene.state.file(cert, text)
    scene.vendor[cert] = text
    scene.serves(cert, key, scene.name, goal=False)
    scene.is_private(key, exposed=True)
    scene.same_key(key, scene.key)
    prompt = (
        f"{key} has mode {mode:04o}, so the audit has found that everybody on this machine can read it. It must be "
        f"root's, of group {scene.service}, mode 0640. Key and certificate themselves stay as they are."
    )
    return scene.draft(prompt, f"chmod 640 {key}")


def missing_intermediate(rng: random.Random) -> Draft:
    """A server that sends its certificate alone."""
    scene = Scene(rng)
    folder = scene.carried(scene.folder)
    key = scene.keep_key(f"{folder}/server.key", scene.key)
    leaf = scene.issuing.issue(rng, scene.key, [scene.name])
    alone, cert = scene.state.file(f"{folder}/server.crt", leaf), f"{folder}/fullchain.pem"
    scene.state.file(cert, leaf)
    scene.vendor[alone] = leaf
    scene.serves(cert, key, scene.name)
    order = ["".join(text.split()) for text in (leaf, scene.issuing.pem)]
    root = "".join(scene.root.pem.split())
    scene.check("certificate first, then its issuer", "chain", path=cert, want=(order, [*order, root]), goal=True)
    scene.is_private(key)
    scene.same_key(key, scene.key)
    scene.refuses(cert, scene.other)
    prompt = (
        f'Clients of {scene.name} stop with "unable to get local issuer certificate". The server sends {cert}, which '
        f"holds {alone} alone; the issuing authority's certificate, {CA}/issuing.crt, is missing after it. Add it. "
        f"{alone} and the key stay as they are."
    )
    return scene.draft(prompt, f"cat {CA}/issuing.crt >> {cert}")


def renew(rng: random.Random) -> Draft:
    """An expired certificate, to be renewed for the same key and names."""
    scene = Scene(rng)
    folder = scene.carried(scene.folder)
    key, cert = scene.keep_key(f"{folder}/server.key", scene.key), f"{folder}/fullchain.pem"
    names = [scene.name, f"www.{scene.name}"]
    scene.state.file(cert, scene.issuing.issue(rng, scene.key, names, valid=EXPIRED) + scene.issuing.pem)
    scene.serves(cert, key, *names)
    days = rng.randrange(60, 380)
    scene.lasts(cert, days - 3, days + 3)
    scene.is_private(key)
    scene.same_key(key, scene.key)
    scene.check("the certificate is for the key", "public", path=cert, want=scene.key.public_pem())
    scene.refuses(cert, scene.other, scene.domain, f"{rng.choice(('mail', 'api', 'ftp'))}.{scene.name}")
    scene.named(cert, *names, goal=False)
    prompt = (
        f"The certificate of {scene.name} has expired. Issue a new one for the same two names "
        f"({' and '.join(names)}, no "
        f"others), valid from now for {days} days, with the authority in {CA}/issuing.crt and {CA}/issuing.key. "
        "Clients "
        f"have pinned the key, so {key} must be kept, with its owner and mode. {cert} must hold the new certificate "
        "followed by the issuing authority's."
    )
    return scene.draft(prompt, signed(folder, names, days))


def new_certificate(rng: random.Random) -> Draft:
    """A service that has neither key nor certificate."""
    scene = Scene(rng)
    folder = scene.carried(scene.folder)
    cert, key = f"{folder}/fullchain.pem", f"{folder}/server.key"
    days = rng.randrange(60, 380)
    scene.serves(cert, key, scene.name)
    scene.lasts(cert, days - 3, days + 3)
    scene.is_private(key, missing=True)
    scene.refuses(cert, scene.other, f"www.{scene.name}", scene.domain)
    scene.named(cert, scene.name)
    prompt = (
        f"{scene.service} is to speak TLS as {scene.name}, and under no other name. Make a key of its own for it and "
        f"issue a server certificate with the authority in {CA}/issuing.crt and {CA}/issuing.key, valid from now for "
        f"{days} days. {FILES.format(folder=folder)} The key must be root's, of group {scene.service}, mode 0640."
    )
    return scene.draft(prompt, new_key(scene), signed(folder, [scene.name], days))


def more_names(rng: random.Random) -> Draft:
    """A certificate that must be good for another name and an address as well."""
    scene = Scene(rng)
    folder = scene.carried(scene.folder)
    key, cert = scene.keep_key(f"{folder}/server.key", scene.key), f"{folder}/fullchain.pem"
    scene.state.file(cert, scene.issuing.issue(rng, scene.key, [scene.name]) + scene.issuing.pem)
    address = f"10.{rng.randrange(250)}.{rng.randrange(250)}.{rng.randrange(2, 250)}"
    scene.serves(cert, key, scene.name, goal=False)
    for name in (scene.other, address):
        what = {"ip": name} if name == address else {"host": name}
        scene.check(f"{name} is good too", "verify", cert=cert, ca="root", purpose="sslserver", goal=True, **what)
        scene.check(f"a handshake with {name}", "handshake", cert=cert, key=key, ca="root", host=name, goal=True)
    scene.is_private(key)
    scene.same_key(key, scene.key)
    scene.refuses(cert, f"a{scene.name}", f"www.{scene.name}", scene.domain, "10.251.252.253")
    scene.named(cert, scene.name, scene.other, address)
    days = rng.randrange(100, 380)
    scene.check(f"not valid in {days + 3} days", "verify", cert=cert, ca="root", days=days + 3, want=False, goal=True)
    scene.check(f"valid in {days - 3} days", "verify", cert=cert, ca="root", days=days - 3)
    prompt = (
        f"{scene.service} is reached as {scene.name}, and from now on as {scene.other} and at {address} too "
        "(clients name "
        f"the address itself). Replace the certificate in {cert} by one for these three and nothing else, issued with "
        f"{CA}/issuing.crt and {CA}/issuing.key, valid from now for {days} days, for the same key. The file must go on "
        f"holding the certificate followed by the issuing authority's. {key} stays as it is."
    )
    return scene.draft(prompt, signed(folder, [scene.name, scene.other, address], days))


def server_only(rng: random.Random) -> Draft:
    """A certificate that must not be good for anything else."""
    scene = Scene(rng)
    folder = scene.carried(scene.folder)
    key, cert = f"{folder}/server.key", f"{folder}/fullchain.pem"
    old = scene.keep_key(key, scene.key, 0o644)
    usages = ("1.3.6.1.5.5.7.3.1", CLIENT)
    scene.state.file(
        cert, scene.issuing.issue(rng, scene.key, [f"*.{scene.domain}"], usages=usages) + scene.issuing.pem
    )
    names = [scene.name, f"{rng.choice(('admin', 'api', 'status'))}.{scene.name}"]
    days = rng.randrange(30, 90)
    for name in names:
        new = name != scene.name
        scene.check(f"{name} is good", "verify", cert=cert, ca="root", purpose="sslserver", host=name, goal=new)
        scene.check(f"a handshake with {name}", "handshake", cert=cert, key=key, ca="root", host=name, goal=new)
    scene.check("not for clients", "verify", cert=cert, ca="root", purpose="sslclient", want=False, goal=True)
    wild = {"cert": cert, "ca": "root", "want": False}
    scene.check("not for another name of the domain", "verify", **wild, host=scene.other, goal=True)
    scene.check("not for the domain", "verify", **wild, host=scene.domain)
    scene.check("not for names below it", "verify", **wild, host=f"x.{scene.name}")
    scene.check(f"not in {days + 3} days", "verify", **wild, days=days + 3, goal=True)
    scene.check(f"valid in {days - 3} days", "verify", cert=cert, ca="root", days=days - 3)
    issue = {"cert": cert, "key": key, "ca": "root", "host": scene.other}
    scene.check("it cannot issue", "issue", **issue, want=(False, None))
    scene.named(cert, *names)
    scene.used(cert, "server")
    for path in (key, cert):
        scene.differs(f"another key in {path}", path, scene.key)
    scene.is_private(key, exposed=True)
    prompt = (
        f"{old} has been readable for everybody, and the certificate in {cert} is far too powerful: a wildcard for the "
        f"whole of {scene.domain}, for servers and clients alike, for decades. Replace both. The new key is root's, of "
        f"group {scene.service}, mode 0640. The new certificate, issued with {CA}/issuing.crt and {CA}/issuing.key, is "
        f"for {' and '.join(names)} and no other name, not even one below these; valid from now for {days} days; good "
        "for servers only, neither for clients nor for issuing nor for anything else. "
        f"{cert} must go on holding the certificate followed by the issuing authority's."
    )
    return scene.draft(prompt, new_key(scene), signed(folder, names, days))


def constrained(rng: random.Random) -> Draft:
    """An authority for one team that must not issue for others."""
    scene = Scene(rng)
    folder = scene.carried(scene.folder)
    team = f"{scene.service}.{scene.domain}"
    cert, key = f"{folder}/authority.pem", f"{folder}/authority.key"
    days = rng.randrange(300, 1500)
    issue = {"cert": cert, "key": key, "ca": "root"}
    for host in (f"web.{team}", f"a.b.{team}"):
        scene.check(f"it issues for {host}", "issue", **issue, host=host, goal=True)
    for host in (scene.other, f"x{team}", f"{scene.service}.example", "localhost"):
        scene.check(f"nothing it issues for {host} is good", "issue", **issue, host=host, want=(False, None))
    scene.check("no authority below it", "issue", **issue, host=f"web.{team}", authority=True, want=(False, None))
    scene.refuses(cert, team, f"web.{team}")
    scene.named(cert)
    scene.check("it is an authority", "verify", cert=cert, ca="root", goal=True)
    for purpose in ("sslserver", "sslclient"):
        trial = {"cert": cert, "ca": "root", "purpose": purpose}
        scene.check(f"it is no {purpose[3:]}", "verify", **trial, want=(False, None))
    scene.lasts(cert, days - 3, days + 3)
    scene.is_private(key, missing=True)
    prompt = (
        f"The team of {scene.service} shall issue its own certificates. Make them an authority below ours "
        f"({CA}/issuing.crt, {CA}/issuing.key), with a key of its own, valid from now for {days} days: what it issues "
        f"must be good for names below {team}, and for no others, whatever the team tries; and no authority "
        "below it may "
        f"be good for anything. It is not for use as a server's or a client's certificate itself and carries no host "
        f"name. {cert} must hold its certificate followed by the one of {CA}/issuing.crt, {key} its key: root's, of "
        f"group {scene.service}, mode 0640."
    )
    extensions = (
        "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n"
        f"nameConstraints=critical,permitted;DNS:{team}\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    make = f"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {key}"
    gold = (
        f"cd /tmp && {make} && chown root:{scene.service} {key} && chmod 640 {key} && cat > ext "
        f"<<'END'\n{extensions}END\n"
        f"openssl req -new -key {key} -subj '/CN={scene.service} issuing' -out csr && openssl x509 -req -in csr {SIGN} "
        f"-days {days} -extfile ext -out crt && cat crt {CA}/issuing.crt > {cert}"
    )
    return scene.draft(prompt, gold)
