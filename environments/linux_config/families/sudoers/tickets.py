"""Tickets about who may run what through sudo."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.sudoers.scene import Scene


def one_command(rng: random.Random) -> Draft:
    """One user may run one program."""
    scene = Scene(rng)
    program, other, _ = scene.programs
    scene.free(scene.user, program, goal=True)
    scene.denied(scene.user, other)
    scene.denied(scene.mate, program)
    prompt = (
        f"User {scene.user} must be able to run {program} as root through sudo, without a password, and nothing else. "
        f"Put the rule into /etc/sudoers.d/{scene.user}."
    )
    line = f"{scene.user} ALL=(root) NOPASSWD: {program}"
    return scene.draft(prompt, f"echo '{line}' > /etc/sudoers.d/{scene.user}")


def group_command(rng: random.Random) -> Draft:
    """A group may run one program."""
    scene = Scene(rng)
    program, other, _ = scene.programs
    for member in (scene.user, scene.mate):
        scene.free(member, program, goal=True)
        scene.denied(member, other)
    scene.powerless(scene.mate)
    prompt = (
        f"Group {scene.team} must be able to run {program} as root through sudo, without a password, and nothing else. "
        f"Put the rule into /etc/sudoers.d/{scene.team}."
    )
    line = f"%{scene.team} ALL=(root) NOPASSWD: {program}"
    return scene.draft(prompt, f"echo '{line}' > /etc/sudoers.d/{scene.team}")


def other_account(rng: random.Random) -> Draft:
    """One user may run one program as a service account, not as root."""
    scene = Scene(rng)
    program, other, _ = scene.programs
    account = scene.state.user(f"{scene.service}d")
    scene.free(scene.user, program, runas=account, goal=True)
    scene.denied(scene.user, program)
    scene.denied(scene.user, other, runas=account)
    scene.denied(scene.user, program, runas=scene.mate)
    scene.denied(scene.mate, program, runas=account)
    prompt = (
        f"{scene.user} takes care of {scene.service}, which runs as the account {account}. Let {scene.user} run "
        f"{program} "
        f"as {account} through sudo without a password: not as root, not as anybody else, and no other program."
    )
    line = f"{scene.user} ALL=({account}) NOPASSWD: {program}"
    return scene.draft(prompt, f"echo '{line}' > /etc/sudoers.d/{scene.user}")


def fixed_arguments(rng: random.Random) -> Draft:
    """One user may run one program with one argument only."""
    scene = Scene(rng)
    program, other, _ = scene.programs
    word, wrong = rng.sample(["status", "staging", "report", "preview", "verify", "weekly"], 2)
    scene.free(scene.user, program, word, goal=True)
    scene.denied(scene.user, program)
    scene.denied(scene.user, program, wrong)
    scene.denied(scene.user, program, word, "--force")
    scene.denied(scene.user, other, word)
    scene.denied(scene.mate, program, word)
    prompt = (
        f"{scene.user} may run exactly `sudo {program} {word}` as root, without a password. The same program with "
        "another "
        "argument, with more arguments or with none stays forbidden."
    )
    line = f"{scene.user} ALL=(root) NOPASSWD: {program} {word}"
    return scene.draft(prompt, f"echo '{line}' > /etc/sudoers.d/{scene.user}")


def ignored_file(rng: random.Random) -> Draft:
    """The rule is right, but sudo does not read a file of that name."""
    scene = Scene(rng)
    program, other, _ = scene.programs
    suffix = rng.choice((".conf", ".sudo", ".rules", "~"))
    path = scene.drop_in(f"{scene.service}{suffix}", f"%{scene.team} ALL=(root) NOPASSWD: {program}")
    scene.free(scene.user, program, goal=True)
    scene.free(scene.mate, program, "now", goal=True)
    scene.denied(scene.mate, other)
    prompt = (
        f"{path} lets the group {scene.team} run {program} without a password, or so it was meant: `sudo {program}` "
        "still "
        f"refuses {scene.user} and {scene.mate}. Find out why the rule is not read, and make it count."
    )
    return scene.draft(prompt, f"mv {path} /etc/sudoers.d/{scene.service}")


def ask_password(rng: random.Random) -> Draft:
    """A rule that must stay, but with a password."""
    scene = Scene(rng)
    program, other, _ = scene.programs
    path = scene.drop_in(f"40-{scene.service}", f"{scene.user} ALL=(root) NOPASSWD: {program}, {other}")
    scene.password(scene.user, program, goal=True)
    scene.password(scene.user, other, goal=True)
    scene.denied(scene.mate, program)
    prompt = (
        f"{scene.user} runs {program} and {other} through sudo without being asked for a password. That has to end: "
        "both "
        "must stay allowed, and both must ask for the password."
    )
    return scene.draft(prompt, f"sed -i 's/NOPASSWD: //' {path}")


def too_much(rng: random.Random) -> Draft:
    """A rule that grants everything, and the policy that it should have been."""
    scene = Scene(rng)
    program, other, third = scene.programs
    path = scene.drop_in(f"30-{scene.team}", f"%{scene.team} ALL=(ALL:ALL) NOPASSWD: ALL")
    for member in (scene.user, scene.mate):
        scene.free(member, program)
        scene.password(member, other, goal=True)
        scene.denied(member, third, goal=True)
    scene.powerless(scene.mate)
    scene.denied(scene.user, program, runas=scene.stranger, goal=True)
    prompt = (
        f"An audit found that the group {scene.team} may run everything through sudo. The policy is: its members run "
        f"{program} as root without a password, {other} as root with their password, and nothing else, as nobody else."
    )
    line = f"%{scene.team} ALL=(root) NOPASSWD: {program}, PASSWD: {other}"
    return scene.draft(prompt, f"echo '{line}' > {path}")


def overridden(rng: random.Random) -> Draft:
    """A right rule that a later one takes back."""
    scene = Scene(rng)
    program, other, third = scene.programs
    early = scene.drop_in(f"10-{scene.service}", f"{scene.user} ALL=(root) NOPASSWD: {program}")
    scene.drop_in(f"70-{scene.team}", f"%{scene.team} ALL=(root) PASSWD: {program}, {other}")
    scene.free(scene.user, program, goal=True)
    scene.password(scene.user, other)
    scene.password(scene.mate, program)
    scene.password(scene.mate, other)
    scene.denied(scene.user, third)
    scene.denied(scene.mate, third)
    prompt = (
        f"{early} should let {scene.user} run {program} without a password, yet sudo asks for one. The rest of the "
        "group "
        f"{scene.team} must go on being asked, and {scene.user} too for {other}."
    )
    return scene.draft(prompt, f"mv {early} /etc/sudoers.d/90-{scene.service}")


def broken_file(rng: random.Random) -> Draft:
    """A file that does not parse."""
    scene = Scene(rng)
    program, other, _ = scene.programs
    right = f"{scene.user} ALL=(root) NOPASSWD: {program}, {other}"
    wrong, repair = rng.choice(
        (
            (right.replace("NOPASSWD:", "NOPASSWD"), "s/NOPASSWD /NOPASSWD: /"),
            (right.replace("(root)", "(root"), "s/(root /(root) /"),
            (right.replace("ALL=", "ALL "), "s/ALL /ALL=/"),
        )
    )
    path = scene.drop_in(f"40-{scene.service}", f"# {scene.service}: {scene.user} on call", wrong)
    scene.free(scene.user, program, goal=True)
    scene.free(scene.user, other, goal=True)
    scene.denied(scene.mate, program)
    scene.denied(scene.mate, other)
    prompt = (
        f"`visudo -c` reports an error since the last change to the rules. {scene.user} should be able to run "
        f"{program} "
        f"and {other} as root without a password. Mend the file; `visudo -c` must pass."
    )
    return scene.draft(prompt, f"sed -i '{repair}' {path}", mends_syntax=True)


def all_but_one(rng: random.Random) -> Draft:
    """A group's rule with an exception for one of its members."""
    scene = Scene(rng)
    program, other, _ = scene.programs
    scene.drop_in(f"40-{scene.team}", f"%{scene.team} ALL=(root) NOPASSWD: {program}, {other}")
    scene.free(scene.user, other)
    scene.denied(scene.user, program, goal=True)
    scene.free(scene.mate, program)
    scene.free(scene.mate, other)
    scene.powerless(scene.mate)
    prompt = (
        f"The group {scene.team} runs {program} and {other} through sudo without a password. {scene.user} stays in the "
        f"group and keeps {other}, but must no longer be able to run {program}. For the others nothing changes."
    )
    line = f"{scene.user} ALL=(root) !{program}"
    return scene.draft(prompt, f"echo '{line}' > /etc/sudoers.d/90-{scene.user}")
