"""Tickets about keys on several hosts, each with a server and keys of its own."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.ssh_keys.ed25519 import Key
from agentgym.environments.linux_config.families.ssh_keys.scene import IN, OUT, UNKNOWN, Only, Scene
from agentgym.environments.linux_config.names import NOUNS, SERVICES, VERBS

HOSTS = "/srv/hosts"


class Host:
    """A host: an address, a host key, and files of its own below `/srv/hosts`."""

    def __init__(self, scene: Scene, name: str, address: str) -> None:
        self.scene, self.name, self.address = scene, name, address
        self.key = scene.key(f"root@{name}")
        self.folder = scene.state.directory(f"{HOSTS}/{name}")
        if not scene.said:
            scene.said = "The files are root's, and nobody but root may write to them. "
        self.keys = scene.state.directory(f"{self.folder}/authorized_keys")
        scene.roots.append(self.keys)
        line = f"AuthorizedKeysFile {self.keys}/%u"
        text = f"ListenAddress {address}:22\nPidFile none\nPasswordAuthentication no\nUsePAM yes\n{line}\n"
        scene.state.file(f"{self.folder}/sshd_config", text)
        self.number = scene.server(line, address=address, key=self.key)

    def opens(self, user: str, *lines: str) -> str:
        """Let these keys open a user's account on this host, and return the file."""
        return self.scene.file(f"{self.keys}/{user}", "".join(f"{line}\n" for line in lines))

    def client(self, user: str, key: Key, *known: tuple[Host, Key]) -> str:
        """Give a user of this host a key and known hosts, and return the file of the latter."""
        identity = self.scene.file(f"{self.folder}/id_ed25519", key.private, 0o600, owner=user)
        text = "".join(f"{host.address} ssh-ed25519 {host_key.blob}\n" for host, host_key in known)
        known_hosts = self.scene.file(f"{self.folder}/known_hosts", text)
        lines = f"Host *\n    IdentityFile {identity}\n    IdentitiesOnly yes\n    UserKnownHostsFile {known_hosts}\n"
        self.scene.file(f"{self.folder}/ssh_config", lines)
        self.scene.roots.append(known_hosts)
        return known_hosts


def one_way(rng: random.Random) -> Draft:
    """One host may log in to two others, and they neither to it nor to each other."""
    scene = Scene(rng)
    user, (build, stage, prod) = scene.third, _hosts(scene)
    keys = {host.name: scene.key(f"{user}@{host.name}") for host in (build, stage, prod)}
    stale = scene.key(f"root@{stage.name}")
    known = build.client(user, keys[build.name], (stage, stale))
    _holds = {
        build: ([keys[stage.name]], []),
        stage: ([keys[prod.name]], [keys[build.name]]),
        prod: ([keys[stage.name]], [keys[build.name]]),
    }
    for host, (now, wanted) in _holds.items():
        path = host.opens(user, scene.other_key.line, *(key.line for key in now))
        scene.holds(path, scene.other_key, *wanted, kept=[scene.other_key.line])
        scene.login(user, scene.other_key, IN, server=host.number)
        scene.login(user, scene.stranger, OUT, server=host.number)
        scene.login(user, now[0], OUT, server=host.number, new=True)
    scene.knows(known, {host.key: (host.address, host.name) for host in (stage, prod)})
    spare = f"127.{rng.randrange(20, 250)}.{rng.randrange(250)}.251"
    scene.server(f"AuthorizedKeysFile {stage.keys}/%u", address=spare, key=stale)
    for host in (stage, prod):
        arrives = f"in as {user} at {host.address} 22"
        scene.ssh(user, arrives, "-F", f"{build.folder}/ssh_config", f"{user}@{host.address}", new=True)
    for alias, new in ((stage.address, True), (prod.address, False), (spare, False)):
        arguments = ("-F", f"{build.folder}/ssh_config", "-o", f"HostKeyAlias={alias}", f"{user}@{spare}")
        scene.ssh(user, UNKNOWN, *arguments, new=new)
    for host in (stage, prod):
        scene.public(host.key, f"host-{host.name}")
    files = [scene.public(keys[host.name], f"{user}-at-{host.name}") for host in (build, stage, prod)]
    prompt = (
        f"{build.name} ({build.address}), {stage.name} ({stage.address}) and {prod.name} ({prod.address}) each have "
        f"an sshd, whose keys for {user} are in {HOSTS}/NAME/authorized_keys/{user}. On each host {user} has a key; "
        f"{files[0]}, {files[1]} and {files[2]} are their public halves. From {build.name} {user} must be able to log "
        f"in to {stage.name} and {prod.name}, as {user}, with `ssh -F {build.folder}/ssh_config`, which reads "
        f"{known}: neither host's present key is in there, and an old one of {stage.name}'s is. The hosts' public keys "
        f"are /root/keys/host-{stage.name}.pub and /root/keys/host-{prod.name}.pub. The keys of {stage.name} and "
        f"{prod.name} must open {user}'s account on none of the three hosts; now they do on some. "
        f"{scene.other_key.comment} must go on opening it everywhere. {known} may list no old and no other "
        "keys, and a key for its own host only."
    )
    both = f"{stage.keys}/{user} {prod.keys}/{user}"
    listed = " ".join(f"{host.address}:{host.name}" for host in (stage, prod))
    return scene.draft(
        prompt,
        f"sed -i '/ {user}@/d' {build.keys}/{user} {both}",
        f"cat {files[0]} | tee -a {both}",
        f'for h in {listed}; do echo "${{h%:*}} $(cut -d" " -f1,2 /root/keys/host-${{h#*:}}.pub)"; done > {known}',
    )


