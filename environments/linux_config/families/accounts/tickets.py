"""Tickets about accounts, groups and password ageing."""

from __future__ import annotations

import random
from datetime import date, timedelta

from agentgym.environments.linux_config.families.accounts.scene import BASH, FALSE, NOLOGIN, ROOTS, Scene
from agentgym.environments.linux_config.families.accounts.trees import Trees
from agentgym.environments.linux_config.families.base import Draft

EPOCH = date(1970, 1, 1)
# What the ticket about new accounts is about. Their homes' mode can also follow from the umask.
NEW_SETTINGS = ("PASS_MAX_DAYS", "PASS_MIN_DAYS", "PASS_WARN_AGE", "HOME_MODE", "useradd SHELL", "useradd INACTIVE")


def login_shell(rng: random.Random) -> Draft:
    """One account has the wrong login shell; the ticket names the right one."""
    scene = Scene(rng)
    wrong = rng.choice((NOLOGIN, FALSE))
    scene.change(scene.person, shell=wrong)
    scene.wants(scene.person, shell=BASH, login=True)
    prompt = f"The login shell of {scene.person} must be {BASH}; now it is {wrong}. All else about it stays."
    return scene.draft(prompt, f"usermod -s {BASH} {scene.person}")


def join_group(rng: random.Random) -> Draft:
    """One user has to be in one more group."""
    scene = Scene(rng)
    person, group = scene.person, scene.other_team
    scene.wants(person, groups=sorted([person, scene.team, group]))
    scene.wants_group(group, members=sorted([scene.bystander, person]))
    prompt = (
        f"{person} must be a member of the group {group} too. {person} also stays in the groups of today, and "
        "nobody else joins or leaves one."
    )
    return scene.draft(prompt, f"usermod -aG {group} {person}")


def end_date(rng: random.Random) -> Draft:
    """An account that has expired gets another end date."""
    scene = Scene(rng)
    last = EPOCH + timedelta(days=rng.randrange(19_000, 20_000))
    until = EPOCH + timedelta(days=rng.randrange(26_000, 30_000))
    scene.change(scene.person, expire=str((last - EPOCH).days))
    scene.wants(scene.person, expire=str((until - EPOCH).days), account="open", login=True)
    prompt = (
        f"The account of {scene.person} expired on {last}, and {scene.person} cannot log in. The contract was "
        f"renewed: the account must expire on {until}. Nothing else about it changes."
    )
    return scene.draft(prompt, f"chage -E {until} {scene.person}")


def service_account(rng: random.Random) -> Draft:
    """A system account for a service, by a policy in words."""
    scene = Scene(rng)
    name, home = scene.service, f"/{rng.choice(('var/lib', 'srv', 'opt'))}/{scene.service}"
    comment = f"{name} service {rng.randrange(10, 99)}"
    scene.new.append(name)
    scene.wants(name, x="x", uid={"between": [100, 999]}, home=home, gecos=comment, shell={"any": [NOLOGIN, FALSE]})
    scene.wants(name, locked=True, groups=sorted([name, scene.team]))
    scene.wants_group(name, gid={"between": [100, 999]}, members=[])
    scene.wants_group(scene.team, members=sorted([*scene.members[scene.team], name]))
    prompt = (
        f"Make an account {name} for a service: a system account (number 100 to 999) with the comment `{comment}`, the "
        f"home directory {home} (it need not be there), and a primary group of its own, {name}, that is a system group "
        f"as well. Beside that it is in the group {scene.team} only. Nobody can log in to it: it has no usable "
        "password, and its shell is nologin or false."
    )
    make = f"useradd -r -U -M -d {home} -s {NOLOGIN} -c '{comment}' -G {scene.team} {name}"
    return scene.draft(prompt, make)


def team_ageing(rng: random.Random) -> Draft:
    """Rules for the age of passwords, for the members of one group."""
    scene = Scene(rng)
    scene.change(scene.bystander, max=str(rng.randrange(200, 300)))
    longest, least, warn, grace = (rng.randrange(*span) for span in ((60, 180), (1, 6), (8, 28), (10, 45)))
    members = scene.members[scene.team]
    for name in members:
        scene.wants(name, min=str(least), max=str(longest), warn=str(warn), inactive=str(grace))
        scene.wants(name, changed={"ago": 1})
    prompt = (
        f"For the members of the group {scene.team} ({', '.join(members)}) passwords last "
        f"{longest} days and can be changed again after {least} days at the earliest; a warning comes {warn} days "
        f"before, and {grace} days after a password has run out the account is closed. The passwords stay the same "
        "and count as changed today, so that nobody is shut out at once. Nobody else's rules change."
    )
    options = f"-M {longest} -m {least} -W {warn} -I {grace} -d $(date +%F)"
    return scene.draft(prompt, f"for u in {' '.join(members)}; do chage {options} $u; done")


