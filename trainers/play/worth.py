"""What an episode is worth to training."""

from __future__ import annotations

from agentgym.trajectory import StopReason, Trajectory

_LIMITS = (StopReason.MAX_TURNS, StopReason.MAX_TOKENS, StopReason.CONTEXT_FULL)


def worth(episode: Trajectory) -> float | None:
    """Return what an episode earns; None if the world took it away.

    What shows signs of a cheat earns nothing. Signs are no proof, and do not decide a rollout's reward; but a policy
    that is paid for what looks like tampering learns to tamper.
    """
    if episode.reward is None:
        return None
    return 0.0 if episode.reward.cheated else episode.reward.value


def succeeded(episode: Trajectory) -> bool:
    """Tell whether an episode did everything asked for, and nothing that looks like a cheat."""
    return episode.success and episode.reward is not None and not episode.reward.cheated


def cut_short(episode: Trajectory) -> bool:
    """Tell whether a limit ended an episode, or its last answer: of turns, of tokens, or of the context."""
    answered = episode.turns[-1].completion.finish_reason if episode.turns else None
    return episode.stop_reason in _LIMITS or answered == "length"
