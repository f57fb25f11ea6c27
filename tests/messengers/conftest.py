"""The fake messenger is there for every test of the doors. Imports are late: Django is not set up yet."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from fake_messenger import Sink
    from lab.running import Lab
    from workspaces.models import Workspace

# How long an example takes says more about the machine's other work than about ours.
hypothesis.settings.register_profile("calm", deadline=None)
hypothesis.settings.load_profile("calm")


@pytest.fixture(autouse=True)
def _fakes() -> Iterator[None]:
    from fake_messenger import fakes_registered

    with fakes_registered():
        yield


@pytest.fixture
def sink() -> Iterator["Sink"]:
    from fake_messenger import a_sink

    with a_sink() as made:
        yield made


@pytest.fixture
def lab(settings: Any) -> Iterator["Lab"]:
    """The lab, known to the installation."""
    from lab.running import a_lab

    with a_lab() as made:
        settings.LAB_URL = made.url
        yield made


@pytest.fixture
def workspace(committed_db: None) -> "Workspace":
    from builders import a_workspace

    return a_workspace()
