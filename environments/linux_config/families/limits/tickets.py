"""Tickets about limits of processes."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.limits.scene import FOLDER, WORDS, Scene


def new_number(rng: random.Random) -> Draft:
    """A limit of one user has another number."""
    scene = Scene(rng)
    item, other = scene.items(2)
    wrong, kept = scene.number(item), scene.number(other)
    right = scene.number(item, wrong)
    scene.file(scene.config, f"{scene.service} - {other} {kept}", f"{scene.service} - {item} {wrong}")
    scene.limit((scene.service,), {item: right})
    scene.limit((scene.service,), {other: kept}, goal=False)
    prompt = (
        f"{scene.config} limits the user {scene.service} to {wrong} {WORDS[item]} ({item}). It must be {right}, soft "
        f"and hard; the limit of {kept} {WORDS[other]} stays."
    )
    return scene.draft(prompt, f"sed -i 's/ {item} .*/ {item} {right}/' {scene.config}")


def hard_limit(rng: random.Random) -> Draft:
    """A user has a soft limit, and needs a hard one."""
    scene = Scene(rng)
    soft = rng.randrange(200, 1000)
    hard = scene.number("nofile")
    scene.file(scene.config, f"{scene.person} soft nofile {soft}")
    scene.limit((scene.person,), {"nofile": (soft, hard)})
    prompt = (
        f"{scene.config} gives {scene.person} a soft limit of {soft} open files (nofile). That stays, but the hard "
        f"limit must be {hard}: so far {scene.person} may raise the soft one beyond that."
    )
    return scene.draft(prompt, f"echo '{scene.person} hard nofile {hard}' >> {scene.config}")


def members(rng: random.Random) -> Draft:
    """The members of a group are limited, and nobody else."""
    scene = Scene(rng)
    item = rng.choice(("nproc", "memlock", "fsize", "data"))
    number = scene.number(item)
    scene.limit(
        (
            scene.person,
            scene.mate,
            "late",
        ),
        {item: number},
    )
    prompt = (
        f"Every member of the group {scene.team}, those who join later too, must be limited to {number} {WORDS[item]}, "
        "soft and hard."
    )
    return scene.draft(prompt, f"echo '@{scene.team} - {item} {number}' > {scene.config}")


def service_user(rng: random.Random) -> Draft:
    """Several limits of a service's user, in the words of its manual."""
    scene = Scene(rng)
    soft, hard = rng.randrange(200, 1000), scene.number("nofile")
    megabytes, processes = rng.randrange(10, 190), scene.number("nproc")
    locked = rng.randrange(1, 7)
    scene.limit(
        (scene.service,),
        {"nofile": (soft, hard), "nproc": processes, "fsize": megabytes << 10, "memlock": locked << 10},
    )
    prompt = (
        f"The manual of {scene.service} says about its user {scene.service}: at the start {soft} files can be open, "
        f"and the user may raise that to {hard}, no further. It has at most {processes} processes, makes no file "
        f"larger than {megabytes} MiB, and locks at most {locked} MiB of memory; these three cannot be raised. A file "
        f"of its own, like {scene.config}, is a good place for it."
    )
    lines = (
        f"soft nofile {soft}",
        f"hard nofile {hard}",
        f"- nproc {processes}",
        f"- fsize {megabytes << 10}",
        f"- memlock {locked << 10}",
    )
    text = "\n".join(f"{scene.service} {line}" for line in lines)
    return scene.draft(prompt, f"cat > {scene.config} <<'END'\n{text}\nEND")


def everybody(rng: random.Random) -> Draft:
    """All users have a limit, root has not, and one service keeps its own."""
    scene = Scene(rng)
    item = rng.choice(("nproc", "memlock", "fsize", "data", "msgqueue"))
    own = scene.number(item)
    number = scene.number(item, own)
    scene.file(scene.config, f"{scene.service} - {item} {own}")
    users = (scene.person, scene.mate, scene.guest, scene.other_service, "new", "late")
    scene.limit(users, {item: number})
    scene.limit((scene.service,), {item: own}, goal=False)
    prompt = (
        f"All users, those to come too, must be limited to {number} {WORDS[item]} ({item}), soft and hard. Two are "
        f"not concerned: root stays without this limit, and the user {scene.service} keeps its own of {own}."
    )
    return scene.draft(prompt, f"echo '* - {item} {number}' > {FOLDER}/00-all.conf")


def exceptions(rng: random.Random) -> Draft:
    """A limit for all, another for a group, another for one of its members, none for root."""
    scene = Scene(rng)
    item = rng.choice(("nproc", "memlock", "fsize", "data"))
    everyone = scene.number(item)
    team = scene.number(item, everyone)
    one = scene.number(item, everyone, team)
    scene.limit(
        (
            scene.guest,
            scene.service,
            scene.other_service,
            "new",
        ),
        {item: everyone},
    )
    scene.limit(
        (
            scene.mate,
            "late",
        ),
        {item: team},
    )
    scene.limit((scene.person,), {item: one})
    prompt = (
        f"Set limits on {WORDS[item]} ({item}), soft and hard: {team} for each member of the group {scene.team}, "
        f"whoever joins it later too, {everyone} for all other users, those to come too, and {one} for "
        f"{scene.person}, whatever groups {scene.person} is in. Root must not get any of these, and nobody but "
        f"{scene.person} gets {scene.person}'s."
    )
    lines = (f"* - {item} {everyone}", f"@{scene.team} - {item} {team}", f"{scene.person} - {item} {one}")
    return scene.draft(prompt, "cat > {} <<'END'\n{}\nEND".format(f"{FOLDER}/site.conf", "\n".join(lines)))


