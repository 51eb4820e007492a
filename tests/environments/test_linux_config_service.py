"""Services without systemd: more than one right script, and what looks right and is not."""

from functools import partial

import pytest
from linux_config_plays import draw, solve

from agentgym.environments.linux_config.env import FAMILIES
from agentgym.sandbox import SandboxBackend
from agentgym.task import Task

task_of = partial(draw, "service", seed=5)

KINDS = {kind.name: kind for kind in FAMILIES["service"].kinds}


def words(task: Task) -> dict[str, str]:
    script, env, folder = (str(root) for root in task.setup["roots"][:3])
    name = folder.rpartition("/")[2]
    return {"script": script, "env": env, "folder": folder, "name": name, "prefix": name.upper()}


PYTHON_SCRIPT = """cat > {script} <<'END'
#!/usr/bin/python3
import os, signal, subprocess, sys, time
PID, PROGRAM = '/run/{name}/{name}.pid', '{folder}/{name}d'
def pid():
    try:
        number = int(open(PID).read())
        return number if PROGRAM in open(f'/proc/{{number}}/cmdline').read() else 0
    except (OSError, ValueError):
        return 0
def start():
    if not pid():
        env = dict(os.environ)
        for line in open('{env}'):
            if '=' in line and not line.startswith('#'):
                key, value = line.strip().split('=', 1)
                env[key] = value.strip('"')
        log = open('/var/log/{name}/{name}.log', 'a')
        child = subprocess.Popen([PROGRAM], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                                 start_new_session=True)
        open(PID, 'w').write(str(child.pid))
def stop():
    number = pid()
    if number:
        os.killpg(number, signal.SIGTERM)
        while pid():
            time.sleep(0.1)
        time.sleep(0.2)
    if os.path.exists(PID):
        os.unlink(PID)
action = sys.argv[1]
if action in ('stop', 'restart'): stop()
if action in ('start', 'restart'): start()
if action == 'status': sys.exit(0 if pid() else 3)
sys.exit(0 if action in ('start', 'stop', 'restart') else 2)
END
chmod 755 {script}"""
START_STOP_DAEMON = """cat > {script} <<'END'
#!/bin/sh
set -a; . {env}; set +a
on="--pidfile /run/{name}/{name}.pid --exec /usr/bin/python3"
case "$1" in
start) start-stop-daemon --start --oknodo --background --no-close --make-pidfile $on --startas {folder}/{name}d \\
  >> /var/log/{name}/{name}.log 2>&1 ;;
stop) start-stop-daemon --stop --oknodo --retry 5 --remove-pidfile $on ;;
restart) "$0" stop; "$0" start ;;
status) start-stop-daemon --status $on || exit 3 ;;
*) exit 2 ;;
esac
END
chmod 755 {script}"""


@pytest.mark.parametrize(
    ("kind", "commands"),
    [
        ("reused-pid", [PYTHON_SCRIPT]),
        ("pid-of-another", [START_STOP_DAEMON]),
        ("not-exported", ["sed -i 's|^\\. .*|&\\nexport $(grep -o \"^[A-Z_]*\" {env})|' {script}"]),
    ],
)
def test_other_right_ways_are_accepted(kind: str, commands: list[str], bubblewrap_backend: SandboxBackend) -> None:
    task = task_of(kind)
    reward = solve(bubblewrap_backend, task, *(command.format(**words(task)) for command in commands))
    assert [c.evidence for c in reward.components if c.value < 1] == []
    assert reward.value == 1.0


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("status-code", "chmod 644 {env}"),
        ("not-exported", "sed -i 's/kill \"$pid\"/pkill -u {name}/' {script}"),
        ("overridden", "sed -i /REGION/d {folder}/defaults.env"),
        ("workers-left", "sed -i s/WORKERS=.*/WORKERS=0/ {env}"),
        ("log-kept", "sed -i 's/umask 027/umask 022/' {script}"),
    ],
)
def test_overdone_work_and_near_misses_score_nothing(kind: str, more: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of(kind)
    gold = [str(command) for command in task.secret["gold"]]
    assert solve(bubblewrap_backend, task, *gold, more.format(**words(task))).value == 0.0


@pytest.mark.parametrize(
    ("kind", "more", "failed"),
    [
        ("status-code", "echo >> {folder}/README", "the vendor's files stay"),
        ("status-code", "touch {folder}/more", "the vendor's files stay"),
        ("log-kept", "sed -i '2i cat {env} > /tmp/leak.$$' {script}", "nothing is written elsewhere"),
        ("wrong-program", "sed -i '2i install -m 644 {env} /run/{name}/copy' {script}", "nobody else learns the token"),
    ],
)
def test_one_rule_alone_can_fail(kind: str, more: str, failed: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of(kind)
    gold = [str(command) for command in task.secret["gold"]]
    reward = solve(bubblewrap_backend, task, *gold, more.format(**words(task)))
    assert [component.name for component in reward.components if component.value < 1] == [failed]
