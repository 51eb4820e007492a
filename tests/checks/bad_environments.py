"""Environments with one fault each, and the check that must name it.

Each says by `fails` which check catches it, and by `says` what that check's reason has in it.
"""

from __future__ import annotations

import base64
import gzip
import io
import lzma
import os
import random
import subprocess
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from good_environments import Backwards, Sorting
from pydantic import Field

from agentgym.env import AgentEnv, Artefacts, Script
from agentgym.errors import SandboxLost
from agentgym.message import Message, as_message, call
from agentgym.reward import Component, Reward
from agentgym.sandbox import Sandbox
from agentgym.task import Split, Task, TaskSet, generated

BAD: list[type[AgentEnv]] = []


def bad(*, fails: str, says: str) -> Callable[[type[AgentEnv]], type[AgentEnv]]:
    """Put an environment on the list, with the check that catches it and words of its reason."""

    def listed(env_class: type[AgentEnv]) -> type[AgentEnv]:
        env_class.fails, env_class.says = fails, says  # type: ignore[attr-defined]
        BAD.append(env_class)
        return env_class

    return listed


# Tasks ---------------------------------------------------------------------------------------------------------


@bad(fails="gymnasium_accepts_it", says="observation")
class ObservesStrings(Backwards):
    def reset(self, **options: Any) -> Any:
        observation, info = super().reset(**options)
        return [message.content for message in observation], info


@bad(fails="tasks_come_out_the_same", says="is another task the second time")
class DrawsAnew(Backwards):
    @classmethod
    def draw(cls, split: Split, rng: random.Random, index: int) -> Task:
        return super().draw(split, random.Random(), index)


@bad(fails="tasks_are_the_same_in_another_process", says="PYTHONHASHSEED")
class OrdersBySet(Backwards):
    @classmethod
    def draw(cls, split: Split, rng: random.Random, index: int) -> Task:
        task = super().draw(split, rng, index)
        return task.model_copy(update={"prompt": task.prompt + " ".join({*"ABCDEFGHIJ"})})


@bad(fails="splits_share_no_task", says="belong to another split")
class ServesTrainInEval(Backwards):
    @classmethod
    def tasks(cls, split: Split) -> TaskSet:
        tasks = super().tasks(Split.TRAIN)
        return TaskSet(split, len(tasks), lambda i: tasks[i].model_copy(update={"split": split}))


@bad(fails="splits_share_no_task", says="belong to another split")
class ServesTrainLateInEval(Backwards):
    @classmethod
    def tasks(cls, split: Split) -> TaskSet:
        tasks, train = (
            generated(each, 400, lambda rng, index, each=each: cls.draw(each, rng, index), version=cls.id)
            for each in (split, Split.TRAIN)
        )
        return TaskSet(split, 400, lambda i: train[i].model_copy(update={"split": split}) if i > 200 else tasks[i])


@bad(fails="splits_share_no_task", says="again: the same prompt, files and secret, with another setup")
class TellsTasksApartByANumber(Backwards):
    @classmethod
    def draw(cls, split: Split, rng: random.Random, index: int) -> Task:
        nonce = rng.random()
        task = super().draw(split, random.Random(index), index)
        return task.model_copy(update={"setup": {**task.setup, "nonce": nonce}})


@bad(fails="a_seed_decides_the_task", says="began another episode")
class IgnoresItsSeed(Backwards):
    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        return super().reset(seed=random.randrange(2**32), options=options)


@bad(fails="a_seed_decides_the_task", says="choose one task")
class AlwaysBeginsWithOne(Backwards):
    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        return super().reset(seed=1, options=options)


# Tools ---------------------------------------------------------------------------------------------------------


@bad(fails="tools_are_described", says="has no description")
class HasAMuteTool(Backwards):
    def make_tools(self) -> Sequence[Callable[..., str]]:
        def answer(text: str) -> str:
            return self.hand_in({"answer": text.encode()})

        return (answer,)


@bad(fails="tools_are_described", says="no valid JSON Schema")
class HasABadSchema(Backwards):
    def make_tools(self) -> Sequence[Callable[..., str]]:
        def answer(text: Annotated[str, Field(json_schema_extra={"type": "text"})]) -> str:
            """Hand in the answer."""
            return self.hand_in({"answer": text.encode()})

        return (answer,)


@bad(fails="malformed_calls_are_answered", says="ended the episode")
class EndsAtAMistake(Backwards):
    def step(self, action: Message | str) -> Any:
        observation, reward, terminated, truncated, info = super().step(action)
        return observation, reward, terminated or info["malformed_calls"] > 0, truncated, info


