"""Measure boxes side by side: AgentGym's backends, Docker's own ways, and peers where they are installed.

Containers all come from one image, without a network, and carry one label by which everything is removed in the end.
Peers run in interpreters of their own (benchmarks/peers/README.md).

    python benchmarks/sandboxes.py [--quick] [--only NAME ...] [--peer NAME=PYTHON ...] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from secrets import token_hex
from typing import Any

from common import OUT, machine, markdown_table, say, text_table, write_json
from kinds import Backend, DockerCli, DockerSdk, remove
from measures import Kind, measure

from agentgym.errors import AgentGymError, UsageError
from agentgym.sandboxes.docker import owner
from agentgym.sandboxes.images import docker_tag

HERE = Path(__file__).resolve().parent
PEERS = {"inspect": "inspect_docker.py", "agentbox-rl": "agentbox_docker.py"}
OWN = ("bubblewrap", "docker", "docker-cli", "docker-sdk")
PEER_TIMEOUT_S = 3600
LEFT_OUT_BY = (AgentGymError, UsageError, ImportError, OSError, ValueError, subprocess.SubprocessError)
Report = dict[str, dict[str, Any]]


def main() -> int:
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    facts = machine(("docker", "bubblewrap"))
    kinds, left_out = compare(options)
    if not kinds:
        return 1
    report = {"machine": facts, "image": docker_tag("linux"), "quick": options.quick, "kinds": kinds}
    rows = table(kinds)
    print(text_table(rows))
    write_json(options.json, report | {"left_out": left_out})
    options.json.with_suffix(".md").write_text(markdown_table(rows) + "\n")
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small counts, to see that it works")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", choices=[*OWN, *PEERS], help="of " + ", ".join([*OWN, *PEERS])
    )
    parser.add_argument(
        "--peer", action="append", default=[], metavar="NAME=PYTHON", type=peer, help="where a peer is installed"
    )
    parser.add_argument("--json", type=Path, default=OUT / "sandboxes.json", help="where the numbers go")
    return parser.parse_args()


def peer(text: str) -> tuple[str, str]:
    """Read NAME=PYTHON."""
    name, _, python = text.partition("=")
    if name not in PEERS or not python:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PYTHON with a NAME of {', '.join(PEERS)}")
    return name, python


def compare(options: argparse.Namespace) -> tuple[Report, dict[str, str]]:
    """Measure what there is; return a report for each kind, and why the others are left out."""
    wanted = options.only or [*OWN, *PEERS]
    left_out: dict[str, str] = {}
    with ExitStack() as stack:
        labels, label = benchmark_labels()
        if set(wanted) != {"bubblewrap"}:
            stack.callback(remove_quietly, label)
        kinds = open_kinds(stack, wanted, labels, left_out)
        reports = measure(kinds, quick=options.quick) if kinds else {}
        for name in [name for name in PEERS if name in wanted]:
            try:
                reports[name] = run_peer(name, dict(options.peer), labels, quick=options.quick)
            except LEFT_OUT_BY as error:
                leave_out(name, error, left_out)
    return reports, left_out


def benchmark_labels() -> tuple[dict[str, str], str]:
    """Return labels by which `agentgym sandbox reap` finds strays too, and the one that is this run's alone."""
    name = f"benchmark-{token_hex(4)}"
    return owner.labels(name), f"{owner.BOX}={name}"


def open_kinds(
    stack: ExitStack, wanted: Sequence[str], labels: Mapping[str, str], left_out: dict[str, str]
) -> list[Kind]:
    """Open what answers on this machine and say why the rest does not."""
    makers: dict[str, Callable[[], Any]] = {
        "bubblewrap": lambda: Backend("bubblewrap"),
        "docker": lambda: Backend("docker"),
        "docker-cli": lambda: DockerCli(docker_tag("linux"), labels),
        "docker-sdk": lambda: DockerSdk(docker_tag("linux"), labels),
    }
    kinds = []
    for name in [name for name in OWN if name in wanted]:
        try:
            kind = makers[name]()
            stack.callback(kind.close)
            kind.open().close()
        except LEFT_OUT_BY as error:
            leave_out(name, error, left_out)
        else:
            kinds.append(kind)
    return kinds


def run_peer(name: str, pythons: Mapping[str, str], labels: Mapping[str, str], *, quick: bool) -> dict[str, Any]:
    """Measure a peer in an interpreter of its own."""
    if name not in pythons:
        raise ValueError(f"not installed: give its interpreter as --peer {name}=PYTHON (benchmarks/peers/README.md)")
    say(f"measuring {name}")
    asked = json.dumps({"image": docker_tag("linux"), "labels": dict(labels), "quick": quick})
    argv = [pythons[name], str(HERE / "peers" / PEERS[name]), asked]
    environment = os.environ | {"PYTHONPATH": str(HERE)}
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, env=environment, timeout=PEER_TIMEOUT_S)
    if done.returncode != 0:
        raise ValueError(f"{PEERS[name]} ended with {done.returncode}; what it said is above")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def leave_out(name: str, error: BaseException, left_out: dict[str, str]) -> None:
    left_out[name] = str(error)
    say(f"{name} is left out: {error}")


def remove_quietly(label: str) -> None:
    try:
        remove(label)
    except LEFT_OUT_BY as error:
        say(f"nothing was removed: {error}")


def table(kinds: Report) -> list[list[str]]:
    """Return the rows that people read, the first of them the header."""
    rows = [["median, ms", *kinds]]
    for title, (name, at) in TIMED.items():
        rows.append([title, *(figure(report["ms"].get(name, {}).get(at)) for report in kinds.values())])
    for title, cell in WHOLES.items():
        rows.append([title, *(whole(report, cell) for report in kinds.values())])
    return rows


TIMED = {
    "new box and `true`": ("create_cold", "p50"),
    "box from a pool and `true`": ("create_warm", "p50"),
    "`true`, p50": ("exec", "p50"),
    "`true`, p95": ("exec", "p95"),
    "`true` after 20 ms, p50": ("exec_paused", "p50"),
    "`true` after 20 ms, p95": ("exec_paused", "p95"),
    "read 1 MiB": ("read_1mib", "p50"),
    "write 1 MiB": ("write_1mib", "p50"),
    "reset": ("reset", "p50"),
    "snapshot of 20 files": ("snapshot", "p50"),
    "box from that and `true`": ("fork", "p50"),
}
WHOLES: dict[str, Callable[[dict[str, Any]], str]] = {
    "boxes × commands at once": lambda of: "{boxes} × {commands_each}".format(**of["parallel"]),
    "those boxes opened, s": lambda of: f"{of['parallel']['open_s']:.1f}",
    "those commands done, s": lambda of: f"{of['parallel']['seconds']:.1f}",
    "commands per second": lambda of: f"{of['parallel']['commands_per_s']:.0f}",
    "boxes made by 4 threads": lambda of: f"{of['creates']['boxes']}",
    "boxes per second": lambda of: f"{of['creates']['boxes_per_s']:.1f}",
    "failures": lambda of: str(of["parallel"]["failures"] + of["creates"]["failures"] + len(of["errors"])),
}


def figure(milliseconds: float | None) -> str:
    if milliseconds is None:
        return "–"
    return f"{milliseconds:.1f}" if milliseconds < 100 else f"{milliseconds:.0f}"


def whole(report: dict[str, Any], cell: Callable[[dict[str, Any]], str]) -> str:
    return cell(report) if {"parallel", "creates"} <= report.keys() else "–"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("stopped; what it made is removed")
        sys.exit(128 + signal.SIGINT)
