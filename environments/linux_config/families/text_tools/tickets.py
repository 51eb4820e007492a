"""Tickets about programs that count wrongly, and about new ones."""

from __future__ import annotations

import random

from agentgym.environments.linux_config.families.base import Draft
from agentgym.environments.linux_config.families.scripts import rewrite
from agentgym.environments.linux_config.families.text_tools import cases, sources
from agentgym.environments.linux_config.families.text_tools.scene import Scene

READS = "It reads the files that are its arguments, or standard input if there are none."


def _access_log(scene: Scene, statuses: tuple[int, ...] = (200,)) -> str:
    lines = [cases.request(scene.rng, cases.client(scene.rng), scene.rng.choice(statuses)) for _ in range(12)]
    return scene.sample("access.log", cases.text(lines))


def top_clients(rng: random.Random) -> Draft:
    """Numbers that are sorted as words."""
    scene = Scene(rng)
    top = rng.randrange(3, 8)
    scene.installs(sources.top_clients(top))
    log = _access_log(scene)
    prompt = (
        f"`{scene.name} LOG...` prints the {top} clients with the most requests, the most first, each as its number of "
        f"requests, a space and its address. {log} is such a log. On a busy day it prints clients with 9 requests "
        f"before those with 80: {scene.program} sorts the numbers as words. It must sort them as numbers; clients with "
        f"as many requests stay sorted by address as they are. {READS}"
    )
    gold = f"sed -i 's/-k1,1r/-k1,1nr/' {scene.program}"
    return scene.draft("top_clients", prompt, gold, top=top)


def status_class(rng: random.Random) -> Draft:
    """One status where a class of them was meant."""
    scene = Scene(rng)
    first = rng.choice((400, 500))
    scene.installs(sources.one_status(first))
    log = _access_log(scene, (200, 404, 500))
    prompt = (
        f"`{scene.name} LOG...` prints how many requests of an access log such as {log} ended with an error. It counts "
        f"only those with status {first}. It must count each status from {first} to {first + 99}, and print the number "
        f"alone, also if it is 0. {READS}"
    )
    gold = f"sed -i 's/ == {first}/ ~ \"^{first // 100}..$\"/' {scene.program}"
    return scene.draft("status_class", prompt, gold, first=first)


def any_case(rng: random.Random) -> Draft:
    """A word that is also written in capitals."""
    scene = Scene(rng)
    word = rng.choice(("error", "failed", "denied", "timeout", "warning", "refused"))
    scene.installs(sources.count_word(word))
    lines = [cases.message(rng, word, word.upper()) for _ in range(12)]
    log = scene.sample(f"{scene.service}.log", cases.text(lines))
    prompt = (
        f"`{scene.name} LOG...` prints how many lines hold `{word}`, alone or within a longer word; {log} is one of "
        f"the logs. Some programs write it {word.upper()} or {word.title()}, and those lines are not counted. Count "
        "lines that hold it in small or capital letters of any mixture, each line once, and print the number alone, "
        f"also if it is 0. {READS}"
    )
    gold = f"sed -i 's#/{word}/#tolower($0) ~ /{word}/#' {scene.program}"
    return scene.draft("any_case", prompt, gold, word=word)


def errors_per_hour(rng: random.Random) -> Draft:
    """A new program that counts lines of one level by the hour."""
    scene = Scene(rng)
    level = rng.choice(("ERROR", "FATAL", "CRIT", "ALERT"))
    stamps = cases.moments(rng, 12, step_s=4000)
    lines = [f"{when.isoformat()} {rng.choice((level, 'INFO'))} {cases.message(rng)}" for when in stamps]
    log = scene.sample(f"{scene.service}.log", cases.text(lines))
    prompt = (
        f"Write {scene.program}. It reads logs such as {log}: a time, the level and a message, with one space between. "
        f"For each hour with at least one line of level {level}, and no other hour, it prints the day, the hour and "
        "the number of these lines, as in `2031-05-09 07 12`, the earliest hour first. Only the second field is the "
        f"level, and it must be {level} letter for letter. {READS} The files need not be in order of time."
    )
    gold = rewrite(scene.program, sources.per_hour(level))
    return scene.draft("errors_per_hour", prompt, gold, level=level)


