"""One world for all tests of a module, in a transaction that is rolled back; each test undoes what it did to it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction

if TYPE_CHECKING:
    from tests.walls.world import World


@pytest.fixture(scope="module")
def _world(django_db_setup: None, django_db_blocker: Any) -> Iterator["World"]:
    from tests.walls.world import build

    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


@pytest.fixture
def world(_world: "World") -> Iterator["World"]:
    with transaction.atomic():
        yield _world
        transaction.set_rollback(True)
