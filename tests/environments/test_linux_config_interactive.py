"""A program that talks to a person ends, or is ended, and what it gets back says what to do in its place."""

from collections.abc import Iterator

import pytest

from agentgym.environments.linux_config.env import LinuxConfigEnv
from agentgym.environments.linux_config.interactive import hint
from agentgym.message import call
from agentgym.sandbox import SandboxBackend
from agentgym.task import Split

TALKATIVE = {
    "visudo": "visudo -c",
    "visudo -f /etc/sudoers.d/x": "visudo -c",
    "EDITOR=nano crontab -u bob -e": "crontab -",
    "vi /etc/hosts": "write_file",
    "cd /etc && nano hosts": "write_file",
    "sudo vipw": "write_file",
    "passwd bob": "chpasswd",
    "ssh bob@127.0.0.1 id": "BatchMode",
    "ssh-keygen -t ed25519": "-N ''",
    "git commit": "-m",
    "top": "ps aux",
    "/usr/bin/less /var/log/syslog": "cat",
    "su - bob": "-c",
}
SILENT = [
    "su - bob -c id",
    "ssh -o BatchMode=yes bob@127.0.0.1 id",
    "ssh-keygen -q -N '' -f k",
    "git commit -qm done",
    "visudo -c",
    "crontab -l",
    "passwd -l bob",
    "passwd -S bob",
    "ls less",
    "grep -r vi /etc",
    "echo top",
    "cat vi",
]


@pytest.mark.parametrize(("command", "instead"), TALKATIVE.items())
def test_programs_that_talk_are_told_apart(command: str, instead: str) -> None:
    assert instead in hint(command, timed_out=True)
    assert instead in hint(command, timed_out=False)


@pytest.mark.parametrize("command", SILENT)
def test_programs_that_do_not_are_left_alone(command: str) -> None:
    assert hint(command, timed_out=False) == ""
    assert "start it with `&`" in hint(command, timed_out=True)


@pytest.fixture
def env(bubblewrap_backend: SandboxBackend) -> Iterator[LinuxConfigEnv]:
    env = LinuxConfigEnv(sandbox=bubblewrap_backend)
    env.reset(options={"task": LinuxConfigEnv.tasks(Split.DEMO)[0]})
    yield env
    env.close()


def answer(env: LinuxConfigEnv, command: str, timeout_s: int = 3) -> str:
    observation, *_ = env.step(call("bash", command=command, timeout_s=timeout_s))
    return observation[0].content


def test_real_programs_hang_no_episode(env: LinuxConfigEnv) -> None:
    for command, instead in [
        ("visudo", "visudo -c"),
        ("crontab -e", "crontab -"),
        ("passwd root", "chpasswd"),
        ("ssh-keygen", "-N ''"),
        ("sudoedit /etc/hosts", "write_file"),
    ]:
        assert instead in answer(env, command), command
    assert answer(env, "read -r word; echo got:$word") == "got:"
    assert answer(env, "cat; echo over") == "over"


def test_a_program_that_waits_for_ever_is_ended_with_a_hint(env: LinuxConfigEnv) -> None:
    said = answer(env, "tail -f /etc/hosts", timeout_s=1)
    assert "[killed after 1 s" in said
    assert "leave `-f` out" in said
    assert "start it with `&`" in answer(env, "sleep 60", timeout_s=1)
    assert answer(env, "sleep 60 & echo started", timeout_s=5) == "started"
