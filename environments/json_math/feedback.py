"""What is told of the format of a submitted document, and of nothing else."""

from __future__ import annotations

from agentgym.environments.json_math import schema, strict_json
from agentgym.task import Task

MAX_RETRIES = 3


def format_fault(task: Task, answer: bytes) -> str:
    """Return what a document breaks of strict JSON or of the task's schema; empty if it can be judged.

    Whether a value is right is never looked at, so this tells no more of the answer than the prompt does.
    """
    try:
        document = strict_json.parse(answer)
    except strict_json.StrictJsonError as error:
        return error.explained()
    faults = schema.faults(task.secret["schema"], document)
    return "\n".join(["It does not fit the schema.", *faults]) if faults else ""


def sent_back(fault: str, *, left: int) -> str:
    """Return the answer to a document that is sent back.

    Args:
        fault: what it breaks, as `format_fault` says it.
        left: how many documents may still be sent, of which the last counts whatever its format.
    """
    more = "once more, and then it counts" if left == 1 else f"{left} more times"
    return f"Not accepted: the format is wrong.\n{fault}\nSend the whole document again. It can be sent {more}."
