"""Tickets in which what is there misleads: expired issuers, archives without notes."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.tls.pki import EXPIRED, Authority, Key
from agentgym.environments.linux_config.families.tls.scene import CA, Scene


def old_chain(rng: random.Random) -> Draft:
    """A chain with an expired issuer, the new one beside misleading files, and a bundle that must stay."""
    scene = Scene(rng)
    folder = scene.carried(scene.folder)
    expired = scene.root.below(rng, scene.issuing.name, key=scene.issuing.key, valid=EXPIRED)
    other = scene.root.below(rng, f"{scene.issuing.name} R2")
    key = scene.keep_key(f"{folder}/server.key", scene.key)
    leaf = scene.issuing.issue(rng, scene.key, [scene.name])
    cert, bundle = f"{folder}/fullchain.pem", f"{folder}/vendor-bundle.pem"
    scene.state.file(cert, leaf + expired.pem)
    scene.vendor[bundle] = expired.pem + other.pem
    scene.state.file(bundle, scene.vendor[bundle])
    years = rng.sample(range(2010, 2030), 3)
    for year, text in zip(years, (expired.pem, other.pem, scene.issuing.pem), strict=True):
        scene.state.file(f"{folder}/intermediates/issuing-{year}.crt", text)
    scene.state.file(f"{CA}/issuing.crt", expired.pem)
    scene.serves(cert, key, scene.name)
    order = ["".join(text.split()) for text in (leaf, scene.issuing.pem)]
    root = "".join(scene.root.pem.split())
    scene.check("certificate first, then its issuer", "chain", path=cert, want=(order, [*order, root]), goal=True)
    scene.is_private(key)
    scene.same_key(key, scene.key)
    scene.refuses(cert, scene.other)
    prompt = (
        f"Clients reject {scene.name} since last night: a certificate has expired. The server's own is fine and "
        "must be "
        f"kept. {cert} must hold it, followed by a valid certificate of the authority that issued it, and nothing that "
        "is expired or does not belong to the chain. Whatever is needed should be somewhere in "
        f"{folder}/intermediates; "
        f"the years in those names say nothing, and {CA}/issuing.crt is as old. {bundle} belongs to a package and must "
        f"stay byte for byte; so must the key."
    )
    gold = (
        f"cd {folder} && openssl x509 -in fullchain.pem -out /tmp/crt && for f in intermediates/*; do openssl verify "
        f"-CAfile {CA}/root.crt -untrusted $f /tmp/crt && cat /tmp/crt $f > fullchain.pem; done; true"
    )
    return scene.draft(prompt, gold)


def right_key(rng: random.Random) -> Draft:
    """After a renewal the key in place is not the certificate's; the right one is among several."""
    scene = Scene(rng)
    folder = scene.carried(scene.folder)
    keys = [Key.draw(rng) for _ in range(4)]
    key, cert = scene.keep_key(f"{folder}/server.key", keys[0]), f"{folder}/fullchain.pem"
    old = scene.issuing.issue(rng, keys[0], [scene.name], valid=EXPIRED)
    text = scene.issuing.issue(rng, scene.key, [scene.name]) + scene.issuing.pem
    scene.vendor[cert] = text
    scene.state.file(cert, text)
    scene.state.file(f"{folder}/archive/old.crt", old)
    numbers = rng.sample(range(1, 40), 4)
    archive = {f"{folder}/archive/server.key.new": keys[1].pem()}
    for number, archived in zip(numbers, (*keys[1:], scene.key), strict=True):
        archive[f"{folder}/archive/server.key.{number}"] = archived.pem()
    for path, pem in archive.items():
        scene.state.file(path, pem, 0o600)
        scene.check(f"{scene.reader} does not read {path}", "read", path=path, user=scene.reader, want=False)
    scene.vendor.update(archive)
    scene.vendor[f"{folder}/archive/old.crt"] = old
    scene.check(
        f"a handshake with {scene.name}", "handshake", cert=cert, key=key, ca="root", host=scene.name, goal=True
    )
    scene.check("the key is the certificate's", "public", path=key, want=scene.key.public_pem(), goal=True)
    scene.check("the certificate is good", "verify", cert=cert, ca="root", host=scene.name, purpose="sslserver")
    stranger = Authority.root(rng, "somebody else's root")
    scene.known("stranger", stranger.pem)
    scene.check("not to who trusts another root", "verify", cert=cert, ca="stranger", want=False)
    scene.is_private(key)
    prompt = (
        f'{scene.service} does not start: "key values mismatch". The certificate was renewed with a new key and '
        "is right "
        f"({cert} must stay byte for byte), but {key} was not put in place, and whoever did it took no notes. The key "
        f"must be one of those in {folder}/archive, which stays as it is. {key} must be root's, of group "
        f"{scene.service}, mode 0640."
    )
    gold = (
        f'cd {folder} && for f in archive/server.key.*; do [ "$(openssl pkey -pubout -in $f)" = "$(openssl '
        "x509 -pubkey "
        f'-noout -in fullchain.pem)" ] && cat $f > server.key; done; true'
    )
    return scene.draft(prompt, gold)
