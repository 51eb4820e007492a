"""Tickets about rules that a package's file undoes or clashes with, and about rules for several hosts."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.sudoers.scene import Scene
from agentgym.environments.linux_config.names import NOUNS, SERVICES


def vendor_rules(rng: random.Random) -> Draft:
    """A package's file, read last, takes back what an earlier one grants, and must stay."""
    scene = Scene(rng)
    program, other, third = scene.programs
    vendor, agent, tool = _vendor(scene)
    asks = rng.random() < 0.5
    early = scene.drop_in(f"40-{scene.service}", f"{scene.user} ALL=(root) NOPASSWD: {program}")
    alias = f"{vendor.upper()}_CMNDS"
    path = scene.vendor(
        f"zz-{vendor}",
        f"Cmnd_Alias {alias} = {program}{f', {other}' if asks else ''}",
        f"{agent} ALL=(root) NOPASSWD: {tool}",
        f"%{scene.team} ALL=(root) {'PASSWD: ' if asks else f'PASSWD: {other}, !'}{alias}",
    )
    scene.free(scene.user, program, goal=True)
    scene.password(scene.user, other)
    (scene.password if asks else scene.denied)(scene.mate, program)
    scene.password(scene.mate, other)
    scene.free(agent, tool)
    for user in (scene.user, scene.mate):
        scene.denied(user, third)
        scene.denied(user, tool)
    scene.denied(agent, program)
    prompt = (
        f"{early} lets {scene.user} run {program} as root without a password, or so it says: since the package "
        f"{vendor} was installed, sudo {'asks for one' if asks else 'refuses it'}. Make it work again for "
        f"{scene.user} alone; the rest of the group {scene.team} goes on being "
        f"{'asked' if asks else 'refused'}. {path} is the package's and must stay byte for byte, with its "
        "owner and mode, and what it says must go on holding for all others."
    )
    return scene.draft(prompt, f"mv {early} /etc/sudoers.d/zzz-{scene.service}")


def alias_twice(rng: random.Random) -> Draft:
    """A package's file and the team's own define the same alias; the package's must stay."""
    scene = Scene(rng)
    program, other, third = scene.programs
    vendor, agent, tool = _vendor(scene)
    word = rng.choice(("OPERATORS", "ONCALL", "STAFF", "CREW", "ADMINS", "HELPERS"))
    first = rng.random() < 0.5
    theirs = scene.vendor(
        f"{rng.randrange(10, 20) if first else rng.randrange(90, 99)}-{vendor}",
        f"User_Alias {word} = {agent}",
        f"{word} ALL=(root) NOPASSWD: {tool}",
    )
    ours = scene.drop_in(
        f"45-{scene.service}",
        f"User_Alias {word} = {scene.user}, {scene.mate}",
        f"{word} ALL=(root) NOPASSWD: {program}",
        f"{word} ALL=(root) PASSWD: {other}",
    )
    for user in (scene.user, scene.mate):
        scene.free(user, program, goal=first)
        scene.password(user, other, goal=first)
        scene.denied(user, third)
        scene.denied(user, tool, goal=not first)
    scene.free(agent, tool, goal=not first)
    scene.denied(agent, program, goal=first)
    scene.denied(agent, other, goal=first)
    prompt = (
        f"Since the package {vendor} was installed, `visudo -c` complains, and people may run what others should: the "
        f"package's {theirs} and our own {ours} use the same name for different people. What is meant: {scene.user} "
        f"and {scene.mate} run {program} as root without a password and {other} as root with their password; {agent} "
        f"runs {tool} as root without a password; none of them runs what is the others'. {theirs} must stay byte for "
        "byte, with its owner and mode, and `visudo -c` must pass."
    )
    return scene.draft(prompt, f"sed -i 's/{word}/OUR_{word}/' {ours}", mends_syntax=True)


def each_host(rng: random.Random) -> Draft:
    """One set of rules for several hosts, which grants different things on each."""
    scene = Scene(rng)
    program, other, third = scene.programs
    words = rng.sample(NOUNS, 4)
    old, new, store, spare = (f"{word}{rng.randrange(1, 100)}" for word in words)
    operator = scene.people(1)[0]
    alias = f"{scene.service.upper()}_HOSTS"
    hosts = scene.drop_in("15-hosts", f"Host_Alias {alias} = {old}")
    scene.drop_in(f"60-{operator}", f"{operator} {alias} = (root) NOPASSWD: {third}")
    path = scene.drop_in(f"30-{scene.team}", f"%{scene.team} ALL=(root) NOPASSWD: {program}, {other}")
    for user in (scene.user, scene.mate):
        for host in (old, new):
            scene.free(user, program, host=host)
            scene.denied(user, other, host=host, goal=True)
            scene.denied(user, third, host=host)
        scene.denied(user, program, host=store, goal=True)
        for host in (spare, scene.rng.randbytes(4).hex()):
            scene.denied(user, program, host=host, goal=True)
            scene.denied(user, other, host=host, goal=True)
        for host in (old, new, store, spare):
            scene.denied(user, "/bin/sh", "-c", "id", host=host)
            scene.denied(user, program, runas=scene.stranger, host=host)
    scene.password(scene.user, other, host=store, goal=True)
    scene.denied(scene.mate, other, host=store, goal=True)
    scene.free(operator, third, host=old)
    scene.free(operator, third, host=new, goal=True)
    for host in (store, spare):
        scene.denied(operator, third, host=host)
    scene.denied(scene.stranger, program, host=new)
    prompt = (
        f"These sudo rules are copied to all our hosts, so one set of files has to hold for each of them. {path} is "
        f"from the time when there was one host only. The policy is: on {old} and {new} the group {scene.team} runs "
        f"{program} as root without a password; on {store} {scene.user} alone runs {other} as root, with a password; "
        f"on other hosts, and as anybody else, {scene.team} runs nothing. {new} is a new host and must be in the alias "
        f"{alias} of {hosts} beside {old}: what holds for that alias, as {operator}'s rule does, holds on both."
    )
    rules = (
        f"%{scene.team} {alias}=(root) NOPASSWD: {program}",
        f"{scene.user} {store}=(root) PASSWD: {other}",
    )
    write = f"printf '%s\\n' '{rules[0]}' '{rules[1]}' > {path}"
    return scene.draft(prompt, f"sed -i 's/{old}/{old}, {new}/' {hosts}", write)


def _vendor(scene: Scene) -> tuple[str, str, str]:
    """Return the name of a package, a user who works with it, and its program."""
    vendor = scene.rng.choice([name for name in SERVICES if name != scene.service])
    return vendor, scene.people(1)[0], scene.program(f"/opt/{vendor}/sbin/{vendor}ctl")
