"""Tickets about programs that must not be changed, samples that mislead, and programs and hosts that must agree."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.scripts import rewrite
from agentgym.environments.linux_config.families.text_tools import cases, sources
from agentgym.environments.linux_config.families.text_tools.scene import Scene


def wrapped(rng: random.Random) -> Draft:
    """A program of a vendor that must stay, and a wrapper that comes first."""
    scene = Scene(rng)
    kit = rng.choice(("logkit", "tallyho", "weblens", "sievekit", "hitlist"))
    folder, vendor = f"/opt/{kit}/bin", f"/opt/{kit}/bin/{scene.name}"
    path = rng.choice(("/healthz", "/ping", "/status", "/alive"))
    text = sources.vendor(kit)
    scene.installs(text, vendor)
    scene.stays[vendor] = text
    scene.path.append(folder)
    paths = (path, "/index", "/about")
    lines = [cases.request(rng, cases.client(rng), 200, rng.choice(paths)) for _ in range(12)]
    log = scene.sample("access.log", cases.text(lines))
    prompt = (
        f"Everybody calls `{scene.name} [-n NUMBER] LOG...` to see how often each path of access logs such as {log} "
        f"was asked for. It is {vendor}, and people have {folder} at the end of their PATH, after /usr/local/bin and "
        f"/usr/bin. Two things are wrong with it: it counts the monitor's requests for {path}, and it cannot read logs "
        f"that are packed with gzip, whose names end in .gz. {vendor} belongs to a package: it must stay byte for "
        f"byte, and whoever calls it by its path must get what they always got. So put {scene.program} before it, with "
        f"the same options: all it does is to leave out requests whose path is {path} and no more, unpack what is "
        f"packed, and hand over to {vendor}, which also reads standard input. The next version of {kit} may print "
        f"something else, and then {scene.name} must print that. Nobody calls it without a log."
    )
    gold = rewrite(scene.program, sources.wrapper(vendor, path))
    roots = (scene.program, f"/opt/{kit}")
    return scene.draft("wrapped", prompt, gold, roots=roots, path=path, vendor=vendor, name=scene.name)


def told_fields(rng: random.Random) -> Draft:
    """A sample with one order of columns, where the logs have many."""
    scene = Scene(rng)
    scene.installs(sources.FIXED_FIELD)
    rows = [
        f"{when.isoformat().replace('T', ' ')} {cases.client(rng)} GET /index {rng.choice((200, 404))} "
        f"{rng.randrange(999)}"
        for when in cases.moments(rng, 12, step_s=60)
    ]
    fields = "date time c-ip cs-method cs-uri-stem sc-status time-taken"
    log = scene.sample("today.log", cases.text([f"#Fields: {fields}", *rows]))
    prompt = (
        f"`{scene.name} [LOG...]` prints for each status that requests ended with, in ascending order, the status, a "
        f"space and their number; it reads standard input if no log is named. It is right for {log}, which everybody "
        "tries it with, but its numbers for other hosts make no sense: it prints addresses and times as if they were "
        "statuses. The servers write a line `#Fields:` before their requests, and that names the fields in their "
        "order; it holds until the next such line, of which a log may have several, all different, but each with "
        f"`sc-status`. Other lines that begin with # mean nothing. Mend {scene.program}."
    )
    return scene.draft("told_fields", prompt, rewrite(scene.program, sources.TOLD_FIELDS))


def merged(rng: random.Random) -> Draft:
    """Logs of several hosts, which tell the time in different ways."""
    scene = Scene(rng)
    log = f"{scene.service}.log"
    scene.sample(f"first/{log}", b"2031-05-09T05:12:30Z ready\n")
    scene.sample(f"second/{log}", b"1936069950 ready too\n")
    scene.sample(f"third/{log}", b"2031-05-09 07:12:31 +0200 me too\n")
    prompt = (
        f"Write {scene.program}. `{scene.name} FOLDER` merges the logs of several hosts into one. The folder has a "
        f"folder for each host, with its name, and in it {log}; {scene.folder} is an example. A line is a time, a "
        "space and a message. Hosts write the time as `2031-05-09T05:12:30Z`, as seconds since 1970 (`1936069950`), "
        "or as local time with its offset from UTC (`2031-05-09 07:12:31 +0200`), and the offset may change within a "
        "log. Print each line as the time in UTC in the first of these forms, a space, the host, a space and the "
        "message as it is, in the order of time; at the same time by name of the host, byte by byte, and of one host "
        "in the order of its log. Other files in the folders must not be read."
    )
    gold = rewrite(scene.program, sources.merge(log))
    return scene.draft("merged", prompt, gold, log=log, step_s=rng.randrange(600, 4000))


def piped(rng: random.Random) -> Draft:
    """Three programs that disagree about what is between two fields."""
    scene = Scene(rng)
    programs = [f"/usr/local/bin/{scene.service}-{word}" for word in ("collect", "select", "report")]
    levels = rng.sample(("INFO", "WARN", "ERROR", "DEBUG", "FATAL"), 3)
    for program, text in zip(programs, sources.PIPE, strict=True):
        scene.installs(text, program)
    scene.programs = programs
    scene.sample("north.log", f"{levels[0]} all | well\n{levels[1]} so: so\n".encode())
    names = [program.rpartition("/")[2] for program in programs]
    prompt = (
        f"`{names[0]} FOLDER | {names[1]} LEVEL | {names[2]}` should tell how many lines of one level each host has, "
        f"but the three disagree about what stands between two fields. {names[0]} reads each HOST.log in a folder such "
        f"as {scene.folder}, in the order of the names, whose lines are a level, a space and a message, and prints "
        f"a record for each: host, level and message. {names[1]} prints those of its standard input that have just "
        f"that level, as they are. {names[2]} prints each host in its standard input, a space and the number of its "
        "records, sorted by host byte by byte. Between the fields of a record there must be one tab. A message may "
        "hold colons, bars and blanks, but no tab, and must come through unchanged. Each of the three is also used "
        "alone."
    )
    gold = [rewrite(program, text) for program, text in zip(programs, sources.PIPE_IN_TABS, strict=True)]
    scene.program = programs[0]
    return scene.draft("piped", prompt, *gold, programs=programs, levels=levels)
