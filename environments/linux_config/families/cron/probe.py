"""Run jobs as cron does: with cron's own small environment, from the user's home, through the table's shell."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Mapping
from typing import Any

import people  # type: ignore[import-not-found,unused-ignore]

RECORD = "/var/tmp/jobs-that-ran"
TABLES = ("/etc/crontab", "/etc/cron.d")
FOLDERS = ("/etc/cron.d", "/var/spool/cron/crontabs")
NEWCOMER = "somebody-new"
TIMEOUT_S = 3.0


def before(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pristine box's system tables by path, who exists in it, and owner and mode of the tables' folders."""
    tables = {}
    for root in TABLES:
        paths = [os.path.join(root, name) for name in os.listdir(root)] if os.path.isdir(root) else [root]
        for path in paths:
            with open(path, encoding="utf-8") as file:
                tables[path] = file.read()
    folders = {}
    for path in FOLDERS:
        found = os.stat(path)
        folders[path] = [stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid]
    return {
        "tables": tables,
        "users": {entry.pw_name: entry.pw_uid for entry in pwd.getpwall()},
        "folders": folders,
    }


def observe(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return for each job which programs it started, and what `crontab` says about each user's table."""
    for path in plan["programs"]:
        _stub(path, plan["token"])
    checks = {user: _accepted(user, path) for user, path in plan["tables"].items()}
    if plan["askers"]:
        with open("/etc/passwd", "a", encoding="utf-8") as file:
            file.write(f"{NEWCOMER}:x:59999:59999::/:/bin/sh\n")
    # Before any job runs: what a job leaves behind could answer for its user.
    may = {user: people.in_child(lambda user=user: _may_use_crontab(user)) for user in plan["askers"]}
    return {"ran": [_run(job) for job in plan["jobs"]], "accepted": checks, "may": may}


def _stub(path: str, token: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            "#!/bin/sh\n"
            f"{{ printf '%s' '{token} {path}'; [ $# -eq 0 ] || printf '\\037%s' \"$@\"; echo; }} >> {RECORD}\n"
        )
    os.chmod(path, 0o755)


def _accepted(user: str, path: str) -> str:
    status, said = people.run(["/usr/bin/crontab", "-u", user, "-n", path], timeout_s=TIMEOUT_S)
    return "" if status == 0 else said[-300:] or f"status {status}"


def _may_use_crontab(user: str) -> bool:
    """Tell whether crontab lets the user in, which reads its lists with the rights of its own group."""
    entry, group = pwd.getpwnam(user), grp.getgrnam("crontab").gr_gid
    os.setgroups(os.getgrouplist(user, entry.pw_gid))
    os.setresgid(entry.pw_gid, group, group)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
    status, said = people.run(["/usr/bin/crontab", "-l"], timeout_s=TIMEOUT_S)
    return bool(status == 0 or said.startswith("no crontab for "))


def _run(job: Mapping[str, Any]) -> list[str]:
    entry = pwd.getpwnam(job["user"])
    with open(RECORD, "w", encoding="utf-8"):
        os.chown(RECORD, entry.pw_uid, entry.pw_gid)
    env = {"HOME": entry.pw_dir, "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin", **job["env"], "LOGNAME": job["user"]}
    people.run(
        [env["SHELL"], "-c", job["command"]],
        timeout_s=TIMEOUT_S,
        user=job["user"],
        env=env,
        cwd=entry.pw_dir,
        stdin=job["stdin"].encode(),
    )
    with open(RECORD, encoding="utf-8", errors="replace") as file:
        lines = file.read(4000).splitlines()
    os.unlink(RECORD)
    return lines
