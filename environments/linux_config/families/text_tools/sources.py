"""The programs that tickets about text begin with, and their solutions."""

from __future__ import annotations

BY_ACCOUNT = """\
#!/usr/bin/python3
import collections, os, sys
out = sys.stdout
with open(sys.argv[1]) as table, open(sys.argv[2]) as log:
    names = dict(line.rstrip("\\n").split(":")[:2] for line in table)
    counts = collections.Counter(line.split(" ")[1] for line in log)
for name, count in sorted((names.get(number, "?" + number), count) for number, count in counts.items()):
    print(name, count)
"""
FIXED_FIELD = """\
#!/bin/sh
# Prints how many requests ended with each status.
awk '!/^#/ {n[$6]++} END {for (s in n) print s, n[s]}' "$@" | LC_ALL=C sort
"""
TOLD_FIELDS = """\
#!/bin/sh
# Prints how many requests ended with each status.
awk '/^#Fields:/ {for (i = 2; i <= NF; i++) if ($i == "sc-status") at = i - 1}
    !/^#/ {n[$at]++} END {for (s in n) print s, n[s]}' "$@" | LC_ALL=C sort
"""
PIPE = (
    """\
#!/bin/sh
for log in "$1"/*.log; do
    host=$(basename "$log" .log)
    sed "s/^/$host|/; s/ /|/" "$log"
done
""",
    """\
#!/bin/sh
awk -F'|' -v level="$1" '$2 == level'
""",
    """\
#!/bin/sh
awk -F: '{n[$1]++} END {for (host in n) print host, n[host]}' | LC_ALL=C sort
""",
)
PIPE_IN_TABS = (
    PIPE[0].replace('"s/^/$host|/; s/ /|/"', '"s/ /\\t/; s/^/$host\\t/"'),
    PIPE[1].replace("-F'|'", "-F'\\t'"),
    PIPE[2].replace("-F:", "-F'\\t'"),
)


def top_clients(top: int) -> str:
    """Return a program that sorts numbers as words."""
    return f"""\
#!/bin/sh
# Prints the {top} clients with the most requests.
awk '{{n[$1]++}} END {{for (client in n) print n[client], client}}' "$@" |
    LC_ALL=C sort -k1,1r -k2,2 | head -n {top}
"""


def one_status(status: int) -> str:
    """Return a program that counts one status."""
    return f"#!/bin/sh\n# Prints how many requests failed.\nawk '$9 == {status} {{n++}} END {{print n + 0}}' \"$@\"\n"


def count_word(word: str) -> str:
    """Return a program that counts lines with a word as it is written."""
    return f"#!/bin/sh\n# Prints how many lines hold a word.\nawk '/{word}/ {{n++}} END {{print n + 0}}' \"$@\"\n"


def per_hour(level: str) -> str:
    """Return a program that counts the lines of a level in each hour."""
    return f"""\
#!/bin/sh
awk -F'[ ]' '$2 == "{level}" {{n[substr($1, 1, 10) " " substr($1, 12, 2)]++}}
    END {{for (hour in n) print hour, n[hour]}}' "$@" | LC_ALL=C sort
"""


def totals(key: str, amount: str) -> str:
    """Return a program that adds up a column of a table with quoted fields."""
    return f"""\
#!/usr/bin/python3
import collections, csv, sys
with open(sys.argv[1], newline="", encoding="utf-8") as file:
    rows = list(csv.reader(file))
columns = rows[0]
if "{key}" not in columns or "{amount}" not in columns:
    sys.exit("a column is missing")
key, amount = columns.index("{key}"), columns.index("{amount}")
total = collections.Counter()
for row in rows[1:]:
    if len(row) == len(columns):
        total[row[key].replace("\\n", " ")] += int(row[amount])
for name in sorted(total):
    print(total[name], name, sep="\\t")
"""


def rotated(log: str) -> str:
    """Return a program that searches a log and the older ones, oldest first."""
    return f"""\
#!/usr/bin/python3
import gzip, os, re, sys
folder, needle = os.fsencode(sys.argv[1]), os.fsencode(sys.argv[2])
found = []
for name in os.listdir(folder):
    match = re.fullmatch(rb"{log}(?:[.]([0-9]+)([.]gz)?)?", name)
    if match:
        found.append((int(match[1] or 0), name))
for number, name in sorted(found, reverse=True):
    opened = gzip.open if name.endswith(b".gz") else open
    with opened(os.path.join(folder, name), "rb") as file:
        for line in file:
            line = line.rstrip(b"\\r\\n")
            if needle in line:
                sys.stdout.buffer.write(line + b"\\n")
"""


def masked(first: str, second: str) -> str:
    """Return a filter that hides the values of two keys."""
    return f"#!/bin/sh\nLC_ALL=C exec sed -E 's/(^|[ &?;])(({first}|{second})=)[^ &;\\r]*/\\1\\2***/g'\n"


def vendor(kit: str) -> str:
    """Return a vendor's program that counts paths."""
    return f"""\
#!/bin/sh
# Part of {kit} 1.4, do not edit: upgrades replace this file.
top=
if [ "$1" = -n ]; then
    top=$2
    shift 2
fi
awk '{{n[$7]++}} END {{for (path in n) print n[path], path}}' "$@" | LC_ALL=C sort -k1,1nr -k2 |
    if [ "$top" ]; then head -n "$top"; else cat; fi
"""


def wrapper(program: str, path: str) -> str:
    """Return a program that unpacks logs, leaves out a path, and hands over to the vendor's."""
    return f"""\
#!/bin/sh
first= top=
if [ "$1" = -n ]; then
    first=-n top=$2
    shift 2
fi
zcat -f -- "$@" | awk '$7 != "{path}"' | {program} ${{first:+"$first" "$top"}}
"""


def merge(log: str) -> str:
    """Return a program that merges the logs of several hosts."""
    return f"""\
#!/usr/bin/python3
import datetime, os, sys
FORM = "%Y-%m-%dT%H:%M:%SZ"
UTC = datetime.timezone.utc
entries = []
for host in os.listdir(sys.argv[1]):
    path = os.path.join(sys.argv[1], host, "{log}")
    if not os.path.isfile(path):
        continue
    with open(path, encoding="utf-8", newline="\\n") as file:
        for number, line in enumerate(file):
            line = line.removesuffix("\\n")
            stamp, _, said = line.partition(" ")
            if stamp.endswith("Z"):
                when = datetime.datetime.strptime(stamp, FORM).replace(tzinfo=UTC)
            elif stamp.isdigit():
                when = datetime.datetime.fromtimestamp(int(stamp), UTC)
            else:
                clock, offset, said = said.split(" ", 2)
                when = datetime.datetime.strptime(f"{{stamp}} {{clock}} {{offset}}", "%Y-%m-%d %H:%M:%S %z")
                when = when.astimezone(UTC)
            entries.append((when, host, number, said))
for when, host, number, said in sorted(entries):
    print(when.strftime(FORM), host, said)
"""
