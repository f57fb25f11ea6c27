"""The methods that the fake VK answers, by name: `@method` registers one. The modules beside this hold them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from lab.account import Arrival
from lab.ground import Ground
from lab.platforms.vk.communities import Community
from lab.platforms.vk.files import Files
from lab.platforms.vk.refusals import RefusalError, invalid
from lab.platforms.vk.talks import Talk


@dataclass(slots=True)
class Call:
    """One call under way. `errors` are those of the calls inside of it."""

    ground: Ground
    files: Files
    bot: Community
    given: dict[str, Any]  # as the method's types want it
    arrival: Arrival
    errors: list[dict[str, Any]]

    def talk(self, peer: int | None = None) -> Talk:
        """Return the talk that the call names."""
        peer = self.given.get("peer_id", self.given.get("user_id", 0)) if peer is None else peer
        person = self.ground.people.find(peer)
        if person is None:
            raise RefusalError(936, "Contact not found") if peer else invalid("peer_id")
        return self.bot.talk(person)

    def own_group(self) -> None:
        """Refuse to speak of another community."""
        if self.given["group_id"] != self.bot.id:
            raise RefusalError(203, "Access to group denied")


Answer = Callable[[Call], Awaitable[Any]]
ANSWERS: dict[str, Answer] = {}


def method(name: str) -> Callable[[Answer], Answer]:
    """Register what answers this method."""

    def registered(answer: Answer) -> Answer:
        ANSWERS[name] = answer
        return answer

    return registered
