import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def test_boxes_work_from_python_as_the_page_says(bubblewrap_backend: object, tmp_path: Path) -> None:
    page = (DOCS / "how-to" / "boxes.md").read_text()
    program = page.partition("```python\n")[2].partition("```")[0].replace('"auto"', '"bubblewrap"')
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == ["3", "hello", "42", "/tmp", "yes", "b'print(6", "*", "7)\\n'", "program.py"]


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.stem)
def test_every_page_can_be_reached(page: Path) -> None:
    if page.name != "index.md":
        assert page.relative_to(DOCS).as_posix() in (DOCS.parent / "mkdocs.yml").read_text()


@pytest.mark.slow
def test_a_repository_becomes_a_task_as_the_page_says(bubblewrap_backend: object, tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    page = (DOCS / "how-to" / "own-tasks.md").read_text()
    script = "\n".join(re.findall(r"```bash\n(.*?)```", page, flags=re.S))
    script = script.replace("tasks check my-tasks", "tasks check my-tasks --sandbox bubblewrap")
    script = script.replace("--policy oracle", "--policy oracle --sandbox bubblewrap --quiet")
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    run = subprocess.run(
        ["bash", "-ec", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=280
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "code-repair/own/shop-rounding  1 1 1  0" in run.stdout
    assert "1 of 1 tasks are fit." in run.stdout
    assert json.loads((tmp_path / "runs/shop/summary.json").read_text())["environments"][0]["success_rate"] == 1
    program = page.partition("```python\n")[2].partition("```")[0].replace('"auto"', '"bubblewrap"')
    again = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.stdout == "code-repair/own/shop-rounding\n", again.stderr
