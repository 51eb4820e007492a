"""The tutorial of an environment of one's own, walked from its first line to its last."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agentgym import plugins
from agentgym.scaffold import SUFFIXES

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial-environment.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(bash|python)\n(.*?)```", PAGE, flags=re.S)


def own_files() -> dict[str, str]:
    """Return the files that the page writes; their first lines name them."""
    named = [re.match(r"# (\S+)\n", text) for kind, text in BLOCKS if kind == "python"]
    assert all(named), "every Python block begins with the name of its file"
    return {match[1]: match.string for match in named if match}


def test_it_takes_less_than_a_hundred_lines_of_ones_own() -> None:
    code = "".join(own_files().values())
    assert len([line for line in code.splitlines() if line.strip()]) < 100


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.bubblewrap
def test_it_works_as_the_page_says(bubblewrap_backend: object, tmp_path: Path) -> None:
    if "folder" not in plugins.bridges():
        pytest.skip("this version's entry points are not installed (pip install -e .)")
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    told = ""
    for kind, text in BLOCKS:
        if kind == "python":
            (tmp_path / "twin-files" / text.split()[1]).write_text(text)
            continue
        script = text.replace("&& pytest)", "&& pytest --agentgym-sandbox bubblewrap)")
        script = re.sub(r"^(agentgym audit|python -m \S+rollout) ", r"\g<0>--sandbox bubblewrap ", script, flags=re.M)
        # All attacks take minutes: these are of three kinds, and the environment's own cheats.
        script = script.replace("--quick", "--quick --attacks null,stuffing,reward,own")
        done = subprocess.run(
            ["bash", "-ec", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=280
        )
        assert done.returncode == 0, done.stdout + done.stderr
        told += done.stdout
    assert " passed" in told
    assert (tmp_path / "audits" / "twin-files" / "audit.html").is_file()
    audited = json.loads((tmp_path / "audits" / "twin-files" / "audit.json").read_text())
    outcomes = {finding["name"]: finding["outcome"] for finding in audited["findings"]}
    assert (audited["verdict"], outcomes["no_attack_pays"]) == ("sound", "passed")
    own = [path for path in (tmp_path / "twin-files").rglob("*") if path.suffix in SUFFIXES]
    assert [path for path in own if re.search("ledger|totals", path.read_text())] == [], "left of the template"
    summary = json.loads((tmp_path / "runs" / "twin-files" / "summary.json").read_text())
    assert summary["environments"][0]["success_rate"] == 1
