"""The scripts that tickets about backups begin with, and parts of their solutions."""

from __future__ import annotations

import random
from datetime import date, timedelta

RESTORE = """\
#!/bin/sh
set -eu
archive=$1 folder=$2
gzip -t "$archive"
tar -tf "$archive" > /dev/null
mkdir -p -- "$folder"
if [ -n "$(ls -A -- "$folder")" ]; then
    echo "$folder is not empty" >&2
    exit 1
fi
tar -xpf "$archive" -C "$folder"
"""


def days(rng: random.Random, count: int) -> list[str]:
    """Return dates in order, with gaps."""
    day = date(rng.randrange(2024, 2032), rng.randrange(1, 13), rng.randrange(1, 29))
    found = []
    for _ in range(count):
        found.append(day.isoformat())
        day += timedelta(days=rng.choice((1, 1, 2, 9, 40)))
    return found


def packing(source: str, archive: str) -> str:
    """Return a script that packs a folder."""
    return f"#!/bin/sh\n# Packs {source}.\nset -eu\ntar -czf {archive} -C {source} .\n"


def dated(source: str, name: str) -> str:
    """Return a script that packs a folder into the archive of a date."""
    return (
        f'#!/bin/sh\n# Packs {source} into the archive of a date.\nset -eu\ntar -czf {name}-"$1".tar.gz -C {source} .\n'
    )


def pruning(name: str, keep: int) -> str:
    """Return the end of a script that removes all but the latest archives."""
    digits = "-".join("[0-9]" * count for count in (4, 2, 2))
    return f'ls -1 {name}-{digits}.tar.gz | sort | head -n -{keep} | while read -r old; do rm -f "$old"; done\n'


def word_loop(source: str, mirror: str) -> str:
    """Return a script that takes words for files."""
    return f"""\
#!/bin/sh
# Copies {source}.
cd {source}
for file in $(find . -type f); do
    mkdir -p {mirror}/$(dirname $file)
    cp -p $file {mirror}/$file
done
"""


def dumper(service: str) -> str:
    """Return the program that dumps a service's database, as its package brings it."""
    return f"#!/bin/sh\n# Part of the package {service}.\necho 'dump of {service}'\n"


def waiting_dumper(work: str) -> str:
    """Return a dump program that counts its runs and waits while it is held."""
    return f"""\
#!/bin/sh
echo start >> {work}/starts
while [ -e {work}/hold ]; do sleep 0.05; done
cat {work}/value
"""


def failing_dumper(work: str) -> str:
    """Return a dump program that stops half-way if it has to, and fails with the status that it is told."""
    return f"""\
#!/bin/sh
head -c 3 {work}/value
echo start >> {work}/starts
while [ -e {work}/hold ]; do sleep 0.05; done
[ "$(cat {work}/status)" = 0 ] || exit "$(cat {work}/status)"
tail -c +4 {work}/value
"""


def safe_dump(program: str, saved: str) -> str:
    """Return a script that puts a dump into its place when it is whole."""
    return f"""\
#!/bin/sh
set -eu
trap 'rm -f {saved}.raw {saved}.new' EXIT
{program} > {saved}.raw
[ -s {saved}.raw ]
gzip -c {saved}.raw > {saved}.new
mv {saved}.new {saved}
"""


def snapshot(source: str, dest: str) -> str:
    """Return a script that makes the snapshot of a date."""
    digits = "-".join("[0-9]" * count for count in (4, 2, 2))
    return f"""\
#!/bin/sh
set -eu
new={dest}/$1
if [ -e "$new" ] || [ ! -d {source} ]; then exit 1; fi
last=$(ls -d {dest}/{digits} 2>/dev/null | sort | tail -n 1)
trap 'rm -rf {dest}/.unfinished' EXIT
rsync -a ${{last:+--link-dest="$last"}} {source}/ {dest}/.unfinished/
mv {dest}/.unfinished "$new"
"""


def engine(kit: str, folder: str) -> str:
    """Return the backup program of a vendor, which reads settings from a folder."""
    return f"""\
#!/bin/sh
# {kit} 3.2. Belongs to the package: upgrades replace this file, settings belong into {folder}.
set -eu
KEEP=3 COMPRESS=gzip SCRATCH=scratch
for settings in {folder}/*.conf; do
    . "$settings"
done
case $COMPRESS in xz) end=tar.xz ;; *) end=tar.gz ;; esac
tar --create "--$COMPRESS" --exclude="*.$SCRATCH" --file="$DEST/.new" -C "$SOURCE" .
mv "$DEST/.new" "$DEST/$NAME-$1.$end"
ls -1 "$DEST" | grep "^$NAME-[0-9-]*\\.$end\\$" | sort | head -n "-$KEEP" | while read -r old; do
    rm -f "$DEST/$old"
done
"""
