import random
import subprocess
import sys
from collections import Counter
from itertools import islice

import pytest

from agentgym import plugins
from agentgym.task import Split, Task, TaskKind, TaskSet, derive_seed, generated, parse_task_id, split_of

SAMPLE = range(0, 60, 3)


def draw(rng: random.Random, index: int) -> Task:
    prompt = f"Add {rng.randint(0, 999)} and {rng.randint(0, 999)}"
    return Task(id=f"x/train/{index}", split=Split.TRAIN, index=index, family="sum", level=1, prompt=prompt)


@pytest.mark.parametrize("split", Split)
def test_a_generated_task_belongs_to_its_split_by_its_content(split: Split) -> None:
    assert {split_of(task.content_hash) for task in generated(split, 50, draw, version="X-v1")} == {split}


def test_a_space_too_small_for_a_split_is_said_so() -> None:
    def only(rng: random.Random, index: int) -> Task:
        return Task(id="x", split=Split.DEMO, index=index, family="f", level=1, prompt="always the same")

    others = [split for split in Split if split is not split_of(only(random.Random(), 0).content_hash)]
    with pytest.raises(RuntimeError, match="too small a space"):
        generated(others[0], 5, only, version="X-v1")[0]


def test_spacing_ids_and_secrets_do_not_make_another_task() -> None:
    task = draw(random.Random(1), 0)
    same = task.model_copy(update={"prompt": "  " + task.prompt.replace(" ", "\n"), "id": "y", "secret": {"a": 1}})
    assert same.content_hash == task.content_hash


def test_secrets_stay_out_of_what_is_printed() -> None:
    assert "gold" not in repr(draw(random.Random(1), 0).model_copy(update={"secret": {"answer": "gold"}}))


def test_demo_and_eval_are_taken_in_order_and_train_by_seed() -> None:
    assert TaskSet(Split.EVAL, 50, lambda i: draw(random.Random(i), i)).choose(3, seed=7) == [0, 1, 2]
    train = TaskSet(Split.TRAIN, 10**6, lambda i: draw(random.Random(i), i))
    assert train.choose(5, seed=7) == train.choose(5, seed=7) != train.choose(5, seed=8)


def test_indices_outside_are_refused() -> None:
    with pytest.raises(IndexError, match="tasks 0 to 4"):
        generated(Split.TRAIN, 5, draw, version="X-v1")[5]


def test_task_ids_are_read_back() -> None:
    assert parse_task_id("code-repair/eval/000017") == ("code-repair", Split.EVAL, 17)
    assert parse_task_id("code-repair/17") is None


def test_seeds_depend_on_every_part() -> None:
    assert len({derive_seed("a", 1), derive_seed("a", 2), derive_seed("b", 1), derive_seed("a1")}) == 4


@pytest.mark.parametrize("env_id", [i for i in plugins.environments().values() if i.startswith("agentgym/")])
def test_tasks_are_the_same_bytes_in_another_process(env_id: str) -> None:
    code = (
        "import hashlib, sys; from agentgym import plugins; from agentgym.task import Split\n"
        f"cls = plugins.environment_class({env_id!r})\n"
        "print(hashlib.sha256(b''.join(cls.tasks(s)[i].to_bytes() for s in Split for i in "
        "range(min(20, len(cls.tasks(s)))))).hexdigest())"
    )
    # Different hash seeds: an order that comes from a set or a dict of objects would show.
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("env_id", [i for i in plugins.environments().values() if i.startswith("agentgym/")])
def test_no_two_splits_share_a_task_and_frozen_ones_hold_none_twice(env_id: str) -> None:
    cls = plugins.environment_class(env_id)
    hashes = {split: [task.content_hash for task in cls.tasks(split)[:400]] for split in Split}
    for split in (Split.DEMO, Split.EVAL):
        assert len(set(hashes[split])) == len(hashes[split])
    for one, other in [(Split.DEMO, Split.EVAL), (Split.DEMO, Split.TRAIN), (Split.EVAL, Split.TRAIN)]:
        assert not set(hashes[one]) & set(hashes[other])


def kinds_in_turn(size: int, made: list[int]) -> TaskSet:
    def make(index: int) -> Task:
        made.append(index)
        kind = {"family": "ab"[index % 2], "level": 1 + index % 3}
        return draw(random.Random(index), index).model_copy(update=kind)

    return TaskSet(Split.TRAIN, size, make)


def test_a_lap_holds_every_index_once_in_an_order_of_its_seed() -> None:
    tasks = kinds_in_turn(500, [])
    assert sorted(tasks.lap(seed=1)) == list(range(500))
    assert list(tasks.lap(seed=1)) == list(tasks.lap(seed=1)) != list(tasks.lap(seed=2))


def test_every_order_of_a_lap_is_as_likely() -> None:
    tasks = kinds_in_turn(3, [])
    counted = Counter(tuple(tasks.lap(seed=seed)) for seed in range(1200))
    assert len(counted) == 6
    assert all(150 < count < 250 for count in counted.values())


def test_a_lap_of_some_kinds_is_the_lap_of_all_without_the_others() -> None:
    tasks = kinds_in_turn(300, [])
    some = list(tasks.lap(seed=4, families=["a"], levels=[1, 3]))
    assert some == [index for index in tasks.lap(seed=4) if index % 2 == 0 and index % 3 != 1]
    assert len(some) == 100


def test_laps_go_on_in_other_orders_and_end_at_once_where_nothing_fits() -> None:
    tasks = kinds_in_turn(12, [])
    endless = tasks.laps(seed=0, families=["b"])
    first, second = (list(islice(endless, 6)) for _ in range(2))
    assert sorted(first) == sorted(second) == [1, 3, 5, 7, 9, 11]
    assert first != second
    assert list(tasks.laps(seed=0, levels=[9])) == []


def test_a_million_tasks_are_not_made_to_choose_a_few_and_none_is_looked_at_twice() -> None:
    made: list[int] = []
    tasks = kinds_in_turn(10**6, made)
    chosen = list(islice(tasks.lap(seed=3, levels=[2]), 10))
    assert len(made) < 100
    assert [tasks.kind(index).level for index in chosen] == [2] * 10
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("name", ["code-repair", "gauntlet", "json-math", "linux-config"])
@pytest.mark.parametrize("split", Split)
def test_kinds_told_of_tasks_are_those_of_the_tasks_that_are_made(name: str, split: Split) -> None:
    tasks = plugins.environment_class(plugins.find_environment(name)).tasks(split)
    for index in {*tasks.choose(25, seed=8), len(tasks) - 1}:
        task = tasks[index]
        assert tasks.kind(index) == TaskKind(task.family, task.level)
        assert tasks.kind(index) in tasks.kinds
