"""`pytest --agentgym-env` and `env_contract`, in a pytest of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentgym.errors import SandboxLost

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
CHEAP = "noop_scores_zero,malformed_calls_are_answered"
HEAVY = ("agentgym", "gymnasium", "numpy", "pydantic")
BAD_ENVIRONMENT = """
from agentgym.reward import Reward
from agentgym.testing import env_contract
from counting_gym.env import CountingEnv

class GivesEverythingAway(CountingEnv):
    def verify(self, task, *rest):
        return Reward(value=1)

test_contract = env_contract(GivesEverythingAway, tasks=1, checks=["noop_scores_zero", "tools_are_described"])
"""
BOXES = """
from agentgym.testing import env_contract
from agentgym.environments.linux_config.env import LinuxConfigEnv

test_one = env_contract(LinuxConfigEnv, checks=["noop_scores_zero"], sandbox="{}")

def test_boxes(agentgym_backend):
    assert agentgym_backend.name == "bubblewrap"
"""


@pytest.fixture(autouse=True)
def _only_this_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin is named by `-p`, whether or not it is installed; so is what the workers of xdist import."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "tests" / "plugin")]))


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "pytest_agentgym", "-p", "no:cacheprovider", *options)


def test_the_contract_is_checked_without_any_file(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--agentgym-env", "counting", "--agentgym-tasks", "1", "--agentgym-checks", CHEAP, "-v")
    result.assert_outcomes(passed=2)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["counting::malformed_calls_are_answered PASSED*", "counting::noop_scores_zero PASSED*"]
    )


def test_every_check_of_every_environment_is_an_item(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--agentgym-env", "counting,json-math", "--agentgym-env", "counting_gym/Vowels-v1", "--co")
    shown = result.stdout.str()
    assert [shown.count(f"<EnvironmentNode {name}>") for name in ("counting", "json-math", "vowels")] == [1, 1, 1]
    assert shown.count("<CheckItem the_oracle_scores_one>") == 3


def test_items_are_chosen_by_their_names(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_of_a_file(): pass")
    result = run(pytester, "--agentgym-env", "counting", "-k", "noop", "--agentgym-tasks", "1")
    result.assert_outcomes(passed=1, deselected=len_of_contract() - 1)


def len_of_contract() -> int:
    from agentgym.checks.environment import ENV_CHECKS

    return len(list(ENV_CHECKS))


def test_files_that_are_named_are_collected_as_well(pytester: pytest.Pytester) -> None:
    file = pytester.makepyfile("def test_of_a_file(): pass")
    result = run(pytester, str(file), "--agentgym-env", "counting", "--agentgym-checks", "tools_are_described")
    result.assert_outcomes(passed=2)


def test_without_the_option_nothing_is_added(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_of_a_file(): pass")
    run(pytester).assert_outcomes(passed=1)


def test_workers_share_the_checks(pytester: pytest.Pytester) -> None:
    options = ("-p", "xdist", "-n", "1", "--agentgym-env", "counting", "--agentgym-checks", CHEAP)
    result = run(pytester, *options)
    result.assert_outcomes(passed=2)


def test_a_fault_is_told_with_what_shows_it_again(pytester: pytest.Pytester) -> None:
    file = pytester.makepyfile(BAD_ENVIRONMENT)
    result = run(pytester, "-rA")
    result.assert_outcomes(passed=1, failed=1)
    told = result.stdout.str()
    assert "noop got 1 on counting/demo/000000" in told
    assert "task counting/demo/000000, seed 0" in told
    assert f"again: pytest '{file.name}::test_contract[noop_scores_zero]'" in told
    assert "Traceback" not in told
    assert "def judge" not in told


def test_a_fault_of_a_named_environment_is_told_likewise(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    from counting_gym.env import CountingEnv

    monkeypatch.setattr(CountingEnv, "cheats", {})
    options = ("--agentgym-tasks", "1", "--agentgym-seed", "7", "-x")
    result = run(
        pytester, "--agentgym-env", "counting", "--agentgym-checks", "no_cheat_scores,closing_leaves_nothing", *options
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*ships no cheats*",
            "again: pytest --agentgym-env counting --agentgym-checks no_cheat_scores*--agentgym-seed 7*",
        ]
    )
    assert "stopping after 1 failures" in result.stdout.str()


def test_a_check_that_is_lost_to_the_world_does_not_pass(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    from counting_gym.env import CountingEnv

    def lose(*_: object) -> None:
        raise SandboxLost("the engine stopped")

    monkeypatch.setattr(CountingEnv, "verify", lose)
    result = run(pytester, "--agentgym-env", "counting", "--agentgym-checks", "noop_scores_zero")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["lost to the world: the engine stopped"])


def test_every_wrong_option_is_told_at_once(pytester: pytest.Pytester) -> None:
    options = ("--agentgym-sandbox", "bublewrap", "--agentgym-tasks", "0", "--agentgym-checks", "noop_scores_zeros")
    result = run(pytester, "--agentgym-env", "contting,json-maths", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    told = result.stderr.str()
    for nearest in ("'counting'", "'json-math'", "'bubblewrap'", "'noop_scores_zero'"):
        assert f"did you mean {nearest}?" in told
    assert "--agentgym-tasks: at least one task" in told


def test_boxes_that_cannot_be_had_are_an_error_and_no_verdict(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("docker", reason="the docker extra is not installed")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    options = ("--agentgym-sandbox", "docker", "--agentgym-checks", "noop_scores_zero")
    result = run(pytester, "--agentgym-env", "linux-config", *options)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["no boxes can be had here, which says nothing about the environment: *"])
    assert "def " not in result.stdout.str()


def test_a_contract_of_no_such_check_is_refused_when_it_is_collected(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(BAD_ENVIRONMENT.replace("tools_are_described", "tools_are_descirbed"))
    result = run(pytester)
    result.assert_outcomes(errors=1)
    assert "did you mean 'tools_are_described'?" in result.stdout.str()


@pytest.mark.bubblewrap
def test_a_fixture_gives_the_backend_that_is_named(pytester: pytest.Pytester, bubblewrap_backend: object) -> None:
    pytester.makepyfile(BOXES.format("bubblewrap"))
    run(pytester, "--agentgym-sandbox", "bubblewrap", "-k", "boxes").assert_outcomes(passed=1, deselected=1)


def test_the_start_of_every_pytest_loads_nothing_heavy() -> None:
    program = f"import sys, pytest_agentgym; print([name for name in {HEAVY} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout == "[]\n"