# Scores --------------------------------------------------------------------------------------------------------


@bad(fails="the_oracle_scores_one", says="the oracle got 0")
class OracleFailsOnSome(Backwards):
    def oracle(self, task: Task) -> Iterable[Message]:
        yield from self.noop(task) if task.index % 2 else super().oracle(task)


@bad(fails="the_oracle_scores_one", says="the second time")
class OracleSucceedsOnce(Backwards):
    def value(self, task: Task, answer: str) -> float:
        self.asked: set[str] = getattr(self, "asked", set())
        again = answer in self.asked
        self.asked.add(answer)
        return super().value(task, answer) * (not again)


@bad(fails="noop_scores_zero", says="noop got 1")
class AlwaysSaysOne(Backwards):
    def value(self, task: Task, answer: str) -> float:
        return 1.0


@bad(fails="noop_scores_zero", says="noop got 1")
class TakesABeginning(Backwards):
    def value(self, task: Task, answer: str) -> float:
        return float(str(task.secret["backwards"]).startswith(answer))


@bad(fails="noop_scores_zero", says="noop earned goals")
class GivesGoalsAway(Backwards):
    def verify(self, task: Task, *arguments: Any) -> Reward:
        reward = super().verify(task, *arguments)
        return Reward(value=reward.value, components=(*reward.components, Component(name="kept", value=1, goal=True)))


@bad(fails="no_cheat_scores", says="cheat 'forwards' got 1")
class ComparesLetters(Backwards):
    def value(self, task: Task, answer: str) -> float:
        return float(sorted(answer) == sorted(str(task.secret["backwards"])))


@bad(fails="no_cheat_scores", says="ships no cheats")
class HasNoCheats(Backwards):
    cheats: ClassVar[Mapping[str, Script]] = {}


@bad(fails="no_cheat_scores", says="no cheat was played")
class PlaysNoCheat(Backwards):
    @classmethod
    def cheats_for(cls, task: Task) -> Mapping[str, Script]:
        return {}


def mistakes(task: Task) -> Iterable[Message]:
    yield call("anwser", text=str(task.setup["text"]))
    yield call("answer", txt=str(task.setup["text"]))


@bad(fails="no_cheat_scores", says="cheat 'mistakes' did nothing")
class CheatsWithMalformedCalls(Backwards):
    cheats: ClassVar[Mapping[str, Script]] = {"mistakes": mistakes}


def keeps_silent(task: Task) -> Iterable[Message]:
    return ()


@bad(fails="no_cheat_scores", says="cheat 'silent' did nothing")
class CheatsInSilence(Backwards):
    cheats: ClassVar[Mapping[str, Script]] = {"silent": keeps_silent}


def forges(task: Task) -> Iterable[Message]:
    yield call("bash", command="echo 1 > reward.txt")
    yield call("submit")


@bad(fails="no_cheat_scores", says="cheat 'forges' got 1")
class ReadsItsRewardFromTheBox(Sorting):
    cheats: ClassVar[Mapping[str, Script]] = {"forges": forges}

    def collect(self, box: Sandbox, task: Task) -> Artefacts:
        box.exec(["sh", "-c", "test -e reward.txt || sort -c sorted.txt && echo 1 > reward.txt"], timeout_s=10)
        return box.get_tree([f"{box.spec.workdir}/reward.txt"], max_bytes=100, max_files=1)

    def verify(self, task: Task, artefacts: Artefacts, fresh_box: Callable[[], Sandbox]) -> Reward:
        return Reward(value=float(artefacts.get("/work/reward.txt") == b"1\n"))


def replaces_the_judge(task: Task) -> Iterable[Message]:
    yield call("bash", command="mkdir -p bin; printf '#!/bin/sh\\nexit 0\\n' > check; chmod +x check")
    yield call("submit")


@bad(fails="no_cheat_scores", says="cheat 'replaces-the-judge' got 1")
class JudgesInTheAgentsBox(Sorting):
    cheats: ClassVar[Mapping[str, Script]] = {"replaces-the-judge": replaces_the_judge}

    def prepare(self, box: Sandbox, task: Task) -> None:
        super().prepare(box, task)
        box.write("/work/check", b"#!/bin/sh\nLC_ALL=C sort names.txt | cmp - sorted.txt\n", mode=0o755)

    def collect(self, box: Sandbox, task: Task) -> Artefacts:
        return {"right": str(box.exec(["./check"], timeout_s=10).exit_code).encode()}

    def verify(self, task: Task, artefacts: Artefacts, fresh_box: Callable[[], Sandbox]) -> Reward:
        return Reward(value=float(artefacts["right"] == b"0"))


