"""What the tools answer, and that the environment is a Gymnasium environment like any other."""

from collections.abc import Iterator

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env

from agentgym.environments.linux_config.env import OUTPUT_CHARS, LinuxConfigEnv
from agentgym.message import call
from agentgym.plugins import register_environments
from agentgym.sandbox import SandboxBackend
from agentgym.task import Split
from agentgym.trajectory import StopReason


@pytest.fixture
def env(bubblewrap_backend: SandboxBackend) -> Iterator[LinuxConfigEnv]:
    env = LinuxConfigEnv(sandbox=bubblewrap_backend)
    env.reset(options={"task": LinuxConfigEnv.tasks(Split.DEMO)[0]})
    yield env
    env.close()


def answer(env: LinuxConfigEnv, tool: str, **arguments: object) -> str:
    observation, *_ = env.step(call(tool, **arguments))
    return observation[0].content


def test_the_shell_stays(env: LinuxConfigEnv) -> None:
    assert answer(env, "bash", command="cd /srv && word=kept") == "[exit status 0]"
    assert answer(env, "bash", command='pwd; echo "$word"; id -un') == "/srv\nkept\nroot"


def test_a_failing_command_tells_its_status(env: LinuxConfigEnv) -> None:
    assert answer(env, "bash", command="ls /nowhere").endswith("No such file or directory\n[exit status 2]")


def test_a_slow_command_is_ended_and_the_next_one_runs(env: LinuxConfigEnv) -> None:
    assert "[killed after 1 s; the next command starts in a new shell]" in answer(
        env, "bash", command="echo early; sleep 60", timeout_s=1
    )
    assert answer(env, "bash", command="echo again") == "again"


def test_long_output_is_cut_in_the_middle(env: LinuxConfigEnv) -> None:
    text = answer(env, "bash", command="seq 100000")
    assert len(text) < OUTPUT_CHARS + 200
    assert text.startswith("1\n2\n")
    assert text.endswith("99999\n100000")


def test_files_are_written_and_read(env: LinuxConfigEnv) -> None:
    assert "mode 0640" in answer(env, "write_file", path="/srv/new/note.txt", content="ä\n", mode="0640")
    assert answer(env, "read_file", path="/srv/new/note.txt") == "ä\n"
    assert answer(env, "bash", command="stat -c '%a %U' /srv/new/note.txt") == "640 root"


@pytest.mark.parametrize("path", ["/nowhere", "/etc", "relative"])
def test_a_refused_path_is_an_answer(env: LinuxConfigEnv, path: str) -> None:
    assert path in answer(env, "read_file", path=path)


@pytest.mark.parametrize("path", ["/srv" + 3_000 * "/a", "/srv/" + 12_000 * "a", "/srv/" + 300 * "a"])
def test_a_path_that_is_too_long_is_an_answer(env: LinuxConfigEnv, path: str) -> None:
    assert path[:80] in answer(env, "write_file", path=path, content="x")
    assert path[:80] in answer(env, "read_file", path=path)
    assert answer(env, "bash", command="echo well") == "well"


def test_a_shell_that_cannot_speak_is_replaced(env: LinuxConfigEnv) -> None:
    answer(env, "bash", command="exec 1>&- 2>&-")
    assert "new shell" in answer(env, "bash", command="echo lost")
    assert answer(env, "bash", command="echo back") == "back"


def test_wrong_arguments_are_counted(env: LinuxConfigEnv) -> None:
    *_, info = env.step(call("bash", cmd="ls"))
    assert info["malformed_calls"] == 1


def test_nothing_secret_is_in_the_box(env: LinuxConfigEnv) -> None:
    gold = env.task.secret["gold"]
    assert isinstance(gold, list)
    assert answer(env, "bash", command=f"env | grep -cF '{gold[0]}'; ls -A /root/checker").startswith("0\n")


def test_gymnasium_accepts_the_environment(backend: SandboxBackend) -> None:
    register_environments()
    env = gymnasium.make("agentgym/LinuxConfig-v1", sandbox=backend.name)
    check_env(env.unwrapped)
    env.close()


def test_nothing_that_is_judged_can_be_handed_in(env: LinuxConfigEnv) -> None:
    [submit] = [tool for tool in env.tools if tool.name == "submit"]
    assert submit.schema()["function"]["parameters"]["properties"] == {}
    forged = {"manifest.json": "[]", "changes.json": "[]"}
    _, _, terminated, _, info = env.step(call("submit", answers=forged))
    assert (terminated, info["malformed_calls"]) == (False, 1)


def test_what_is_collected_counts_before_what_is_handed_in(env: LinuxConfigEnv) -> None:
    for message in env.oracle(env.task):
        if message.tool_calls[0].name != "submit":
            env.step(message)
    env.step(call("bash", command="cp /bin/true /usr/bin/env"))
    env.hand_in({"changes.json": b"[]"})
    reward = env.conclude(StopReason.SUBMITTED)
    assert reward.value == 0.0
    assert "/usr/bin/env" in str(reward.components)
