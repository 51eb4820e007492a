"""Tickets about what must not happen when something fails, and about settings that do not count."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.backup import texts
from agentgym.environments.linux_config.families.backup.scene import Scene
from agentgym.environments.linux_config.families.backup.tickets import SUFFIXES
from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.scripts import rewrite


def empty_source(rng: random.Random) -> Draft:
    """A mirror that must not follow its source into nothing."""
    scene = Scene(rng)
    mirror = scene.folder(f"{scene.dest}/{rng.choice(('mirror', 'current', 'copy'))}")
    scene.installs(f"#!/bin/sh\n# Mirrors {scene.source}.\nset -eu\nrsync -a --delete {scene.source}/ {mirror}/\n")
    away = f"{scene.source}.away"
    plan = (("first", "tree"), ("empty", "empty"), ("dotted", "dotted"), ("gone", "move"), ("back", "back"))
    last = "first"
    for label, what in plan:
        if what in ("tree", "empty", "dotted"):
            scene.tree("", *((".only",) if what == "dotted" else ()), filled=what == "tree")
        elif what == "move":
            scene.does("move", path=scene.source, to=away)
        else:
            scene.does("move", path=away, to=scene.source)
            scene.change()
        scene.run(label)
        scene.snap(f"{label}.mirror", mirror)
        if label in ("empty", "gone"):
            check = scene.wants if label == "empty" else scene.keeps
            check(f"{label}: the run fails", "refused", run=label)
            check(f"{label}: the mirror stays", "same", a=f"{last}.mirror", b=f"{label}.mirror", inodes=True)
        else:
            scene.keeps(f"{label}: the mirror follows", "same", a=f"{label}.from", b=f"{label}.mirror")
            last = label
    scene.succeeds("first", "dotted", "back")
    prompt = (
        f"{scene.source} is on a disk of its own. When that was not mounted, {scene.script} found an empty folder and "
        f"emptied the mirror {mirror} as well. If the source is missing, or there is nothing at all in it, the script "
        "must exit with another status than 0 and leave the mirror as it is. In every other case it must work as now, "
        "removals included, even if a single hidden file is all that is left in the source."
    )
    guard = f'[ -n "$(ls -A {scene.source})" ] || exit 1'
    return scene.draft(prompt, f"sed -i 's#^rsync#{guard}\\nrsync#' {scene.script}")


def one_at_a_time(rng: random.Random) -> Draft:
    """A second run at the same time, and one after a crash."""
    scene = Scene(rng)
    work = scene.folder(f"/srv/{scene.service}/work")
    dumper = f"/opt/{scene.service}/bin/dump"
    saved = f"{scene.dest}/{scene.nouns[5]}.dump"
    scene.installs(texts.dumper(scene.service), dumper)
    scene.installs(f"#!/bin/sh\nset -eu\n{dumper} > {saved}.new\nmv {saved}.new {saved}\n")
    scene.roots.append(dumper)
    scene.does("program", path=dumper, text=texts.waiting_dumper(work))
    hold = {"do": "text", "user": scene.user, "path": f"{work}/hold", "text": ""}

    def value(word: str) -> None:
        scene.does("text", path=f"{work}/value", text=f"{word} {{token}}\n")

    def start(job: str, lines: int) -> None:
        scene.steps.append(hold)
        scene.does("start", job=job, argv=[scene.script], file=f"{work}/starts", lines=lines, label=f"{job}.began")
        scene.keeps(f"the {job} run begins", "value", a=f"{job}.began", value=True)

    value("one")
    scene.run("first")
    value("two")
    start("long", 2)
    scene.run("other", timeout_s=4)
    scene.read("starts", f"{work}/starts")
    scene.does("remove", path=f"{work}/hold")
    scene.does("finish", job="long", kill=False, label="long")
    scene.read("two", saved)
    value("three")
    start("killed", 3)
    scene.does("finish", job="killed", kill=True)
    scene.does("remove", path=f"{work}/hold")
    scene.run("after")
    scene.read("three", saved)
    scene.succeeds("first", "long", "after")
    scene.wants("a run beside another fails at once", "refused", run="other")
    scene.wants("it starts no second dump", "text", a="starts", text="start\nstart\n")
    scene.keeps("the long run ends well", "text", a="two", text="two {token}\n")
    scene.keeps("the run after a killed one", "text", a="three", text="three {token}\n")
    scene.keeps("the dump program stays", "unchanged", texts={dumper: texts.dumper(scene.service)})
    prompt = (
        f"Cron starts {scene.script} every ten minutes, and sometimes {dumper}, which it calls, takes longer than "
        "that; then two runs disturb each other. A run that begins while another is at work must exit within a second, "
        f"with another status than 0, and without calling {dumper}. A run that was killed, or ended by a crash of the "
        "machine, must not keep later runs from working. What a lone run does must stay as it is, and so must "
        f"{dumper}, which belongs to a package. A lock file may lie in {scene.dest}."
    )
    lock = f"exec 9> {scene.dest}/.lock\\nflock -n 9 || exit 1"
    return scene.draft(prompt, f"sed -i 's#^set -eu#&\\n{lock}#' {scene.script}", ending=scene.ending(source=False))


def dump_fails(rng: random.Random) -> Draft:
    """A failed dump must not take the place of a good one."""
    scene = Scene(rng)
    work = scene.folder(f"/srv/{scene.service}/work")
    dumper = f"/opt/{scene.service}/bin/dump"
    saved = f"{scene.dest}/{scene.nouns[5]}.dump.gz"
    scene.installs(texts.dumper(scene.service), dumper)
    scene.installs(f"#!/bin/sh\nset -eu\n{dumper} | gzip > {saved}\n")
    scene.roots.append(dumper)
    scene.does("program", path=dumper, text=texts.failing_dumper(work))

    def set_up(word: str, status: int) -> None:
        scene.does("text", path=f"{work}/value", text=f"{word} {{token}}\n" if word else "")
        scene.does("text", path=f"{work}/status", text=f"{status}\n")

    def holds(label: str, word: str, *, new: bool) -> None:
        scene.read(label, saved, packed=True)
        check = scene.keeps if new else scene.wants
        check(f"{label}: the dump that is there", "text", a=label, text=f"{word} {{token}}\n")

    set_up("one", 0)
    scene.run("good")
    holds("after a good run", "one", new=True)
    set_up("half", rng.randrange(1, 100))
    scene.run("failing")
    holds("after a failed dump", "one", new=False)
    set_up("", 0)
    scene.run("nothing")
    holds("after an empty dump", "one", new=False)
    set_up("two", 0)
    scene.does("text", path=f"{work}/hold", text="")
    scene.does("start", job="long", argv=[scene.script], file=f"{work}/starts", lines=4, label="long.began")
    holds("during a run", "one", new=False)
    scene.does("remove", path=f"{work}/hold")
    scene.does("finish", job="long", kill=False, label="long")
    holds("after a long run", "two", new=True)
    scene.snap("left", scene.dest)
    scene.succeeds("good", "long")
    scene.wants("a failed dump is an error", "refused", run="failing")
    scene.wants("an empty dump is an error", "refused", run="nothing")
    scene.keeps("nothing else is left behind", "names", a="left", names=[saved.rpartition("/")[2]])
    scene.keeps("nothing is left by a failure", "names", a="nothing.to", names=[saved.rpartition("/")[2]])
    scene.keeps("the dump program stays", "unchanged", texts={dumper: texts.dumper(scene.service)})
    prompt = (
        f"{scene.script} saves what {dumper} writes to {saved}. Last night {dumper} failed half-way: the script ended "
        "with status 0 all the same, and the good dump of the night before was gone. If the dump fails, or is empty, "
        f"the script must exit with another status than 0 and leave the last good {saved} as it is. At no time, also "
        "while the dump is still being written, may there be an unfinished file of that name. A run that has ended, "
        f"well or not, leaves nothing else behind in {scene.dest}. {dumper} belongs to a package and stays as it is."
    )
    return scene.draft(prompt, rewrite(scene.script, texts.safe_dump(dumper, saved)), ending=scene.ending(source=False))


def snapshots(rng: random.Random) -> Draft:
    """A snapshot a day, of which each holds all and only the changes take room."""
    scene = Scene(rng)
    days = texts.days(rng, 3)
    scene.tree()
    for day in days:
        scene.run(day, day)
        scene.snap(f"{day}.made", f"{scene.dest}/{day}")
        scene.wants(f"the snapshot {day}", "same", a=f"{day}.from", b=f"{day}.made")
        scene.change()
    scene.run("again", days[2])
    scene.does("move", path=scene.source, to=f"{scene.source}.away")
    scene.run("gone", "2042-01-01")
    for number, day in enumerate(days):
        scene.snap(f"{day}.end", f"{scene.dest}/{day}")
        scene.wants(f"the snapshot {day} at the end", "same", a=f"{day}.from", b=f"{day}.end")
        if number:
            scene.wants(f"{day} shares files", "linked", a=f"{days[number - 1]}.end", b=f"{day}.end")
    scene.succeeds(*days)
    scene.keeps("there are only whole snapshots", "names", a="gone.to", names=days)
    scene.keeps("a day is not saved twice", "refused", run="again")
    scene.keeps("a missing source is an error", "refused", run="gone")
    prompt = (
        f"Write {scene.script}. It is called once a day with the date, as in `{scene.script} 2031-05-09`, and makes "
        f"the folder {scene.dest}/2031-05-09, which holds a whole copy of {scene.source}: files, folders and symbolic "
        "links, with modes and modification times. A file that has not changed since the snapshot of the latest "
        "earlier date must take no room again: it is a hard link to the file in that snapshot. No earlier "
        "snapshot may ever change. If the folder of the date is there already, or the source is missing, the script "
        f"must exit with another status than 0 and change nothing; {scene.dest} holds nothing but whole snapshots "
        "after each run."
    )
    return scene.draft(prompt, rewrite(scene.script, texts.snapshot(scene.source, scene.dest)))


def overridden(rng: random.Random) -> Draft:
    """Right settings that a later file overrides, and a program of a vendor that must stay."""
    scene = Scene(rng)
    kit = rng.choice(("keepsafe", "stowaway", "packrat", "backkit", "larder"))
    program, folder = f"/opt/{kit}/bin/{kit}", f"/etc/{kit}/conf.d"
    suffix, wrong = rng.sample(SUFFIXES, 2)
    keep = rng.randrange(2, 6)
    engine = scene.installs(texts.engine(kit, folder), program)
    own = f"{folder}/{rng.randrange(10, 30)}-{scene.service}.conf"
    settings = f"NAME={scene.service}\nSOURCE={scene.source}\nDEST={scene.dest}\nKEEP={keep}\nSCRATCH={suffix}\n"
    scene.state.file(own, settings)
    later = f"{folder}/{rng.randrange(40, 99)}-{rng.choice(('compress', 'migration', 'packing', 'xz'))}.conf"
    scene.state.file(later, f"# since the move to the new disks\nKEEP=1\nCOMPRESS=xz\nSCRATCH={wrong}\n")
    scene.state.file(f"/etc/{kit}/{kit}.conf", f"# not read since version 3, see conf.d\nKEEP={keep}\nCOMPRESS=gzip\n")
    scene.roots, scene.scripts = [f"/etc/{kit}", f"/opt/{kit}"], [own]
    days = texts.days(rng, keep + 2)
    names = (f"x.{suffix}", f"a b/y.{suffix}", f"x.{wrong}", f"a b/z.{wrong}")
    for number, day in enumerate(days, 1):
        scene.tree("", *names)
        scene.run(day, day, program=program)
        kept = [f"{scene.service}-{each}.tar.xz" for each in days[max(0, number - keep) : number]]
        check = scene.wants if number > 1 else scene.keeps
        check(f"what is there after day {number}", "names", a=f"{day}.to", names=kept)
        scene.unpack(f"{day}.packed", f"{scene.dest}/{scene.service}-{day}.tar.xz")
        scene.wants(f"the archive of day {number}", "same", a=f"{day}.from", b=f"{day}.packed", leave_out=f".{suffix}")
    scene.succeeds(*days)
    scene.keeps(
        "the vendor's program and the service's settings stay", "unchanged", texts={program: engine, own: settings}
    )
    prompt = (
        f"{own} says it all: keep {keep} archives of {scene.source} and leave out *.{suffix}. That file is right and "
        f"must stay byte for byte, and so must {program}, which a package owns. Yet there is never more than one "
        f"archive in {scene.dest}, and the archives hold *.{suffix} and lack *.{wrong}. Nobody has touched {own} for "
        "months. Find out why its settings do not count, and make them count. That archives are packed with xz now is "
        f"wanted and must stay. The settings are all in /etc/{kit}."
    )
    ending = (
        f"The user {scene.user} runs `{program} DATE` once a day, and nobody but root may be able to change the "
        f"program or its settings. Nothing outside {scene.dest} may be written or removed. File names may hold "
        "anything."
    )
    return scene.draft(prompt, f"sed -i '/^KEEP=/d; /^SCRATCH=/d' {later}", ending=ending)
