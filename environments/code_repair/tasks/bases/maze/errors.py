"""What can be wrong with what is given."""


class MazeError(ValueError):
    """A maze, or a list of moves, that makes no sense."""
