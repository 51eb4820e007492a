"""`agentgym serve MODEL`: vLLM with the arguments that suit the model and the machine, printed or run."""

from __future__ import annotations

import argparse
import math
import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from agentgym.cli.options import option_faults
from agentgym.cli.output import print_json
from agentgym.command_line import signals_interrupt, tell
from agentgym.errors import PolicyUnavailable, UsageError
from agentgym.serving import cpu_install, installation
from agentgym.serving.command import DEFAULT_PORT, PRECISIONS, ServeCommand, ServeOptions, model_faults, serve_command
from agentgym.serving.kv_cache import KV_CACHES
from agentgym.serving.process import START_TIMEOUT_S, Server

SUMMARY = "serve a model with vLLM, or print the command that does"
EPILOG = """\
exit status: 0 ended by Ctrl-C or SIGTERM once it was ready (or printed, or installed), 1 could not start or died,
2 bad usage, 130 interrupted before it was ready

examples:
  agentgym serve Qwen3.5-4B --dry-run                        the command, in one line
  agentgym serve Qwen3.5-27B --dry-run --for gpu             the same for a machine with GPUs, on any machine
  agentgym serve Qwen3.5-4B --rl --port 8001                 for a trainer: adapters come and go
  agentgym serve SmolLM2-135M-Instruct --install             on a machine without a GPU
  agentgym serve Qwen3.5-4B -- --gpu-memory-utilization 0.6  what follows -- is vLLM's own
"""


_WANTED = {
    "port": "a port is a whole number from 1 to 65535",
    "precision": f"it is one of {', '.join(PRECISIONS)}",
    "kv_cache": f"it is one of {', '.join(KV_CACHES)}",
    "context": "give a whole number of tokens, at least 64",
    "tensor_parallel": "give a whole number of GPUs, at least 1",
}
_BUILDS = ("gpu", "cpu")


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `agentgym serve`."""
    command.epilog, command.formatter_class = EPILOG, argparse.RawDescriptionHelpFormatter
    add = command.add_argument
    add("model", nargs="?", metavar="MODEL", help="a model of `agentgym models list`, or a folder of weights")
    add("--dry-run", action="store_true", help="print the command, in one line that a shell can run, and start nothing")
    add("--for", dest="build", metavar="BUILD", help="with --dry-run: gpu or cpu, for the build of another machine")
    add("--vllm-version", metavar="V", help=f"with --for: the vLLM there (default {cpu_install.VERSION})")
    add("--port", metavar="N", default=DEFAULT_PORT, help=f"where to listen, on this machine (default {DEFAULT_PORT})")
    add("--precision", metavar="P", default="auto", help=f"of the weights: {', '.join(PRECISIONS)}")
    add("--kv-cache", metavar="T", default="auto", help=f"of the KV cache: {', '.join(KV_CACHES)}")
    add("--context", metavar="N", help="tokens of prompt and completion together (default: all the model has)")
    add("--lora", metavar="NAME=PATH", action="append", default=[], help="serve an adapter too; may be repeated")
    add("--rl", action="store_true", help="for training: adapters come and go, logprobs are those of the sampling")
    add("--tensor-parallel", metavar="N", default=1, help="split the model over N GPUs (default 1)")
    add("--any-model", action="store_true", help="serve MODEL also if nothing is known of it")
    add("--python", metavar="PATH", help=f"the Python that has vLLM (or {installation.VARIABLE}; default: looked for)")
    add("--install", action="store_true", help="make the environment with vLLM's CPU build first, where it is missing")
    add("--start-timeout", metavar="S", default=START_TIMEOUT_S, help="give up after S seconds (1800)")
    add("--log", metavar="FILE", type=Path, help="where the server's output goes (default: a file in the cache)")
    add("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve, print or install; return the exit status."""
    if arguments.model is None and not arguments.install:
        raise UsageError("name a model, as in: agentgym serve SmolLM2-135M-Instruct")
    options = _options(arguments)
    vllm = _vllm(arguments)
    if options is None:
        _print_installed(vllm, as_json=arguments.json)
        return 0
    command = serve_command(arguments.model, options, vllm)
    for note in command.notes:
        tell(note)
    if arguments.dry_run:
        _print_command(command, vllm, as_json=arguments.json)
        return 0
    return _serve(command, arguments)


def _options(arguments: argparse.Namespace) -> ServeOptions | None:
    """Return how the model is to be served, or None where none is named; raises `UsageError` with every fault."""
    loras, lora_faults = _loras(arguments.lora)
    options, given_faults = _validated(arguments, loras)
    faults = [*_strays(arguments.strays), *lora_faults, *given_faults, *_other_faults(arguments)]
    faults += model_faults(arguments.model, options) if arguments.model else ()
    if faults:
        raise UsageError(*faults)
    return options if arguments.model else None


