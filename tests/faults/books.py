"""What the messages' rows say, held against what the outside got: nothing twice, nothing lost, nothing unexplained."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from messengers.models import InboundUpdate, Message
from messengers.statuses import Status
from workspaces.models import Workspace
from workspaces.scope import tenant

UNFINISHED = (Status.QUEUED, Status.SENDING)
Said = tuple[str, str]
"""To whom, and which words. Tests let nobody be told the same twice on purpose, or count how often."""


@dataclass
class Books:
    """An audit. `rows` are the messages by what they say, `arrived` the calls of the outside."""

    rows: Counter[Said]
    arrived: Counter[Said]
    statuses: Counter[str]
    sent: Counter[Said]
    uncertain: Counter[Said]
    holders: Counter[str]  # of uncertain messages: the senders that had them
    other: dict[str, object] = field(default_factory=dict)

    def twice(self) -> Counter[Said]:
        """Return what arrived more often than it was said."""
        return self.arrived - self.rows

    def never(self) -> Counter[Said]:
        """Return what is called sent and did not arrive."""
        return self.sent - self.arrived

    def unexplained(self) -> Counter[Said]:
        """Return what arrived though it is neither sent nor uncertain."""
        return self.arrived - self.sent - self.uncertain

    def print(self, title: str) -> None:
        """Print the account."""
        lines = {
            "queued": self.rows.total(),
            "arrived once": (self.arrived - self.twice()).total(),
            "arrived twice": self.twice().total(),
            **{f"now {status}": number for status, number in sorted(self.statuses.items())},
            "uncertain, arrived": (self.uncertain & (self.arrived - self.sent)).total(),
            "uncertain, never called": (self.uncertain - (self.arrived - self.sent)).total(),
            **self.other,
        }
        print(f"\n{title}")
        for name, value in lines.items():
            print(f"  {name:<26}{value!s:>8}")


def audit(workspaces: Iterable[Workspace], arrived: Iterable[Said], **other: object) -> Books:
    """Read the rows of all that was said to people in these workspaces."""
    rows: list[tuple[Said, str, str]] = []
    for workspace in workspaces:
        with tenant(workspace):
            said = Message.objects.filter(direction=Message.Direction.OUT)
            every = said.select_related("variant", "identity__contact")
            rows += [(what(message), message.status, str(message.lease)) for message in every]
    return Books(
        Counter(said for said, *_ in rows),
        Counter(arrived),
        Counter(status for _, status, _ in rows),
        Counter(said for said, status, _ in rows if status in (Status.SENT, Status.DELIVERED, Status.READ)),
        Counter(said for said, status, _ in rows if status == Status.UNCERTAIN),
        Counter(lease for _, status, lease in rows if status == Status.UNCERTAIN),
        {name.replace("_", " "): value for name, value in other.items()},
    )


def what(message: Message) -> Said:
    """Return whom a message is for, and its words; of a mailing's they are known before it leaves."""
    words = str(message.words["text"]).replace("{{ name }}", message.identity.contact.name)
    return message.identity.external_id, words


def unfinished(workspaces: Sequence[Workspace]) -> int:
    """Return how many messages and updates still have to come to an end."""
    left = 0
    for workspace in workspaces:
        with tenant(workspace):
            left += Message.objects.filter(status__in=UNFINISHED).count()
            left += InboundUpdate.objects.filter(state=InboundUpdate.State.STORED).count()
    return left