@bad(fails="verdicts_are_the_same_in_another_process", says="PYTHONHASHSEED=. TZ=.* first .* there")
class JudgesByTheOrderOfASet(Backwards):
    def verify(self, task: Task, *arguments: Any) -> Reward:
        judged = super().verify(task, *arguments)
        first = next(iter({*"ABCDEFGHIJKLMNOPQRSTUVWXYZ"}))
        return Reward.of([*judged.components, Component(name="first", value=ord(first) / 100, hard=False)])


@bad(fails="verdicts_are_the_same_in_another_process", says="reward 1.0 here, 0.0 there")
class JudgesByTheHour(Backwards):
    def verify(self, task: Task, *arguments: Any) -> Reward:
        return super().verify(task, *arguments) if -11 < time.localtime().tm_gmtoff / 3600 < 13 else Reward(value=0)


@bad(fails="verdicts_are_the_same_in_another_process", says="it broke in a process with .*ValueError")
class BreaksOnAnotherDay(Backwards):
    def verify(self, task: Task, *arguments: Any) -> Reward:
        if abs(time.localtime().tm_gmtoff) > 11 * 3600:
            raise ValueError("no such day")
        return super().verify(task, *arguments)


@bad(fails="the_oracle_scores_one", says="VerifierFault")
class BreaksOnWhatIsRight(Backwards):
    def value(self, task: Task, answer: str) -> float:
        return 1 / (answer != task.secret["backwards"])


@bad(fails="the_verdict_is_repeatable", says="what differs: style")
class DrawsItsVerdict(Backwards):
    def verify(self, task: Task, *arguments: Any) -> Reward:
        reward = super().verify(task, *arguments)
        style = Component(name="style", value=random.random(), weight=0)
        return Reward(value=reward.value, components=(*reward.components, style))


class JudgesWrongAnswers(Backwards):
    """Has a component whose value depends on more than the answer, where that is wrong."""

    def verify(self, task: Task, artefacts: Artefacts, *arguments: Any) -> Reward:
        judged = super().verify(task, artefacts, *arguments)
        credit = 0 if judged.success or not artefacts.get("answer") else self.credit()
        return Reward.of([*judged.components, Component(name="credit", value=credit, hard=False)])

    def credit(self) -> float:
        raise NotImplementedError


@bad(fails="the_verdict_is_repeatable", says="what one simple call of each tool left .* what differs: credit")
class DrawsWhatAWrongAnswerGets(JudgesWrongAnswers):
    def credit(self) -> float:
        return random.random()


@bad(fails="verdicts_are_the_same_in_another_process", says="one simple call of each tool on .* credit 0.* there")
class JudgesWrongAnswersByTheProcess(JudgesWrongAnswers):
    def credit(self) -> float:
        return os.getpid() % 2**22 / 2**22


# Secrets -------------------------------------------------------------------------------------------------------


@bad(fails="nothing_secret_is_within_reach", says="the prompt or the files")
class PromptsTheAnswer(Backwards):
    @classmethod
    def draw(cls, split: Split, rng: random.Random, index: int) -> Task:
        task = super().draw(split, rng, index)
        return task.model_copy(update={"prompt": f"{task.prompt} (It is {task.secret['backwards']}.)"})


class Adding(Backwards):
    """Add two numbers; the sum is too short to be looked for everywhere."""

    @classmethod
    def draw(cls, split: Split, rng: random.Random, index: int) -> Task:
        one, other = rng.randrange(10**4, 10**5), rng.randrange(10**4, 10**5)
        update = {"prompt": f"What is {one} + {other}?", "setup": {}, "secret": {"backwards": str(one + other)}}
        return super().draw(split, rng, index).model_copy(update=update)


@bad(fails="nothing_secret_is_within_reach", says=r"gives secret.backwards .* away")
class PromptsASum(Adding):
    @classmethod
    def draw(cls, split: Split, rng: random.Random, index: int) -> Task:
        task = super().draw(split, rng, index)
        return task.model_copy(update={"prompt": f"{task.prompt} (the answer is {task.secret['backwards']})"})