def _validated(arguments: argparse.Namespace, loras: Mapping[str, Path]) -> tuple[ServeOptions, list[str]]:
    """Return the options, those with a fault as if they had not been given, and the faults."""
    given = {
        "port": arguments.port,
        "precision": arguments.precision,
        "kv_cache": arguments.kv_cache,
        "context": arguments.context,
        "loras": loras,
        "rl": arguments.rl,
        "tensor_parallel": arguments.tensor_parallel,
        "any_model": arguments.any_model,
        "extra": tuple(arguments.extra),
    }
    try:
        return ServeOptions.model_validate(given), []
    except ValidationError as error:
        wrong = {fault["loc"][0] for fault in error.errors()}
        right = {name: value for name, value in given.items() if name not in wrong}
        return ServeOptions.model_validate(right), list(option_faults(error, _WANTED))


def _strays(strays: Sequence[str]) -> Iterator[str]:
    if strays:
        told = shlex.join(strays)
        yield f"{told}: no option of serve; vLLM's own come after --, as in: agentgym serve MODEL -- {told}"


def _other_faults(arguments: argparse.Namespace) -> Iterator[str]:
    """Yield what is wrong with the options that are not about the model."""
    if not _seconds(arguments.start_timeout):
        yield f"--start-timeout {arguments.start_timeout}: give seconds, more than 0"
    build, version = arguments.build, arguments.vllm_version
    if build is not None and build not in _BUILDS:
        yield f"--for {build}: it is one of {', '.join(_BUILDS)}"
    if build is not None and not arguments.dry_run:
        yield f"--for {build}: it goes with --dry-run; what runs here is what is installed here"
    if build is not None and (arguments.python or arguments.install):
        yield f"--for {build}: it is about another machine; leave away --python and --install, or it"
    if version is not None and build is None:
        yield f"--vllm-version {version}: it goes with --for"
    if version is not None and not re.fullmatch(r"\d+(\.\d+)+\S*", version):
        yield f"--vllm-version {version}: give a version, as {cpu_install.VERSION}"


def _seconds(text: str | float) -> float | None:
    """Return a time that something can take, or None."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 < seconds < math.inf else None


def _vllm(arguments: argparse.Namespace) -> installation.Installation:
    """Return the vLLM of the command: that of another machine, or one that is found or made here."""
    if arguments.build is not None:
        version = arguments.vllm_version or cpu_install.VERSION
        return installation.elsewhere(version, cpu=arguments.build == "cpu")
    python = Path(arguments.python) if arguments.python else None
    if arguments.install:
        python = cpu_install.install(tell)
    try:
        return installation.find(python)
    except installation.NoneFound:
        if not arguments.dry_run:
            raise
        tell(f"no vLLM was found here: this is for vLLM {cpu_install.VERSION} with a GPU (--for cpu: without)")
        return installation.elsewhere(cpu_install.VERSION, cpu=False)


def _loras(texts: Sequence[str]) -> tuple[dict[str, Path], list[str]]:
    pairs = [text.partition("=") for text in texts]
    faults = [f"--lora {text}: write it as NAME=PATH" for text, pair in zip(texts, pairs, strict=True) if not all(pair)]
    names = [name for name, _, _ in pairs]
    faults += [f"--lora {name}=…: given twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    return {name: Path(path) for name, _, path in pairs if name and path}, faults


def _serve(command: ServeCommand, arguments: argparse.Namespace) -> int:
    """Run the server until it ends or is ended."""
    with signals_interrupt(), Server(command, log=arguments.log) as server:
        tell(f"running {command.shell()}\n          its log: {server.log}")
        server.wait(timeout_s=float(arguments.start_timeout), say=tell)
        # Ready: from here on, being told to end is how this ends well.
        try:
            _print_ready(server, as_json=arguments.json)
            server.join()
        except KeyboardInterrupt:
            tell("ending the server")
            server.stop()
            return 0
        raise PolicyUnavailable(f"{server.describe_end()}\n{server.account()}")


def _print_ready(server: Server, *, as_json: bool) -> None:
    command = server.command
    if as_json:
        ready = {"base_url": command.base_url, "models": list(command.names), "pid": server.pid, "log": str(server.log)}
        print_json(ready)
    else:
        base_url = "" if re.search(rf":{DEFAULT_PORT}$", command.root) else f" --base-url {command.base_url}"
        policy = shlex.quote(f"vllm:{command.names[0]}")
        print(f"ready at {command.base_url}\n  python -m agentgym.rollout json-math --policy {policy}{base_url}")
        print("Ctrl-C ends it.")
    sys.stdout.flush()


def _print_command(command: ServeCommand, vllm: installation.Installation, *, as_json: bool) -> None:
    if as_json:
        found = {"python": str(vllm.python), "version": vllm.version, "cpu": vllm.cpu}
        shown = {"argv": list(command.argv), "env": dict(command.env), "models": list(command.names)}
        print_json({"command": command.shell(), **shown, "base_url": command.base_url, "vllm": found})
    else:
        print(command.shell())


def _print_installed(vllm: installation.Installation, *, as_json: bool) -> None:
    if as_json:
        print_json({"python": str(vllm.python), "version": vllm.version, "cpu": vllm.cpu})
    else:
        print(f"vLLM {vllm.version}{' for CPU' if vllm.cpu else ''} is there: {vllm.python}")
