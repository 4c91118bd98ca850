"""What every test gets: a cache folder of its own, none of the user's; and a browser on request."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chromium import browser as browser


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Point the data cache at a temporary folder for the whole run."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSEKIT_CACHE", str(folder))
        yield folder
