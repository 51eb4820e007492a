"""Tickets about whose key opens which account."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.ssh_keys.ed25519 import Key
from agentgym.environments.linux_config.families.ssh_keys.scene import (
    FORWARDED,
    HELD,
    IN,
    KEYS,
    OUT,
    Only,
    Scene,
    any_address,
    others_stay,
)
from agentgym.environments.linux_config.names import NOUNS, SERVICES, VERBS

PLACES = ("desk", "tablet", "phone", "office", "home", "cabin", "train", "studio")


def add_key(rng: random.Random) -> Draft:
    """One more key for an account."""
    scene = Scene(rng)
    old, new = _own_keys(scene, 2)
    scene.owned(scene.member)
    path = scene.authorized(scene.member, old.line)
    public = scene.public(new, scene.member)
    scene.holds(path, old, new, kept=[old.line])
    others_stay(scene)
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
    others_stay(scene)
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
    others_stay(scene)
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
    others_stay(scene)
    for key in (one, two):
        scene.login(scene.member, key, IN, new=True)
    scene.login(scene.member, scene.other_key, OUT)
    scene.holds(f"{folder}/authorized_keys", one, two)
    prompt = (
        f"{scene.member} has an account, and no key opens it yet. {KEYS} has public keys of several people; those "
        f"whose comment begins with {scene.member}@ are {scene.member}'s. Each of them must open the account over ssh, "
        f"by {folder}/authorized_keys, and no other key may."
    )
    user = scene.member
    return scene.draft(
        prompt,
        f"install -d -m 700 -o {user} -g {user} {folder}",
        f"cat {files[0]} {files[1]} > {folder}/authorized_keys",
        f"chown {user}:{user} {folder}/authorized_keys && chmod 600 {folder}/authorized_keys",
    )


def one_job(rng: random.Random) -> Draft:
    """A key that may start one program, from one address, and do nothing else."""
    scene = Scene(rng)
    program, said = _program(scene)
    (own,) = _own_keys(scene, 1)
    robot = scene.key(f"robot@{rng.choice(SERVICES)}")
    address = any_address(rng)
    scene.owned(scene.member)
    path = scene.authorized(scene.member, own.line, robot.line)
    scene.holds(path, own, robot, kept=[own.line], restricted={robot: Only(program, address)})
    others_stay(scene)
    scene.login(scene.member, robot, f"said: {said}", source=address, new=True)
    scene.login(scene.member, robot, OUT, new=True)
    scene.login(scene.member, robot, OUT, source=any_address(rng), new=True)
    scene.forward(scene.member, robot, HELD, source=address, new=True)
    scene.terminal(scene.member, robot, "none", source=address, new=True)
    scene.login(scene.member, own, IN, source=any_address(rng))
    scene.forward(scene.member, own, FORWARDED)
    prompt = (
        f"The key {robot.comment} in {path} is a program's, and can do whatever {scene.member} can. It must be good "
        f"for one thing: whoever logs in with it from the address {address} has {program} run, without arguments and "
        "nothing beside it, whatever was asked for. From other addresses it must not work at all, and with it there "
        f"may be no terminal and no forwarding (of ports, agent or X11). {scene.member}'s own key stays without "
        "restrictions."
    )
    options = f'restrict,command="{program}",from="{address}"'
    return scene.draft(prompt, f"sed -i '/ {robot.comment}$/s#^#{options} #' {path}")


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
        f"{scene.member} has put the new key {new.comment} into {path}, but sshd refuses it, while {old.comment}, "
        "which "
        f"is in there too, opens the account. Find out why, and let {new.comment} in as well. sshd's configuration "
        "must "
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
    others_stay(scene)
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


def _program(scene: Scene) -> tuple[str, str]:
    """Add a program that says something, and return its path and what it says."""
    verb, noun = scene.rng.choice(VERBS), scene.rng.choice(NOUNS)
    said = f"{verb} {noun} {scene.rng.randrange(1000)}"
    path = f"/usr/local/bin/{verb}-{noun}"
    scene.state.file(path, f"#!/bin/sh\necho {said}\n", 0o755)
    return path, said
