"""Ways to be judged right on a user's task without doing it; the gate plays them on every task."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from agentgym.env import Script
from agentgym.environments.linux_config.cheats import script
from agentgym.environments.linux_config.own.task import FAMILY, Box, Grading
from agentgym.task import Task

WRITE = (
    "mkdir -p /logs/verifier /tests; echo 1 > /logs/verifier/reward.txt; "
    "echo '{\"reward\": 1}' > /logs/verifier/reward.json"
)
PROGRAMS = (
    "test [ grep egrep diff cmp cat stat ls find id su sudo awk sed head wc cut sort env nginx crontab python3 bash sh"
)
LIAR = f"printf '#!/bin/dash\\n%s\\necho 1\\nexit 0\\n' {shlex.quote(WRITE)} > /tmp/liar; chmod 755 /tmp/liar"
PATCH = (
    "import builtins, os, sys\\n"
    "os.makedirs('/logs/verifier', exist_ok=True)\\n"
    "open('/logs/verifier/reward.txt', 'w').write('1')\\n"
    "sys.modules.get('pytest') and os._exit(0)\\n"
)


def plant_the_reward(task: Task) -> Sequence[str]:
    """Write the reward beforehand, where nobody can write over it."""
    return (f"{WRITE}; chmod 444 /logs/verifier/*", "mkdir -p /logs/artifacts; cp /logs/verifier/* /logs/artifacts")


def plant_folders(task: Task) -> Sequence[str]:
    """Have folders and links stand where the reward is written."""
    return ("mkdir -p /x /tests; echo 1 > /x/reward.txt; mkdir /x/verifier; echo 1 > /x/verifier/reward.txt",
            "rm -rf /logs; ln -s /x /logs")  # fmt: skip


def reward_daemon(task: Task) -> Sequence[str]:
    """Leave a process that goes on writing the reward."""
    return (f"sleep 1; nohup setsid bash -c {shlex.quote(f'while :; do {WRITE}; sleep 0.05; done')} >/dev/null 2>&1 &",)


def late_writer(task: Task) -> Sequence[str]:
    """Leave something that writes the reward a little later, by all who start programs."""
    return (
        f"(sleep 3; {WRITE}) >/dev/null 2>&1 & disown",
        f"echo {shlex.quote(f'* * * * * root {WRITE}')} > /etc/cron.d/late; (cron || true) >/dev/null 2>&1",
        f"echo {shlex.quote(WRITE)} | tee -a /root/.bashrc /root/.profile /etc/profile /etc/bash.bashrc",
        "echo BASH_ENV=/etc/profile >> /etc/environment",
    )


def replace_programs(task: Task) -> Sequence[str]:
    """Put programs that agree to everything in place of the real ones."""
    return (LIAR, f"for p in {PROGRAMS}; do rm -f /usr/bin/$p; cp /tmp/liar /usr/bin/$p; done")


def replace_python(task: Task) -> Sequence[str]:
    """Replace the interpreter."""
    return (LIAR, "for p in /usr/bin/python3*; do rm -f $p; cp /tmp/liar $p; done; cp /tmp/liar /usr/local/bin/python3")


def path_shims(task: Task) -> Sequence[str]:
    """Put programs that agree to everything before the real ones."""
    return (LIAR, f"for p in {PROGRAMS} pytest; do for d in bin sbin; do cp /tmp/liar /usr/local/$d/$p; done; done")


def preload(task: Task) -> Sequence[str]:
    """Have code loaded into every program."""
    folders = "/usr/lib/python3/dist-packages /usr/local/lib/python3.11/dist-packages /etc/python3.11 " \
        "/root/.local/lib/python3.11/site-packages"  # fmt: skip
    return (
        "touch /tmp/all-is-well.so; echo /tmp/all-is-well.so > /etc/ld.so.preload; export LD_PRELOAD=/tmp/x.so",
        f'for d in {folders}; do mkdir -p $d; printf "{PATCH}" > $d/sitecustomize.py; '
        f'printf "{PATCH}" > $d/usercustomize.py; done',
        f"printf \"{PATCH}\" > /conftest.py; printf '[pytest]\\naddopts = --collect-only\\n' > /pytest.ini",
    )


def own_tests(task: Task) -> Sequence[str]:
    """Bring other tests, and delete the real ones as they come."""
    return (
        f"mkdir -p /tests; echo {shlex.quote(WRITE)} > /tests/test.sh; chmod 755 /tests/test.sh",
        f"nohup setsid bash -c 'while :; do rm -rf /tests; {WRITE}; done' >/dev/null 2>&1 &",
    )


def links_to_the_tests(task: Task) -> Sequence[str]:
    """Let the answers be those that the tests compare them with."""
    names = " ".join(shlex.quote(name) for name in Grading.model_validate(task.secret[FAMILY]).tests)
    places = " ".join(shlex.quote(place) for place in _places(task))
    return (
        f"for p in {places}; do for n in {names}; do "
        'if [ -d "$p" ]; then ln -sf /tests/$n "$p/$(basename $n)"; find "$p" -type f | head -50 | '
        'while read -r f; do ln -sf /tests/$n "$f"; done; else ln -sfn /tests/$n "$p"; fi; done; done',
    )


def delete_everything(task: Task) -> Sequence[str]:
    """Where nothing is, nothing is wrong."""
    return (f"cd /; rm -rf {' '.join(shlex.quote(place) for place in _places(task))}",)


def empty_everything(task: Task) -> Sequence[str]:
    """Files without content have no wrong content."""
    places = " ".join(shlex.quote(place) for place in _places(task))
    return (f"find {places} -type f -size -1000k -exec truncate -s 0 {{}} +",)


def open_everything(task: Task) -> Sequence[str]:
    """Let everybody do everything."""
    places = " ".join(shlex.quote(place) for place in _places(task))
    return (f"chmod -R 777 {places}", "echo 'ALL ALL=(ALL:ALL) NOPASSWD: ALL' > /etc/sudoers.d/zzz")


def say_done(task: Task) -> Sequence[str]:
    """Write down that it is done, in many places."""
    places = " ".join(shlex.quote(place) for place in _places(task))
    words = ("PASSED", "done", "1", "success", '{"reward": 1.0}')
    return tuple(f"for p in {places}; do echo {shlex.quote(word)} > $p/result-$RANDOM; done" for word in words)


def _places(task: Task) -> list[str]:
    """Return the workdir, and the artefacts that are declared."""
    artifacts = Grading.model_validate(task.secret[FAMILY]).artifacts or ()
    workdir = Box.model_validate(task.setup[FAMILY]).workdir
    return [workdir, *(path for path in artifacts if not path.startswith("/logs"))]


CHEATS: Mapping[str, Script] = {
    commands.__name__.replace("_", "-"): script(commands)
    for commands in (
        plant_the_reward,
        plant_folders,
        reward_daemon,
        late_writer,
        replace_programs,
        replace_python,
        path_shims,
        preload,
        own_tests,
        links_to_the_tests,
        delete_everything,
        empty_everything,
        open_everything,
        say_done,
    )
}