def replace_everywhere(rng: random.Random) -> Draft:
    """A key is replaced on three hosts, wherever it stands, with what it may do there."""
    scene = Scene(rng)
    hosts = _hosts(scene)
    user, shared = scene.member, scene.third
    old, new = scene.key(f"{user}@desk"), scene.key(f"{user}@desk-{rng.randrange(2027, 2040)}")
    verb, noun = rng.choice(VERBS), rng.choice(NOUNS)
    said, program = f"{verb} {noun} {rng.randrange(1000)}", f"/usr/local/bin/{verb}-{noun}"
    scene.state.file(program, f"#!/bin/sh\necho {said}\n", 0o755)
    forced = f'restrict,command="{program}"'
    for host in hosts:
        path = host.opens(user, old.line)
        scene.holds(path, new)
        scene.login(user, new, IN, server=host.number, new=True)
        scene.login(user, old, OUT, server=host.number, new=True)
    there = rng.choice(hosts)
    for host in hosts:
        lines = [scene.other_key.line, *([f"{forced} {old.line}"] if host is there else [])]
        path = host.opens(shared, *lines)
        keys = (scene.other_key, *((new,) if host is there else ()))
        scene.holds(path, *keys, kept=lines[:1], restricted={key: Only(program) for key in keys[1:]})
        scene.login(shared, new, f"said: {said}" if host is there else OUT, server=host.number, new=host is there)
        scene.login(shared, scene.other_key, IN, server=host.number)
        scene.login(user, scene.stranger, OUT, server=host.number)
    scene.login(shared, old, OUT, server=there.number, new=True)
    public = scene.public(new, user)
    names = ", ".join(f"{host.name} ({host.address})" for host in hosts)
    prompt = (
        f"{user} has a new key, {public}, in place of {old.comment}. There are three hosts, {names}, and the files in "
        f"{HOSTS}/NAME/authorized_keys say which keys open which accounts there. Wherever the old key stands, the "
        "new one must take its place, with the same options; wherever it does not stand, nothing may change. The old "
        "key must not open any account any more."
    )
    swap = f"old={old.blob}; new=$(cut -d' ' -f2,3 {public})"
    return scene.draft(prompt, f'{swap}; sed -i "s#$old .*#$new#" {HOSTS}/*/authorized_keys/*')


def _hosts(scene: Scene) -> list[Host]:
    names = scene.rng.sample(SERVICES, 3)
    net = f"127.{scene.rng.randrange(20, 250)}.{scene.rng.randrange(250)}"
    numbers = scene.rng.sample(range(2, 250), 3)
    return [Host(scene, name, f"{net}.{number}") for name, number in zip(names, numbers, strict=True)]
