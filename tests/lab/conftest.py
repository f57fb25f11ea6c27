"""A lab for each test that asks for one."""

from collections.abc import Iterator

import pytest

from lab.running import Lab, a_lab


@pytest.fixture
def lab() -> Iterator[Lab]:
    with a_lab() as made:
        yield made
