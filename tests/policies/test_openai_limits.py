"""What keeps a rollout and its server from harming one another: bounded connections, a breaker, a context that ends."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from scripted_server import Answer, ScriptedServer, events

from agentgym.errors import PolicyUnavailable
from agentgym.policies.breaker import Breaker, GaveUp
from agentgym.policies.client import Client, Refused
from agentgym.policies.slots import Slots
from agentgym.policies.wire import ModelList
from agentgym.policy import RetryReason
from agentgym.rollout.__main__ import main
from agentgym.rollout.config import load
from agentgym.rollout.run import rollout
from agentgym.rollout.store import LOSSES, read_trajectories

CHAT = "/chat/completions"


def post(client: Client, *, within_s: float = 20.0, tried: Counter[RetryReason] | None = None) -> ModelList:
    return client.post(CHAT, {"messages": []}, ModelList, deadline=time.monotonic() + within_s, tried=tried)


def lose(breaker: Breaker) -> None:
    with pytest.raises(GaveUp), breaker.call():
        raise GaveUp("it hangs")


class TestConnections:
    def test_there_are_never_more_than_were_allowed(self):
        with ScriptedServer([Answer(body={"data": []}, delay_s=0.02)] * 40) as server:
            client = Client(server.url, key=None, connections=3, attempt_timeout_s=20)
            with ThreadPoolExecutor(20) as pool:
                assert len([*pool.map(lambda _: post(client), range(40))]) == 40
            client.close()
        assert server.most_open == 3

    def test_waiting_for_one_ends_with_the_deadline_and_does_not_reach_the_server(self):
        arrived = threading.Event()

        class Hanging(ScriptedServer):
            def answer(self, request):
                arrived.set()
                return Answer(body={"data": []}, delay_s=1.0)

        with Hanging() as server, ThreadPoolExecutor(1) as pool:
            client = Client(server.url, key=None, connections=1, attempt_timeout_s=20)
            first = pool.submit(post, client)
            assert arrived.wait(20)
            with pytest.raises(PolicyUnavailable, match=r"1 timeout.*connections were in use"):
                post(client, within_s=0.05)
            assert first.result().names == []
            client.close()
        assert server.connections == 1

    def test_a_connection_that_failed_is_not_lost_to_the_others(self):
        broken = {
            "connection": [Answer(reset=True), Answer(pieces=[b"x"], cut=True)],
            "nonsense": [Answer(body=b"<html>")],
            "timeout": [Answer(delay_s=60), Answer(drip_s=60)],
        }
        for reason, answer in ((reason, answer) for reason, answers in broken.items() for answer in answers):
            with ScriptedServer([answer, Answer(body={"data": []})]) as server:
                client, tried = Client(server.url, key=None, connections=1, attempt_timeout_s=0.3), Counter()
                assert post(client, tried=tried).names == []
                assert tried == {reason: 1}
                assert server.connections == (1 if reason == "nonsense" else 2)
                client.close()

    def test_a_burst_that_is_cut_halves_them_once_and_answers_bring_them_back(self):
        slots = Slots(16)
        burst = [slots.take(time.monotonic() + 1) for _ in range(16)]
        for taken in burst:
            slots.give_back(taken, cut=True)
        assert slots.limit == 8
        for _ in range(20):
            slots.give_back(slots.take(time.monotonic() + 1), answered=True)
        assert slots.limit == 16
        for _ in range(9):
            slots.give_back(slots.take(time.monotonic() + 1), cut=True)
        assert slots.limit == 1


class TestBreaker:
    def test_after_a_streak_calls_fail_at_once_and_say_why(self):
        breaker = Breaker("http://server", after=3, cool_down_s=3600)
        for _ in range(3):
            lose(breaker)
        left_alone = pytest.raises(
            PolicyUnavailable, match=r"http://server is left alone for 3600 s .*last 3.*it hangs"
        )
        with left_alone, breaker.call():
            raise AssertionError("it was let through")

    @pytest.mark.parametrize("error", [None, Refused("no", status=400, said=b"")])
    def test_any_answer_ends_a_streak(self, error):
        breaker = Breaker("http://server", after=2, cool_down_s=3600)
        for _ in range(3):
            lose(breaker)
            if error is None:
                with breaker.call():
                    pass
            else:
                with pytest.raises(Refused), breaker.call():
                    raise error

    def test_after_the_cool_down_one_call_goes_to_see(self):
        breaker = Breaker("http://server", after=1, cool_down_s=0)
        lose(breaker)
        with breaker.call(), pytest.raises(PolicyUnavailable, match="until one call"), breaker.call():
            raise AssertionError("it was let through")
        with breaker.call(), breaker.call():
            pass

    def test_a_probe_that_gives_up_or_is_interrupted_leaves_room_for_the_next(self):
        breaker = Breaker("http://server", after=1, cool_down_s=0)
        lose(breaker)
        lose(breaker)
        with pytest.raises(KeyboardInterrupt), breaker.call():
            raise KeyboardInterrupt
        with breaker.call():
            pass

    def test_a_client_leaves_a_server_that_gives_no_answer_alone(self):
        with ScriptedServer([Answer(reset=True)] * 8) as server:
            client = Client(server.url, key=None, connections=1, attempt_timeout_s=20)
            for _ in range(8):
                with pytest.raises(GaveUp, match="gave no usable answer"):
                    post(client, within_s=0.001)
            with pytest.raises(PolicyUnavailable, match="is left alone"):
                post(client)
            client.close()
        assert len(server.requests) <= 8

    def test_a_rollout_on_a_dead_server_ends_soon_without_scores_and_asks_it_no_more(self, tmp_path):
        with ScriptedServer([Answer(reset=True)] * 1000) as server:
            config = load(
                None,
                (),
                {
                    "policy.spec": "openai:scripted",
                    "policy.base_url": server.url,
                    "policy.call_timeout_s": 0.2,
                    "environments": ("counting",),
                    "split": "train",
                    "tasks": 40,
                    "concurrency": 4,
                },
            )
            result = rollout(config, tmp_path / "run")
        assert result.stopped is not None
        assert "is left alone" in result.stopped
        assert result.summaries[0].episodes == 0
        losses = [*read_trajectories(tmp_path / "run", LOSSES)]
        assert {loss.failure.kind for loss in losses if loss.failure} == {"infra_policy"}
        # Eight in a row stop it; each worker may be in one more then, and begin another before it hears of that.
        assert len({loss.task_id for loss in losses}) <= 8 + 2 * config.concurrency
        assert len(losses) > 12


TOO_LONG = {"error": {"message": "This model's maximum context length is 2048 tokens."}}
NOTHING = {"choices": [{"message": {"content": None}, "finish_reason": "length"}]}


@pytest.mark.parametrize(
    ("full", "stream"),
    [
        (Answer(status=400, body=TOO_LONG), "false"),
        (Answer(status=400, body=TOO_LONG), "true"),
        (Answer(pieces=events(TOO_LONG)), "true"),
        (Answer(body=NOTHING), "false"),
    ],
    ids=["refused", "refused a stream", "told in a stream", "nothing said"],
)
def test_a_full_context_ends_the_episode_with_its_own_reason_and_a_verdict(capsys, tmp_path, full, stream):
    with ScriptedServer([Answer(), *[full] * 4], turns=9) as server:
        flags = ["counting", "--policy", "openai:scripted", "--base-url", server.url, "--out", str(tmp_path / "run")]
        flags += ["--split", "train", "--tasks", "1", "--set", f"policy.stream={stream}", "--quiet", "--json"]
        assert main(flags) == 0
    [summary] = json.loads(capsys.readouterr().out)["environments"]
    assert summary["stop_reasons"] == {"context_full": 1}
    assert (summary["episodes"], summary["lost"], summary["turns"]) == (1, 0, 2.0)


def test_calls_left_in_the_text_stand_in_summary_and_table(capsys, tmp_path):
    left = '<tool_call>\n{"name": "%s", "arguments": {}}\n</tool_call>'
    said = [Answer(body={"choices": [{"message": {"content": left % name}}]}) for name in ("nothing", "submit")]
    with ScriptedServer(said) as server:
        flags = ["counting", "--policy", "openai:scripted", "--base-url", server.url, "--out", str(tmp_path / "run")]
        assert main([*flags, "--split", "train", "--tasks", "1", "--quiet"]) == 0
    assert "calls left in text 2, read 1" in capsys.readouterr().out
    [summary] = json.loads((tmp_path / "run" / "summary.json").read_text())["environments"]
    assert (summary["unparsed_calls"], summary["recovered_calls"]) == (2, 1)
