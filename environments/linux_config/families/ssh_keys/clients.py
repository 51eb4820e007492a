"""Tickets about the users' own clients: which hosts they know, and how they reach them."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.ssh_keys.scene import UNKNOWN, Scene, any_address, others_stay
from agentgym.environments.linux_config.names import SERVICES

# What `ssh -G` says of a host where no configuration says anything.
HOW = ("user", "port", "proxycommand", "proxyjump", "localcommand", "stricthostkeychecking", "userknownhostsfile")

# What tells where a host is, and as whom one logs in to it.
PLACE = ("host", "hostname", "user", "port")


def host_alias(rng: random.Random) -> Draft:
    """A short name for a server, with its address, port, user and key."""
    scene = Scene(rng)
    alias, lab = rng.sample(SERVICES, 2)
    address, port = any_address(rng), rng.randrange(1024, 32_000)
    host_key, key = scene.key(f"root@{alias}"), scene.key(f"{scene.member}@{alias}")
    folder = scene.owned(scene.member)
    scene.home(scene.member, f"id_{alias}", key.private)
    scene.home(scene.member, "known_hosts", f"[{address}]:{port} ssh-ed25519 {host_key.blob}\n", 0o644)
    scene.authorized(scene.third, key.line)
    scene.server(address=address, port=port, key=host_key)
    others_stay(scene)
    scene.client(scene.member, f"{folder}/config", {alias: (*PLACE, "identityfile", "identitiesonly"), lab: ()})
    scene.may_change(f"{folder}/config")
    scene.ssh(scene.member, f"in as {scene.third} at {address} {port}", alias, new=True)
    scene.settings(scene.member, lab, f"{scene.member} 22    {_ask(scene.member)}", *HOW)
    scene.settings(scene.member, alias, f"{scene.third} {port}    {_ask(scene.member)}", *HOW, new=True)
    scene.settings(scene.other, alias, f"{scene.other} 22    {_ask(scene.other)}", *HOW)
    prompt = (
        f"When {scene.member} types `ssh {alias}`, it must log in to {address}, port {port}, as {scene.third}, with "
        f"the key {folder}/id_{alias}. Arrange this in {folder}/config, for {alias} only: to all other hosts "
        f"{scene.member}'s ssh goes as before. The host's key is known already, and must be checked as before."
    )
    lines = f"Host {alias}\\n    HostName {address}\\n    Port {port}\\n    User {scene.third}\\n"
    return scene.draft(
        prompt,
        f"printf '{lines}    IdentityFile ~/.ssh/id_{alias}\\n' > {folder}/config",
        f"chown {scene.member}:{scene.member} {folder}/config && chmod 600 {folder}/config",
    )


def rebuilt_host(rng: random.Random) -> Draft:
    """A host has a new key, and whoever has its old one must not pass for it."""
    scene = Scene(rng)
    name, lab, fake = rng.sample(SERVICES, 3)
    addresses = [any_address(rng) for _ in range(3)]
    old, new, labs = (scene.key(f"root@{host}") for host in (name, name, lab))
    key = scene.key(f"{scene.member}@desk")
    folder = scene.owned(scene.member)
    scene.home(scene.member, "id_ed25519", key.private)
    scene.authorized(scene.member, key.line)
    scene.holds(f"{folder}/authorized_keys", key, kept=[key.line])
    lines = [f"{lab},{addresses[1]} ssh-ed25519 {labs.blob}", f"{name},{addresses[0]} ssh-ed25519 {old.blob}"]
    rng.shuffle(lines)
    known = scene.home(scene.member, "known_hosts", "".join(f"{line}\n" for line in lines), 0o644)
    scene.knows(known, {new: (name, addresses[0]), labs: (lab, addresses[1])})
    public = scene.public(new, name)
    for address, host_key in zip(addresses, (new, labs, old), strict=True):
        scene.server(address=address, key=host_key)
    names = "".join(f"{address} {host}\n" for address, host in zip(addresses, (name, lab, fake), strict=True))
    scene.state.file("/etc/hosts", f"127.0.0.1 localhost\n{names}")
    others_stay(scene)
    for host, address in ((name, addresses[0]), (addresses[0], addresses[0])):
        scene.ssh(scene.member, f"in as {scene.member} at {address} 22", host, new=True)
    scene.ssh(scene.member, f"in as {scene.member} at {addresses[1]} 22", lab)
    for alias in (name, addresses[0], lab):
        scene.ssh(scene.member, UNKNOWN, "-o", f"HostKeyAlias={alias}", addresses[2], new=alias != lab)
    scene.ssh(scene.member, UNKNOWN, fake)
    scene.ssh(scene.member, UNKNOWN, "-o", f"HostKeyAlias={fake}", addresses[0])
    scene.settings(scene.member, name, f"{scene.member} 22    {_ask(scene.member)}", *HOW)
    prompt = (
        f"The host {name} ({addresses[0]}) was stolen and is replaced by a new machine, with a key of its own: its "
        f"public half is in {public}. {scene.member}'s ssh still knows the old key and refuses to log in. It must log "
        f"in to {name}, by name and by address, and refuse any machine that shows the old key. {lab} must stay known, "
        f"no other host may become known, and host keys must be checked as before. The place is {known}."
    )
    return scene.draft(
        prompt,
        f"sed -i '/^{name},/d' {known}",
        f'echo "{name},{addresses[0]} $(cut -d" " -f1,2 {public})" >> {known}',
    )


def early_block(rng: random.Random) -> Draft:
    """Of a client's settings the first that fits wins, and a block for all hosts comes first."""
    scene = Scene(rng)
    alias, lab = rng.sample(SERVICES, 2)
    address, port, common = any_address(rng), *rng.sample(range(1024, 32_000), 2)
    host_key, key = scene.key(f"root@{alias}"), scene.key(f"{scene.member}@desk")
    scene.owned(scene.member)
    vendor = "/etc/ssh/ssh_config.d"
    scene.roots.append(vendor)
    packaged = scene.file(f"{vendor}/40-{lab}.conf", f"# Of the package {lab}.\nHost *\n    ConnectTimeout 20\n")
    scene.home(scene.member, "id_ed25519", key.private)
    scene.home(scene.member, "known_hosts", f"[{address}]:{port} ssh-ed25519 {host_key.blob}\n", 0o644)
    scene.authorized(scene.third, key.line)
    block = f"Host {alias}\n    HostName {address}\n    User {scene.third}\n    Port {port}\n"
    general = f"Host *\n    User {scene.other}\n    Port {common}\n    ServerAliveInterval 45\n"
    config = scene.home(scene.member, "config", f"{general}\n{block}")
    scene.client(scene.member, config, {alias: PLACE, lab: ()})
    scene.may_change(config)
    scene.server(address=address, port=port, key=host_key)
    others_stay(scene)
    names = (*HOW, "serveraliveinterval", "connecttimeout")
    scene.ssh(scene.member, f"in as {scene.third} at {address} {port}", alias, new=True)
    scene.settings(scene.member, alias, f"{scene.third} {port}    {_ask(scene.member)} 45 20", *names, new=True)
    for host in (lab, any_address(rng)):
        scene.settings(scene.member, host, f"{scene.other} {common}    {_ask(scene.member)} 45 20", *names)
    prompt = (
        f"`ssh {alias}`, typed by {scene.member}, must log in to {address}, port {port}, as {scene.third}. {config} "
        "says "
        f"so, and yet ssh tries another user and port. Mend {config}. What it says for all hosts must hold for "
        f"all others, and for {alias} where {alias}'s own block says nothing. {packaged} belongs to a package and must "
        "stay "
        "byte for byte."
    )
    lines = block.replace("\n", "\\n")
    return scene.draft(prompt, f"sed -i '/^Host {alias}$/,$d' {config}", f"sed -i '1i {lines}' {config}")


def _ask(user: str) -> str:
    return f"ask /home/{user}/.ssh/known_hosts /home/{user}/.ssh/known_hosts2"
