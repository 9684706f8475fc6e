"""The one error of this package."""


class EmbeddedPostgresError(Exception):
    """The embedded server cannot be had; the message is one line for the person at the terminal.

    It always ends by naming the way out, so that nobody is stuck with a server they never chose.
    """

    def __init__(self, reason: str) -> None:
        one_line = " ".join(reason.split()).rstrip(".")
        super().__init__(f"{one_line}. To use a PostgreSQL of your own, set DATABASE_URL.")
