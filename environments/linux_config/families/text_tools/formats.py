"""What the programs of hard tickets must print: quoted fields, rotated logs, secrets, wrappers, several hosts."""

from __future__ import annotations

import csv
import gzip
import io
import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from agentgym.environments.linux_config.families.text_tools.cases import (
    FOLDER,
    Case,
    client,
    message,
    moments,
    request,
    text,
)
from agentgym.environments.linux_config.names import NOUNS, PEOPLE, SERVICES

CLOCK = "%Y-%m-%dT%H:%M:%SZ"


def column_totals(params: dict[str, Any], rng: random.Random) -> list[Case]:
    """The total of one column for each value of another, of a file with quoted fields."""
    key, amount = params["key"], params["amount"]
    columns = [key, amount, "note", f"{amount} before", "place"]
    rng.shuffle(columns)
    keys = [*rng.sample(PEOPLE, 4), "Smith, Ann", 'the "boss"', "two\nlines", " padded "]
    rows = [[_field(column, key, amount, keys, rng) for column in columns] for _ in range(rng.randrange(40, 90))]
    totals: Counter[str] = Counter()
    for row in rows:
        totals[row[columns.index(key)]] += int(row[columns.index(amount)])
    short = [row[: rng.randrange(1, 5)] for row in rng.sample(rows, 6)] + [[*row, "9"] for row in rng.sample(rows, 3)]
    mixed = [*rows, *short]
    rng.shuffle(mixed)
    names = [column if column != key else "other" for column in columns]
    lines = sorted((_one_line(name), total) for name, total in totals.items())
    wanted = text([f"{total}\t{name}" for name, total in lines])
    files = {"a b.csv": _csv(columns, mixed, "\r\n"), "plain.csv": _csv(columns, mixed, "\n")}
    files |= {"header.csv": _csv(columns, [], "\r\n"), "other.csv": _csv(names, rows, "\r\n")}
    return [
        Case("lines that end in CRLF", (f"{FOLDER}/a b.csv",), wanted, files),
        Case("in the current folder", ("plain.csv",), wanted, files, inside=True),
        Case("a header alone", (f"{FOLDER}/header.csv",), b"", files),
        Case("a column is missing", (f"{FOLDER}/other.csv",), None, files, edge=True),
    ]


def _field(column: str, key: str, amount: str, keys: list[str], rng: random.Random) -> str:
    if column == key:
        return rng.choice(keys)
    if column.startswith(amount):
        return str(rng.randrange(-500, 9000))
    return rng.choice(("", "a,b", 'say ""', "1\n2", message(rng)))


def _one_line(name: str) -> str:
    return name.replace("\n", " ")


def _csv(columns: list[str], rows: list[list[str]], end: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=end)
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode()


def rotated(params: dict[str, Any], rng: random.Random) -> list[Case]:
    """The lines that hold a text, oldest log first."""
    base = params["log"]
    needle = rng.choice(("a.c", "[x]", "-v", "x*", "$1", "a b", "\\d"))
    lines = [f"{number} {_around(rng, needle)}" for number in range(400)]
    count = rng.randrange(11, 14)
    files: dict[str, bytes] = {}
    parts = [lines[number * 30 : number * 30 + 30] for number in range(count)]
    for age, part in zip(range(count - 1, -1, -1), parts, strict=True):
        data = text(part, rng.choice(("\n", "\r\n")))
        packed = age > 1 and rng.random() < 0.7
        name = base if age == 0 else f"{base}.{age}" + (".gz" if packed else "")
        files[name] = gzip.compress(data, mtime=0) if packed else data
    wanted = text([line for part in parts for line in part if needle in line])
    stray = text([f"stray {needle}"])
    files |= {
        f"{base}.bak": stray,
        f"{base}.1.swp": stray,
        f"x{base}": stray,
        f"{base}-old": stray,
        f"{base}.2x": stray,
    }
    alone = {base: text([f"only {needle}", "no"])}
    return [
        Case("many logs", (FOLDER, needle), wanted, files),
        Case("in the current folder", (".", needle), wanted, files, inside=True),
        Case("one log", (FOLDER, needle), text([f"only {needle}"]), alone),
        Case("no such line", (FOLDER, "nowhere at all"), b"", files),
    ]


def _around(rng: random.Random, needle: str) -> str:
    lures = ("abc", "x", "v", "xxx", "1", "a  b", "7", "d")
    return f"{message(rng, *lures)} {needle if rng.random() < 0.3 else rng.choice(lures)} {rng.choice(NOUNS)}"


SECRET = rb"(?m)(^|[ &?;])((?:%s)=)[^ &;\r\n]*"


