"""Control scripts: what a right one looks like, with parts that tickets break or gold replaces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

_ALIVE = 'kill -0 "$pid" 2>/dev/null'
_OURS = f'{_ALIVE} && tr "\\0" "\\n" 2>/dev/null < "/proc/$pid/cmdline" | grep -qxF "$PROGRAM"'
_WAIT = """\
        for _ in $(seq 50); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
"""
_TEXT = """\
#!/bin/sh
# Control of {name}, run by the user {name}: start, stop, restart, status.
PROGRAM={program}
PIDFILE={pidfile}
LOG={log}
{load}

running() {{
    [ -s "$PIDFILE" ] || return 1
    pid=$(cat "$PIDFILE")
    {alive}
}}

start() {{
    if running; then
        echo "{name} runs already"
        return 0
    fi
{launch}
}}

stop() {{
    if running; then
        {kill}
{wait}    fi
    rm -f "$PIDFILE"
}}

status() {{
    if running; then
        echo "{name} runs"
        return 0
    fi
    echo "{name} does not run"
    return {dead}
}}

case "$1" in
    start | stop | status) "$1" ;;
    restart) stop; start ;;
{more}    *) echo "usage: $0 start|stop|restart|status" >&2; exit 2 ;;
esac
"""
LAUNCH = '    nohup "$PROGRAM" >> "$LOG" 2>&1 < /dev/null &\n    echo $! > "$PIDFILE"'
LAUNCH_GROUP = LAUNCH.replace("nohup", "setsid")
LAUNCH_LOOP = '    setsid "$0" keep >> "$LOG" 2>&1 < /dev/null &\n    echo $! > "$PIDFILE"'
LAUNCH_PIPE = '    "$PROGRAM" 2>&1 < /dev/null | tee -a "$LOG" > /dev/null &\n    echo $! > "$PIDFILE"'
KEEP = """\
    keep)
        trap 'kill "$child"; wait "$child"; exit 0' TERM
        while :; do
            "$PROGRAM" &
            child=$!
            wait "$child"
            sleep 1
        done ;;
"""


@dataclass(frozen=True)
class Control:
    """The parts of a control script.

    Attributes:
        name: of the service.
        program: what it runs.
        env: the file that its settings are in.
        load: how it reads that.
        alive: what says whether the process of the pid file is the service.
        launch: how it starts the program.
        kill: how it ends it.
        wait: how it waits for the end.
        dead: exit status of `status` when nothing runs.
        more: further actions.
    """

    name: str
    program: str
    env: str
    load: str = ""
    alive: str = _OURS
    launch: str = LAUNCH
    kill: str = 'kill "$pid"'
    wait: str = _WAIT
    dead: int = 3
    more: str = ""

    def text(self, **changes: Any) -> str:
        """Return the script, with some parts changed."""
        parts = replace(self, **changes)
        return _TEXT.format(
            name=parts.name,
            program=parts.program,
            pidfile=f"/run/{parts.name}/{parts.name}.pid",
            log=f"/var/log/{parts.name}/{parts.name}.log",
            load=parts.load or f"set -a\n. {parts.env}\nset +a",
            alive=parts.alive,
            launch=parts.launch,
            kill=parts.kill,
            wait=parts.wait,
            dead=parts.dead,
            more=parts.more,
        )


def looks_alive() -> str:
    """Return the check that any process of the pid file's number passes."""
    return _ALIVE


def supervised(control: Control) -> str:
    """Return the script whose service comes back after a crash."""
    ours = _OURS.replace('"$PROGRAM"', "keep")
    return control.text(alive=ours, launch=LAUNCH_LOOP, more=KEEP)


def grouped(control: Control) -> str:
    """Return the script that ends the service with its whole process group."""
    wait = _WAIT.replace('-0 "$pid"', '-s 0 -- "-$pid"') + '        kill -9 -- "-$pid" 2>/dev/null\n'
    return control.text(launch=LAUNCH_GROUP, kill='kill -- "-$pid"', wait=wait)
