"""AgentGym: a gym where language models practise tool work in safe boxes, graded by what they did.

A **rollout** takes **tasks** from an **environment**, opens a **sandbox** for each, lets a **policy** act in turns
through **tools**, asks the environment's **verifier** for a **reward**, and writes a **trajectory**.

Importing it registers every installed environment with Gymnasium; all other names are imported when first used,
so that `import agentgym` stays quick and light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from agentgym.plugins import register_environments

if TYPE_CHECKING:
    from agentgym.env import AgentEnv
    from agentgym.message import Message, ToolCall
    from agentgym.plugins import open_backend, open_policy
    from agentgym.policy import Completion, Policy, PolicySource, Usage
    from agentgym.reward import Component, Reward
    from agentgym.rollout.episode import Limits, run_episode
    from agentgym.runs.load import Run, load_run
    from agentgym.sandbox import Control, ExecResult, Sandbox, SandboxBackend, SandboxSpec
    from agentgym.task import Split, Task, TaskSet
    from agentgym.tool import Tool
    from agentgym.trajectory import FailureKind, StopReason, Trajectory, Turn

__version__ = "0.1.0"

register_environments()

_HOME = {
    "AgentEnv": "env",
    "Completion": "policy",
    "Component": "reward",
    "Control": "sandbox",
    "ExecResult": "sandbox",
    "FailureKind": "trajectory",
    "Limits": "rollout.episode",
    "Message": "message",
    "Policy": "policy",
    "PolicySource": "policy",
    "Reward": "reward",
    "Run": "runs.load",
    "Sandbox": "sandbox",
    "SandboxBackend": "sandbox",
    "SandboxSpec": "sandbox",
    "Split": "task",
    "StopReason": "trajectory",
    "Task": "task",
    "TaskSet": "task",
    "Tool": "tool",
    "ToolCall": "message",
    "Trajectory": "trajectory",
    "Turn": "trajectory",
    "Usage": "policy",
    "load_run": "runs.load",
    "open_backend": "plugins",
    "open_policy": "plugins",
    "run_episode": "rollout.episode",
}

__all__ = [
    "AgentEnv",
    "Completion",
    "Component",
    "Control",
    "ExecResult",
    "FailureKind",
    "Limits",
    "Message",
    "Policy",
    "PolicySource",
    "Reward",
    "Run",
    "Sandbox",
    "SandboxBackend",
    "SandboxSpec",
    "Split",
    "StopReason",
    "Task",
    "TaskSet",
    "Tool",
    "ToolCall",
    "Trajectory",
    "Turn",
    "Usage",
    "__version__",
    "load_run",
    "open_backend",
    "open_policy",
    "run_episode",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'agentgym' has no attribute {name!r}")
    return getattr(import_module(f"agentgym.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
