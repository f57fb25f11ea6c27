"""What Viber's answers mean for a message."""

from collections.abc import Mapping

from messengers.adapter import ChannelBroken, Outcome, Rejected, Reply, RetryAt, Sent, Uncertain, Unreachable
from messengers.adapters.viber.calls import Answer, read

AWAY = 5.0  # seconds after which a server that did not let us in is asked again
TROUBLED = 5.0  # and one that answered with an error of its own
PAUSE = 10.0  # after the limit of calls, which is counted over ten seconds
UNANSWERED = 3600.0  # after a hundred messages in an hour to one person who said nothing

# `status` of an answer, and what that comes to for a message.
ERRORS: Mapping[int, Outcome] = {
    1: Rejected("wrong_address"),
    2: ChannelBroken("token_revoked"),
    3: Rejected("wrong_data"),
    4: Rejected("missing_data"),
    5: Unreachable("not_registered"),
    6: Unreachable("not_subscribed", blocked=True),
    7: ChannelBroken("bot_blocked"),
    8: ChannelBroken("bot_not_found"),
    9: ChannelBroken("bot_suspended"),
    10: ChannelBroken("hook_missing"),
    11: Unreachable("no_suitable_device"),
    12: RetryAt(UNANSWERED, "too_many_unanswered"),
    13: Rejected("app_too_old"),
    14: Rejected("not_for_this_version"),
    15: ChannelBroken("bot_blocked"),
    16: Rejected("not_allowed_here"),
    17: Rejected("not_allowed_here"),
    18: Rejected("not_allowed_here"),
    19: RetryAt(TROUBLED, "broadcast_failed"),
    20: Rejected("broadcast_not_allowed"),
    21: Unreachable("country_not_served"),
    22: Rejected("payments_not_served"),
    23: ChannelBroken("free_messages_used_up"),
    24: ChannelBroken("no_money"),
}
TOO_MANY = 12
APP_TOO_OLD = 13
BROADCAST_NOT_ALLOWED = 20
_DATA = (3, 4, 14)  # whose words say what is wrong with it


def outcome(reply: Reply) -> Outcome:
    """Return what the answer to a message comes to."""
    if reply.status == 0:
        if reply.written:
            return Uncertain(reply.fault)
        return RetryAt(AWAY, reply.fault, whole_channel=True, counted=False)
    if reply.status == 429:
        return RetryAt(PAUSE, "too_many_requests", whole_channel=True)
    if reply.status == 504:
        return Uncertain("status_504")  # somebody on the way lost patience; Viber may still do it
    if reply.status >= 500:
        return RetryAt(TROUBLED, f"status_{reply.status}")
    if reply.status != 200:
        return Rejected(f"status_{reply.status}")
    answer = read(reply)
    if answer is None:
        return Sent()  # in whatever words: it was taken
    return taken(answer) if answer.status == 0 else refused(answer.status, answer.status_message)


def taken(answer: Answer) -> Sent:
    """Return what became of a message that Viber took."""
    return Sent(answer.message_token or "")


def refused(status: int, words: str) -> Outcome:
    """Return what an error comes to."""
    meaning = ERRORS.get(status, RetryAt(TROUBLED, f"error_{status}"))
    if status in _DATA and isinstance(meaning, Rejected) and words:
        return Rejected(f"{meaning.reason}: {words}")
    return meaning


def fails_with(reply: Reply, status: int) -> bool:
    """Say whether an answer is this error."""
    answer = read(reply) if reply.status == 200 else None
    return answer is not None and answer.status == status
