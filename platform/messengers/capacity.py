"""How many calls one sender has under way, and whose: while others wait, no workspace has more than half. Pure.

`delivery.Sender` keeps one for all its pumps.
"""

from collections import Counter


class Capacity:
    """Places for calls under way."""

    def __init__(self, size: int) -> None:
        """Offer `size` places."""
        self._size = size
        self._taken: Counter[int] = Counter()
        self._served: Counter[int] = Counter()

    def enter(self, workspace_id: int) -> None:
        """One more channel of the workspace is served."""
        self._served[workspace_id] += 1

    def leave(self, workspace_id: int) -> None:
        """One channel of the workspace is served no more."""
        self._served[workspace_id] -= 1
        if self._served[workspace_id] <= 0:
            del self._served[workspace_id]

    def room(self, workspace_id: int) -> int:
        """Return how many more places the workspace may take."""
        free = self._size - self._taken.total()
        if len(self._served) > 1:
            free = min(free, self._size // 2 - self._taken[workspace_id])
        return max(0, free)

    def take(self, workspace_id: int) -> None:
        """Take a place."""
        self._taken[workspace_id] += 1

    def free(self, workspace_id: int) -> None:
        """Give a place back."""
        self._taken[workspace_id] -= 1

    def served(self, workspace_id: int) -> int:
        """Return on how many channels the workspace is served."""
        return self._served[workspace_id]

    def too_many(self, channels: int) -> int | None:
        """Return the workspace that is served on more than half of `channels` though others wait, if there is one."""
        workspace_id, served = max(self._served.items(), key=lambda one: one[1], default=(0, 0))
        return workspace_id if served > channels // 2 else None
