import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agentgym import cli, plugins
from agentgym.cli import sandbox
from agentgym.sandbox import BoxInfo, Control, SandboxBackend, SandboxSpec, Support
from agentgym.sandboxes import seccomp
from agentgym.sandboxes.bubblewrap import backend as bubblewrap
from agentgym.sandboxes.bubblewrap import machine
from agentgym.sandboxes.bubblewrap.backend import BubblewrapBackend
from agentgym.sandboxes.bubblewrap.cgroups import Parents
from agentgym.sandboxes.bubblewrap.records import Records
from agentgym.sandboxes.owner import ProcessId

HOST = SandboxSpec(image="host", user="root")
NOWHERE = {"PATH": "/nonexistent", "DOCKER_HOST": "unix:///nonexistent/docker.sock"}


def command(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "agentgym", "sandbox", *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


def run(*arguments: str, stdin: str = "", **options: Any) -> subprocess.CompletedProcess[str]:
    with command(*arguments, **options) as process:
        stdout, stderr = process.communicate(stdin, timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


@pytest.fixture
def state(bubblewrap_backend: SandboxBackend, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder of its own: for this test, what lies there is all there is on this machine."""
    monkeypatch.setattr(plugins, "backends", lambda: {"bubblewrap": None})
    # Not below pytest's own folder, into which a box's user may not look.
    with tempfile.TemporaryDirectory() as parent:
        os.chmod(parent, 0o711)
        monkeypatch.setattr(plugins, "open_backend", lambda name: BubblewrapBackend(state=Path(parent, "state")))
        yield Path(parent, "state")


@pytest.fixture
def stray(state: Path) -> str:
    records = Records(state)
    records.prepare()
    owner = ProcessId.of(os.getpid())
    dead = {**vars(owner), "start_time": owner.start_time - 1}
    record = {"name": "bwrap-stray", "owner": dead, "cgroups": [], "process": None}
    (state / "slot-0001.json").write_text(json.dumps(record))
    return "bwrap-stray"


# list and reap ------------------------------------------------------------------------------------------------------


def test_no_boxes_are_said_to_be_none(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sandbox", "list"]) == 0
    assert capsys.readouterr().out == "There are no boxes on this machine (bubblewrap).\n"


def test_a_living_box_is_listed_with_its_owner(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    backend = BubblewrapBackend(state=state)
    with backend.acquire(HOST) as box:
        assert cli.main(["sandbox", "list", "--json"]) == 0
        (listed,) = json.loads(capsys.readouterr().out)["boxes"]
        assert (listed["name"], listed["backend"], listed["image"]) == (box.name, "bubblewrap", "host")
        assert (listed["owner_pid"], listed["owner_lives"], listed["stray"]) == (os.getpid(), True, False)
        assert 0 <= time.time() - listed["started_at"] < 60
        assert cli.main(["sandbox", "list"]) == 0
        assert re.search(rf"{box.name}\s+bubblewrap\s+\d+ s\s+host\s+pid {os.getpid()}, lives", capsys.readouterr().out)
    backend.close()
    assert list(BubblewrapBackend(state=state).boxes()) == []


def test_a_stray_is_shown_until_it_is_reaped(state: Path, stray: str, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: str) -> str:
        cli.main(["sandbox", *arguments])
        return " ".join(capsys.readouterr().out.split())

    assert f"pid {os.getpid()}, dead: `agentgym sandbox reap` removes the box" in said("list")
    assert re.search(f"strays 1 {stray} fix agentgym sandbox reap", said("doctor"))
    assert json.loads(said("doctor", "--json"))["backends"]["bubblewrap"]["strays"][0]["name"] == stray
    assert json.loads(said("reap", "--json"))["backends"]["bubblewrap"] == {"removed": [stray], "kept": []}
    assert "no boxes" in said("list")
    assert "strays none" in said("doctor")


def test_the_first_box_removes_strays_too(state: Path, stray: str) -> None:
    backend = BubblewrapBackend(state=state)
    with backend.acquire(HOST) as box:
        assert [info.name for info in backend.boxes()] == [box.name]
    backend.close()


def test_every_backend_lists_its_boxes(backend: SandboxBackend) -> None:
    with backend.acquire(SandboxSpec()) as box:
        (listed,) = [info for info in backend.boxes() if info.name == box.name]  # type: ignore[attr-defined]
        assert (listed.backend, listed.owner_pid, listed.owner_lives) == (backend.name, os.getpid(), True)
        assert listed.image is not None
        assert "linux" in listed.image
        assert listed.started_at is not None
        assert abs(time.time() - listed.started_at) < 60
        assert listed.name in backend.reap().kept
    assert backend.has_image("linux")
    assert not backend.has_image("lunix")


def test_an_owner_out_of_sight_is_listed_with_its_lease() -> None:
    now = time.time()
    assert "out of sight: lease until 20" in sandbox._owner(BoxInfo("b", "docker", 7, None, lease_until=now + 60))
    assert "lease has ended: `agentgym sandbox reap`" in sandbox._owner(BoxInfo("b", "docker", 7, None, lease_until=1))
    assert "nobody, dead" in sandbox._owner(BoxInfo("b", "docker", None, False))


def test_without_any_backend_nothing_is_looked_at() -> None:
    for action in ("list", "reap"):
        done = run(action, "--json", env=os.environ | NOWHERE)
        assert done.returncode == 1
        assert set(json.loads(done.stdout)["unavailable"]) == {"docker", "bubblewrap"}
        assert "bubblewrap was not looked at: bubblewrap is not installed" in done.stderr


# doctor -------------------------------------------------------------------------------------------------------------


def test_doctor_reports_everything_and_says_ready(backend: SandboxBackend) -> None:
    done = run("doctor", "--json")
    told = json.loads(done.stdout)
    mine = told["backends"][backend.name]
    assert (done.returncode, told["ready"], told["kernel"]) == (0, True, os.uname().release)
    assert (mine["ready"], mine["images"]["linux"]) == (True, True)
    assert set(mine["controls"]) == set(Control)
    assert all(re.match(r"\d+\.\d+", version) for version in mine["versions"].values())
    assert not [c for c in mine["controls"].values() if c["support"] == "enforced" and c["remedy"]]


def test_doctor_fits_a_hundred_columns(backend: SandboxBackend) -> None:
    done = run("doctor")
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert "Boxes can run here" in done.stdout


def test_doctor_without_any_backend_names_the_command_for_each() -> None:
    done = run("doctor", "--json", env=os.environ | NOWHERE)
    told = json.loads(done.stdout)
    assert (done.returncode, told["ready"], told["backends"]) == (1, False, {})
    assert told["unavailable"]["bubblewrap"]["remedy"] == "apt-get install bubblewrap"
    text = run("doctor", env=os.environ | NOWHERE).stdout
    assert re.search(r"fix +apt-get install bubblewrap", text)
    assert "No boxes can run here" in text


def test_doctor_without_an_image_names_the_build(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AGENTGYM_CACHE", str(tmp_path / "cache"))
    assert cli.main(["sandbox", "doctor"]) == 1
    assert re.search(r"image linux +missing\n +fix +agentgym sandbox build\n", capsys.readouterr().out)


def test_an_engine_that_is_down_has_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("docker")
    from agentgym.sandboxes.docker import engine

    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(engine.shutil, "which", lambda name: None)
    assert engine._remedy(FileNotFoundError()) == "apt-get install docker.io"
    monkeypatch.setattr(engine.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert engine._remedy(ConnectionRefusedError()) in ("systemctl start docker", "dockerd")
    assert "usermod" in engine._remedy(PermissionError())
    monkeypatch.setenv("DOCKER_HOST", "tcp://elsewhere:2375")
    assert engine._remedy(ConnectionRefusedError()) == ""


def test_a_plain_user_is_told_how_to_have_ids_and_a_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> bytes:
        raise OSError("no libseccomp here")

    monkeypatch.setattr(seccomp, "program", missing)
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    plain = machine.Machine("/usr/bin/bwrap", version="0.8.0", root=False, user_id=1000)
    walls = bubblewrap._wall_reports(plain)
    assert walls[Control.SECCOMP].remedy == "apt-get install libseccomp2"
    add = "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "
    assert walls[Control.USERS].remedy.startswith(f"apt-get install uidmap && {add}")
    assert all(report.support is not Support.ENFORCED for report in (walls[Control.SECCOMP], walls[Control.USERS]))


def test_a_plain_user_is_told_how_to_have_control_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    remedy = "systemd-run --user --scope -p Delegate=yes COMMAND"
    monkeypatch.setattr(bubblewrap, "cgroups_remedy", lambda: remedy)
    limits = bubblewrap._limit_reports(
        machine.Machine("/usr/bin/bwrap", version="0.8.0", root=False, user_id=1000), Parents()
    )
    assert {limits[control].remedy for control in (Control.MEMORY, Control.PIDS, Control.CPU)} == {remedy}
    assert limits[Control.DISK].remedy == ""


def test_what_docker_does_not_enforce_has_a_command() -> None:
    pytest.importorskip("docker")
    from agentgym.sandboxes.docker import report

    info = {"MemoryLimit": True, "SecurityOptions": ["name=seccomp,profile=default"], "Architecture": "none"}
    controls = report.capabilities(info, report.facts(info)).controls
    assert controls[Control.SECCOMP].remedy == "apt-get install libseccomp2"
    assert "userns-remap" in controls[Control.USER_NAMESPACE].remedy
    assert controls[Control.DISK].remedy == "", "there is no one command for it"
    assert controls[Control.NETWORK].remedy == ""


# build and hints ----------------------------------------------------------------------------------------------------


def test_an_unknown_image_names_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sandbox", "build", "lunix"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "no box image named 'lunix': did you mean 'linux'? Known: cpp, linux." in told.err


@pytest.mark.bubblewrap
def test_build_prints_what_there_is(bubblewrap_backend: SandboxBackend, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sandbox", "build", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert Path(told["rootfs"]).is_dir()
    assert Path(told["tar"]).is_file()
    assert re.fullmatch("[0-9a-f]{64}", told["tar_sha256"])
    assert told["docker_image"] is None or told["docker_image"].startswith("sha256:")
    assert cli.main(["sandbox", "build"]) == 0
    assert told["rootfs"] in capsys.readouterr().out


@pytest.mark.parametrize("action", ["doctor", "reap", "build", "shell"])
def test_an_action_without_its_command_is_hinted_at(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([action])
    assert end.value.code == 2
    assert f"did you mean 'agentgym sandbox {action}'?" in capsys.readouterr().err


def test_a_misspelt_action_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["sandbox", "docter"])
    assert "did you mean 'doctor'?" in capsys.readouterr().err


# shell --------------------------------------------------------------------------------------------------------------


def test_piped_lines_run_in_one_shell(backend: SandboxBackend) -> None:
    lines = "cd /tmp\nx=5\n\npwd; echo $x\necho oops >&2; false\necho was $?\nsleep 9\npwd\nexit\necho never\n"
    done = run("shell", "--backend", backend.name, "--timeout", "1", stdin=lines)
    assert done.returncode == 0
    assert done.stdout == "/tmp\n5\nwas 1\n/work\n"
    first, *notes, last = done.stderr.splitlines()
    assert first == f"agentgym: a fresh box of {backend.name}: image linux, user agent, in /work"
    assert notes[:2] == ["oops", "[exit status 1]"]
    assert notes[2].startswith("[timed out after 1 s (--timeout gives more); ")
    assert last == "agentgym: the box is closed"


def test_an_environments_box_is_what_its_episodes_have(bubblewrap_backend: SandboxBackend) -> None:
    done = run("shell", "--env", "linux-config", "--backend", "bubblewrap", stdin="id -un; chown agent /tmp && echo ok")
    assert done.stdout == "root\nok\n"
    done = run("shell", "--env", "json-math", "--user", "root", "--backend", "bubblewrap", stdin="id -un")
    assert done.stdout == "root\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--env", "linux-confg"], "did you mean 'linux-config'?"),
        (["--backend", "dokcer"], "did you mean 'docker'?"),
        (["--user", "rot"], "there is no user named 'rot': did you mean 'root'?"),
        (["--image", "lunix"], "there is no box image named 'lunix': did you mean 'linux'?"),
        (["--timeout", "0"], "--timeout: more than 0 seconds"),
    ],
)
def test_a_box_that_cannot_be_is_bad_usage(arguments: list[str], said: str) -> None:
    done = run("shell", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "closed" not in done.stderr


def test_a_line_that_no_shell_can_have_is_left_out(bubblewrap_backend: SandboxBackend) -> None:
    done = run("shell", "--backend", "bubblewrap", stdin="echo a\0b\necho status $?\n")
    assert done.stdout == "status 2\n"
    assert "left out, as no command can hold NUL" in done.stderr


def test_a_lost_box_ends_the_shell_with_the_reason(bubblewrap_backend: SandboxBackend) -> None:
    with command("shell", "--backend", "bubblewrap") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("echo up\nsleep 30\n")
        process.stdin.flush()
        assert process.stdout.readline() == "up\n"
        (record,) = [record for _, record in Records().all() if record.owner.pid == process.pid]
        assert record.process is not None
        record.process.kill()
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 1
    assert re.search(r"the box is closed\nagentgym: box \S+ is gone", stderr)


class Terminal:
    """A person at `agentgym sandbox shell`."""

    def __init__(self, *arguments: str) -> None:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.environ["TERM"] = "dumb"
            os.execv(sys.executable, [sys.executable, "-m", "agentgym", "sandbox", "shell", *arguments])
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def clear_line(self, prompt: str) -> None:
        """Press Ctrl-C until there is a fresh line: Python hears one late that comes just before it waits for keys."""
        for _ in range(10):
            self.type("\x03")
            with contextlib.suppress(AssertionError):
                self.expect(prompt, timeout_s=2)
                return
        raise AssertionError(f"no {prompt!r} in {self.seen!r}")

    def expect(self, pattern: str, timeout_s: float = 20.0) -> str:
        deadline = time.monotonic() + timeout_s
        while not (found := re.search(pattern, self.seen)):
            assert time.monotonic() < deadline, f"no {pattern!r} in {self.seen!r}"
            if select.select([self._fd], [], [], 0.2)[0]:
                self.seen += os.read(self._fd, 65536).decode(errors="replace")
        self.seen = self.seen[found.end() :]
        return found.group()

    def status(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def close(self) -> None:
        os.close(self._fd)


@pytest.fixture
def at_terminal() -> Iterator[Callable[..., Terminal]]:
    terminals: list[Terminal] = []

    def open_one(*arguments: str) -> Terminal:
        terminals.append(Terminal(*arguments))
        return terminals[-1]

    yield open_one
    for terminal in terminals:
        terminal.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*forkpty:DeprecationWarning")
def test_a_person_can_interrupt_and_go_on(backend: SandboxBackend, at_terminal: Callable[..., Terminal]) -> None:
    person = at_terminal("--backend", backend.name)
    person.expect(r"agent@box:/work\$ ")
    person.type("cd /tmp; kept=yes; (exit 3)\r")
    person.expect(r"\[exit status 3\]\r?\n.*agent@box:/tmp\$ ")
    person.type("echo $? half a li")
    person.expect("half a li")
    person.clear_line(r"agent@box:/tmp\$ ")
    person.type("echo was $?\r")
    person.expect(r"was 3\r?\n.*agent@box:/tmp\$ ")
    person.type("sleep 50\r")
    time.sleep(0.5)
    person.type("\x03")
    person.expect(r"\[exit status 130\]\r?\n.*agent@box:/tmp\$ ", timeout_s=10)
    person.type("echo $kept\r")
    person.expect(r"\nyes\r?\n.*agent@box:/tmp\$ ")
    person.type("touch /tmp/file; while :; do sleep 1; done\r")
    time.sleep(0.5)
    person.type("\x03")
    person.expect("Ctrl-C again ends the command together with its shell")
    person.type("\x03")
    person.expect(r"\[interrupted; its shell was ended[^]]*\]\r?\n.*agent@box:/work\$ ", timeout_s=10)
    person.type("ls /tmp\r")
    person.expect(r"\nfile\r?\n.*agent@box:/work\$ ")
    person.type("\x04")
    person.expect("the box is closed")
    assert person.status() == 0
    assert person.pid not in [box.owner_pid for box in backend.boxes() if box.owner_lives]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("compare a b --price-in 3", ["there is no option --price-in: did you mean --prices?", "compare"]),
        ("sandbox doctor --jsn", ["there is no option --jsn: did you mean --json?", "sandbox doctor"]),
        ("--foo list", ["there is no option --foo (see --help)", ""]),
        ("report a b", ["more than it takes: b", "report"]),
        ("audit", ["the following arguments are required: ENV|FOLDER", "audit"]),
        (
            "audit json-math --drawn nan --seed x --taks 3",
            [
                "--drawn: invalid int value: 'nan'",
                "--seed: invalid int value: 'x'",
                "there is no option --taks: did you mean --tasks?",
                "audit",
            ],
        ),
    ],
)
def test_all_faults_of_a_command_line_are_told_at_once(
    line: str, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(line.split())
    assert ended.value.code == 2
    *faults, command = told
    lines = [text.strip() for text in capsys.readouterr().err.removeprefix("agentgym: ").splitlines()]
    assert lines == [*faults, f"(see {f'agentgym {command}'.strip()} --help)"]
