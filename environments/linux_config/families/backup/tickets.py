"""Tickets about scripts that save a folder: what they leave out, lose, and keep too long."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.backup import texts
from agentgym.environments.linux_config.families.backup.scene import Scene
from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.scripts import rewrite

SUFFIXES = ("tmp", "part", "swp", "lock", "cache", "old", "core", "pyc")


def leave_out(rng: random.Random) -> Draft:
    """An archive without the scratch files."""
    scene = Scene(rng)
    suffix = rng.choice(SUFFIXES)
    archive = f"{scene.dest}/{rng.choice((scene.service, 'latest', 'current'))}.tar.gz"
    text = scene.installs(f"#!/bin/sh\n# Packs {scene.source}.\nset -eu\ntar -czf {archive} -C {scene.source} .\n")
    names = (
        f"x.{suffix}",
        f"three short words/y.{suffix}",
        f"a/b/c d.{suffix}",
        suffix,
        f"z.{suffix}.txt",
        f"a/b/x{suffix}",
    )
    for label in ("first", "second"):
        scene.tree("", *names)
        scene.run(label)
        scene.unpack(f"{label}.packed", archive)
        scene.wants(f"the {label} archive", "same", a=f"{label}.from", b=f"{label}.packed", leave_out=f".{suffix}")
    scene.succeeds("first", "second")
    scene.keeps("one archive", "names", a="second.to", names=[archive.rpartition("/")[2]])
    prompt = (
        f"{scene.script} packs {scene.source} into {archive}. Files whose names end in .{suffix} are scratch and must "
        "not be in the archive, in whatever folder they are, now or later. All else must be in it as before."
    )
    assert text.count("-czf") == 1
    return scene.draft(prompt, f"sed -i \"s/-czf/--exclude='*.{suffix}' -czf/\" {scene.script}")


def archive_mode(rng: random.Random) -> Draft:
    """A mirror that loses modes, times and links."""
    scene = Scene(rng)
    mirror = scene.folder(f"{scene.dest}/{rng.choice(('mirror', 'current', 'copy'))}")
    options = rng.choice(("-r", "-rp", "-rl", "-rt"))
    scene.installs(
        f"#!/bin/sh\n# Mirrors {scene.source}.\nset -eu\nrsync {options} --delete {scene.source}/ {mirror}\n"
    )
    for label in ("first", "second"):
        scene.tree()
        scene.run(label)
        scene.snap(f"{label}.mirror", mirror)
        scene.wants(f"the {label} mirror", "same", a=f"{label}.from", b=f"{label}.mirror")
    scene.succeeds("first", "second")
    prompt = (
        f"{scene.script} mirrors {scene.source} to {mirror}, but not all of the files' modes, modification times and "
        f"symbolic links arrive, since it calls rsync with {options}. Make the mirror the same as the source in all of "
        "these, too. What was removed from the source must go on disappearing from the mirror."
    )
    return scene.draft(prompt, f"sed -i 's/rsync {options} /rsync -a /' {scene.script}")


def mirror_deletes(rng: random.Random) -> Draft:
    """A mirror in which removed files live on."""
    scene = Scene(rng)
    mirror = scene.folder(f"{scene.dest}/{rng.choice(('mirror', 'current', 'copy'))}")
    scene.installs(f"#!/bin/sh\n# Mirrors {scene.source}.\nset -eu\nrsync -a {scene.source}/ {mirror}/\n")
    note = f"{scene.nouns[5]}.txt"
    scene.does("text", path=f"{scene.dest}/{note}", text="about these backups {token}\n")
    scene.tree()
    for label in ("first", "second", "third"):
        if label != "first":
            scene.change()
        scene.run(label)
        scene.snap(f"{label}.mirror", mirror)
        check = scene.keeps if label == "first" else scene.wants
        check(f"the {label} mirror", "same", a=f"{label}.from", b=f"{label}.mirror")
    scene.succeeds("first", "second", "third")
    scene.read("note", f"{scene.dest}/{note}")
    scene.keeps("notes beside the mirror stay", "text", a="note", text="about these backups {token}\n")
    prompt = (
        f"{scene.script} mirrors {scene.source} to {mirror}, but files that were removed from the source stay in the "
        "mirror for ever. After each run the mirror must hold what the source holds, and no more. "
        f"What lies beside the mirror in {scene.dest} is kept by hand and must stay."
    )
    return scene.draft(prompt, f"sed -i 's/rsync -a /rsync -a --delete /' {scene.script}")


def retention(rng: random.Random) -> Draft:
    """Only the archives of the last days are kept."""
    scene = Scene(rng)
    keep = rng.randrange(2, 6)
    name = f"{scene.dest}/{scene.service}"
    text = scene.installs(texts.dated(scene.source, name))
    others = [
        f"{scene.service}-db-2019-01-01.tar.gz",
        f"{scene.service}-2019.tar.gz",
        f"{scene.other}-2019-01-01.tar.gz",
    ]
    others += [f"{scene.service}-2019-01-01.tar.gz.sum", "README"]
    for other in others:
        scene.does("text", path=f"{scene.dest}/{other}", text="keep\n")
    days = texts.days(rng, keep + 3)
    scene.tree()
    for number, day in enumerate(days, 1):
        scene.run(day, day)
        kept = [f"{scene.service}-{each}.tar.gz" for each in days[max(0, number - keep) : number]]
        check = scene.wants if number > keep else scene.keeps
        check(f"what is there after day {number}", "names", a=f"{day}.to", names=[*others, *kept])
        scene.unpack(f"{day}.packed", f"{name}-{day}.tar.gz")
        scene.keeps(f"the archive of day {number}", "same", a=f"{day}.from", b=f"{day}.packed")
        scene.change()
    scene.succeeds(*days)
    prompt = (
        f"{scene.script} is called once a day with the date, as in `{scene.script} 2031-05-09`, and makes "
        f"{name}-DATE.tar.gz. Nothing ever removes the old ones. After each run only the archives of the {keep} "
        f"latest dates may be left, going by the dates in their names, of those that are named "
        f"{scene.service}-YYYY-MM-DD.tar.gz; the dates only go forward, with gaps. Whatever else lies in "
        f"{scene.dest} must stay, however similar its name."
    )
    return scene.draft(prompt, rewrite(scene.script, text + texts.pruning(name, keep)))


def odd_names(rng: random.Random) -> Draft:
    """A loop over words in place of files."""
    scene = Scene(rng)
    mirror = scene.folder(f"{scene.dest}/{rng.choice(('mirror', 'current', 'copy'))}")
    scene.installs(texts.word_loop(scene.source, mirror))
    for label in ("first", "second"):
        scene.tree()
        scene.run(label)
        scene.snap(f"{label}.mirror", mirror)
        scene.wants(f"the {label} copy", "same", a=f"{label}.from", b=f"{label}.mirror")
    scene.succeeds("first", "second")
    scene.keeps("nothing beside the copy", "names", a="second.to", names=[mirror.rpartition("/")[2]])
    prompt = (
        f"{scene.script} copies {scene.source} to {mirror}. It misses files with spaces in their names, and it does "
        "not copy symbolic links or empty folders. After each run the copy must hold each file, folder and symbolic "
        "link of the source with its name, content, mode and (of files) modification time, and nothing that the source "
        "no longer has. Write it anew if that is easier."
    )
    gold = f"#!/bin/sh\nset -eu\nrsync -a --delete {scene.source}/ {mirror}/\n"
    return scene.draft(prompt, rewrite(scene.script, gold))


def restore(rng: random.Random) -> Draft:
    """A script that brings a backup back, and never over something."""
    scene = Scene(rng)
    archive = f"{scene.dest}/{scene.service}.tar.gz"
    scene.installs(f"#!/bin/sh\n# Packs {scene.source}.\nset -eu\ntar -czf {archive} -C {scene.source} .\n")
    program = scene.script.rpartition("-")[0] + "-restore"
    target = scene.dest
    scene.roots.append(program)
    scene.scripts = [program]
    scene.tree()
    scene.run("save")
    for label, also in (("new", ()), ("empty", ()), ("hidden", (".only",))):
        folder = f"{target}/{label} folder"
        if label != "new":
            scene.tree(folder, *also, filled=False)
        scene.run(label, archive, folder, program=program)
        scene.snap(f"{label}.restored", folder)
    scene.succeeds("save", "new", "empty")
    for label in ("new", "empty"):
        scene.wants(f"restored into a folder that is {label}", "same", a="save.from", b=f"{label}.restored")
    scene.keeps("a folder that holds something is refused", "refused", run="hidden")
    scene.keeps("it stays as it was", "names", a="hidden.restored", names=[".only"])
    scene.run("missing", f"{archive}.no", f"{target}/third", program=program)
    scene.does("cut", path=archive)
    scene.run("damaged", archive, f"{target}/fourth", program=program)
    scene.keeps("a missing archive is an error", "refused", run="missing")
    scene.keeps("a damaged archive is an error", "refused", run="damaged")
    prompt = (
        f"{scene.script} packs {scene.source} into {archive}. Write {program} to bring such archives back. It is "
        f"called as `{program} ARCHIVE FOLDER` and unpacks the archive into the folder, which it makes if it is "
        "missing, with the modes, modification times and symbolic links that were packed. If the folder holds "
        "anything at all, hidden files too, it must leave it as it is and fail; it must also fail if the archive is "
        f"missing or damaged. To fail means to exit with another status than 0. {scene.script} stays as it is."
    )
    scene.keeps("the backup script stays", "unchanged", texts={scene.script: texts.packing(scene.source, archive)})
    ending = scene.ending(writes=f"and outside the folder that {program} is told nothing")
    return scene.draft(prompt, rewrite(program, texts.RESTORE), ending=ending)