@bad(fails="nothing_secret_is_within_reach", says=r"gives secret.backwards .* away")
class PromptsASumWithoutAWord(Adding):
    @classmethod
    def draw(cls, split: Split, rng: random.Random, index: int) -> Task:
        task = super().draw(split, rng, index)
        return task.model_copy(update={"prompt": f"{task.prompt} Checksum {task.secret['backwards']}."})


@bad(fails="nothing_secret_is_within_reach", says="the system prompt of")
class ExplainsTheSum(Adding):
    def system_prompt(self) -> str:
        return f"{super().system_prompt()} It is {self.task.secret['backwards']}."


@bad(fails="nothing_secret_is_within_reach", says="the prompt or the files")
class PromptsTheAnswerInBase64(Backwards):
    @classmethod
    def draw(cls, split: Split, rng: random.Random, index: int) -> Task:
        task = super().draw(split, rng, index)
        hint = base64.b64encode(str(task.secret["backwards"]).encode()).decode()
        return task.model_copy(update={"prompt": f"{task.prompt} {hint}"})


@bad(fails="nothing_secret_is_within_reach", says="the prompt or the files")
class PromptsTheAnswerOfSome(PromptsTheAnswer):
    @classmethod
    def draw(cls, split: Split, rng: random.Random, index: int) -> Task:
        told = super().draw(split, rng, index)
        prompt = told.prompt if index % 2 else f"Say {told.setup['text']} backwards."
        return told.model_copy(update={"prompt": prompt})


@bad(fails="nothing_secret_is_within_reach", says="the system prompt of")
class ExplainsTheAnswer(Backwards):
    def system_prompt(self) -> str:
        return f"{super().system_prompt()} It begins {self.task.secret['backwards']}"


@bad(fails="nothing_secret_is_within_reach", says="a tool's description")
class DescribesTheAnswer(Backwards):
    def make_tools(self) -> Sequence[Callable[..., str]]:
        def answer(text: str) -> str:
            return self.hand_in({"answer": text.encode()})

        answer.__doc__ = f"Hand in the answer, as {self.task.secret['backwards']}."
        return (answer,)


@bad(fails="nothing_secret_is_within_reach", says="the answer to answer")
class CorrectsTheAnswer(Backwards):
    def make_tools(self) -> Sequence[Callable[..., str]]:
        def answer(text: str) -> str:
            """Hand in the answer."""
            self.hand_in({"answer": text.encode()})
            return f"It was {self.task.secret['backwards']}."

        return (answer,)


class Answers(Backwards):
    """Has a second tool, whose answer may depend on its arguments; it is listed after the one that ends an episode."""

    def make_tools(self) -> Sequence[Callable[..., str]]:
        self.asked = 0

        def hint(long: bool = False, kind: Literal["letter", "word", "all"] = "letter") -> str:
            """Tell something of the answer."""
            self.asked += 1
            return str(self.task.secret["backwards"]) if self.tells(long, kind) else "It is a text."

        return (*super().make_tools(), hint)

    def tells(self, long: bool, kind: str) -> bool:
        raise NotImplementedError


@bad(fails="nothing_secret_is_within_reach", says="the answer to hint")
class TellsAfterTheSubmittingTool(Answers):
    def tells(self, long: bool, kind: str) -> bool:
        return True


@bad(fails="nothing_secret_is_within_reach", says="the answer to hint")
class TellsTheSecondTime(Answers):
    def tells(self, long: bool, kind: str) -> bool:
        return self.asked == 2 and not long and kind == "letter"


@bad(fails="nothing_secret_is_within_reach", says="the answer to hint")
class TellsAtLength(Answers):
    def tells(self, long: bool, kind: str) -> bool:
        return long


@bad(fails="nothing_secret_is_within_reach", says="the answer to hint")
class TellsAllOfIt(Answers):
    def tells(self, long: bool, kind: str) -> bool:
        return kind == "all"


@bad(fails="nothing_secret_is_within_reach", says="the answer to malformed calls")
class CorrectsMistakes(Backwards):
    def step(self, action: Message | str) -> Any:
        observation, *rest, info = super().step(action)
        if info["malformed_calls"] and as_message(action).tool_calls:
            told = f"Call answer(text={str(self.task.secret['backwards'])!r})."
            observation = (*observation[:-1], observation[-1].model_copy(update={"content": told}))
        return observation, *rest, info


@bad(fails="nothing_secret_is_within_reach", says="the answer to a message without a call")
class TellsWhoAsks(Backwards):
    def hear(self, text: str) -> str | None:
        return f"It is {self.task.secret['backwards']}."


