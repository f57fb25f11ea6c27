"""What can become of a message: a lattice in which a status only moves upwards, whatever order news comes in."""

from enum import StrEnum


class Status(StrEnum):
    """Where a message is. Each that is not final names the sweeper that owns it."""

    RECEIVED = "received"  # came in; final
    QUEUED = "queued"  # waits for a sender; delivery leases it by scanning
    SENDING = "sending"  # handed over, the call may be under way; `delivery.sweep` owns it
    SENT = "sent"  # the messenger took it; a receipt may say more, or that it failed after all
    DELIVERED = "delivered"
    READ = "read"
    UNREACHABLE = "unreachable"  # this person cannot be reached here (blocked, gone); final
    REJECTED = "rejected"  # the messenger refuses this message; final
    CANCELED = "canceled"  # taken back before it left (unsubscribed, a person took over, batch stopped); final
    UNCERTAIN = "uncertain"  # the call was cut short: nobody knows; a receipt or a person's decision ends it


_RANK = {
    Status.QUEUED: 0,
    Status.SENDING: 1,
    Status.CANCELED: 2,
    Status.UNCERTAIN: 3,
    Status.SENT: 4,
    # Many messengers take a message at once and refuse it later; that it arrived is stronger news than that it failed.
    Status.REJECTED: 5,
    Status.UNREACHABLE: 5,
    Status.DELIVERED: 6,
    Status.READ: 7,
}

RECEIPTS = (Status.SENT, Status.DELIVERED, Status.READ)


def raises(old: Status, new: Status) -> bool:
    """Say whether news of `new` changes a message that is at `old`.

    That a message arrived is proof, so it lifts `uncertain` and failures too.
    """
    return old is not Status.RECEIVED and new is not Status.RECEIVED and _RANK[new] > _RANK[old]


def below(new: Status) -> tuple[Status, ...]:
    """Return the statuses that news of `new` lifts: the WHERE of a bulk update."""
    return tuple(old for old, rank in _RANK.items() if rank < _RANK[new])
