"""`agentgym sandbox doctor`: whether boxes can run here, what holds them, and the command for each thing amiss."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from agentgym import plugins
from agentgym.cli.output import opened, print_json, print_rows
from agentgym.errors import AgentGymError, BackendUnavailable
from agentgym.sandbox import BoxInfo, Capabilities, SandboxBackend, SandboxSpec, Support

BUILD, REAP = "agentgym sandbox build", "agentgym sandbox reap"
IMAGE = SandboxSpec().image
MOST_NAMES = 2


@dataclass(frozen=True)
class Finding:
    """What was found of one backend that answers."""

    capabilities: Capabilities
    images: dict[str, bool]
    strays: list[BoxInfo] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        """Whether boxes can be had without doing anything first."""
        return self.images[IMAGE]


@dataclass(frozen=True)
class Absence:
    """Why a backend does not answer, and the command that makes it."""

    reason: str
    remedy: str


def run(arguments: argparse.Namespace) -> int:
    """Examine every backend and print what was found; 0 if one of them can run boxes and has its image, else 1."""
    found, absent = _examine()
    ready = any(finding.ready for finding in found.values())
    if arguments.json:
        backends = {name: _as_json(finding) for name, finding in found.items()}
        unavailable = {name: vars(absence) for name, absence in absent.items()}
        print_json({"ready": ready, "kernel": _kernel(), "backends": backends, "unavailable": unavailable})
    else:
        _print(found, absent, ready=ready)
    return 0 if ready else 1


def _examine() -> tuple[dict[str, Finding], dict[str, Absence]]:
    found: dict[str, Finding] = {}
    absent: dict[str, Absence] = {}
    for name in plugins.backends():
        try:
            with opened(name) as backend:
                found[name] = _look(backend)
        except AgentGymError as error:
            remedy = error.remedy if isinstance(error, BackendUnavailable) else ""
            absent[name] = Absence(str(error), remedy)
    return found, absent


def _look(backend: SandboxBackend) -> Finding:
    from agentgym.sandboxes import images

    return Finding(
        backend.capabilities(),
        {name: backend.has_image(name) for name in images.names()},
        [box for box in backend.boxes() if box.stray],
    )


def _as_json(finding: Finding) -> dict[str, Any]:
    return {
        "ready": finding.ready,
        "versions": dict(finding.capabilities.versions),
        "images": finding.images,
        "strays": [asdict(box) for box in finding.strays],
        "controls": {str(control): vars(report) for control, report in finding.capabilities.controls.items()},
    }


def _print(found: dict[str, Finding], absent: dict[str, Absence], *, ready: bool) -> None:
    for name, finding in found.items():
        print_rows(_title(name, finding), [*_state(finding), *_controls(finding.capabilities)])
        print()
    for name, absence in absent.items():
        print_rows(f"{name}: not available", [("", "why", absence.reason), *_fix(absence.remedy)])
        print()
    print(_verdict(found, ready=ready))


def _title(name: str, finding: Finding) -> str:
    versions = ", ".join(f"{program} {version}" for program, version in finding.capabilities.versions.items())
    return f"{name} ({versions})" if versions else name


def _state(finding: Finding) -> Iterator[tuple[str, ...]]:
    for image, built in finding.images.items():
        yield f"image {image}", "built" if built else "missing", ""
        if not built:
            yield from _fix(BUILD if image == IMAGE else f"{BUILD} {shlex.quote(image)}")
    examples = ", ".join(box.name for box in finding.strays[:MOST_NAMES])
    more = ", …" if len(finding.strays) > MOST_NAMES else ""
    yield "strays", str(len(finding.strays) or "none"), examples + more
    if finding.strays:
        yield from _fix(REAP)


def _controls(capabilities: Capabilities) -> Iterator[tuple[str, ...]]:
    for control, report in capabilities.controls.items():
        yield str(control), str(report.support), report.detail
        if report.support is not Support.ENFORCED:
            yield from _fix(report.remedy)


def _fix(remedy: str) -> Iterator[tuple[str, ...]]:
    if remedy:
        yield "", "fix", remedy


def _verdict(found: dict[str, Finding], *, ready: bool) -> str:
    kernel = f"Linux {_kernel()}"
    if ready:
        names = " and ".join(name for name, finding in found.items() if finding.ready)
        return f"Boxes can run here ({kernel}), with {names}."
    if found:
        return f"Boxes could run here ({kernel}), but there is no image for them: {BUILD}"
    return f"No boxes can run here ({kernel}): no backend answers."


def _kernel() -> str:
    return os.uname().release