class Leaks(Sorting):
    """Puts the answer somewhere into the policy's box."""

    def prepare(self, box: Sandbox, task: Task) -> None:
        super().prepare(box, task)
        self.leak(box, str(task.secret["sorted"]))

    def leak(self, box: Sandbox, answer: str) -> None:
        raise NotImplementedError


@bad(fails="nothing_secret_is_within_reach", says="in /tmp/.cache/expected")
class LeavesTheAnswerInAFile(Leaks):
    def leak(self, box: Sandbox, answer: str) -> None:
        box.write("/tmp/.cache/expected", answer.encode())


@bad(fails="nothing_secret_is_within_reach", says="in /home/agent/backup.gz .unpacked.")
class LeavesTheAnswerPacked(Leaks):
    def leak(self, box: Sandbox, answer: str) -> None:
        box.write("/home/agent/backup.gz", gzip.compress(answer.encode()))


@bad(fails="nothing_secret_is_within_reach", says="in /work/.expected .decoded.")
class LeavesTheAnswerInBase64(Leaks):
    def leak(self, box: Sandbox, answer: str) -> None:
        box.write("/work/.expected", base64.encodebytes(answer.encode()))


@bad(fails="nothing_secret_is_within_reach", says="in /work/.expected .decoded.")
class LeavesTheAnswerInHex(Leaks):
    def leak(self, box: Sandbox, answer: str) -> None:
        box.write("/work/.expected", answer.encode().hex().encode())


@bad(fails="nothing_secret_is_within_reach", says="in /work/expected.zip .unpacked.")
class LeavesTheAnswerInAZip(Leaks):
    def leak(self, box: Sandbox, answer: str) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("expected", answer)
        box.write("/work/expected.zip", packed.getvalue())


@bad(fails="nothing_secret_is_within_reach", says="in /work/expected.xz .unpacked.")
class LeavesTheAnswerInXz(Leaks):
    def leak(self, box: Sandbox, answer: str) -> None:
        box.write("/work/expected.xz", lzma.compress(answer.encode()))


@bad(fails="nothing_secret_is_within_reach", says="once its tools are called, holds .* in /tmp/.x")
class LeavesTheAnswerAtTheFirstCall(Sorting):
    def run(self, command: str) -> str:
        self.box.write("/tmp/.x", str(self.task.secret["sorted"]).encode())
        return super().run(command)


@bad(fails="nothing_secret_is_within_reach", says="once its tools are called, holds .* in /tmp/.x")
class LeavesTheAnswerAfterTheSubmittingTool(LeavesTheAnswerAtTheFirstCall):
    def make_tools(self) -> Sequence[Callable[..., str]]:
        return tuple(reversed(super().make_tools()))


@bad(fails="nothing_secret_is_within_reach", says="in /proc/PID/environ")
class LeavesTheAnswerWithADaemon(Leaks):
    def leak(self, box: Sandbox, answer: str) -> None:
        daemon = ["sh", "-c", "setsid sleep 300 >/dev/null 2>&1 </dev/null &"]
        box.exec(daemon, env={"EXPECTED": answer}, timeout_s=9)


@bad(fails="nothing_secret_is_within_reach", says="the answer to bash")
class HasTheAnswerInItsEnvironment(Sorting):
    def run(self, command: str) -> str:
        expected = {"EXPECTED": str(self.task.secret["sorted"])}
        return self.box.exec(["sh", "-c", command], env=expected, timeout_s=10).text


# Faults of the world, and what is left behind --------------------------------------------------------------------


@bad(fails="a_lost_box_leaves_no_reward", says="lost in verify .* came out as a reward of 0")
class FailsWhatItCannotJudge(Sorting):
    def judged(self, task: Task, artefacts: Artefacts, box: Sandbox) -> Reward:
        try:
            return super().judged(task, artefacts, box)
        except Exception as error:
            return Reward.zero("sorted", str(error))


@bad(fails="a_lost_box_leaves_no_reward", says="lost in verify .* came out as a reward of 1")
class PassesWhatItCannotJudge(Sorting):
    def verify(self, task: Task, artefacts: Artefacts, fresh_box: Callable[[], Sandbox]) -> Reward:
        try:
            return super().verify(task, artefacts, fresh_box)
        except SandboxLost:
            return Reward(value=1)


