"""A course's settings, as ``nbgrader_config.py`` holds them."""

__all__ = ["CONFIG", "settings", "settings_around"]

from pathlib import Path

from traitlets.config import Application, Config
from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

from coursekit._check import CourseError

CONFIG = "nbgrader_config.py"


def settings(root: Path) -> Config:
    """Return a course's configuration.

    Args:
        root: the folder of the course.

    Raises:
        CourseError: if it holds none.
    """
    try:
        return PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    except ConfigFileNotFound:
        raise CourseError(f"a course's folder holds {CONFIG}; got {root}") from None


def settings_around(folder: Path) -> Config:
    """Return the configuration of the course around a folder: for hooks, which are told nothing else.

    It is the running command's; the formgrader's server has none, and then that of the nearest folder above.

    Args:
        folder: of a submission, say.
    """
    found = Config()
    if Application.initialized():
        found.CourseDirectory.update(Application.instance().config.CourseDirectory)
    if found.CourseDirectory:
        return found
    folder = folder.absolute()
    root = next((above for above in (folder, *folder.parents) if (above / CONFIG).is_file()), None)
    if root is not None:
        found = settings(root)
        found.CourseDirectory.setdefault("root", str(root))
    return found
