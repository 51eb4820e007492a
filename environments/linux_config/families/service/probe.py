"""Run control scripts as their services' own users, and see what answers, what runs and what is left."""

from __future__ import annotations

import json
import os
import pwd
import re
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import elsewhere  # type: ignore[import-not-found,unused-ignore]
import people  # type: ignore[import-not-found,unused-ignore]

ACTION_S, ALL_S = 8.0, 30.0
OUTPUT = "/root/checker/control.out"
MAX_BYTES = 64 << 10
POLL_S = 0.05


def before(plan: Mapping[str, Any]) -> None:
    """Nothing of the pristine box matters here."""


def observe(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return what came of each step of the plan, what was left where everybody may write, and what tells secrets."""
    there = elsewhere.files()
    world = World(plan)
    try:
        world.start_bystanders()
        steps = [getattr(world, f"do_{step['do']}")(step) for step in plan["steps"]]
    finally:
        world.end()
    folders = sorted({os.path.dirname(each[key]) for each in plan["services"].values() for key in ("pidfile", "log")})
    told = people.in_child(lambda: _told(plan["stranger"], folders, plan["token"]), timeout_s=ACTION_S)
    return {"steps": steps, "strays": elsewhere.added_since(there), "told": told}


def _told(stranger: str, folders: list[str], token: str) -> list[str]:
    """Return the files of the services in which a stranger finds the token."""
    people.become(stranger)
    paths = [os.path.join(at, name) for folder in folders for at, _, names in os.walk(folder) for name in names]
    return [path for path in paths if token in _text(path)][:5]


class World:
    """The services of a plan, by name, and processes that are none of their business."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        self._services: Mapping[str, Mapping[str, str]] = plan["services"]
        self._token, self._stranger = plan["token"], plan["stranger"]
        self._bystanders: list[subprocess.Popen[bytes]] = []
        self._last_pid: dict[str, int] = {}
        self._deadline = time.monotonic() + ALL_S
        # Once a service has not answered in time the case is lost.
        self._patience_s = ALL_S
        self._users = {pwd.getpwnam(service["user"]).pw_uid for service in self._services.values()}

    def start_bystanders(self) -> None:
        """Start what each service's user runs beside it."""
        for service in self._services.values():
            for argv in (["/usr/bin/tail", "-f", service["log"]], ["/usr/bin/sleep", "600"]):
                self._bystanders.append(_start(argv, service["user"]))

    def end(self) -> None:
        """Kill what the services' users run."""
        for _ in range(20):
            left = [pid for pid, uid in _processes() if uid in self._users]
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for bystander in self._bystanders:
                bystander.poll()
            if not left:
                return
            time.sleep(POLL_S)

    def do_control(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Run an action of a service's script as its user."""
        service = self._services[step["service"]]
        allowed_s = min(ACTION_S, self._deadline - time.monotonic())
        if allowed_s <= 0:
            return {"status": None, "said": "no time left"}
        try:
            process = _start([service["script"], *step["action"].split()], service["user"], output=OUTPUT)
        except (OSError, subprocess.SubprocessError) as error:
            return {"status": 127, "said": str(error)}
        status = None
        with suppress(subprocess.TimeoutExpired):
            status = process.wait(allowed_s)
        if status is None:
            people.kill_group(process.pid)
            process.wait()
        return {"status": status, "said": _text(OUTPUT)[-300:]}

    def do_ask(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Ask a service who it is, for some time until it answers; say who listens, and how often it runs."""
        service = self._services[step["service"]]
        deadline = min(time.monotonic() + min(step["within_s"], self._patience_s), self._deadline)
        answer = _ask(service["listen"])
        while answer is None and time.monotonic() < deadline and self._left(service):
            time.sleep(POLL_S)
            answer = _ask(service["listen"])
        running = self._running(service)
        if answer is None:
            self._patience_s = 0.5
            return {"answers": False, "instances": len(running), "log": _text(service["log"])[-300:]}
        pid = answer.get("pid")
        known = isinstance(pid, int) and pid in running
        new = pid != self._last_pid.get(step["service"])
        self._last_pid[step["service"]] = pid if isinstance(pid, int) else 0
        settings = answer.get("settings")
        found: dict[str, Any] = {
            str(k): str(v)[:200] for k, v in (settings.items() if isinstance(settings, dict) else ())
        }
        own = {running[one] for one in running} == {pwd.getpwnam(service["user"]).pw_uid}
        return found | {"answers": True, "vendor's": known, "own user's": own, "instances": len(running), "new": new}

    def do_kill(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Kill a service's program, as a crash would."""
        running = self._running(self._services[step["service"]])
        for pid in running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return {"killed": len(running)}

    def do_left(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Say what a service's user still runs after some time, and whether the port is open."""
        service = self._services[step["service"]]
        deadline = min(time.monotonic() + step["within_s"], self._deadline)
        while True:
            left = self._left(service)
            if (not left and not step.get("watch")) or time.monotonic() >= deadline:
                break
            time.sleep(POLL_S)
        return {"left": left[:5], "open": _ask(service["listen"]) is not None}

    def do_bystanders(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Say how many of the other processes live."""
        return {"alive": sum(bystander.poll() is None for bystander in self._bystanders)}

    def do_token(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Write another token into a service's environment file, as an administrator would."""
        service = self._services[step["service"]]
        return {"written": _set(service["env"], service["variable"], self._token)}

    def do_setting(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Give a variable of a service's environment file a value."""
        return {"written": _set(self._services[step["service"]]["env"], step["variable"], step["value"])}

    def do_update(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Change a word in a vendor's file, as an update would."""
        return {"written": _overwrite(step["path"], _text(step["path"]).replace(step["old"], step["new"]))}

    def do_same(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Say whether two services have the same secret."""
        found = []
        for service in (self._services[step["service"]], self._services[step["other"]]):
            found.append(re.findall(rf"(?m)^(?:\s*export\s+)?{service['variable']}=(.*)$", _text(service["env"]))[-1:])
        unquoted = [[value.strip().strip("\"'") for value in values] for values in found]
        return {"same": unquoted[0] == unquoted[1] != []}

    def do_refusals(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Say how often in some seconds a service's program refused its settings: more often than once a second?"""
        service = self._services[step["service"]]
        before = _text(service["log"]).count("is not set")
        time.sleep(step["seconds"])
        count = _text(service["log"]).count("is not set") - before
        return {"tight": count > step["seconds"] + 1, "count": count}

    def do_stale(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Leave a pid file behind: of a process that is gone, or of one that is none of the service's."""
        service = self._services[step["service"]]
        if step["of"] == "nobody":
            process = _start(["/usr/bin/true"], service["user"])
            process.wait()
            number = process.pid
        else:
            number = next(one.pid for one in self._bystanders if one.args[-1] == service["log"])  # type: ignore
        return {"written": bool(people.in_child(lambda: _replace(service["user"], service["pidfile"], f"{number}\n")))}

    def do_log(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Say what a service's log has: the mark, the token, its mode, how often a word."""
        path = self._services[step["service"]]["log"]
        text = _text(path)
        mode = f"{stat.S_IMODE(os.lstat(path).st_mode):04o}" if os.path.lexists(path) else "none"
        return {
            "mark": text.count(self._token + " mark"),
            "token": text.replace(self._token + " mark", "").count(self._token),
            "mode": mode,
            "started": text.count("started") > 0,
            "finished": text.count("finished"),
            "lost": text.count("LOST WORK"),
        }

    def do_mark(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Replace a service's log by one with a mark, or take it away."""
        service = self._services[step["service"]]
        text = "" if step.get("remove") else f"{self._token} mark\n"
        return {"done": bool(people.in_child(lambda: _replace(service["user"], service["log"], text)))}

    def do_access(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Say what the service's user and a stranger may do with its files."""
        service = self._services[step["service"]]
        paths = {"script": service["script"], "env": service["env"]}
        found = {}
        for who, user in (("own", service["user"]), ("other", self._stranger)):
            for what, path in paths.items():
                for word, flag in (("read", os.R_OK), ("write", os.W_OK)):
                    found[f"{who} {word} {what}"] = bool(people.in_child(lambda u=user, p=path, f=flag: _may(u, p, f)))
        return found

    def do_command_lines(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Say whether the token stands on a command line."""
        return {"token": any(self._token in _command(pid) for pid, uid in _processes() if uid in self._users)}

    def _left(self, service: Mapping[str, str]) -> list[str]:
        """Return what a service's user runs beside the bystanders."""
        uid = pwd.getpwnam(service["user"]).pw_uid
        beside = {bystander.pid for bystander in self._bystanders}
        return [_command(pid) or "?" for pid, owner in _processes() if owner == uid and pid not in beside]

    def _running(self, service: Mapping[str, str]) -> dict[int, int]:
        """Return the processes that run a service's program, and whose they are."""
        found = {pid: (uid, _arguments(pid)[:3]) for pid, uid in _processes()}
        return {
            pid: uid
            for pid, (uid, argv) in found.items()
            if argv and argv[0].rpartition("/")[2].startswith("python3") and service["program"] in argv
        }


def _start(argv: list[str], user: str, *, output: str = os.devnull) -> subprocess.Popen[bytes]:
    def become() -> None:
        os.umask(0o022)
        people.become(user)

    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": f"/home/{user}", "USER": user, "LOGNAME": user}
    with open(output, "wb") as said:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd="/",
            env=env,
            start_new_session=True,
            preexec_fn=become,
        )


def _may(user: str, path: str, flag: int) -> bool:
    people.become(user)
    return os.access(path, flag)


def _set(path: str, variable: str, value: str) -> bool:
    """Give a variable of an environment file a value, where it stands or at the end."""
    if not os.path.lexists(path):
        return False
    line = f"{variable}={value}"
    text, count = re.subn(rf"(?m)^(\s*(?:export\s+)?){variable}=.*$", rf"\g<1>{line}", _text(path))
    return _overwrite(path, text if count else f"{text.rstrip()}\n{line}\n")


def _overwrite(path: str, text: str) -> bool:
    """Write a regular file that there is."""
    with suppress(OSError):
        if stat.S_ISREG(os.lstat(path).st_mode):
            with open(os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW), "w", encoding="utf-8") as file:
                file.write(text)
            return True
    return False


def _replace(user: str, path: str, text: str) -> bool:
    """Put a new file into the place of one, as the user; without text, none."""
    people.become(user)
    with suppress(FileNotFoundError):
        os.unlink(path)
    if text:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "w", encoding="utf-8") as file:
            file.write(text)
    return True


def _ask(address: str) -> dict[str, Any] | None:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=1) as connection:
            answer = json.loads(connection.makefile("rb").readline(MAX_BYTES))
    except (OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None


def _processes() -> Iterator[tuple[int, int]]:
    """Yield the number and the user of each process that is not a zombie."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError), open(f"/proc/{name}/status", encoding="utf-8", errors="replace") as file:
                text = file.read(MAX_BYTES)
                uid = re.search(r"(?m)^Uid:\s+\d+\s+(\d+)", text)
                if uid and not re.search(r"(?m)^State:\s+Z", text):
                    yield int(name), int(uid[1])


def _arguments(pid: int) -> list[str]:
    with suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read(MAX_BYTES).decode("utf-8", "replace").split("\0")
    return []


def _command(pid: int) -> str:
    return " ".join(_arguments(pid))[:300]


def _text(path: str) -> str:
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return ""
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            return file.read(MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
