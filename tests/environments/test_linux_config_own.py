"""Tasks of a user's own in Harbor's layout: prepared by their Dockerfile, graded by their test.sh."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

import pytest

from agentgym.checks.environment import Stage
from agentgym.checks.tasks import check_task
from agentgym.cli.tasks import reader
from agentgym.environments.linux_config.env import LinuxConfigEnv
from agentgym.environments.linux_config.own import play as own
from agentgym.environments.linux_config.own.cheats import CHEATS
from agentgym.environments.linux_config.own.dockerfile import read_plan
from agentgym.errors import ImageNotFound, SandboxLost, UsageError, VerifierFault
from agentgym.harbor.dockerfile import image_packages
from agentgym.harbor.verifier import read_reward
from agentgym.message import Message, call
from agentgym.reward import Reward
from agentgym.sandbox import Sandbox, SandboxBackend
from agentgym.sandboxes.images import docker_tag
from agentgym.task import Task

EXAMPLE = Path(__file__).parents[2] / "examples" / "tasks" / "banner"
TOML = "[verifier]\ntimeout_sec = 20.0\n"
SEPARATE = 'artifacts = ["/etc/motd", "/app"]\n' + TOML
DOCKERFILE = """\
FROM debian:bookworm-slim
ARG WHO=mia
ENV GREETING="Good morning" PATH=/opt/site/bin:$PATH
RUN apt-get update && apt-get install -y --no-install-recommends cron sudo && rm -rf /var/lib/apt/lists/*
RUN useradd $WHO; echo old > /etc/motd; echo stale > /etc/stale
USER mia
RUN id -un > /tmp/who
USER root
WORKDIR /app
COPY files/*.txt bin/run.sh ./
COPY --chmod=0640 --chown=mia:mia files/a.txt /srv/a.txt
"""
# The answer is compared with a file beside it, as many do.
TEST = """\
cd /app || exit
cmp -s /app/answer.txt /tests/expected/answer.txt && grep -q Good /etc/motd && [ ! -e /etc/stale ] &&
    python3 -c 'import sys; sys.exit(open("/etc/motd").read() != "Good morning\\n")' && reward=1
echo ${reward:-0} > /logs/verifier/reward.txt
"""
FILES = {
    "task.toml": TOML,
    "instruction.md": "Write 42 to answer.txt and the greeting to /etc/motd. Remove /etc/stale.\n",
    "environment/Dockerfile": DOCKERFILE,
    "environment/files/a.txt": "a\n",
    "environment/files/b.txt": "b\n",
    "environment/files/c.md": "c\n",
    "environment/bin/run.sh": "#!/bin/sh\n",
    "tests/test.sh": TEST,
    "tests/expected/answer.txt": "42\n",
    "solution/solve.sh": 'echo 42 > answer.txt; echo "$GREETING" > /etc/motd; rm /etc/stale\n',
}
NO_STALE = {"tests/test.sh": TEST.replace(" && [ ! -e /etc/stale ]", "")}


def write(folder: Path, changes: Mapping[str, str | None], name: str = "greeting") -> Path:
    for path, text in {**FILES, **changes}.items():
        if text is not None:
            file = folder / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o755 if path.endswith("run.sh") else 0o644)
    return folder / name


def read(folder: Path, changes: Mapping[str, str | None] | None = None) -> Task:
    [task] = LinuxConfigEnv.read_tasks(write(folder, changes or {}))
    return task


@pytest.fixture(scope="module")
def env(bubblewrap_backend: SandboxBackend) -> Iterator[LinuxConfigEnv]:
    env = LinuxConfigEnv(sandbox=bubblewrap_backend)
    yield env
    env.close()


def play(env: LinuxConfigEnv, task: Task, *commands: str) -> Reward:
    messages = [*(call("bash", command=command) for command in commands), call("submit")]
    return Stage(env, 1).play(task, lambda task: messages)


def evidence(reward: Reward) -> str:
    return "; ".join(component.evidence for component in reward.components)


# Reading --------------------------------------------------------------------------------------------------------


def test_every_fault_of_every_task_is_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, {"tests/test.sh": None, "task.toml": "[verifier]\nenvironment_mod = 'x'\n"}, "one")
    write(tmp_path, {"solution/solve.sh": None, "task.toml": "artifacts = ['/tests/x', 'y', '/usr/bin/x']\n"}, "two")
    write(tmp_path, {"environment/Dockerfile": "FROM debian\nUSER mia\n", "instruction.md": None}, "three")
    write(tmp_path, {"environment/docker-compose.yaml": "x", "task.toml": "[verifier.env]\nA = '${A}'\n"}, "four")
    write(tmp_path, {"instruction.md": " \n", "task.toml": "artifacts = 'x'\n"}, "five")
    write(tmp_path, {"environment/Dockerfile": "FROM debian\nCOPY a b /c/\n", "solution/solve.sh": None}, "six")
    with pytest.raises(UsageError) as raised:
        LinuxConfigEnv.read_tasks(tmp_path)
    said = "\n".join(raised.value.faults)
    for expected in (
        "one: task.toml: verifier.environment_mod: there is no such key: did you mean",
        "one: tests/test.sh: it is missing",
        "two: solution/solve.sh: it is missing",
        "two: task.toml: artifacts.0: an absolute path is needed",
        "two: task.toml: artifacts.1: an absolute path is needed",
        "two: task.toml: artifacts.2: the system's programs and libraries judge",
        "three: instruction.md: it is missing",
        "three: environment/Dockerfile: it ends as USER mia",
        "four: environment/docker-compose.yaml: a task has one box",
        "four: task.toml: verifier.env.A: ${A} is a variable of the host's",
        "five: instruction.md: it is empty",
        "five: task.toml: artifacts: a list is needed, not 'x'",
        "six: environment/Dockerfile:2: environment/ has no a",
        "six: environment/Dockerfile:2: environment/ has no b",
        "six: solution/solve.sh: it is missing",
    ):
        assert expected in said


def test_what_is_no_folder_of_tasks_is_refused(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "none", "no such folder"), (tmp_path, "there is no task here")):
        with pytest.raises(UsageError, match=said):
            LinuxConfigEnv.read_tasks(path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FROM debian", ""),
        ("FROM --platform=linux/amd64 docker.io/library/debian:12-slim AS box", ""),
        ("FROM agentgym/linux:abc\nENTRYPOINT x\nVOLUME /x", ""),
        ("FROM debian\nRUN apt-get update && \\\n  apt-get install -y nginx=1.2* >/dev/null 2>&1", ""),
        ("FROM debian\nRUN echo install gcc && apt-get remove cron", ""),
        ("FROM python:3.12-slim", "only debian is mapped"),
        ("FROM debianish", "only debian is mapped"),
        ("RUN x", "there is no FROM"),
        ("FROM debian\n\nRUN apt-get install -y gcc nginx make", "does not have gcc, make"),
        ("FROM debian\nRUN curl -O https://x.org/y", "`curl` needs the network"),
        ("FROM debian\nRUN true && pip install x", "`pip install` needs the network"),
        ("FROM debian\nRUN git clone https://x.org/y", "`git clone` needs the network"),
        ("FROM debian AS a\nFROM debian\nCOPY --from=a /x /y", "--from takes a build"),
        ("FROM debian\nRUN --mount=type=cache,target=/x make", "its flags"),
        ("FROM debian\nRUN <<EOF\nBOGUS\nEOF", "here-documents, take a build"),
        ("FROM debian\nADD https://x.org/y /y", "an address takes a build"),
        ("FROM debian\nADD a.tar.gz /y", "unpacks archives"),
        ("FROM debian\nONBUILD RUN x", "no way to follow this"),
        ("FROM debian\nCOPY 'a /y", "No closing quotation"),
    ],
)
def test_a_dockerfile_is_mapped_or_the_reason_is_told(text: str, reason: str) -> None:
    reasons = read_plan(text, ["a.tar.gz", "b"]).reasons
    assert bool(reasons) == bool(reason)
    assert reason in " ".join(why for _, why in reasons)


def test_the_check_asks_which_environment_only_where_several_read_the_form(tmp_path: Path) -> None:
    assert reader(None, tmp_path).id == "agentgym/CodeRepair-v1"
    folder = write(tmp_path, {})
    for path in (tmp_path, folder):
        with pytest.raises(UsageError, match="code-repair, linux-config"):
            reader(None, path)
        assert reader("linux-config", path) is LinuxConfigEnv


def test_the_packages_of_the_image_are_known() -> None:
    assert {"nginx", "python3-pytest", "bash", "passwd"} <= image_packages()


# Playing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "where"),
    [
        (TOML, own.LEFT),
        (TOML + 'environment_mode = "shared"\n', own.LEFT),
        ('artifacts = ["/etc", "/app/answer.txt"]\n' + TOML, own.FRESH),
    ],
    ids=["left", "shared", "artifacts"],
)
def test_the_solution_scores_and_doing_nothing_does_not(
    env: LinuxConfigEnv, tmp_path: Path, toml: str, where: str
) -> None:
    task = read(tmp_path, {"task.toml": toml})
    solved = Stage(env, 1).play(task, env.oracle)
    assert solved.value == 1, evidence(solved)
    assert solved.components[-1].evidence == where
    assert all(component.data["trusted"] is False for component in solved.components)
    assert Stage(env, 1).play(task, env.noop).value == 0


def test_the_box_is_as_the_dockerfile_says_and_shows_no_test(env: LinuxConfigEnv, tmp_path: Path) -> None:
    messages, info = env.reset(options={"task": read(tmp_path)})
    assert messages[1].content == FILES["instruction.md"]
    assert "/app" in messages[0].content
    assert info["task_id"] == "linux-config/own/greeting"
    seen = env.bash("pwd; ls; echo $GREETING; stat -c '%a %U' /srv/a.txt run.sh; cat /tmp/who; ls -d /tests /solution")
    assert seen.split()[:9] == ["/app", "a.txt", "b.txt", "run.sh", "Good", "morning", "640", "mia", "755"]
    assert "mia\n" in seen
    assert seen.count("cannot access") == 2
    env.bash("cd /; sleep 9", timeout_s=1)
    assert env.bash("pwd").strip() == "/app", "a new shell begins where the first did"


def test_files_that_are_not_declared_stay_behind(env: LinuxConfigEnv, tmp_path: Path) -> None:
    looks = "[ -e /srv/mine ] || [ ! -e /srv/a.txt ] || [ -e /app/b.txt ] || [ ! -L /app/l ] || reward=1\n"
    looks += "[ $(stat -c %a:%U /app/answer.txt) = 4750:mia ] && echo ${reward:-0} > /logs/verifier/reward.txt\n"
    task = read(tmp_path, {"task.toml": SEPARATE, "tests/test.sh": looks})
    work = "rm b.txt /srv/a.txt; touch /srv/mine; ln -s a.txt l; echo > answer.txt"
    reward = play(env, task, work, "chown mia answer.txt; chmod 4750 answer.txt")
    assert reward.value == 1, evidence(reward)


# Fast ones together: the daemon, the planted files and the replaced programs at once.
TOGETHER = ("own-tests", "plant-the-reward", "path-shims", "preload", "replace-python", "replace-programs")


@pytest.mark.parametrize("toml", [TOML, SEPARATE], ids=["left", "artifacts"])
def test_no_cheat_scores(env: LinuxConfigEnv, tmp_path: Path, toml: str) -> None:
    task = read(tmp_path, {"task.toml": toml, **NO_STALE})

    def together(task: Task) -> Iterable[Message]:
        messages = chain.from_iterable(CHEATS[name](task) for name in TOGETHER)
        return [*(message for message in messages if message.tool_calls[0].name != "submit"), call("submit")]

    reward = Stage(env, 1).play(task, together)
    assert reward.value == 0
    assert "reward.txt: 0; test.sh exit status 0" in evidence(reward), "test.sh itself has judged"


@pytest.mark.parametrize("toml", [TOML, SEPARATE], ids=["left", "artifacts"])
@pytest.mark.parametrize(
    ("work", "said"),
    [
        ("ln -s /tests/expected/answer.txt answer.txt", "links lead to where the tests or the reward will be: /app"),
        ("ln -s /proc/self/root/tests /app/t; ln -s t/expected/answer.txt answer.txt", "links lead to"),
    ],
    ids=["link", "chain"],
)
def test_links_to_the_tests_are_refused(env: LinuxConfigEnv, tmp_path: Path, toml: str, work: str, said: str) -> None:
    task = read(tmp_path, {"task.toml": toml, **NO_STALE})
    reward = play(env, task, f'{work}; echo "$GREETING" > /etc/motd')
    assert reward.value == 0
    assert said in evidence(reward)


def test_a_system_folder_that_was_replaced_is_not_judged(env: LinuxConfigEnv, tmp_path: Path) -> None:
    reward = play(env, read(tmp_path), "cp -a /usr/local /opt/l; rm -rf /usr/local; ln -s /opt/l /usr/local")
    assert reward.value == 0
    assert "/usr/local was a folder and is none any more" in evidence(reward)


@pytest.mark.slow
def test_the_gate_finds_a_task_fit_that_declares_nothing(env: LinuxConfigEnv, tmp_path: Path) -> None:
    report = check_task(env, read(tmp_path), lambda line: None)
    assert report.fit, report.faults
    assert len(report.cheats) == len(CHEATS)
    assert any("trusted=false" in caution for caution in report.cautions)
    assert any("no artefacts are declared" in caution for caution in report.cautions)


@pytest.mark.slow
def test_the_example_is_fit(env: LinuxConfigEnv) -> None:
    [task] = LinuxConfigEnv.read_tasks(EXAMPLE)
    report = check_task(env, task, lambda line: None)
    assert report.fit, report.faults


# Rewards, and the world's failures --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "value", "said"),
    [
        ({"reward.txt": b"1", "reward.json": b'{"reward": 1.0, "speed": 3}'}, 1, "reward.txt: 1"),
        ({"reward.txt": b"1", "reward.json": b'{"reward": 0}'}, 0, "two rewards, and they differ"),
        ({"reward.txt": b"1", "reward.json": b"{"}, 0, "reward.json holds no number"),
        ({"reward.json": b'{"reward": NaN}'}, 0, "no number from 0 to 1"),
        ({"reward.json": b'{"reward": 1e999}'}, 0, "no number from 0 to 1"),
        ({"reward.json": b"1" + b"0" * 400}, 0, "no number from 0 to 1"),
        ({"reward.txt": b"-0.1"}, 0, "no number from 0 to 1"),
        ({"reward.txt": b"0_1"}, 0, "no number from 0 to 1"),
        ({"reward.txt": "\uff11".encode()}, 0, "no number from 0 to 1"),
        ({"reward.json": b'{"reward": 0, "reward": 1}'}, 0, "no number from 0 to 1"),
        ({}, 0, "no reward was written"),
    ],
)
def test_a_reward_is_a_number_from_0_to_1_and_never_trusted(
    found: Mapping[str, bytes], value: float, said: str
) -> None:
    reward = read_reward(found)
    assert reward.value == value
    assert said in evidence(reward)
    assert all(component.data["trusted"] is False for component in reward.components)


def test_a_test_that_says_nothing_in_time_gives_nothing(env: LinuxConfigEnv, tmp_path: Path) -> None:
    quiet = "echo 1 > /logs/verifier/reward.txt; sleep 60\n"
    reward = play(env, read(tmp_path, {"tests/test.sh": quiet, "task.toml": "[verifier]\ntimeout_sec = 1.0\n"}))
    assert reward.value == 0
    assert "took too long" in evidence(reward)


def test_a_dockerfile_that_fails_is_not_the_policys_fault(env: LinuxConfigEnv, tmp_path: Path) -> None:
    task = read(tmp_path, {"environment/Dockerfile": "FROM debian\n\nRUN echo no; false\n"})
    with pytest.raises(VerifierFault, match="Dockerfile:3 cannot be followed: exit status 1: no"):
        env.reset(options={"task": task})


def test_a_lost_grading_box_leaves_no_reward(tmp_path: Path) -> None:
    def lost() -> Sandbox:
        raise SandboxLost("gone")

    with pytest.raises(SandboxLost):
        own.judge(read(tmp_path), {}, lost)


# Images of a task's own -------------------------------------------------------------------------------------------


def test_a_backend_that_builds_nothing_names_every_task_and_the_remedy(env: LinuxConfigEnv, tmp_path: Path) -> None:
    write(tmp_path, {"environment/Dockerfile": "FROM python:3.12\n"}, "one")
    write(tmp_path, {"environment/Dockerfile": "FROM debian\nRUN apt-get install -y gcc\n"}, "two")
    tasks = LinuxConfigEnv.read_tasks(tmp_path)
    with pytest.raises(ImageNotFound) as raised:
        env.preflight(tasks)
    one, two = str(raised.value).splitlines()
    assert "own/one: environment/Dockerfile:1: FROM python:3.12" in one
    assert "own/two: environment/Dockerfile:2" in two
    assert "the box image does not have gcc" in two
    assert "`--sandbox docker`" in two


@pytest.fixture
def built(docker_backend: SandboxBackend, tmp_path: Path) -> Iterator[Callable[[str], tuple[LinuxConfigEnv, Task]]]:
    env, tags = LinuxConfigEnv(sandbox=docker_backend), []

    def make(lines: str) -> tuple[LinuxConfigEnv, Task]:
        image = docker_tag("linux")
        text = f"FROM {image} AS made\nRUN echo stale > /made\nFROM {image}\nENV GREETING='Good morning'\n{lines}"
        task = read(tmp_path, {"environment/Dockerfile": text})
        source = env.image_for(task)
        assert source is not None
        tags.append(docker_tag(source.name))
        return env, task

    yield make
    env.close()
    for tag in tags:
        subprocess.run(["docker", "image", "rm", "--force", tag], capture_output=True, check=False)


def test_an_engine_builds_what_cannot_be_mapped(built: Callable[[str], tuple[LinuxConfigEnv, Task]]) -> None:
    env, task = built("WORKDIR /app\nCOPY --from=made /made /etc/stale\n")
    env.preflight([task])
    solved = Stage(env, 1).play(task, env.oracle)
    assert solved.value == 1, evidence(solved)
    assert Stage(env, 1).play(task, env.noop).value == 0


def test_an_image_without_python_is_refused(built: Callable[[str], tuple[LinuxConfigEnv, Task]]) -> None:
    env, task = built("RUN rm -rf /usr/bin/python3*\n")
    with pytest.raises(ImageNotFound, match="python3"):
        env.preflight([task])
    env, task = built("RUN false\n")
    with pytest.raises(ImageNotFound, match="could not build"):
        env.preflight([task])
