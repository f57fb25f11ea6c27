"""What the tests that break things share. Imports are late: Django is not set up yet."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.parts import Parts


@pytest.fixture(autouse=True)
def _fakes() -> Iterator[None]:
    from fake_messenger import fakes_registered

    with fakes_registered():
        yield


@pytest.fixture
def parts(committed_db: None, tmp_path: Path) -> "Iterator[Parts]":
    """Workers, senders and a beat that can be killed; what they said is shown when the test fails."""
    from faults.parts import some_parts

    with some_parts(tmp_path) as parts:
        yield parts
        print(parts.said()[-20_000:])
