"""The base programs: every folder here that has a `spec.md`."""

from functools import cache

from agentgym.environments.code_repair.tasks.base import BASES_FOLDER, Base

EASY = frozenset({"columns", "dry_spell", "heater", "intervals", "money", "parking", "smoothing"})
HELD_OUT = frozenset(
    {
        "cache_tiers",
        "elevator",
        "job_order",
        "loan_plan",
        "lru_cache",
        "query_language",
        "ranking",
        "recurring_events",
        "subscriptions",
        "tournament",
        "url_router",
        "versions",
    }
)

BASES = tuple(
    Base(name, easy=name in EASY, held_out=name in HELD_OUT)
    for name in sorted(path.parent.name for path in BASES_FOLDER.glob("*/spec.md"))
)


@cache
def find_base(name: str) -> Base:
    """Return the base program of a name."""
    return next(base for base in BASES if base.name == name)
