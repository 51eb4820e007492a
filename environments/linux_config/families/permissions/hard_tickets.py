"""Tickets about ACLs that say something else than the modes do, and about folders of several teams."""

from __future__ import annotations

import random
from itertools import permutations

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.permissions.scene import Scene


def default_entries(rng: random.Random) -> Draft:
    """Default ACL entries that undo a team's policy, in a folder that also holds a vendor's files."""
    scene = Scene(rng)
    folder = scene.state.directory(f"{scene.root}/{scene.noun()}", 0o2771, group=scene.team)
    scene.acl(folder, default="u::rwx,g::r-x,o::r-x")
    scene.keeps_mode(folder)
    good = scene.document(folder, 0o660)
    loose = scene.document(folder, 0o644, owner=scene.member)
    vendor, private = _vendor(scene, folder)
    for maker, mate, name, umask in (
        (scene.owner, scene.member, "one", "027"),
        (scene.member, scene.owner, "two", "077"),
    ):
        scene.can(maker, "create", path=f"{folder}/{name}", umask=umask)
        scene.can(mate, "write", path=f"{folder}/{name}", goal=True)
        scene.cannot(scene.outsider, "read", path=f"{folder}/{name}", goal=True)
    scene.can(scene.owner, "mkdir", path=f"{folder}/below", umask="077")
    scene.can(scene.member, "create", path=f"{folder}/below/three", umask="022", goal=True)
    scene.can(scene.owner, "write", path=f"{folder}/below/three", goal=True)
    scene.cannot(scene.outsider, "list", path=f"{folder}/below", goal=True)
    scene.can(scene.owner, "write", path=loose, goal=True)
    scene.cannot(scene.outsider, "read", path=loose, goal=True)
    scene.cannot(scene.outsider, "read", "write", path=good)
    scene.cannot(scene.outsider, "list", "read", path=folder)
    scene.cannot(scene.outsider, "create", path=f"{folder}/four")
    scene.can(scene.member, "read", "write", path=good)
    scene.can(scene.guest, "read", "write", path=private)
    scene.can(scene.member, "read", path=private)
    scene.cannot(scene.member, "write", path=private)
    scene.cannot(scene.outsider, "read", path=private)
    prompt = (
        f"The group {scene.team} works in {folder}: whatever one member makes there, at any depth and with whatever "
        "umask, the others must be able to read and change, new folders included, and nobody else may read it. A "
        f"backup tool has set default ACL entries there that make it otherwise, and {loose} was made since; bring that "
        f"file in order too. {folder} itself keeps its owner, group and mode, so that {scene.guest} gets through to "
        f"{vendor}. That subfolder belongs to a vendor's package: owners, modes and ACLs in it must stay exactly as "
        "they are."
    )
    return scene.draft(prompt, f"setfacl -d --set u::rwx,g::rwx,o::--- {folder}", f"chmod 660 {loose}")


def named_entry(rng: random.Random) -> Draft:
    """A member of a team whom an ACL entry shuts out, beside an entry that must stay."""
    scene = Scene(rng)
    third = scene.people(1, scene.team)[0]
    folder = scene.state.directory(f"{scene.root}/{scene.noun()}", 0o2770, group=scene.team)
    below = scene.state.directory(f"{folder}/{scene.noun()}", 0o2770, group=scene.team)
    shut = rng.choice(("---", "r--", "--x"))
    for path in (folder, below):
        entries = f"u::rwx,u:{scene.member}:{shut},u:{scene.guest}:r-x,g::rwx,m::rwx,o::---"
        scene.acl(path, entries, entries)
    files = [scene.document(path, 0o660) for path in (folder, below, below)]
    for path in files:
        scene.acl(path, f"u::rw-,u:{scene.member}:---,u:{scene.guest}:r--,g::rw-,m::rw-,o::---")
        scene.can(scene.member, "read", "write", path=path, goal=True)
        scene.can(scene.guest, "read", path=path)
    for path in (folder, below):
        scene.can(scene.member, "create", path=f"{path}/one", umask="077", goal=True)
        scene.can(scene.owner, "write", path=f"{path}/one", goal=True)
        scene.can(scene.guest, "read", path=f"{path}/one", goal=True)
        scene.can(third, "create", path=f"{path}/two", umask="027")
        scene.can(scene.member, "write", path=f"{path}/two", goal=True)
        scene.can(scene.guest, "list", path=path)
        scene.cannot(scene.guest, "write", path=f"{path}/two")
        scene.cannot(scene.guest, "create", path=f"{path}/three")
        scene.cannot(scene.outsider, "list", path=path)
        scene.cannot(scene.outsider, "create", path=f"{path}/three")
    scene.cannot(scene.outsider, "read", path=files[0])
    prompt = (
        f"Everybody in the group {scene.team} may read and change everything in {folder}, what is there and what "
        f"anybody of the group makes there later, whatever the umask. {scene.member} is in the group (`id` says so, "
        f"and the modes look right), yet is refused. Find what is in the way of {scene.member} and take it away. "
        f"{scene.guest}, who is not in the group, must go on reading all files there, later ones too, and change and "
        "make nothing; everybody else stays outside."
    )
    entry = f"u:{scene.member}"
    return scene.draft(prompt, f"setfacl -R -x {entry} {folder}", f"setfacl -R -d -x {entry} {folder}")


