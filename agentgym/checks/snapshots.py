"""Checks of snapshots: the files of a box, all of them and nothing else, in other boxes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from agentgym.checks.bench import Bench, alive, python, refused
from agentgym.checks.report import expect
from agentgym.errors import UsageError
from agentgym.sandbox import Sandbox

LEAVE = """
mkdir -p tree/deep/er tree/empty && cd tree && echo one > deep/er/file && head -c 300000 /dev/urandom > bytes
chmod 640 deep/er/file && chmod 750 bytes && chmod 700 empty && ln deep/er/file hard && mkfifo fifo
ln -s deep/er/file link && ln -s /no/where dangling && echo odd > "$(printf 'two\\nlines \\377')"
echo kept > /home/agent/kept 2>/dev/null || true
echo kept > /tmp/kept
"""
# Root may find parts of the image read-only: what it cannot change is as it was.
LEAVE_AS_ROOT = """
echo secret > /srv/secret && chmod 600 /srv/secret && mkdir -p /srv/open && echo x > /srv/open/file || exit 1
{ rm -f /usr/bin/yes; rm -rf /usr/share/perl5; echo x >> /etc/profile; chmod 711 /etc/skel; } 2>/dev/null
mkdir -p /etc/new 2>/dev/null && echo y > /etc/new/file
true
"""
LOOK = """
import hashlib, json, os, stat, sys
found, left = {}, sys.argv[1:]
while left:
    path = left.pop()
    try:
        status = os.lstat(path)
        found[path] = entry = [oct(status.st_mode), status.st_uid, status.st_gid]
        if stat.S_ISLNK(status.st_mode):
            entry.append(os.readlink(path))
        elif stat.S_ISREG(status.st_mode):
            entry += [status.st_nlink, hashlib.sha256(open(path, "rb").read()).hexdigest()]
        elif stat.S_ISDIR(status.st_mode):
            left += [os.path.join(path, name) for name in os.listdir(path)]
    except OSError as error:
        found[path] = [*found.get(path, []), error.strerror]
print(json.dumps(found))
"""
SYSTEM = ("/usr/bin", "/usr/sbin", "/usr/lib", "/etc")
ROOTS_PATHS = ("/srv", "/etc/profile", "/etc/new", "/etc/skel", "/usr/bin/yes", "/usr/share/perl5")
SLEEPER = ["sh", "-c", "setsid sleep 86426 >/dev/null 2>&1 &"]


def snapshots_keep_files(bench: Bench) -> None:
    """A box's files, folders and links come back with their modes, in a new box and in one that is reset to them."""
    left = bench.sh(LEAVE)
    expect(left.ok, f"the files could not be made: {left.text}")
    _expect_kept(bench, None, (bench.spec.workdir, "/tmp/kept", "/home/agent/kept"))


def snapshots_keep_owners_and_deletions(bench: Bench) -> None:
    """What root wrote, changed and removed is as root left it in boxes that start with the snapshot."""
    left = bench.sh(LEAVE_AS_ROOT, user="root")
    expect(left.ok, f"the files could not be made: {left.text}")
    bench.sh("echo mine > file")
    _expect_kept(bench, "root", (f"{bench.spec.workdir}/file", *ROOTS_PATHS))


def _expect_kept(bench: Bench, user: str | None, paths: tuple[str, ...]) -> None:
    """Fail unless paths are the same in this box, in a box that starts with its snapshot, and after resets to it."""
    before = _look(bench.box, user, paths)
    snapshot = bench.box.snapshot()
    with bench.backend.acquire(bench.spec, start=snapshot) as other:
        _expect_same(before, _look(other, user, paths), "in a box that started with the snapshot")
    bench.sh("rm -rf tree file; mkdir tree; echo later > tree/later; rm -f /tmp/kept", user=user)
    bench.sh("rm -rf /srv/*; echo later > /srv/later", user="root" if user else None)
    bench.box.reset(to=snapshot)
    _expect_same(before, _look(bench.box, user, paths), "in a box that was reset to the snapshot")


