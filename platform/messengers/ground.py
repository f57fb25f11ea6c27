"""What serving a channel stands on: a sender's connections and its leases. `delivery.Sender` is one."""

from collections.abc import Callable
from typing import Protocol, TypeVar
from uuid import UUID

from messengers.capacity import Capacity
from messengers.driver import Driver

_Result = TypeVar("_Result")


class Ground(Protocol):
    """A sender, as its pumps know it."""

    id: UUID
    driver: Driver
    capacity: Capacity

    async def database(self, step: Callable[[], _Result], *, urgent: bool = False) -> _Result:
        """Run a step in a thread; an urgent one does not wait for others."""

    def count(self, channel_id: int, *, sent: int, failed: int) -> None:
        """Note how many messages of a channel have ended."""

    def holds(self) -> bool:
        """Say whether the leases are surely still ours."""
