"""What nbgrader needs to grade a class safely: plug-ins named in ``nbgrader_config.py`` and nowhere else."""

__all__: list[str] = []
