"""Tickets about whose key opens which account, and about the users' own clients."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.ssh_keys.ed25519 import Key
from agentgym.environments.linux_config.families.ssh_keys.scene import FORWARDED, HELD, IN, KEYS, OUT, UNKNOWN, Scene
from agentgym.environments.linux_config.names import NOUNS, SERVICES, VERBS

PLACES = ("desk", "tablet", "phone", "office", "home", "cabin", "train", "studio")
# What `ssh -G` says of a host where no configuration says anything.
HOW = ("user", "port", "proxycommand", "proxyjump", "localcommand", "stricthostkeychecking", "userknownhostsfile")


def add_key(rng: random.Random) -> Draft:
    """One more key for an account."""
    scene = Scene(rng)
    old, new = _own_keys(scene, 2)
    scene.owned(scene.member)
    path = scene.authorized(scene.member, old.line)
    public = scene.public(new, scene.member)
    scene.holds(path, old, new, kept=[old.line])
    _others_stay(scene)
    scene.login(scene.member, new, IN, new=True)
    scene.login(scene.member, old, IN)
    scene.login(scene.other, new, OUT)
    prompt = (
        f"{scene.member} has a new key; its public half is in {public}. Let {scene.member} log in with it over ssh, "
        f"through {path}. The key that is there already must go on working."
    )
    return scene.draft(prompt, f"cat {public} >> {path}")


def remove_key(rng: random.Random) -> Draft:
    """One key less for an account."""
    scene = Scene(rng)
    keys = _own_keys(scene, 4)
    scene.owned(scene.member)
    path = scene.authorized(scene.member, *(key.line for key in keys))
    lost = rng.choice(keys)
    left = [key for key in keys if key != lost]
    scene.holds(path, *left, kept=[key.line for key in left])
    _others_stay(scene)
    scene.login(scene.member, lost, OUT, new=True)
    for key in left:
        scene.login(scene.member, key, IN)
    prompt = (
        f"{scene.member} has lost the device with the key {lost.comment}. It must not open the account any more, so it "
        f"has to go from {path}. {scene.member}'s other keys must go on working."
    )
    return scene.draft(prompt, f"sed -i '/ {lost.comment}$/d' {path}")


def loose_modes(rng: random.Random) -> Draft:
    """A folder or file is not trusted, since others may write to it."""
    scene = Scene(rng)
    (key,) = _own_keys(scene, 1)
    scene.owned(scene.member, home=True)
    path = scene.authorized(scene.member, key.line)
    home = f"/home/{scene.member}"
    mode = rng.choice((0o777, 0o757, 0o773, 0o722))
    wrong = rng.choice((home, f"{home}/.ssh", path))
    if wrong == path:
        scene.home(scene.member, "authorized_keys", key.line + "\n", mode & 0o666)
    else:
        scene.state.directory(wrong, mode, owner=scene.member, group=scene.member)
    scene.holds(path, key, kept=[key.line])
    _others_stay(scene)
    scene.login(scene.member, key, IN, new=True)
    what = "file" if wrong == path else "directory"
    prompt = (
        f"{scene.member} cannot log in with the key in {path}. The log of sshd says `Authentication refused: bad "
        f"ownership or modes for {what} {wrong}`. Take away what sshd objects to."
    )
    return scene.draft(prompt, f"chmod go-w {wrong}")


def first_keys(rng: random.Random) -> Draft:
    """An account without a folder for keys gets it, with the right keys of those that are there."""
    scene = Scene(rng)
    one, two = _own_keys(scene, 2)
    folder = scene.owned(scene.member)
    files = [scene.public(key, key.comment.replace("@", "-at-")) for key in (one, two, scene.other_key, scene.stranger)]
    _others_stay(scene)
    for key in (one, two):
        scene.login(scene.member, key, IN, new=True)
    scene.login(scene.member, scene.other_key, OUT)
    scene.holds(f"{folder}/authorized_keys", one, two)
    prompt = (
        f"{scene.member} has an account, and no key opens it yet. {KEYS} has public keys of several people; those "
        f"whose comment begins with {scene.member}@ are {scene.member}'s. Each of them must open the account over ssh, by "
        f"{folder}/authorized_keys, and no other key may."
    )
    user = scene.member
    return scene.draft(
        prompt,
        f"install -d -m 700 -o {user} -g {user} {folder}",
        f"cat {files[0]} {files[1]} > {folder}/authorized_keys",
        f"chown {user}:{user} {folder}/authorized_keys && chmod 600 {folder}/authorized_keys",
    )


def host_alias(rng: random.Random) -> Draft:
    """A short name for a server, with its address, port, user and key."""
    scene = Scene(rng)
    alias, lab = rng.sample(SERVICES, 2)
    address, port = _address(rng), rng.randrange(1024, 32_000)
    host_key, key = scene.key(f"root@{alias}"), scene.key(f"{scene.member}@{alias}")
    folder = scene.owned(scene.member)
    scene.home(scene.member, f"id_{alias}", key.private)
    scene.home(scene.member, "known_hosts", f"[{address}]:{port} ssh-ed25519 {host_key.blob}\n", 0o644)
    scene.authorized(scene.third, key.line)
    scene.server(address=address, port=port, key=host_key)
    _others_stay(scene)
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


def one_job(rng: random.Random) -> Draft:
    """A key that may start one program, from one address, and do nothing else."""
    scene = Scene(rng)
    program, said = _program(scene)
    (own,) = _own_keys(scene, 1)
    robot = scene.key(f"robot@{rng.choice(SERVICES)}")
    address = _address(rng)
    scene.owned(scene.member)
    path = scene.authorized(scene.member, own.line, robot.line)
    scene.holds(path, own, robot, kept=[own.line], restricted=[robot])
    _others_stay(scene)
    scene.login(scene.member, robot, f"said: {said}", source=address, new=True)
    scene.login(scene.member, robot, OUT, new=True)
    scene.login(scene.member, robot, OUT, source=_address(rng), new=True)
    scene.forward(scene.member, robot, HELD, source=address, new=True)
    scene.terminal(scene.member, robot, "none", source=address, new=True)
    scene.login(scene.member, own, IN, source=_address(rng))
    scene.forward(scene.member, own, FORWARDED)
    prompt = (
        f"The key {robot.comment} in {path} is a program's, and can do whatever {scene.member} can. It must be good for "
        f"one thing: whoever logs in with it from the address {address} has {program} run, whatever was asked for. From "
        "other addresses it must not work at all, and with it there may be no terminal and no forwarding (of ports, "
        f"agent or X11). {scene.member}'s own key stays without restrictions."
    )
    options = f'restrict,command="{program}",from="{address}"'
    return scene.draft(prompt, f"sed -i '/ {robot.comment}$/s#^#{options} #' {path}")


def rebuilt_host(rng: random.Random) -> Draft:
    """A host has a new key, and whoever has its old one must not pass for it."""
    scene = Scene(rng)
    name, lab, fake = rng.sample(SERVICES, 3)
    addresses = [_address(rng) for _ in range(3)]
    old, new, labs = (scene.key(f"root@{host}") for host in (name, name, lab))
    key = scene.key(f"{scene.member}@desk")
    folder = scene.owned(scene.member)
    scene.home(scene.member, "id_ed25519", key.private)
    scene.authorized(scene.member, key.line)
    scene.holds(f"{folder}/authorized_keys", key, kept=[key.line])
    lines = [f"{lab},{addresses[1]} ssh-ed25519 {labs.blob}", f"{name},{addresses[0]} ssh-ed25519 {old.blob}"]
    rng.shuffle(lines)
    known = scene.home(scene.member, "known_hosts", "".join(f"{line}\n" for line in lines), 0o644)
    scene.may_change(known)
    public = scene.public(new, name)
    for address, host_key in zip(addresses, (new, labs, old), strict=True):
        scene.server(address=address, key=host_key)
    names = "".join(f"{address} {host}\n" for address, host in zip(addresses, (name, lab, fake), strict=True))
    scene.state.file("/etc/hosts", f"127.0.0.1 localhost\n{names}")
    _others_stay(scene)
    for host, address in ((name, addresses[0]), (addresses[0], addresses[0])):
        scene.ssh(scene.member, f"in as {scene.member} at {address} 22", host, new=True)
    scene.ssh(scene.member, f"in as {scene.member} at {addresses[1]} 22", lab)
    for alias in (name, addresses[0], lab):
        scene.ssh(scene.member, UNKNOWN, "-o", f"HostKeyAlias={alias}", addresses[2], new=alias != lab)
    scene.ssh(scene.member, UNKNOWN, fake)
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
    address, port, common = _address(rng), *rng.sample(range(1024, 32_000), 2)
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
    scene.may_change(config)
    scene.server(address=address, port=port, key=host_key)
    _others_stay(scene)
    names = (*HOW, "serveraliveinterval", "connecttimeout")
    scene.ssh(scene.member, f"in as {scene.third} at {address} {port}", alias, new=True)
    scene.settings(scene.member, alias, f"{scene.third} {port}    {_ask(scene.member)} 45 20", *names, new=True)
    for host in (lab, _address(rng)):
        scene.settings(scene.member, host, f"{scene.other} {common}    {_ask(scene.member)} 45 20", *names)
    prompt = (
        f"`ssh {alias}`, typed by {scene.member}, must log in to {address}, port {port}, as {scene.third}. {config} says "
        f"so, and yet ssh tries another user and port. Mend {config}. What it says for all hosts must hold for all "
        f"others, and for {alias} where {alias}'s own block says nothing. {packaged} belongs to a package and must stay "
        "byte for byte."
    )
    lines = block.replace("\n", "\\n")
    return scene.draft(prompt, f"sed -i '/^Host {alias}$/,$d' {config}", f"sed -i '1i {lines}' {config}")


def elsewhere(rng: random.Random) -> Draft:
    """The server reads keys from another place than the one where the key was put."""
    scene = Scene(rng)
    old, new = _own_keys(scene, 2)
    folder = f"/etc/ssh/{rng.choice(('keys', 'users', 'authorized', 'accounts'))}"
    scene.roots += [folder, f"/home/{scene.member}/.ssh"]
    line = f"AuthorizedKeysFile {folder}/%u"
    scene.state.file(
        f"/etc/ssh/sshd_config.d/{rng.randrange(10, 60)}-keys.conf", f"# Keys are the operators'.\n{line}\n"
    )
    scene.state.directory(folder)
    own = scene.file(f"{folder}/{scene.member}", old.line + "\n")
    others = scene.file(f"{folder}/{scene.other}", scene.other_key.line + "\n")
    path = scene.authorized(scene.member, old.line, new.line, scene.stranger.line)
    scene.holds(own, old, new, kept=[old.line])
    scene.may_change(path)
    scene.holds(others, scene.other_key, kept=[scene.other_key.line])
    scene.server(line)
    scene.login(scene.member, new, IN, new=True)
    scene.login(scene.member, old, IN)
    scene.login(scene.member, scene.stranger, OUT)
    scene.login(scene.other, scene.other_key, IN)
    scene.login(scene.other, new, OUT)
    prompt = (
        f"{scene.member} has put the new key {new.comment} into {path}, but sshd refuses it, while {old.comment}, which is "
        f"in there too, opens the account. Find out why, and let {new.comment} in as well. sshd's configuration must "
        "stay as it is. No other key may come to open the account, and whatever file decides about keys must stay "
        "root's, writable by root only."
    )
    return scene.draft(prompt, f"grep ' {new.comment}$' {path} >> {own}")


def first_line(rng: random.Random) -> Draft:
    """A key stands in a file twice, and the first line decides."""
    scene = Scene(rng)
    program, said = _program(scene)
    desk, phone = _own_keys(scene, 2)
    robot = scene.key(f"robot@{rng.choice(SERVICES)}")
    scene.owned(scene.member)
    forced = f'no-port-forwarding,command="{program}"'
    kept = [f"{forced} {robot.line}", phone.line, desk.line]
    lines = [kept[0], f"{forced} {desk.line}", phone.line]
    rng.shuffle(lines)
    path = scene.authorized(scene.member, *lines, f"# {desk.comment} without restrictions", desk.line)
    scene.holds(path, robot, phone, desk, kept=kept)
    _others_stay(scene)
    scene.login(scene.member, desk, IN, new=True)
    scene.forward(scene.member, desk, FORWARDED, new=True)
    scene.login(scene.member, phone, IN)
    scene.login(scene.member, robot, f"said: {said}")
    scene.forward(scene.member, robot, HELD)
    prompt = (
        f"With the key {desk.comment} {scene.member} must get a shell, without restrictions; the last line of {path} "
        f"says so. But sshd runs {program} and ends. Put that right. The other keys in the file, and what each of them "
        "may do, must stay."
    )
    return scene.draft(prompt, f"sed -i '/command=.* {desk.comment}$/d' {path}")


def _own_keys(scene: Scene, count: int) -> list[Key]:
    return [scene.key(f"{scene.member}@{place}") for place in scene.rng.sample(PLACES, count)]


def _others_stay(scene: Scene) -> None:
    """Nobody else's key gets in as the member, and the other user's key goes on working."""
    folder = f"/home/{scene.other}/.ssh"
    path = scene.authorized(scene.other, scene.other_key.line)
    scene.roots.append(folder)
    scene.holds(path, scene.other_key, kept=[scene.other_key.line])
    scene.login(scene.other, scene.other_key, IN)
    scene.login(scene.member, scene.other_key, OUT)
    scene.login(scene.member, scene.stranger, OUT)


def _program(scene: Scene) -> tuple[str, str]:
    """Add a program that says something, and return its path and what it says."""
    verb, noun = scene.rng.choice(VERBS), scene.rng.choice(NOUNS)
    said = f"{verb} {noun} {scene.rng.randrange(1000)}"
    path = f"/usr/local/bin/{verb}-{noun}"
    scene.state.file(path, f"#!/bin/sh\necho {said}\n", 0o755)
    return path, said


def _address(rng: random.Random) -> str:
    return f"127.{rng.randrange(20, 250)}.{rng.randrange(250)}.{rng.randrange(2, 250)}"


def _ask(user: str) -> str:
    return f"ask /home/{user}/.ssh/known_hosts /home/{user}/.ssh/known_hosts2"