def _look(box: Sandbox, user: str | None, paths: tuple[str, ...]) -> dict[str, Any]:
    """Return kind, mode, owner and content of everything at or below paths, as far as a user can see them."""
    result = python(box, LOOK, *paths, user=user)
    expect(result.ok, f"the box's files could not be looked at: {result.text}")
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def _expect_same(before: dict[str, Any], after: dict[str, Any], where: str) -> None:
    changed = {
        path: (before.get(path), after.get(path))
        for path in sorted(before | after)
        if before.get(path) != after.get(path)
    }
    expect(not changed, f"other files {where}: {dict(list(changed.items())[:3])}")


def changes_are_told(bench: Bench) -> None:
    """A box tells what was changed in it, and nothing where nothing was."""
    with bench.backend.acquire(bench.spec) as untouched:
        before = untouched.changes(SYSTEM)
    inside = f"{bench.spec.workdir}/new/file"
    made = bench.sh(f"mkdir -p {bench.spec.workdir}/new && echo x > {inside}")
    expect(made.ok, f"the file could not be made: {made.text}")
    after = bench.box.changes([bench.spec.workdir, *SYSTEM])
    expect(not before, f"an untouched box tells of {before[:5]}")
    expect(inside in after, f"a new file is not told of: {after[:5]}")


def roots_changes_are_told(bench: Bench) -> None:
    """What root changes, adds and removes among the system's files is told, whatever times root gives to them."""
    bench.sh(
        "echo x >> /etc/profile; rm -f /usr/bin/yes; mkdir -p /etc/new && echo y > /etc/new/file; "
        "touch -d 2001-01-01 /etc/profile /usr/bin /etc/new/file",
        user="root",
    )
    for path, made in (
        ("/etc/profile", "grep -qx x /etc/profile"),
        ("/usr/bin", "! test -e /usr/bin/yes"),
        ("/etc/new/file", "test -e /etc/new/file"),
    ):
        # Parts of the image may be read-only even for root.
        if bench.sh(made, user="root").ok:
            expect(path in bench.box.changes(SYSTEM), f"{path} was changed, and nobody tells")


def snapshots_hold_no_processes(bench: Bench) -> None:
    """A process that runs while a snapshot is taken goes on in its own box, and is in no box that has the snapshot."""
    bench.box.exec(SLEEPER, timeout_s=10)
    snapshot = bench.box.snapshot()
    expect(bench.alive("86426"), "taking a snapshot ended a process")
    with bench.backend.acquire(bench.spec, start=snapshot) as other:
        expect(not alive(other, "86426"), "a process came back with a snapshot")
    bench.box.reset(to=snapshot)
    expect(not bench.alive("86426"), "a process survived a reset to a snapshot")


def snapshots_do_not_change(bench: Bench) -> None:
    """What a box does after it started with a snapshot is in no other that starts with it."""
    bench.sh("echo first > file")
    snapshot = bench.box.snapshot()
    bench.sh("echo later > file; touch more")
    with bench.backend.acquire(bench.spec, start=snapshot) as one:
        one.exec(["sh", "-c", "echo changed > file; touch more; rm -rf /tmp/*"], timeout_s=10)
        with bench.backend.acquire(bench.spec, start=snapshot) as two:
            seen = two.exec(["sh", "-c", "cat file; ls"], timeout_s=10)
            expect(seen.stdout == b"first\nfile\n", f"a second box with the snapshot has {seen.text!r}")
        one.reset(to=snapshot)
        again = one.exec(["sh", "-c", "cat file; ls"], timeout_s=10)
        expect(again.stdout == b"first\nfile\n", f"the box that was reset to it has {again.text!r}")


def foreign_snapshots_are_refused(bench: Bench) -> None:
    """A snapshot of another backend or spec starts no box."""
    snapshot = bench.box.snapshot()
    larger = bench.spec.model_copy(update={"disk_mib": bench.spec.disk_mib + 1})
    with refused("a box of another spec than the snapshot's", by=UsageError):
        bench.backend.acquire(larger, start=snapshot).close()
    with refused("a box with another backend's snapshot", by=UsageError):
        bench.backend.acquire(bench.spec, start=replace(snapshot, backend="another")).close()
    with refused("a reset to a snapshot of another spec", by=UsageError):
        bench.box.reset(to=replace(snapshot, spec=larger))
    bench.box.reset()
    bench.expect_works()
