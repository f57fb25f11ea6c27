"""What no answer means, whichever provider it was; each reads its own answers beside its calls."""

from messengers.adapter import Outcome, Rejected, Reply, RetryAt, Uncertain

AWAY = 5.0  # seconds after which a server that did not let us in is asked again
TROUBLED = 5.0  # and one that answered with an error of its own
TOO_MANY = 20.0  # and one that was asked too often


def unanswered(reply: Reply) -> Outcome:
    """Return what it comes to when nobody answered: it may have been sent if the request had left us."""
    if reply.written:
        return Uncertain(reply.fault)
    return RetryAt(AWAY, reply.fault, whole_channel=True, counted=False)


def refused(reply: Reply) -> Outcome:
    """Return what a status of HTTP comes to; a gateway that lost patience does not know what became of it."""
    if reply.status == 504:
        return Uncertain("status_504")
    if reply.status == 429:
        return RetryAt(TOO_MANY, "too_many_requests", whole_channel=True)
    if reply.status >= 500:
        return RetryAt(TROUBLED, f"status_{reply.status}")
    return Rejected(f"status_{reply.status}")
