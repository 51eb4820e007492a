"""The login environment: more than one right way, and no way beside them."""

import random
import re

import pytest

from agentgym.environments.linux_config.env import FAMILIES, LinuxConfigEnv
from agentgym.message import call
from agentgym.reward import Reward
from agentgym.sandbox import SandboxBackend
from agentgym.task import Split, Task

FAMILY = FAMILIES["login-environment"]


def task_of(name: str, seed: int = 7) -> Task:
    kind = next(kind for kind in FAMILY.kinds if kind.name == name)
    draft = kind.draw(random.Random(seed))
    return Task(
        id="linux-config/train/000001",
        split=Split.TRAIN,
        index=1,
        family=FAMILY.name,
        level=kind.level,
        prompt=draft.prompt,
        setup={"kind": name, "state": draft.state.as_json(), "roots": list(draft.roots)},
        secret={"gold": list(draft.gold), "plan": dict(draft.plan)},
    )


def solve(backend: SandboxBackend, task: Task, *commands: str) -> Reward:
    env = LinuxConfigEnv(sandbox=backend)
    try:
        env.reset(options={"task": task})
        for command in commands:
            env.step(call("bash", command=command))
        reward: Reward = env.step(call("submit"))[-1]["reward"]
        return reward
    finally:
        env.close()


def faults(reward: Reward) -> list[str]:
    return [f"{c.name}: {c.evidence}" for c in reward.components if c.value < 1]


def gold(task: Task) -> list[str]:
    return [str(command) for command in task.secret["gold"]]  # type: ignore[union-attr]


def words(task: Task) -> dict[str, str]:
    state: dict[str, list[dict[str, str]]] = task.setup["state"]  # type: ignore[assignment]
    tools = next(node["path"] for node in state["nodes"] if node["path"].startswith("/opt/"))
    site = next((node["path"] for node in state["nodes"] if node["path"].endswith(".sh")), "/etc/profile.d/site.sh")
    return {"person": state["users"][0]["name"], "team": state["groups"][0]["name"], "tools": tools, "site": site} | {
        "right": (re.findall(r"umask (\d+)", gold(task)[0]) or [""])[0]
    }


OTHER_WAYS = {
    "tools-on-path": "printf 'export PATH=$PATH:{tools}' | tee /etc/profile.d/50-x.sh",
    "one-person": "cd /home/{person}; sed -i '1i PATH={tools}:$PATH' .profile",
    "overridden": "cd /etc/profile.d; mv *-site.sh zzzz.sh; rm zzz-site.conf",
}


@pytest.mark.parametrize("name", OTHER_WAYS)
def test_there_is_another_way(name: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of(name)
    assert faults(solve(bubblewrap_backend, task, OTHER_WAYS[name].format(**words(task)))) == []


NEAR_MISSES = {
    "tools-on-path": ["echo 'PATH={tools}:$PATH' > /etc/profile.d/x.sh", "echo 'PATH=$PATH:{tools}' >> /etc/profile"],
    "one-team": [
        "echo 'id -nG | grep -q {team} && umask {right} || :' > /etc/profile.d/x.sh",
        "echo umask {right} > /etc/profile.d/x.sh",
    ],
    "one-person": ["echo 'PATH={tools}:$PATH' >> /home/{person}/.profile; chown root /home/{person}/.profile"],
    "overridden": ["sed -i '/_.*=.*default/d' /etc/profile.d/zz-*.sh"],
}


@pytest.mark.parametrize(("name", "command"), [(name, each) for name in NEAR_MISSES for each in NEAR_MISSES[name]])
def test_a_near_miss_scores_nothing(name: str, command: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of(name)
    assert solve(bubblewrap_backend, task, command.format(**words(task))).value == 0.0


OVERDONE = (
    "chmod 666 {site}",
    "echo 'export MORE=1' >> {site}",
    "echo 'echo Welcome' >> {site}",
    "echo 'PATH=$PATH:/tmp' >> {site}",
    "touch /etc/skel/.hushlogin",
    "echo 'umask 027' >> /etc/skel/.bashrc",
)


@pytest.mark.parametrize("more", OVERDONE)
def test_doing_more_than_was_asked_scores_nothing(more: str, bubblewrap_backend: SandboxBackend) -> None:
    task = task_of("umask")
    assert solve(bubblewrap_backend, task, *gold(task), more.format(**words(task))).value == 0.0
