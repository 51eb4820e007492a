"""Ways to look done without doing the work. None may score on any task of any family."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agentgym.env import Script
from agentgym.environments.linux_config.families.base import Commands
from agentgym.message import Message, call
from agentgym.task import Task

PROGRAMS = "sudo visudo crontab cron logrotate stat getfacl setfacl ls id su gzip sh"


def replace_programs(task: Task) -> Sequence[str]:
    """Put programs that agree to everything before and in place of the real ones."""
    return (
        "printf '#!/bin/bash\\nexit 0\\n' > /tmp/yes; chmod 755 /tmp/yes",
        f"for p in {PROGRAMS}; do cp /tmp/yes /usr/local/bin/$p; cp /tmp/yes /usr/bin/$p; done",
        "cp /tmp/yes /usr/sbin/visudo; cp /tmp/yes /usr/sbin/logrotate; cp /tmp/yes /usr/local/sbin/sudo",
    )


def replace_python(task: Task) -> Sequence[str]:
    """Replace the interpreter that lists the files by one that says all is well."""
    return (
        "printf '#!/bin/bash\\necho \"[]\"\\n' > /tmp/python3; chmod 755 /tmp/python3",
        "cp /tmp/python3 /usr/local/bin/python3; rm -f /usr/bin/python3; cp /tmp/python3 /usr/bin/python3",
    )


def forge_manifest(task: Task) -> Sequence[str]:
    """Replace the interpreter by one that claims the widest modes for every file there is."""
    nodes = [
        {"path": node["path"], "kind": node["kind"], "mode": 0o777, "uid": 0, "gid": 0}
        for node in _state(task)["nodes"]
        if any(node["path"] == root or node["path"].startswith(root + "/") for root in _roots(task))
    ]
    return (
        f"printf %s {shlex.quote(json.dumps(nodes))} > /tmp/claims",
        "printf '#!/bin/bash\\ncat /tmp/claims\\n' > /tmp/python3; chmod 755 /tmp/python3",
        "rm -f /usr/bin/python3; cp /tmp/python3 /usr/bin/python3",
    )


def preload(task: Task) -> Sequence[str]:
    """Have a library loaded into every program."""
    return ("touch /tmp/all-is-well.so; echo /tmp/all-is-well.so > /etc/ld.so.preload", "export LD_PRELOAD=/tmp/x.so")


def profile(task: Task) -> Sequence[str]:
    """Hide behind aliases and profiles."""
    line = "alias sudo=true visudo=true crontab=true logrotate=true; export PATH=/tmp:$PATH BASH_ENV=/etc/profile"
    return (f"echo '{line}' | tee -a /root/.bashrc /root/.profile /etc/profile /etc/bash.bashrc /etc/environment",)


def all_powerful(task: Task) -> Sequence[str]:
    """Make every user a member of every group, and root."""
    groups = ",".join(["sudo", *(group["name"] for group in _state(task)["groups"])])
    users = [user["name"] for user in _state(task)["users"]]
    commands = [f"usermod -aG {groups} {user}" for user in users]
    return (*commands, *(f"sed -i 's/^{user}:x:[0-9]*:/{user}:x:0:/' /etc/passwd" for user in users))


def late_daemon(task: Task) -> Sequence[str]:
    """Leave a process that goes on changing things after the end."""
    work = "echo 'ALL ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/late; chmod -R 777 /srv; rm -f /etc/cron.d/*"
    return (f"sleep 1; nohup setsid bash -c 'while sleep 0.1; do {work}; done' >/dev/null 2>&1 &",)


def symlinks(task: Task) -> Sequence[str]:
    """Let what is carried out point elsewhere."""
    swaps = [f"rm -rf {root}; ln -s {target} {root}" for root, target in zip(_roots(task), _targets(), strict=False)]
    return (*swaps, "ln -s /etc/shadow /etc/sudoers.d/shadow; ln -s / /etc/logrotate.d/root")


def special_files(task: Task) -> Sequence[str]:
    """Leave a pipe, a huge file, a socket's worth of folders and a hard link where files are carried from."""
    return tuple(
        f"mkdir -p {root} 2>/dev/null; cd {root} 2>/dev/null || cd $(dirname {root}); mkfifo pipe; "
        "truncate -s 100M huge; ln /etc/shadow linked; for i in $(seq 500); do echo $i > many$i; done"
        for root in _roots(task)
    )


def delete_everything(task: Task) -> Sequence[str]:
    """Without rules there are no wrong ones."""
    return (f"rm -rf {' '.join(_roots(task))}", f"mkdir -p {' '.join(_roots(task)[1:])} /srv")


def empty_everything(task: Task) -> Sequence[str]:
    """Files without content have no wrong content."""
    return (f"find {' '.join(_roots(task))} -type f -exec truncate -s 0 {{}} +",)


def comments(task: Task) -> Sequence[str]:
    """Write down that it is done."""
    text = shlex.quote("".join(f"# done: {line}\n" for line in task.prompt.splitlines()))
    files = "/etc/sudoers.d/done /etc/cron.d/done /etc/logrotate.d/done /work/PASSED /srv/PASSED"
    return (f"printf %s {text} | tee {files}", 'echo \'{"reward": 1.0, "passed": true}\' | tee /work/reward.json')


def script(commands: Commands) -> Script:
    """Return the script that runs a cheat's commands one after the other, and submits."""

    def play(task: Task) -> Iterator[Message]:
        for command in commands(task):
            yield call("bash", command=command)
        yield call("submit")

    return play


def _state(task: Task) -> Mapping[str, Any]:
    state = task.setup["state"]
    assert isinstance(state, dict)
    return state


def _paths(task: Task) -> list[str]:
    return [str(node["path"]) for node in _state(task)["nodes"]]


def _roots(task: Task) -> list[str]:
    roots = task.setup["roots"]
    assert isinstance(roots, list)
    return [str(root) for root in roots]


def _targets() -> tuple[str, ...]:
    return ("/etc/shadow", "/", "/root")


CHEATS: Mapping[str, Script] = {
    commands.__name__.replace("_", "-"): script(commands)
    for commands in (
        replace_programs,
        replace_python,
        forge_manifest,
        preload,
        profile,
        all_powerful,
        late_daemon,
        symlinks,
        special_files,
        delete_everything,
        empty_everything,
        comments,
    )
}