def masked(params: dict[str, Any], rng: random.Random) -> list[Case]:
    """The same bytes without the values of some keys."""
    keys = params["keys"]
    pattern = re.compile(SECRET % b"|".join(key.encode() for key in keys))

    def field() -> bytes:
        key: str = rng.choice(
            (*keys, *keys, f"no{keys[0]}", f"{keys[0]}_hint", f"x-{keys[1]}", "user", keys[0].upper())
        )
        value: bytes = rng.choice((b"", b"s3cret", b"a=b", b"\xff\xfe", b"'q'", b"\xc3\xbc/+", b'"x"', b"\\1", b"***"))
        return key.encode() + b"=" + value

    def line() -> bytes:
        parts = [rng.choice((field(), field(), message(rng).encode(), b"\x80\x81")) for _ in range(rng.randrange(1, 8))]
        between: bytes = rng.choice((b" ", b"&", b";", b"?", b" , "))
        return between.join(parts)

    lines = [line() for _ in range(200)]
    whole = rng.choice((b"\n", b"\r\n")).join(lines)
    return [
        Case("a log without a last line end", (), pattern.sub(rb"\1\2***", whole), stdin=whole),
        Case("another", (), pattern.sub(rb"\1\2***", whole + b"\n"), stdin=whole + b"\n", inside=True),
        Case("nothing", (), b"", edge=True),
        Case("nothing to hide", (), b"a  b\r\n\tc \n\nd", stdin=b"a  b\r\n\tc \n\nd", edge=True),
    ]


def wrapped(params: dict[str, Any], rng: random.Random) -> list[Case]:
    """What a vendor's program prints of logs without the health checks, packed ones too; also after its upgrade."""
    probe, vendor, name = params["path"], params["vendor"], params["name"]
    paths = [probe, probe, *(f"/{noun}" for noun in rng.sample(NOUNS, 6)), f"{probe}/deep", f"/x{probe}"]
    lines = [request(rng, client(rng), 200, rng.choice(paths)) for _ in range(200)]
    lines += [request(rng, client(rng), 200, f"/search?from={probe}") for _ in range(3)]
    kept = [line for line in lines if line.split(" ")[6] != probe]
    files = {"a b.log": text(lines[:90]), "old.log.gz": gzip.compress(text(lines[90:]), mtime=0)}
    argv = (f"{FOLDER}/a b.log", f"{FOLDER}/old.log.gz")
    counts = sorted(Counter(line.split(" ")[6] for line in kept).items(), key=lambda item: (-item[1], item[0]))
    wanted = [f"{count} {path}" for path, count in counts]
    upgraded = '#!/bin/sh\n# version 2\n[ "$1" != -n ] || shift 2\nprintf \'v2 \'\ncat -- "$@" | grep -c .\n'
    seen = Counter(line.split(" ")[6] for line in lines[:90])
    direct = sorted(seen.items(), key=lambda item: (-item[1], item[0]))
    return [
        Case("a plain and a packed log", argv, text(wanted), files, program=name),
        Case("the first three", ("-n", "3", *argv), text(wanted[:3]), files, program=name),
        Case("in the current folder", ("old.log.gz", "a b.log"), text(wanted), files, inside=True, program=name),
        Case(
            "the vendor's own program",
            (argv[0],),
            text([f"{count} {path}" for path, count in direct]),
            files,
            edge=True,
            program=vendor,
        ),
        Case(
            "after an upgrade",
            ("-n", "3", *argv),
            text([f"v2 {len(kept)}"]),
            files,
            program=name,
            swaps={vendor: upgraded},
        ),
    ]


def told_fields(params: dict[str, Any], rng: random.Random) -> list[Case]:
    """How many requests had each status, in logs that say themselves where the status is."""
    lines, counts = [], Counter[str]()
    for _ in range(rng.randrange(4, 8)):
        fields = ["date", "time", "c-ip", "cs-method", "cs-uri-stem", "sc-status", "sc-bytes", "time-taken"]
        chosen = [field for field in fields if field == "sc-status" or rng.random() < 0.8]
        rng.shuffle(chosen)
        lines += ["#Software: 1", f"#Fields: {' '.join(chosen)}"]
        for when in moments(rng, rng.randrange(5, 40), step_s=60):
            values = _values(rng, when)
            counts[values["sc-status"]] += 1
            lines.append(" ".join(values[field] for field in chosen))
    wanted = text([f"{status} {count}" for status, count in sorted(counts.items())])
    half = [number for number, line in enumerate(lines) if line.startswith("#Software")][2]
    files = {"a b.log": text(lines[:half]), "c.log": text(lines[half:]), "none.log": b""}
    return [
        Case("two logs", (f"{FOLDER}/a b.log", f"{FOLDER}/c.log"), wanted, files),
        Case("standard input", (), wanted, stdin=text(lines)),
        Case("in the current folder", ("none.log", "c.log", "a b.log"), wanted, files, inside=True),
        Case("an empty log", (f"{FOLDER}/none.log",), b"", files, edge=True),
    ]