def by_account(rng: random.Random) -> Draft:
    """A new program that joins two files."""
    scene = Scene(rng)
    who = scene.sample("accounts", b"1207:mila:second floor\n4410:hugo:x:y\n")
    log = scene.sample("actions.log", b"2031-05-09T07:12:00 4410 opened the door\n2031-05-09T07:13:00 99 left\n")
    prompt = (
        f"Write {scene.program}. `{scene.name} ACCOUNTS LOG` prints how many lines of the log each account has: its "
        f"name, a space and the number, sorted by name byte by byte. In ACCOUNTS, such as {who}, a line has the number "
        f"of an account, its name and more, with colons between, in no order. In LOG, such as {log}, a line has a "
        "time, the number of an account and a message, with one space between. An account that ACCOUNTS does not know "
        "is called by its number with a question mark before it, as in `?99 1`; one without lines in the log is not "
        "printed."
    )
    return scene.draft("by_account", prompt, rewrite(scene.program, sources.BY_ACCOUNT))


def once(rng: random.Random) -> Draft:
    """A new program that drops repeated lines."""
    scene = Scene(rng)
    log = scene.sample(f"{scene.service}.txt", b"pear\napple\npear\n")
    prompt = (
        f"Write {scene.program}. It prints each different line once, where it comes first, and in the order of the "
        f"input: of {log} it prints `pear` and `apple`. Lines that differ in a blank or in capitals are different, and "
        f"empty lines are lines too. {READS}"
    )
    return scene.draft("once", prompt, rewrite(scene.program, '#!/bin/sh\nexec awk \'!seen[$0 ""]++\' "$@"'))


def column_totals(rng: random.Random) -> Draft:
    """A new program that reads tables with quoted fields."""
    scene = Scene(rng)
    key, amount = rng.choice(("customer", "client", "owner", "team")), rng.choice(("amount", "price", "cost", "hours"))
    table = f'{key},note,{amount},place,{amount} before\nmila,"a, b",12,north,3\n"Smith, Ann",,5,south,0\n'
    sample = scene.sample("table.csv", table.encode())
    prompt = (
        f"Write {scene.program}. `{scene.name} TABLE` prints the total of the column `{amount}` for each value of the "
        f"column `{key}`: the total, a tab and the value, sorted by value byte by byte. {sample} is such a table: "
        "comma-separated values, in which a field may be quoted, and then holds commas, line breaks and doubled "
        "quotes; lines end with LF or CRLF. The first line names the columns, which may be in any order; totals are "
        "whole numbers. A value with line breaks is printed with a space for each of them, blanks stay. A record with "
        "more or fewer fields than the first is left out. A table without records gives no output; one that lacks one "
        "of the two columns gives none either, and a status other than 0."
    )
    gold = rewrite(scene.program, sources.totals(key, amount))
    return scene.draft("column_totals", prompt, gold, key=key, amount=amount)


def rotated(rng: random.Random) -> Draft:
    """A new program that searches a log and what logrotate made of it."""
    scene = Scene(rng)
    log = f"{scene.service}.log"
    scene.sample(log, b"started\r\n")
    scene.sample(f"{log}.1", b"stopped\n")
    prompt = (
        f"Write {scene.program}. `{scene.name} FOLDER TEXT` prints each line that holds the text from {log} in the "
        f"folder and from what logrotate made of it, {log}.1, {log}.2 and so on, some of which are packed, as "
        f"{log}.7.gz is; {scene.folder} is such a folder. The oldest log, which has the highest number, comes first "
        f"and {log} last; there may be more than ten. The text is no pattern: `a.c` means a dot. Some lines end with "
        "CRLF; print all with LF alone. Other files in the folder, whatever they are called, must not be read, and "
        "the packed ones must stay packed. If nothing is found, nothing is printed, with status 0."
    )
    return scene.draft("rotated", prompt, rewrite(scene.program, sources.rotated(log)), log=log)


def masked(rng: random.Random) -> Draft:
    """A new filter that hides secrets and changes nothing else."""
    scene = Scene(rng)
    keys = rng.sample(("password", "token", "secret", "apikey", "pin", "session"), 2)
    line = f"GET /login?user=mila&{keys[0]}=pear {keys[1]}=x\n"
    log = scene.sample(f"{scene.service}.log", line.encode())
    prompt = (
        f"Write {scene.program}, a filter from standard input to standard output that hides secrets in logs like "
        f"{log}. The value of each `{keys[0]}=` and `{keys[1]}=` becomes `***`, also if it is empty. Such a key counts "
        "only in small letters, and only at the beginning of a line or right after a space, `&`, `?` or `;`: "
        f"`no{keys[0]}=` and `{keys[0]}_hint=` are no secrets. Its value goes on to the next space, `&`, `;` or end of "
        "line. Nothing else may change, byte for byte: the logs hold bytes that are no valid UTF-8, lines end with LF "
        "or CRLF and stay so, and the last line may have no end."
    )
    return scene.draft("masked", prompt, rewrite(scene.program, sources.masked(*keys)), keys=keys)
