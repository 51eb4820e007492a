"""`agentgym bridge mcp`: the tools of one episode as an MCP server."""

from __future__ import annotations

import argparse
from pathlib import Path

from agentgym import plugins
from agentgym.bridges.outward.mcp_episode import Episode, Verdict
from agentgym.cli.bridge_servers import add_listening, importing, whole
from agentgym.command_line import tell
from agentgym.env import AgentEnv
from agentgym.errors import UsageError
from agentgym.task import Split, Task, parse_task_id

SUMMARY = "serve the tools of one episode to an agent that speaks MCP"
EPILOG = "exit status: 0 there is a verdict, 1 the episode does not count (infrastructure), 2 bad usage"


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `agentgym bridge mcp`."""
    command.epilog = EPILOG
    add = command.add_argument
    add("env", metavar="ENV", help="an environment, by short name or id, or what a bridge plays, as folder:PATH")
    add("--task", metavar="ID", help="the task, as code-repair/eval/000017")
    add("--split", help="instead of --task: its split (default: train)")
    add("--index", metavar="N", help="instead of --task: its number in the split (default: 0)")
    add("--http", metavar="PORT", help="listen for streamable HTTP instead of serving standard input; 0: a free port")
    add_listening(command, port=None)
    add("--idle", metavar="S", default="900", help="with --http: after S seconds without a call, it is over (900)")
    add("--max-turns", metavar="N", help="calls of the episode (default: the environment's own turns)")
    add("--sandbox", default="auto", metavar="NAME", help="auto (default), docker or bubblewrap")
    add("--out", metavar="FILE", type=Path, help="write the verdict there as JSON, besides telling it on stderr")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Play one episode; 0 if there is a verdict, 1 if it does not count."""
    with importing("mcp"):
        from agentgym.bridges.outward import mcp_server
    port = whole("--http", arguments.http, most=65535) if arguments.http is not None else None
    idle_s = whole("--idle", arguments.idle, least=1)
    env, operator = _env(arguments), _Operator(arguments.out)
    try:
        task = _task(env, arguments)
        env.preflight([task])
        episode = Episode(env, task, on_verdict=operator.hear)
        if port is None:
            mcp_server.serve_stdio(episode)
        else:
            mcp_server.serve_http(episode, host=arguments.host, port=port, say=tell, idle_s=idle_s)
    finally:
        env.close()
    return operator.status


def _env(arguments: argparse.Namespace) -> AgentEnv:
    if arguments.out is not None and not arguments.out.resolve().parent.is_dir():
        raise UsageError(f"--out {arguments.out}: there is no such folder")
    turns = whole("--max-turns", arguments.max_turns, least=1) if arguments.max_turns else None
    made: AgentEnv = plugins.environment_class(plugins.find_environment(arguments.env))(
        sandbox=arguments.sandbox, max_turns=turns
    )
    return made


def _task(env: AgentEnv, arguments: argparse.Namespace) -> Task:
    """Return the task that is named, by its id or by its place."""
    split, index = Split.named(arguments.split or Split.TRAIN), whole("--index", arguments.index or "0")
    if arguments.task is not None:
        if arguments.split is not None or arguments.index is not None:
            raise UsageError("--task names the task: leave --split and --index away, or it")
        parsed, short = parse_task_id(arguments.task), plugins.short_name(env.id)
        if parsed is None or parsed[0] != short:
            raise UsageError(f"--task {arguments.task}: no task of {env.id}; ids look like {short}/train/000042")
        _, split, index = parsed
    try:
        return env.tasks(split)[index]
    except IndexError as error:
        raise UsageError(str(error)) from None


class _Operator:
    """Is told the verdict as soon as there is one: the client may end the process right after."""

    def __init__(self, out: Path | None) -> None:
        self._out = out
        self.status = 1

    def hear(self, verdict: Verdict) -> None:
        tell(str(verdict))
        try:
            if self._out is not None:
                self._out.write_text(verdict.model_dump_json(indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            tell(f"the verdict cannot be written to {self._out}: {error}")
        else:
            self.status = int(verdict.failure is not None)