def overridden(rng: random.Random) -> Draft:
    """A package's file, read later, sets another limit for the same group."""
    scene = Scene(rng)
    item, other = scene.items(2)
    wrong, kept = scene.number(item), scene.number(other)
    right = scene.number(item, wrong)
    low, high = rng.randrange(10, 40), rng.randrange(60, 90)
    site, vendor = f"{FOLDER}/{low}-site.conf", f"{FOLDER}/{high}-{scene.vendor}.conf"
    scene.file(site, "# The site's limits", f"@{scene.team} - {item} {right}")
    scene.file(f"{FOLDER}/99-site.cnf", f"@{scene.team} - {item} {right}")
    lines = (f"@{scene.team} - {other} {kept}", f"@{scene.team} - {item} {wrong}")
    scene.file(vendor, f"# Installed by the package {scene.vendor}", *lines, stays=True)
    scene.limit(
        (
            scene.person,
            scene.mate,
            "late",
        ),
        {item: right},
    )
    scene.limit(
        (
            scene.person,
            scene.mate,
            "late",
        ),
        {other: kept},
        goal=False,
    )
    prompt = (
        f"{site} limits the group {scene.team} to {right} {WORDS[item]} ({item}), soft and hard, and so, it seems, "
        f"does another file. Yet its members have {wrong}. They must have {right}, whoever joins later too. {vendor} "
        f"is a package's, and stays byte for byte; the other limit that it sets is right and stays in effect."
    )
    last = f"{FOLDER}/99-site.conf"
    return scene.draft(prompt, f"echo '@{scene.team} - {item} {right}' > {last}")


def own_line(rng: random.Random) -> Draft:
    """A forgotten line for one user beats the group's."""
    scene = Scene(rng)
    item, other = scene.items(2)
    wrong, kept = scene.number(item), scene.number(other)
    right = scene.number(item, wrong)
    old = f"{FOLDER}/{rng.randrange(10, 40)}-{scene.other_service}.conf"
    lines = (
        f"{scene.person} - {other} {kept}",
        f"{scene.person}\t-\t{item}\t{wrong}",
        f"@{scene.other_team} - {other} {kept}",
    )
    scene.file(old, *lines)
    site = f"{FOLDER}/{rng.randrange(60, 99)}-site.conf"
    scene.file(site, f"@{scene.team} - {item} {right}")
    scene.limit((scene.person,), {item: right})
    scene.limit(
        (
            scene.mate,
            "late",
        ),
        {item: right},
        goal=False,
    )
    scene.limit(
        (
            scene.person,
            scene.guest,
        ),
        {other: kept},
        goal=False,
    )
    scene.changes_later(f"@{scene.team} - {item} {(later := scene.number(item, right, wrong))}", scene.person)
    scene.limit(("later",), {item: later})
    scene.limit(("later",), {other: kept}, goal=False)
    prompt = (
        f"{site} limits the members of {scene.team} to {right} {WORDS[item]} ({item}), and is read last, but "
        f"{scene.person}, who is one of them, has {wrong}. Find out why, and see to it that what the group has goes "
        f"for {scene.person} too, also when it changes some day."
    )
    return scene.draft(prompt, f"sed -i '/{scene.person}.*{item}/d' {old}")


def agree(rng: random.Random) -> Draft:
    """Two services and a team, in three files, must have limits that fit one another."""
    scene = Scene(rng)
    first, second, team = scene.service, scene.other_service, scene.team
    clients = rng.randrange(260, 480)
    now = [scene.number("nofile", clients, clients * 2, clients * 4) for _ in range(4)]
    other = rng.choice(("nproc", "memlock", "fsize", "data"))
    kept = [scene.number(other) for _ in range(3)]
    other_file = f"{FOLDER}/{rng.randrange(10, 90)}-{second}.conf"
    team_file = f"{FOLDER}/{rng.randrange(10, 90)}-{team}-team.conf"
    scene.file(scene.config, f"{first} - nofile {now[0]}", f"{first} - {other} {kept[0]}")
    scene.file(other_file, f"{second} soft nofile {now[1]}", f"{second} - {other} {kept[1]}")
    scene.file(
        team_file, f"@{team} - nofile {now[2]}", f"@{team} - {other} {kept[2]}", f"{scene.mate} - nofile {now[3]}"
    )
    scene.limit(
        (
            scene.person,
            scene.mate,
            "late",
        ),
        {"nofile": (clients, clients)},
    )
    scene.limit((first,), {"nofile": clients * 2})
    scene.limit((second,), {"nofile": clients * 4})
    scene.limit((first,), {other: kept[0]}, goal=False)
    scene.limit((second,), {other: kept[1]}, goal=False)
    scene.limit(
        (
            scene.person,
            scene.mate,
            "late",
        ),
        {other: kept[2]},
        goal=False,
    )
    prompt = (
        f"The open files (nofile) of three parties must fit one another, soft and hard: each member of {team}, without "
        f"exception and those who join later too, has {clients}; the user {first} twice that, and the user {second} "
        f"twice what {first} has. The limits are set in the files of {FOLDER}; the others that are set there stay in "
        "effect."
    )
    return scene.draft(
        prompt,
        f"sed -i 's/nofile .*/nofile {clients * 2}/' {scene.config}",
        f"sed -i 's/soft nofile .*/- nofile {clients * 4}/' {other_file}",
        f"sed -i '/^{scene.mate} /d; s/nofile .*/nofile {clients}/' {team_file}",
    )
