"""The page of a training run: whole, broken off, and in a browser."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agentgym.report.paired import paired
from agentgym.trainers.outcome.charts import charts
from agentgym.trainers.outcome.comparison import Comparison, as_json
from agentgym.trainers.outcome.page import write_page
from agentgym.trainers.planning.machine import facts, versions
from agentgym.trainers.record.history import Series, not_finite, read_history
from agentgym.trainers.settings import GrpoSettings, RailSettings

pytestmark = pytest.mark.train
STEPS = 8
SETTINGS = {"steps": STEPS, "environments": [{"name": "json-math"}], "trl": {"loss_type": "<dapo>"}}


@pytest.fixture(autouse=True)
def _drawing() -> None:
    pytest.importorskip("matplotlib", reason="the train extra is not installed")
    pytest.importorskip("jinja2", reason="the train extra is not installed")


def update(step: int, **more: Any) -> dict[str, Any]:
    share = step / STEPS
    numbers = {"step": step, "reward": share, "agentgym/success": share, "agentgym/success/json-math": share}
    return {**numbers, "agentgym/level/json-math": 1, "sampling/sampling_logp_difference/mean": 0.004, **more}


def run_folder(folder: Path, lines: list[dict[str, Any]], **summary: Any) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(GrpoSettings.model_validate(SETTINGS).model_dump_json())
    (folder / "steps.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "adapter").mkdir()
    tasks = {str(task): [0.0] for task in range(30)}, {str(task): [1.0] for task in range(30)}
    difference = paired(*tasks)
    assert difference is not None
    compared = Comparison(differences={"success/all": difference}, pairs=30, left_out=0)
    told = {"model": "SmolLM2-135M-Instruct", "evaluation": as_json(compared), "unheard_of": 1, **summary}
    (folder / "summary.json").write_text(json.dumps(told))
    return folder


class Outline(HTMLParser):
    """What a reader of a page goes by: its headings, its text, its links, and what it asks the network for."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.captions = 0
        self.links: list[str] = []
        self.sources: list[str] = []
        self._in = ""
        self.text = ""
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self._in = tag
        self.captions += tag == "caption"
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        self.links += [given["href"]] if tag == "a" else []
        self.sources += [given["src"]] if "src" in given else []

    def handle_data(self, data: str) -> None:
        if self._in not in ("style", "text"):
            self.text += data


def test_the_page_tells_what_came_of_a_run(tmp_path: Path) -> None:
    lines = [update(step) for step in range(1, STEPS + 1)]
    folder = run_folder(tmp_path / "run <1>", lines, warnings=["few & <tasks>"], machine=facts())
    page = Outline(write_page(folder))
    assert "Better: +100 points" in page.text
    assert "few & <tasks>" in page.text
    assert "<dapo>" in page.text
    assert "reward: from 12% to 100%, lowest 12%, highest 100%" in page.text
    assert f"{STEPS} of {STEPS}" in page.text
    assert all(str(value) in page.text for value in facts().values())
    assert "python -m agentgym.rollout json-math --policy 'smollm2:adapter=" in page.text
    assert page.captions >= 3
    assert page.headings[0] == "h1"
    levels = [int(heading[1]) for heading in page.headings]
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_page_needs_no_network_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", [update(step) for step in range(1, STEPS + 1)])
    html = write_page(folder).read_text(encoding="utf-8")
    page = Outline(folder / "report.html")
    assert page.sources == []
    assert "@import" not in html
    assert not re.findall(r"url\((?!#)", html)
    assert page.links
    assert [link for link in page.links if not (folder / link).exists()] == []
    for kind in ("png", "svg"):
        assert (folder / "curves" / f"reward.{kind}").stat().st_size > 1000
    ids = re.findall(r'\bid="([^"]*)"', html)
    assert {name for name in ids if ids.count(name) > 1} == set()


def test_colours_follow_the_reader(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", [update(1), update(2)])
    html = write_page(folder).read_text(encoding="utf-8")
    pictures = "".join(re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL))
    assert "var(--curve-2)" in pictures
    assert set(re.findall(r"(?:fill|stroke): (#\w+)", pictures)) == set()
    assert "prefers-color-scheme: dark" in (folder / "curves" / "reward.svg").read_text()


