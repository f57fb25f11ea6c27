"""What the tests of bots share: a workspace, a channel, and a person on it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flow_people import Person
    from messengers.models import Channel
    from workspaces.models import Workspace


@pytest.fixture
def workspace(db: None) -> "Workspace":
    from builders import a_workspace

    return a_workspace()


@pytest.fixture
def channel(workspace: "Workspace") -> "Iterator[Channel]":
    from builders import a_channel
    from workspaces.scope import tenant

    with tenant(workspace):
        yield a_channel()


@pytest.fixture
def person(channel: "Channel") -> "Person":
    from flow_people import Person

    return Person(channel)