def rename(rng: random.Random) -> Draft:
    """A person's account gets another name and stays the same account otherwise."""
    scene = Scene(rng)
    old, new = scene.person, f"{scene.person}{rng.choice(('x', 'k', 'b'))}{rng.randrange(10, 99)}"
    account = scene.accounts[old]
    members = {group: [new if name == old else name for name in scene.members[group]] for group in (scene.team,)}
    scene.new.append(new)
    same = {"uid": account.uid, "gid": account.gid, "gecos": account.gecos, "password": account.password}
    ageing = {"min": account.min, "max": account.max, "changed": account.changed, "expire": account.expire}
    scene.wants(new, x="x", home=f"/home/{new}", shell=BASH, groups=sorted([new, scene.team]), login=True, **same)
    scene.wants(new, **ageing)
    scene.wants(old, gone=True)
    scene.wants_group(old, gone=True)
    scene.wants_group(new, gid=account.gid, members=[])
    scene.wants_group(scene.team, members=sorted(members[scene.team]))
    prompt = (
        f"The account {old} must be called {new}, and so must its own group {old}. The home directory is entered as "
        f"/home/{new}. It stays the same account: numbers, password, shell, comment, ageing and the other groups are "
        f"kept. There is no account and no group {old} any more."
    )
    return scene.draft(prompt, f"usermod -l {new} -d /home/{new} {old}", f"groupmod -n {new} {old}")


def leaver(rng: random.Random) -> Draft:
    """Somebody leaves: nobody can use the account, and it is not lost."""
    scene = Scene(rng)
    person, teams = scene.person, [scene.team, scene.other_team]
    scene.members[scene.other_team].append(person)
    scene.wants(person, "password", "expire", "shell", auth=False, account="closed", login=False, groups=[person])
    for team in teams:
        scene.wants_group(team, members=sorted(name for name in scene.members[team] if name != person))
    scene.unlocks(person)
    prompt = (
        f"{person} has left. From now on nobody can get into the account: its password is locked, and the account as "
        f"such is expired, so that keys and `su` do not work either. {person} is in no group but {person}'s own. The "
        "account itself stays, with its number, home and ageing rules: if it is opened again, `usermod -U` must "
        "bring the old password back."
    )
    return scene.draft(prompt, f"usermod -L -e 1 -G '' {person}")


def new_defaults(rng: random.Random) -> Draft:
    """What accounts get that are made from now on."""
    scene = Scene(rng)
    longest, least, warn, grace = (rng.randrange(*span) for span in ((60, 180), (1, 6), (8, 28), (10, 45)))
    mode = rng.choice(("0700", "0750"))
    goals = {"max": str(longest), "min": str(least), "warn": str(warn), "inactive": str(grace), "shell": BASH}
    stays = {"status": 0, "own_group": True, "locked": True, "empty": False, "expire": ""}
    free: dict[str, list[str]] = {key: [] for key in NEW_SETTINGS}
    free["UMASK"] = ["077", "0077"] if mode == "0700" else ["027", "0027"]
    scene.makes_user(free, goals=goals | {"mode": mode}, stays=stays)
    prompt = (
        f"Accounts that are made from now on with a plain `useradd -m NAME` must get {BASH} as shell, a home directory "
        f"with mode {mode}, passwords that last {longest} days and can be changed again after {least} days at the "
        f"earliest, a warning {warn} days before they run out, and {grace} days of grace after it. Each still gets a "
        "group of its own, no usable password and no end date. All other settings for new accounts, such as their "
        "numbers and how passwords are encrypted, stay as they are, and so do the accounts that are there."
    )
    return scene.draft(
        prompt,
        f"useradd -D -s {BASH} -f {grace}",
        f"sed -i 's/^PASS_MAX_DAYS.*/PASS_MAX_DAYS {longest}/; s/^PASS_MIN_DAYS.*/PASS_MIN_DAYS {least}/; "
        f"s/^PASS_WARN_AGE.*/PASS_WARN_AGE {warn}/' /etc/login.defs",
        f"echo 'HOME_MODE {mode}' >> /etc/login.defs",
        roots=(*ROOTS, "/etc/login.defs", "/etc/default/useradd"),
    )


