"""What can be wrong with a pipeline."""


class PipelineError(ValueError):
    """A step that makes no sense; its text begins with the number of the step, if that is known."""

    def __init__(self, reason: str, number: int | None = None) -> None:
        super().__init__(reason if number is None else f"step {number}: {reason}")
