"""The outer wall: bubblewrap around the process that forks, and what can be read there."""

__all__ = [
    "ETC",
    "KIT",
    "MACHINE",
    "SYSTEM",
    "Outer",
    "environment_folders",
    "inside_environment",
    "package_folders",
]

import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KIT = "/kit"
ETC = ("/etc/ld.so.cache", "/etc/fonts", "/etc/localtime", "/etc/alternatives")
SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
MACHINE = ("/sys/devices/system/cpu", "/sys/devices/system/node")
_NAMESPACES = ("user", "ipc", "pid", "net", "uts", "cgroup-try")
_STUDENT = "1000"


def _real(paths: Iterable[str | Path]) -> list[Path]:
    """Return folders that exist by the names given and by those without links, the outermost first."""
    found = {name for path in paths for name in (Path(path), Path(path).resolve()) if name.is_dir()}
    return sorted(found, key=lambda path: (len(path.parts), path))


def _packages_on_path() -> list[str]:
    """Return the folders of packages that modules are looked for in, a user's own too."""
    return [entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]


def environment_folders() -> list[Path]:
    """Return the folders of this interpreter and its packages that the system's folders do not hold."""
    programs = Path(sys.executable).resolve().parent.parent
    found: list[Path] = []
    for path in _real([sys.base_prefix, sys.base_exec_prefix, sys.prefix, programs, *_packages_on_path()]):
        inside = any(other == path or other in path.parents for other in [*found, Path("/usr")])
        if not inside and path != Path("/"):
            found.append(path)
    return found


def package_folders() -> list[Path]:
    """Return where modules of this environment lie."""
    base = sysconfig.get_path("purelib", vars={"base": sys.base_prefix, "platbase": sys.base_prefix})
    return _real([base, *site.getsitepackages(), *_packages_on_path()])


def inside_environment(kit: str, home: str, temporary: str) -> dict[str, str]:
    """Return the whole environment of student code; nothing of the grader's is in it.

    Args:
        kit: where the kit lies.
        home: the only place to write to.
        temporary: for temporary files.
    """
    threads = dict.fromkeys(
        ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
    )
    elsewhere = [entry for entry in _packages_on_path() if not entry.startswith((sys.prefix, "/usr"))]
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin", "HOME": home,
        "TMPDIR": temporary, "USER": "student", "LOGNAME": "student", "LANG": "C.UTF-8", "TZ": "UTC",
        "PYTHONPATH": ":".join([kit, *elsewhere]), "PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg", "MPLCONFIGDIR": f"{temporary}/matplotlib",
        "IPYTHONDIR": f"{home}/.ipython", "MALLOC_ARENA_MAX": "4", **threads,
    }  # fmt: skip


def _shows(folders: Iterable[Path], path: Path) -> bool:
    """Tell whether one of the folders holds a path."""
    return any(folder == path or folder in path.parents for folder in folders)


@dataclass(frozen=True)
class Outer:
    """What lies behind the outer wall.

    Attributes:
        bwrap: the program.
        kit: the folder of the kit.
        masks: an empty folder, an empty file and the like, by name: laid over what must not be read.
        forbidden: top-level modules that are covered.
        hidden: folders that are covered where the system's folders hold them, such as the course's.
    """

    bwrap: str
    kit: Path
    masks: Path
    forbidden: Sequence[str] = ()
    hidden: Sequence[Path] = ()

    def sources(self) -> dict[str, Path]:
        """Return what is laid over or into the system's folders, and where."""
        found: dict[str, Path] = {}
        environment = environment_folders()
        covered = [path for path in _real(self.hidden) if _shows([Path("/usr"), *environment], path)]
        for path in (path for path in environment if not _shows(covered, path)):
            found[str(path)] = path
        for path in covered:
            found[str(path)] = self.masks / "nothing"
        for path in _real([sys.prefix, sys.base_prefix]):
            if _shows(covered, path):
                found[str(path)] = path
        for path in (path for folder in package_folders() for path in self.masked(folder)):
            found[str(path)] = self.masks / ("nothing" if path.is_dir() else "empty")
        return {**found, KIT: self.kit, "/etc/passwd": self.masks / "passwd"}

    def masked(self, folder: Path) -> Iterator[Path]:
        """Yield what must not be read in a folder of packages: the kit has a stand-in for each.

        Args:
            folder: such as ``site-packages``.
        """
        for name in ("coursekit", *self.forbidden):
            for path in (folder / name, folder / f"{name}.py", *folder.glob(f"{name}.*.so")):
                if path.exists():
                    yield path

    def write_masks(self) -> None:
        """Make what covers the hidden and the forbidden."""
        (self.masks / "nothing").mkdir(parents=True)
        (self.masks / "empty").touch()
        account = f"student:x:{_STUDENT}:{_STUDENT}::/box:/bin/sh\n"
        (self.masks / "passwd").write_text(account, encoding="utf-8")
        for path in (self.masks, *self.masks.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)

    def command(self, sources: Mapping[str, Path], disk_mb: int | None = None) -> list[str]:
        """Return the command up to the program that is to run behind the wall.

        Args:
            sources: what lies there, by its place; in an order in which none covers a later one.
            disk_mb: of the box, if there is to be only one; else each box gets its own disk from within.
        """
        line = [self.bwrap, *(f"--unshare-{name}" for name in _NAMESPACES), "--uid", _STUDENT]
        line += ["--gid", _STUDENT, "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
        line += ["--hostname", "box"]
        for name, value in inside_environment(KIT, "/box", "/tmp").items():
            line += ["--setenv", name, value]
        line += ["--ro-bind", "/usr", "/usr"]
        for name in SYSTEM:
            path = Path("/", name)
            if path.is_symlink():
                line += ["--symlink", str(path.readlink()), str(path)]
            elif path.is_dir():
                line += ["--ro-bind", str(path), str(path)]
        for place in (*ETC, *MACHINE):
            line += ["--ro-bind-try", place, place]
        line += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
        if disk_mb is None:
            line += ["--tmpfs", "/tmp", "--dir", "/box"]
        else:
            for place in ("/tmp", "/box", "/dev/shm"):
                line += ["--size", str(disk_mb << 20), "--tmpfs", place]
        for target, source in sources.items():
            line += ["--ro-bind", str(source), target]
        return [*line, "--chdir", "/box", "--remount-ro", "/", "--"]
