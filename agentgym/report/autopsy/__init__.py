"""Why episodes failed: causes with their evidence, from what was judged and from what happened."""

from agentgym.report.autopsy.causes import Autopsy, Cause, CauseCount, Finding
from agentgym.report.autopsy.examine import examine, findings

__all__ = ["Autopsy", "Cause", "CauseCount", "Finding", "examine", "findings"]