@bad(fails="a_lost_box_leaves_no_reward", says="lost in verify .* at use 3 .* came out as a reward of 0")
class FailsWhatItCannotSort(Sorting):
    def judged(self, task: Task, artefacts: Artefacts, box: Sandbox) -> Reward:
        box.write("/tmp/names", task.files["names.txt"].encode())
        try:
            right = box.exec(["sort", "/tmp/names"], env={"LC_ALL": "C"}, timeout_s=10).stdout
        except SandboxLost as error:
            return Reward.zero("sorted", str(error))
        box.exec(["rm", "/tmp/names"], timeout_s=10)
        return Reward(value=float(artefacts.get("/work/sorted.txt") == right))


@bad(fails="a_lost_box_leaves_no_reward", says="lost in collect .* came out as a reward of 0")
class CollectsWhatItCan(Sorting):
    def collect(self, box: Sandbox, task: Task) -> Artefacts:
        try:
            return super().collect(box, task)
        except SandboxLost:
            return {}

    def verify(self, task: Task, artefacts: Artefacts, fresh_box: Callable[[], Sandbox]) -> Reward:
        return Reward(value=float(artefacts.get("/work/sorted.txt") == str(task.secret["sorted"]).encode()))


@bad(fails="a_lost_box_leaves_no_reward", says="lost in prepare .* came out as RuntimeError")
class BlamesItsSetUp(Sorting):
    def prepare(self, box: Sandbox, task: Task) -> None:
        try:
            super().prepare(box, task)
        except SandboxLost as error:
            raise RuntimeError("the set-up failed") from error


@bad(fails="a_lost_box_leaves_no_reward", says="lost in a tool call .* came out as a reward of 0")
class AnswersWithoutABox(Sorting):
    def make_tools(self) -> Sequence[Callable[..., str]]:
        def look() -> str:
            """List the files of the box."""
            try:
                return self.run("ls")
            except SandboxLost:
                self._box = None
                return self.submit()

        return (*super().make_tools(), look)

    def verify(self, task: Task, artefacts: Artefacts, fresh_box: Callable[[], Sandbox]) -> Reward:
        return Reward(value=float(artefacts.get("/work/sorted.txt") == str(task.secret["sorted"]).encode()))


@bad(fails="a_reset_leaves_nothing_behind", says="in which the oracle played it")
class RemembersWhoWon(Backwards):
    solved: ClassVar[set[str]] = set()

    def value(self, task: Task, answer: str) -> float:
        if super().value(task, answer):
            self.solved.add(task.id)
        return float(task.id in self.solved)


@bad(fails="a_reset_leaves_nothing_behind", says="one simple call of each tool got 0 on .*, and 1 after other episodes")
class PassesAnyAnswerOnceItIsSolved(RemembersWhoWon):
    solved: ClassVar[set[str]] = set()

    def value(self, task: Task, answer: str) -> float:
        return super().value(task, answer) * bool(answer)


@bad(fails="a_reset_leaves_nothing_behind", says="after an episode that was broken off")
class KeepsItsBox(Sorting):
    def _close_box(self) -> None:
        if self._over:
            super()._close_box()

    def _box_for_task(self) -> Sandbox:
        return self._box or super()._box_for_task()

    def close(self) -> None:
        super().close()
        super()._close_box()


@bad(fails="a_reset_leaves_nothing_behind", says="files of one episode are in the next: /dev/shm/left")
class CleansItsBox(KeepsItsBox):
    def _box_for_task(self) -> Sandbox:
        box = super()._box_for_task()
        box.exec(["rm", "-f", "sorted.txt"], timeout_s=9)
        return box


@bad(fails="closing_leaves_nothing", says="boxes are open after close")
class NeverClosesWhatJudges(Sorting):
    def verify(self, task: Task, artefacts: Artefacts, fresh_box: Callable[[], Sandbox]) -> Reward:
        return self.judged(task, artefacts, fresh_box())


@bad(fails="closing_leaves_nothing", says="threads are there")
class KeepsAThread(Backwards):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.done = threading.Event()
        threading.Thread(target=self.done.wait, args=(30,), name="kept", daemon=True).start()


@bad(fails="closing_leaves_nothing", says="folders are there .* kept")
class KeepsAFolder(Backwards):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        tempfile.mkdtemp(prefix="kept")


@bad(fails="closing_leaves_nothing", says="processes are there .* sleep 20")
class KeepsADaemon(Backwards):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        subprocess.run(["sh", "-c", "setsid sleep 20 >/dev/null 2>&1 </dev/null &"], check=True)


@bad(fails="closing_leaves_nothing", says="as if the episode went on")
class GoesOnAfterClose(Backwards):
    def close(self) -> None:
        over = self._over
        super().close()
        self._over = over
