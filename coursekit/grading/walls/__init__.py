"""The walls behind which students' code runs: what it can read, reach and use up is decided here."""

__all__: list[str] = []