def exchange(rng: random.Random) -> Draft:
    """Two teams with a project folder each, and a folder that they and a third team share."""
    scene = Scene(rng)
    first, second, third = scene.team, *(scene.state.group(team) for team in scene.teams(2))
    others, reader = scene.people(2, second), scene.people(1, third)[0]
    teams = {first: [scene.owner, scene.member], second: others}
    folders = {
        team: scene.state.directory(f"{scene.root}/{scene.noun()}", mode, group=group)
        for team, mode, group in ((first, rng.choice((0o700, 0o750)), "root"), (second, 0o775, first))
    }
    shared = scene.state.directory(f"{scene.root}/{scene.noun()}", 0o777)
    gold = []
    for number, (team, folder) in enumerate(folders.items()):
        _project(scene, folder, teams[team], [*teams[(second, first)[number]], reader, scene.outsider], bool(number))
        gold += [f"chgrp -R {team} {folder}", f"chmod -R u=rwX,g=rwX,o= {folder}", f"chmod g+s {folder}"]
        gold.append(f"setfacl -d --set u::rwx,g::rwx,o::--- {folder}")
    _exchange(scene, shared, [*teams[first], *others], reader)
    gold += [f"chmod 1770 {shared}", f"setfacl -R -m g:{third}:rX {shared}"]
    gold += [f"setfacl -m g:{team}:rwx {shared}" for team in folders]
    gold.append(f"setfacl -d -m g:{first}:rX,g:{second}:rX,g:{third}:rX,o::- {shared}")
    gold.append(
        f"find {shared} -type f -exec setfacl --set u::rw,g::-,g:{first}:r,g:{second}:r,g:{third}:r,o::- {{}} +"
    )
    one, two = folders.values()
    prompt = (
        f"The groups {first}, {second} and {third} share {scene.root}. {one} is {first}'s and {two} is {second}'s: the "
        "members of the group make files and folders in it and read and change one another's, and nobody else gets in. "
        f"{shared} is for all three: members of {first} and {second} add files there, members of all three groups list "
        "it and read every file, and each file is changed and deleted by nobody but its owner; "
        f"{third} adds nothing, and nobody else gets in. All of that is to hold for the files that are there, whose "
        "owners stay, and for those that are made later, whatever the maker's umask. At present the modes and groups "
        "say something else."
    )
    return scene.draft(prompt, *gold)


def _vendor(scene: Scene, folder: str) -> tuple[str, str]:
    """Add a vendor's folder with ACLs of its own, and a file in it; return their paths."""
    vendor = scene.state.directory(f"{folder}/{scene.noun()}", 0o750, owner=scene.guest, group=scene.guest)
    path = scene.document(vendor, 0o640, owner=scene.guest, group=scene.guest)
    entries = f"u::rwx,g::r-x,g:{scene.team}:r-x,m::r-x,o::---"
    scene.acl(vendor, entries, entries.replace("r-x,o", "r--,o"))
    scene.acl(path, f"u::rw-,g::r--,g:{scene.team}:r--,m::r--,o::---")
    scene.fixed(vendor, path)
    return vendor, path


def _project(scene: Scene, folder: str, members: list[str], strangers: list[str], open_now: bool) -> None:
    """A team's own folder: its members share everything in it, and nobody else gets in."""
    path = scene.document(folder, 0o600, owner=members[0], group=members[0])
    for maker, mate in permutations(members):
        scene.can(maker, "create", path=f"{folder}/by-{maker}", umask="077", goal=True)
        scene.can(mate, "read", "write", path=f"{folder}/by-{maker}", goal=True)
    scene.can(members[1], "mkdir", path=f"{folder}/below", umask="022", goal=True)
    scene.can(members[0], "create", path=f"{folder}/below/new", goal=True)
    scene.can(members[1], "read", "write", path=path, goal=True)
    for stranger in strangers:
        scene.cannot(stranger, "list", path=folder, goal=open_now)
        scene.cannot(stranger, "read", path=f"{folder}/by-{members[0]}")
        scene.cannot(stranger, "create", path=f"{folder}/no")


def _exchange(scene: Scene, shared: str, makers: list[str], reader: str) -> None:
    """A folder to which two teams add, which three read, and where what one made stays theirs."""
    closed = scene.document(shared, 0o600, owner=makers[1], group=makers[1])
    loose = scene.document(shared, 0o666, owner=makers[2], group=makers[2])
    for maker, thief in zip(makers, [*makers[2:], *makers[:2]], strict=True):
        scene.can(maker, "create", path=f"{shared}/by-{maker}", umask=scene.rng.choice(("022", "027", "077")))
        for user in (thief, reader):
            scene.can(user, "read", path=f"{shared}/by-{maker}")
        scene.cannot(thief, "write", path=f"{shared}/by-{maker}")
        scene.cannot(thief, "delete", path=f"{shared}/by-{maker}", goal=True)
        scene.can(maker, "write", "delete", path=f"{shared}/by-{maker}")
    for user in (makers[0], reader):
        scene.can(user, "read", path=closed, goal=True)
        scene.cannot(user, "write", path=loose, goal=True)
        scene.can(user, "list", path=shared)
    scene.cannot(reader, "create", path=f"{shared}/by-{reader}", goal=True)
    scene.cannot(scene.outsider, "list", path=shared, goal=True)
    scene.cannot(scene.outsider, "create", path=f"{shared}/by-{scene.outsider}")
    scene.cannot(scene.outsider, "read", path=loose, goal=True)
    scene.can(makers[2], "write", path=loose)
