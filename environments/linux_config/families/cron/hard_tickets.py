"""Tickets about jobs in several tables, crontab's own lists, and jobs that must take turns."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.cron.scene import NEWCOMER, STAY, Scene
from agentgym.environments.linux_config.names import SERVICES

ALLOW, DENY = "/etc/cron.allow", "/etc/cron.deny"


def three_tables(rng: random.Random) -> Draft:
    """One job in three tables, of which the package's is right and must stay."""
    scene = Scene(rng)
    program, second, third = scene.programs[:3]
    when, own, old, later = scene.daily(), scene.daily(), scene.daily(), scene.daily()
    vendor = rng.choice([name for name in SERVICES if name != scene.service])
    scene.table(scene.user, f"{own} {program}", f"{later} {second}")
    scene.state.command("sed", "-i", f"$a {old} {scene.user} {program}", "/etc/crontab")
    scene.system_table(f"{scene.service}.dpkg-old", f"{old} {scene.user} {program}")
    scene.system_table(scene.service, f"{old} {scene.user} {third}")
    path = scene.vendor(vendor, f"{when} {scene.user} {program}")
    scene.wants(scene.user, when, program, goal=True)
    scene.wants(scene.user, later, second)
    scene.wants(scene.user, old, third)
    prompt = (
        f"{program} is started several times a day as {scene.user}. Since the package {vendor} was installed it should "
        f"be {path} alone that starts it; that file is the package's and must stay byte for byte, with its owner and "
        "mode. Find every other table from which cron starts it, and take the job out there."
    )
    return scene.draft(
        prompt,
        f"crontab -u {scene.user} -l | grep -v {program} | crontab -u {scene.user} -",
        f"sed -i '\\#{program}#d' /etc/crontab",
    )


def allow_list(rng: random.Random) -> Draft:
    """A user whom crontab turns away, though the lists seem to say otherwise."""
    scene = Scene(rng)
    colleague, stranger, newcomer = scene.people(3)
    when, program = scene.daily(), scene.programs[0]
    allowed = [scene.other, colleague]
    rng.shuffle(allowed)
    lines, mend = rng.choice(
        (
            ([*allowed, ""], f"echo {scene.user} >> {ALLOW}"),
            ([f"{scene.user}{rng.choice((' ', '  '))}", *allowed, ""], f"sed -i 's/ *$//' {ALLOW}"),
            ([*allowed, scene.user], f"echo >> {ALLOW}"),
            ([allowed[0], f"{scene.user}\r", allowed[1], ""], f"sed -i 's/\\r$//' {ALLOW}"),
        )
    )
    scene.state.file(ALLOW, "\n".join(lines))
    scene.state.file(DENY, f"{stranger}\n")
    scene.wants(scene.user, when, program, goal=True)
    scene.may_use_crontab(scene.user, True, goal=True)
    for user in (scene.other, colleague):
        scene.may_use_crontab(user, True)
    for user in (stranger, newcomer, NEWCOMER):
        scene.may_use_crontab(user, False)
    prompt = (
        f"{scene.user} is told `You ({scene.user}) are not allowed to use this program (crontab)`, though {DENY} does "
        f"not name {scene.user}. Find out why, and see to it that {scene.user} may use crontab. {scene.other} and "
        f"{colleague} may go on using it, and everybody else, {newcomer} for one, must go on being turned away, "
        f"whoever gets an account later. Then give {scene.user} a crontab with a single job: {program} on the "
        f"schedule {when}."
    )
    add = f"echo '{when} {program}' | crontab -u {scene.user} -"
    about = f"{STAY} Cron's tables, {ALLOW} and {DENY} are all that is looked at."
    return scene.draft(prompt, mend, add, more=(ALLOW, DENY), about=about)


def take_turns(rng: random.Random) -> Draft:
    """Nightly jobs of three users that get in one another's way."""
    scene = Scene(rng)
    second, third = scene.people(2)
    users, programs = (scene.user, second, third), scene.programs[:3]
    lengths = [rng.randrange(25, 60), rng.randrange(20, 45), rng.randrange(15, 40)]
    begin, kept = rng.randrange(5), scene.daily()
    end = begin + 4
    starts = [rng.randrange(15)]
    starts += [starts[0] + rng.randrange(1, lengths[0] - 10), starts[0] + rng.randrange(1, 15)]
    lines = [
        f"{minute % 60} {begin + minute // 60} * * * {path}" for minute, path in zip(starts, programs, strict=True)
    ]
    scene.table(users[0], lines[0])
    scene.table(users[1], f"{kept} {scene.programs[3]}", lines[1])
    scene.table(users[2], lines[2])
    scene.wants(users[1], kept, scene.programs[3])
    scene.wants(users[0], " ".join(lines[0].split()[:5]), programs[0])
    for number in (1, 2):
        before = (users[number - 1], programs[number - 1], lengths[number - 1])
        scene.takes_turn(users[number], programs[number], minutes=lengths[number], end=end * 60, after=before)
    prompt = (
        f"Every night three jobs use the same disk and now get in one another's way: {programs[0]} of {users[0]}, "
        f"which takes up to {lengths[0]} minutes, {programs[1]} of {users[1]}, which takes up to {lengths[1]}, and "
        f"{programs[2]} of {users[2]}, which takes up to {lengths[2]}. Each needs what the one before it made, so they "
        "must run in this order, each beginning only when the one before has had its time, once every night, and the "
        f"last must have had its time by {end:02}:00. The first stays at {begin:02}:{starts[0]:02}. Cron must start "
        "each at its time itself, as the same user, without arguments."
    )
    gold, free = [], starts[0]
    for number in (1, 2):
        free += lengths[number - 1]
        edit = f"sed 's#^.* \\({programs[number]}\\)#{free % 60} {begin + free // 60} * * * \\1#'"
        gold.append(f"crontab -u {users[number]} -l | {edit} | crontab -u {users[number]} -")
    return scene.draft(prompt, *gold)
