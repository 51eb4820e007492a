"""What `agentgym audit` finds in environments, on both backends, and how long it takes.

    python benchmarks/audits.py [--full] [--only BACKEND ...] [--environments NAME ...] [--json FILE]

Each row is one `agentgym audit ENVIRONMENT --sandbox BACKEND`, with `--quick` unless all is asked for. `gains` is the
share of tasks, canaries aside, on which any attack gets more than doing nothing does, with its 95 % interval.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from common import OUT, machine, say, text_table, write_json

from agentgym.audit import words
from agentgym.audit.report import AuditReport, Outcome, Verdict

ENVIRONMENTS = ("json-math", "linux-config", "code-repair")
BACKENDS = ("bubblewrap", "docker")
HEADINGS = ("environment", "boxes", "verdict", "checks passed", "attacks", "episodes attacked", "gains", "took")


def audited(environment: str, backend: str, *, full: bool) -> AuditReport:
    """Audit an environment by the command, which tells how far it is."""
    command = ["agentgym", "audit", environment, "--sandbox", backend, *([] if full else ["--quick"])]
    say(f"$ {' '.join(command)}")
    with TemporaryDirectory() as folder:
        ended = subprocess.run(
            [sys.executable, "-m", *command, "--out", folder], stdout=subprocess.DEVNULL, check=False
        )
        document = Path(folder) / "audit.json"
        if not document.exists():
            raise SystemExit(f"{' '.join(command)}: ended with {ended.returncode}, and no audit")
        return AuditReport.model_validate_json(document.read_text())


def numbers(report: AuditReport) -> dict[str, Any]:
    """Return what the table tells of an audit."""
    gained = report.panel.gained
    return {
        "environment": report.target,
        "backend": report.sandbox,
        "verdict": report.verdict.value,
        "checks": {outcome.value: [each.name for each in report.of(outcome)] for outcome in Outcome},
        "attacks": len({each.attack for each in report.panel.played}),
        "episodes_attacked": len(report.panel.played),
        "tasks": len({each.task_id for each in report.panel.played}),
        "gained": None if gained is None else gained.model_dump(mode="json"),
        "gains": "" if gained is None else words.share(gained),
        "seconds": round(report.seconds, 1),
        "command": report.command,
    }


def rows(found: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """Yield the lines of the table."""
    yield HEADINGS
    for each in found:
        passed = len(each["checks"][Outcome.PASSED.value])
        yield (
            each["environment"],
            each["backend"],
            each["verdict"],
            f"{passed} of {sum(map(len, each['checks'].values()))}",
            str(each["attacks"]),
            f"{each['episodes_attacked']:,}",
            each["gains"],
            f"{each['seconds']:.0f} s",
        )


def main() -> int:
    """Audit, print a table and write JSON; 3 if anything is not sound."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--full", action="store_true", help="without --quick")
    parser.add_argument("--only", nargs="+", choices=BACKENDS, default=BACKENDS, metavar="BACKEND")
    parser.add_argument("--environments", nargs="+", default=ENVIRONMENTS, metavar="NAME")
    parser.add_argument("--json", type=Path, default=OUT / "audits.json", metavar="FILE")
    asked = parser.parse_args()
    found: list[dict[str, Any]] = []
    for environment, backend in product(asked.environments, asked.only):
        found.append(numbers(audited(environment, backend, full=asked.full)))
        # Each takes minutes: what ends the next loses none.
        write_json(asked.json, {"machine": machine(asked.only), "full": asked.full, "audits": found})
    print(text_table([*rows(found)]))
    return 0 if all(each["verdict"] == Verdict.SOUND.value for each in found) else 3


if __name__ == "__main__":
    sys.exit(main())