def cannot_log_in(rng: random.Random) -> Draft:
    """An account is closed in two ways, and the ticket tells of one symptom only."""
    scene = Scene(rng)
    person = scene.person
    rules = {"max": str(rng.randrange(80, 120)), "min": "1", "warn": "14", "inactive": str(rng.randrange(5, 20))}
    scene.change(person, changed=str(rng.randrange(18_000, 19_000)), **rules)
    word = scene.accounts[person].password
    scene.wants(person, changed={"ago": 1}, account="open", login=True)
    other = rng.choice(("locked", "shell", "expired"))
    if other == "locked":
        scene.change(person, password=f"!{word}")
        scene.wants(person, password=word, auth=True)
    elif other == "shell":
        scene.change(person, shell=NOLOGIN)
        scene.wants(person, shell=BASH)
    else:
        scene.change(person, expire=str(rng.randrange(19_000, 20_000)))
        scene.wants(person, expire="")
    remedy = {"locked": "-U", "shell": f"-s {BASH}", "expired": "-e ''"}[other]
    prompt = (
        f"{person} is back after years and cannot log in, and more than one thing is in the way. Find out what, and "
        f"open the account: {person} must get in with the old password, into {BASH}, without being asked to change "
        "it now (it counts as changed today), and there is no end date. The ageing rules (the days) are policy and "
        "stay as they are."
    )
    return scene.draft(prompt, f"usermod {remedy} {person}", f"chage -d $(date +%F) {person}")


def second_root(rng: random.Random) -> Draft:
    """An account that is root by its number, between others that only look like it."""
    scene = Scene(rng)
    hidden, decoy = scene.third, f"root-{scene.other_service}"
    scene.add(decoy, "check", scene.other_team)
    scene.change(decoy, gecos="root of the old host")
    scene.change(hidden, uid="0", gecos=f"{scene.service} service")
    low = rng.randrange(5, 50) * 100
    scene.wants(hidden, uid={"between": [low, low + 99]}, groups=scene.groups_of(hidden))
    scene.judged["shared"] = True
    prompt = (
        "An audit says that an account other than root has root's number, though nothing about its name says so. Find "
        f"it and give it a number of its own from {low} to {low + 99} that no account has. Its groups, password and "
        f"all else about it stay. (The account {decoy} is known to the auditors, and is meant to be as it is.)"
    )
    free = f"$(for n in $(seq {low} {low + 99}); do getent passwd $n >/dev/null || {{ echo $n; break; }}; done)"
    return scene.draft(prompt, f'sed -i "s/^{hidden}:x:0:/{hidden}:x:{free}:/" /etc/passwd')


def still_a_member(rng: random.Random) -> Draft:
    """A user was taken off a group's list of members, and is still in it by the account's primary group."""
    scene = Scene(rng)
    person, team = scene.person, scene.team
    own = scene.accounts[person].gid
    scene.members[team].remove(person)
    scene.members[scene.other_team].append(person)
    scene.change(person, gid=str(scene.state.gid(team)))
    scene.wants(person, gid=own, groups=sorted([person, scene.other_team]))
    prompt = (
        f"{person} must not be in the group {team} any more. Somebody has taken {person} off the group's list of "
        f"members, and the list is right now, yet `id {person}` still names {team}. New files of {person} must belong "
        f"to {person}'s own group, {person}; membership of {scene.other_team} stays, and so does the group {team} "
        "with the members it has."
    )
    return scene.draft(prompt, f"usermod -g {person} {person}")


def same_numbers(rng: random.Random) -> Draft:
    """The same people must have the same numbers on three hosts."""
    scene = Scene(rng)
    trees = Trees(scene)
    prompt = (
        "Three hosts share home directories by number. Their account files are /srv/hosts/NAME/etc/passwd and group. "
        f"Those of {trees.leader} are right and stay as they are. On {trees.second} and {trees.third} the people "
        f"{', '.join(trees.people)} must get the user and group numbers that they have on {trees.leader}. On "
        f"{trees.third} the account {trees.blocker} has a number that one of them needs: it and its group "
        f"{trees.blocker} get a number from 900 to 999 instead, both the same one, which no account and no group there "
        "has. All other lines of these files stay as they are."
    )
    aside = "This machine's own accounts and groups stay as they are, to the letter."
    return scene.draft(prompt, *trees.gold, roots=(*ROOTS, "/srv/hosts"), aside=aside)
