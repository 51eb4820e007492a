"""Tickets about modes, owners, shared folders and ACLs."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.permissions.scene import Scene

MODES = (0o600, 0o640, 0o644, 0o660, 0o664, 0o400, 0o440, 0o700, 0o750, 0o755)


def mode(rng: random.Random) -> Draft:
    """One file has the wrong mode; the ticket names the right one."""
    scene = Scene(rng)
    wanted, wrong = rng.sample(MODES, 2)
    path = scene.document(scene.root, wrong)
    other = scene.document(scene.root, 0o640)
    scene.has_mode(path, wanted, was=wrong)
    scene.has_mode(other, 0o640)
    prompt = (
        f"The file {path} of {scene.owner} and the group {scene.team} must have mode {wanted:o}; now it has {wrong:o}."
    )
    return scene.draft(prompt, f"chmod {wanted:o} {path}")


def owner(rng: random.Random) -> Draft:
    """One file belongs to the wrong user and group; the ticket names the right ones."""
    scene = Scene(rng)
    path = scene.document(scene.root, 0o640, owner="root", group="root")
    other = scene.document(scene.root, 0o640, owner="root", group="root")
    scene.has_mode(path, 0o640, was=0)
    scene.can(scene.owner, "own", path=path, goal=True)
    for user in (scene.owner, scene.member, scene.outsider):
        scene.cannot(user, "read", "write", path=other)
    prompt = f"The file {path} must belong to user {scene.owner} and group {scene.team}; now it belongs to root:root."
    return scene.draft(prompt, f"chown {scene.owner}:{scene.team} {path}")


def group(rng: random.Random) -> Draft:
    """One file belongs to the wrong group; the ticket names the right one."""
    scene = Scene(rng)
    path = scene.document(scene.root, 0o640, group="root")
    other = scene.document(scene.root, 0o640, group="root")
    scene.has_mode(path, 0o640, was=0o600)
    scene.cannot(scene.member, "read", "write", path=other)
    scene.can(scene.owner, "read", "write", "own", path=other)
    scene.cannot(scene.outsider, "read", path=other)
    prompt = f"The file {path} must belong to group {scene.team} and stay {scene.owner}'s; now its group is root."
    return scene.draft(prompt, f"chgrp {scene.team} {path}")


def shared_folder(rng: random.Random) -> Draft:
    """A team's folder in which what one member makes is the team's."""
    scene = Scene(rng)
    folder = scene.state.directory(f"{scene.root}/{scene.noun()}", rng.choice((0o755, 0o770, 0o700)), group="root")
    other = scene.document(scene.root, 0o640)
    scene.can(scene.owner, "create", path=f"{folder}/one", umask="027", goal=True)
    scene.can(scene.member, "list", path=folder)
    scene.can(scene.member, "read", path=f"{folder}/one", goal=True)
    scene.can(scene.member, "mkdir", path=f"{folder}/below", umask="007", goal=True)
    scene.can(scene.member, "create", path=f"{folder}/below/two", umask="007", goal=True)
    scene.can(scene.owner, "write", path=f"{folder}/below/two", goal=True)
    scene.can(scene.member, "create", path=f"{folder}/loose", umask="000", goal=True)
    for stranger in (scene.guest, scene.outsider):
        scene.cannot(stranger, "list", path=folder)
        for name in ("one", "loose"):
            scene.cannot(stranger, "read", path=f"{folder}/{name}")
        scene.cannot(stranger, "create", path=f"{folder}/three")
    scene.has_mode(other, 0o640)
    prompt = (
        f"The group {scene.team} works together in {folder}. Its members must be able to list it and make files and "
        f"folders in it, and whatever anybody makes there must belong to the group {scene.team} by itself. "
        "Nobody else may see what is inside."
    )
    return scene.draft(prompt, f"chgrp {scene.team} {folder} && chmod 2770 {folder}")


def one_reader(rng: random.Random) -> Draft:
    """One user more may read one file, and the modes must stay."""
    scene = Scene(rng)
    path = scene.document(scene.root, 0o640)
    other = scene.document(scene.root, 0o640)
    scene.can(scene.guest, "read", path=path, goal=True)
    scene.cannot(scene.guest, "write", "execute", path=path)
    scene.cannot(scene.guest, "read", "write", path=other)
    scene.has_mode(path, 0o640)
    scene.has_mode(other, 0o640)
    prompt = (
        f"{scene.guest} must be able to read {path}, but not to write to it, and stays outside the group {scene.team}. "
        "For everybody else the access stays as it is. An ACL is the way."
    )
    return scene.draft(prompt, f"setfacl -m u:{scene.guest}:r {path}")


def whole_tree(rng: random.Random) -> Draft:
    """A tree whose modes are a mess, and a policy for all of it."""
    scene = Scene(rng)
    folders = [scene.state.directory(f"{scene.root}/{scene.noun()}", owner=scene.owner, group=scene.team)]
    folders.append(
        scene.state.directory(f"{folders[0]}/{scene.noun()}", 0o711, owner=scene.owner, group=scene.team),
    )
    modes = [rng.choice((0o666, 0o600, 0o644)) for _ in range(4)]
    files = [scene.document(folders[number // 2], mode) for number, mode in enumerate(modes)]
    apart = scene.document(scene.root, 0o644)
    scene.has_mode(apart, 0o644)
    for folder in folders:
        scene.can(scene.owner, "list", path=folder)
        scene.can(scene.member, "list", path=folder, goal=folder == folders[1])
        scene.cannot(scene.member, "create", path=f"{folder}/new")
        scene.cannot(scene.outsider, "list", path=folder, goal=folder == folders[0])
        scene.can(scene.owner, "create", path=f"{folder}/new")
        scene.cannot(scene.member, "write", "execute", path=f"{folder}/new")
        scene.cannot(scene.outsider, "read", path=f"{folder}/new")
    for path, was in zip(files, modes, strict=True):
        scene.has_mode(path, 0o640, was=was)
    prompt = (
        f"Everything at and below {folders[0]} is {scene.owner}'s. Bring it in order: {scene.owner} may read and write "
        f"the files and make new ones, the group {scene.team} may list the folders and read the files but change "
        "nothing, nobody else gets in, and no file is executable."
    )
    return scene.draft(prompt, f"chmod -R u=rwX,g=rX,o= {folders[0]}")


def auditors(rng: random.Random) -> Draft:
    """A second group may read all that a team makes, now and later."""
    scene = Scene(rng)
    readers = scene.state.group(f"{scene.noun()}-readers")
    reader = scene.state.user(f"{scene.guest}2", readers)
    folder = scene.state.directory(f"{scene.root}/{scene.noun()}", 0o2770, group=scene.team)
    old = scene.document(folder, 0o660)
    scene.can(reader, "list", path=folder, goal=True)
    scene.can(reader, "read", path=old, goal=True)
    scene.cannot(reader, "write", path=old)
    scene.cannot(reader, "create", path=f"{folder}/no")
    scene.can(scene.owner, "create", path=f"{folder}/new", umask="027")
    scene.can(scene.member, "mkdir", path=f"{folder}/below", umask="027")
    scene.can(scene.member, "create", path=f"{folder}/below/deep", umask="077")
    for path in (f"{folder}/new", f"{folder}/below/deep"):
        scene.can(reader, "read", path=path, goal=True)
        scene.cannot(reader, "write", path=path)
        scene.can(scene.owner, "read", path=path, goal=path.endswith("deep"))
        scene.can(scene.member, "write", path=path, goal=path.endswith("new"))
        scene.cannot(scene.outsider, "read", path=path)
    scene.cannot(scene.guest, "list", path=folder)
    scene.can(scene.member, "write", path=old)
    prompt = (
        f"The group {scene.team} works in {folder}. From now on the group {readers} must be able to list the folder "
        "and "
        f"read every file in it, those that are there and those that the team makes later, at any depth and whatever "
        f"umask the maker has; {readers} may change and make nothing. The members of {scene.team} must be able to "
        "change "
        "one another's files, new ones too. Nobody else gets in."
    )
    entries = f"g:{scene.team}:rwX,g:{readers}:rX"
    return scene.draft(prompt, f"setfacl -R -m {entries} {folder}", f"setfacl -R -d -m {entries} {folder}")


def blocked_path(rng: random.Random) -> Draft:
    """The file's mode is right, but a folder above it does not let the team through."""
    scene = Scene(rng)
    upper = scene.state.directory(f"{scene.root}/{scene.noun()}", 0o700)
    lower = scene.state.directory(f"{upper}/{scene.noun()}", 0o750, owner=scene.owner, group=scene.team)
    path = scene.document(lower, 0o640)
    private = scene.document(upper, 0o640, owner="root", group="root")
    scene.has_mode(path, 0o640, was=0)
    scene.can(scene.member, "list", path=lower, goal=True)
    for user in (scene.owner, scene.member, scene.outsider):
        scene.cannot(user, "read", path=private)
        scene.cannot(user, "create", path=f"{upper}/new")
    scene.cannot(scene.outsider, "list", path=upper)
    scene.cannot(scene.outsider, "list", path=lower)
    scene.cannot(scene.outsider, "read", path=f"{upper}/nothing-there")
    prompt = (
        f"{scene.owner} and {scene.member} are in the group {scene.team}, yet they get `Permission denied` on {path}, "
        f"which should be theirs to read. Find what is in their way and let the group {scene.team} through, "
        f"and only it. Other users must not even get into {upper}, and {private} stays root's alone."
    )
    return scene.draft(prompt, f"chgrp {scene.team} {upper} && chmod 710 {upper}")