def _values(rng: random.Random, when: datetime) -> dict[str, str]:
    status = rng.choice(("200", "200", "304", "404", "500", "503"))
    date, time = when.isoformat().split("T")
    return {
        "date": date,
        "time": time,
        "c-ip": client(rng),
        "cs-method": rng.choice(("GET", "POST")),
        "cs-uri-stem": f"/{rng.choice(NOUNS)}",
        "sc-status": status,
        "sc-bytes": rng.choice(("200", "404", str(rng.randrange(9999)))),
        "time-taken": rng.choice(("500", "304", str(rng.randrange(600)))),
    }


def merged(params: dict[str, Any], rng: random.Random) -> list[Case]:
    """One log of several hosts, each of which writes the time in its own way, in order of time."""
    entries: list[tuple[datetime, str, int, str]] = []
    files: dict[str, bytes] = {}
    base = moments(rng, 90, step_s=params["step_s"])
    hosts = rng.sample(SERVICES, 5)
    styles = ["epoch", "utc", "local", *(rng.choice(("epoch", "utc", "local")) for _ in range(2))]
    for host, style in zip(hosts, styles, strict=True):
        lines = []
        for number, when in enumerate(sorted(rng.choice(base) for _ in range(40))):
            said = message(rng)
            lines.append(f"{_stamp(when, style, rng)} {said}")
            entries.append((when, host, number, said))
        files[f"{host}/{params['log']}"] = text(lines)
        files[f"{host}/other.log"] = b"not this\n"
    files["README"] = b"hosts\n"
    wanted = text([f"{when.strftime(CLOCK)} {host} {said}" for when, host, _, said in sorted(entries)])
    one = hosts[2]
    mine = text([f"{when.strftime(CLOCK)} {host} {said}" for when, host, _, said in sorted(entries) if host == one])
    quiet = {path: data if path.startswith(f"{one}/") else b"" for path, data in files.items()}
    return [
        Case("all hosts", (FOLDER,), wanted, files),
        Case("in the current folder", (".",), wanted, files, inside=True),
        Case("one host with lines", (FOLDER,), mine, quiet),
        Case("one host alone", (FOLDER,), mine, {path: d for path, d in files.items() if path.startswith(f"{one}/")}),
    ]


def _stamp(when: datetime, style: str, rng: random.Random) -> str:
    aware = when.replace(tzinfo=UTC)
    if style == "epoch":
        return str(int(aware.timestamp()))
    if style == "utc":
        return when.strftime(CLOCK)
    minutes = rng.choice((-570, -300, 60, 120, 330, 345))
    return aware.astimezone(timezone(timedelta(minutes=minutes))).strftime("%Y-%m-%d %H:%M:%S %z")


def piped(params: dict[str, Any], rng: random.Random) -> list[Case]:
    """Records that one program collects, another filters and a third counts, and each of the three alone."""
    collect, select, report = params["programs"]
    hosts = sorted(rng.sample(SERVICES, 4))
    records: list[tuple[str, str, str]] = []
    files: dict[str, bytes] = {}
    for host in hosts:
        own = [(host, rng.choice(params["levels"]), message(rng, "a|b", "|", "x:y", "k|l|m")) for _ in range(30)]
        own = [(name, level, said.replace("\t", " ")) for name, level, said in own]
        files[f"{host}.log"] = text([f"{level} {said}" for _, level, said in own])
        records += own
    level = rng.choice(params["levels"])
    every, kept = text(["\t".join(r) for r in records]), text(["\t".join(r) for r in records if r[1] == level])
    counts = Counter(host for host, its, _ in records if its == level)
    counted = text([f"{host} {count}" for host, count in sorted(counts.items())])
    chain = f'"{collect}" "$1" | "{select}" "$2" | "{report}"'
    return [
        Case("collected", (FOLDER,), every, files, program=collect),
        Case("selected", (level,), kept, stdin=every, program=select),
        Case("reported", (), counted, stdin=kept, program=report),
        Case("all three", ("-c", chain, "sh", FOLDER, level), counted, files, program="/bin/sh"),
        Case("nothing to report", (), b"", program=report, edge=True),
        Case("nothing to select", (level,), b"", program=select, edge=True),
    ]