def test_the_same_run_gives_the_same_page(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", [update(1), update(2)])
    first = write_page(folder).read_bytes()
    assert write_page(folder).read_bytes() == first


def test_a_supervised_run_has_a_page_too(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    told = {"model": {"name": "Qwen3.5-4B"}, "demonstrations": {"oracle_tasks": 5}, "epochs": 2.0}
    (folder / "config.json").write_text(json.dumps(told))
    (folder / "steps.jsonl").write_text('{"step": 1, "loss": 2.0, "mean_token_accuracy": 0.5}\n')
    (folder / "summary.json").write_text(json.dumps({"steps": 1, "loss": [2.0], "versions": versions()}))
    text = Outline(write_page(folder)).text
    assert "tokens right: from 50% to 50%" in text
    assert "Qwen3.5-4B" in text
    assert "To be looked at" not in text


def test_what_a_broken_run_lacks_is_said(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", [update(1), update(2, reward=None), update(3)])
    with (folder / "steps.jsonl").open("a") as file:
        file.write('{"step": 4, "rew')
    (folder / "summary.json").unlink()
    text = Outline(write_page(folder)).text
    assert "there is no summary.json: the run has not come to its end" in text
    assert "steps.jsonl: line 4 is cut off or damaged" in text
    assert "reward was not a finite number at update 2" in text
    assert f"3 of {STEPS} updates were made" in text
    assert "Not evaluated" in text


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\n[1]\n{}\nnull\n", b'{"step": 1, "loss": "nan"}\n'])
def test_damaged_files_leave_a_page(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    assert "there is no config.json" in Outline(write_page(folder)).text
    for name in ("config.json", "steps.jsonl", "summary.json"):
        (folder / name).write_bytes(content)
    page = Outline(write_page(folder))
    assert "No curve can be drawn" in page.text


def test_a_summary_of_another_form_is_said(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", [update(1)], evaluation={"differences": 3})
    assert "summary.json is not as this version writes it: differences" in Outline(write_page(folder)).text


def test_numbers_that_are_hard_to_draw_are_drawn(tmp_path: Path) -> None:
    hard = {"loss": -1e300, "grad_norm": 0, "entropy": 1e-300, "kl": None, "agentgym/lost": 0.0}
    lines = [update(1, **hard), {"step": 2, "loss": 1e300, "sampling/sampling_logp_difference/mean": 0.0}]
    page = Outline(write_page(run_folder(tmp_path / "run", lines)))
    assert "lowest -1e+300, highest 1e+300" in page.text


def test_of_an_update_that_was_repeated_the_later_line_counts(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", [update(1), update(2, reward=0.5), update(2, reward=0.7)])
    assert read_history(folder).series("reward").values == [0.125, 0.7]


def test_smoothing_is_over_what_came_before() -> None:
    series = Series([1, 2, 3, 4], [1.0, 3.0, 5.0, 7.0])
    assert series.smoothed(2) == [1.0, 2.0, 4.0, 6.0]
    assert series.smoothed(100) == [1.0, 2.0, 3.0, 4.0]


def test_what_is_not_finite_is_named(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", [update(1, loss=math.nan), update(2, loss=math.inf), update(3, loss=1.0)])
    history = read_history(folder)
    assert history.series("loss").values == [1.0]
    assert not_finite(history) == ["loss was not a finite number at updates 1, 2"]


def test_environments_and_levels_each_get_their_curve() -> None:
    places = ["a", "a/level-2", "a/level-10", "b", "b/level-1"]
    found = charts(sorted(f"agentgym/success/{place}" for place in places), RailSettings())
    told = {chart.title: [line.label for line in chart.lines] for chart in found if chart.name.startswith("success")}
    assert told == {
        "Success by environment": ["a", "b"],
        "Success by level: a": ["level 2", "level 10"],
        "Success by level: b": ["level 1"],
    }


def test_the_page_is_imported_without_matplotlib() -> None:
    script = (
        "import sys, agentgym.trainers.outcome.page; sys.exit('matplotlib' in sys.modules or 'torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.fixture
def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("chromium is not installed")
    return found


@pytest.mark.browser
@pytest.mark.parametrize("width", [400, 1200])
def test_a_browser_shows_it_without_complaint(chromium: str, tmp_path: Path, width: int) -> None:
    page = write_page(run_folder(tmp_path / "run", [update(step) for step in range(1, STEPS + 1)]))
    # A headless window is never narrower than 500, a frame may be.
    frame = tmp_path / "frame.html"
    frame.write_text(
        f"<iframe id=f src='run/report.html' style='width:{width}px;height:900px'></iframe><script>onload = () => {{"
        "const shown = document.getElementById('f').contentDocument.documentElement;"
        "document.title = `${shown.scrollWidth <= shown.clientWidth} ${shown.querySelectorAll('figure svg').length}`"
        "}</script>"
    )
    argv = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    argv += ["--allow-file-access-from-files", "--enable-logging=stderr", f"--user-data-dir={tmp_path}/profile"]
    argv += ["--virtual-time-budget=3000", "--dump-dom", frame.as_uri()]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=120)
    assert "CONSOLE" not in done.stderr
    pictures = len(re.findall("<figure", page.read_text(encoding="utf-8")))
    assert f"<title>true {pictures}</title>" in done.stdout