def drop_box(rng: random.Random) -> Draft:
    """A folder where everybody of a team adds, and nobody removes what another made."""
    scene = Scene(rng)
    folder = scene.state.directory(f"{scene.root}/{scene.noun()}", 0o770, group=scene.team)
    other = scene.document(scene.root, 0o640)
    for name, maker, thief in (("one", scene.owner, scene.member), ("two", scene.member, scene.owner)):
        scene.can(maker, "create", path=f"{folder}/{name}")
        scene.can(thief, "list", path=folder)
        scene.cannot(thief, "delete", path=f"{folder}/{name}", goal=True)
        scene.can(maker, "delete", path=f"{folder}/{name}")
    scene.cannot(scene.outsider, "list", path=folder)
    scene.cannot(scene.outsider, "create", path=f"{folder}/three")
    scene.cannot(scene.guest, "create", path=f"{folder}/three")
    scene.has_mode(other, 0o640)
    prompt = (
        f"In {folder} the members of {scene.team} delete one another's files by mistake. They must go on adding files "
        "and "
        "listing the folder, but each may delete only what is their own. Others stay outside."
    )
    return scene.draft(prompt, f"chmod +t {folder}")


def masked_entry(rng: random.Random) -> Draft:
    """An ACL entry that the mask makes ineffective."""
    scene = Scene(rng)
    path = scene.document(scene.root, 0o640)
    scene.state.command("setfacl", "-m", f"u:{scene.guest}:rw", path)
    scene.state.command("chmod", "640", path)
    other = scene.document(scene.root, 0o640)
    scene.can(scene.guest, "read", path=path)
    scene.can(scene.guest, "write", path=path, goal=True)
    scene.has_mode(path, 0o640)
    scene.has_mode(other, 0o640)
    scene.cannot(scene.guest, "read", path=other)
    prompt = (
        f"{scene.guest} has an ACL entry with rw on {path}, and still cannot write to it since somebody ran chmod "
        "there. "
        f"Make the entry effective. {scene.member} and the rest of {scene.team} must still only read the file."
    )
    return scene.draft(prompt, f"setfacl -m u:{scene.guest}:rw,g::r,m::rw {path}")
