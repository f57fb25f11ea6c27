"""Every address of the resolver, whoever asks: a new page is covered by existing."""

import pytest

from tests.walls.table import faults
from tests.walls.world import World
from workspaces.addresses import Address, addresses

PAGES = list(addresses())


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_opens_to_whom_it_declares_and_to_nobody_else(page: Address, world: World) -> None:
    assert page.name, f"{page.route} has no name"
    if found := faults(page, world):
        pytest.fail("\n".join(found), pytrace=False)
