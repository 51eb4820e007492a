"""How many tasks would settle a difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from statistics import NormalDist, fmean

from agentgym.report.paired import imagined_task

ERROR, POWER = 0.05, 0.8
# Of fewer tasks the test, which swaps the two policies within tasks, shows nothing: 2 of its 2⁵ swaps are above 5 %.
FEWEST_SHOWN = 6


def tasks_needed(before: Mapping[str, Sequence[float]], after: Mapping[str, Sequence[float]]) -> int | None:
    """Return about how many tasks would show a difference as large as that seen; None where none was seen.

    Shown means at 5 %, two-sided, 4 times of 5. The number is that of the normal approximation for paired means,
    n = (z₀.₉₇₅ + z₀.₈)² s² / d², and 2 more, for that approximation (Guenther 1981); s² is of the differences of the
    tasks, an imagined one among them as in `paired`, so that few tasks that all differ alike do not seem to settle
    everything. It is never fewer than one more than there are, nor than the exact test needs. The true difference may
    be smaller than the one seen, and then takes more.

    Args:
        before: values of the episodes of each task that both played, from 0 to 1.
        after: the same for the other policy.
    """
    tasks = sorted(before)
    differences = [fmean(after[task]) - fmean(before[task]) for task in tasks]
    difference = fmean(differences)
    if abs(difference) < 1e-9:
        return None
    step = imagined_task([before[task] for task in tasks], [after[task] for task in tasks]).step
    variance = (sum((each - difference) ** 2 for each in differences) + step**2) / len(differences)
    quantiles = NormalDist().inv_cdf(1 - ERROR / 2) + NormalDist().inv_cdf(POWER)
    return max(len(differences) + 1, FEWEST_SHOWN, ceil(quantiles**2 * variance / difference**2 + 2))
