"""Which curves a run's page shows, by what its updates logged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agentgym.trainers.settings import RailSettings

# As many as there are colours.
MOST_LINES = 6
OURS = "agentgym"
SUCCESS = f"{OURS}/success"
LEVEL = f"{OURS}/level/"
LOGP = "sampling/sampling_logp_difference"


@dataclass(frozen=True)
class Line:
    """A quantity of a picture.

    Attributes:
        name: as it is logged.
        label: what stands at its end.
    """

    name: str
    label: str


@dataclass(frozen=True)
class Chart:
    """A picture to draw.

    Attributes:
        name: of its files.
        title: what is seen.
        unit: of its upright axis.
        lines: what is drawn of what was logged.
        share: values are shares from 0 to 1, and told in per cent.
        log: the axis is logarithmic.
        stepped: values hold until they change, and are not smoothed.
        limits: levels to mark, by what they are called.
    """

    name: str
    title: str
    unit: str
    lines: Sequence[Line]
    share: bool = False
    log: bool = False
    stepped: bool = False
    limits: Mapping[str, float] = field(default_factory=dict)


def charts(names: Sequence[str], rails: RailSettings) -> list[Chart]:
    """Return the charts of a run that logged these names, the most telling first."""
    lines = _Chosen(set(names))
    return [
        Chart(
            "reward",
            "Reward and success of the training episodes",
            "share",
            lines({"reward": "reward", f"{OURS}/reward": "reward", SUCCESS: "success"}),
            share=True,
        ),
        *_successes(names),
        Chart(
            "levels",
            "The level that the curriculum has reached",
            "level",
            [Line(name, name.removeprefix(LEVEL)) for name in names if name.startswith(LEVEL)][:MOST_LINES],
            stepped=True,
        ),
        Chart(
            "length",
            "Tokens that an episode sampled, in the mean",
            "tokens",
            lines({f"{OURS}/completion_tokens": "sampled", "completions/mean_length": "sampled"}),
        ),
        Chart("turns", "Turns of an episode, in the mean", "turns", lines({f"{OURS}/turns": "turns"})),
        Chart("entropy", "Entropy of the sampled tokens", "nats a token", lines({"entropy": "entropy"})),
        Chart(
            "logp",
            "|Δlogp|: how far sampler and trainer are apart",
            "nats a token",
            lines({f"{LOGP}/max": "largest", f"{LOGP}/mean": "mean"}),
            log=True,
            limits={"stops the run (mean)": rails.logp_mean},
        ),
        Chart("kl", "KL divergence from the base policy", "nats a token", lines({"kl": "KL"})),
        Chart("gradient", "Norm of the gradient", "norm", lines({"grad_norm": "norm"})),
        Chart("loss", "Loss of each update", "loss", lines({"loss": "loss"})),
        Chart(
            "accuracy",
            "Tokens of the demonstrations that come first in the model's mind",
            "share",
            lines({"mean_token_accuracy": "tokens right"}),
            share=True,
        ),
        Chart(
            "waste",
            "Groups and episodes that taught nothing",
            "share",
            lines(
                {
                    f"{OURS}/dead_groups": "dead groups",
                    f"{OURS}/truncated": "cut off",
                    f"{OURS}/lost": "lost",
                }
            ),
            share=True,
        ),
        Chart(
            "replaced",
            "Dead groups that were replaced, and episodes that are missing",
            "count an update",
            lines({f"{OURS}/replaced_groups": "replaced", f"{OURS}/missing": "missing"}),
        ),
        Chart(
            "malformed",
            "Malformed tool calls",
            "calls an episode",
            lines({f"{OURS}/malformed_calls": "malformed"}),
        ),
        Chart(
            "cheats",
            "Episodes judged to be cheats, and tasks without a solution that were passed",
            "share",
            lines({f"{OURS}/cheats": "cheats", f"{OURS}/canaries_passed": "canaries"}),
            share=True,
            limits=_stops({"cheats": rails.cheats, "canaries": rails.canaries}),
        ),
        Chart(
            "time",
            "Seconds of an update, and of playing its episodes",
            "s",
            lines({"step_time": "update", f"{OURS}/rollout_s": "playing"}),
        ),
    ]


class _Chosen:
    """Chooses of the names of a quantity those that were logged, the first of each label."""

    def __init__(self, logged: set[str]) -> None:
        self._logged = logged

    def __call__(self, labels: Mapping[str, str]) -> list[Line]:
        found: dict[str, Line] = {}
        for name, label in labels.items():
            if name in self._logged:
                found.setdefault(label, Line(name, label))
        return list(found.values())


def _successes(names: Iterable[str]) -> Iterator[Chart]:
    """Yield success by environment where there are several, and by level in each that has several."""
    places = [name.removeprefix(f"{SUCCESS}/").split("/") for name in names if name.startswith(f"{SUCCESS}/")]
    environments = sorted({place[0] for place in places})
    if len(environments) > 1:
        for number, part in enumerate(_parts(environments), 1):
            lines = [Line(f"{SUCCESS}/{env}", env) for env in part]
            yield Chart(f"success-{number}", "Success by environment", "share of episodes", lines, share=True)
    for env in environments:
        levels = sorted({place[1] for place in places if place[0] == env and len(place) > 1}, key=_number)
        for number, part in enumerate(_parts(levels), 1):
            lines = [Line(f"{SUCCESS}/{env}/{level}", level.replace("-", " ")) for level in part]
            name, title = f"success-{env}-{number}", f"Success by level: {env}"
            yield Chart(name, title, "share of episodes", lines, share=True)


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[begin : begin + MOST_LINES] for begin in range(0, len(names), MOST_LINES))


def _number(level: str) -> tuple[int, str]:
    digits = level.rpartition("-")[2]
    return (int(digits) if digits.isdigit() else 0, level)


def _stops(shares: Mapping[str, float]) -> dict[str, float]:
    """Return the limits that can be reached; a share of 1 stops nothing, and one of 0 lies on the axis."""
    return {f"stops the run ({name})": share for name, share in shares.items() if 0 < share < 1}
