"""What VK's answers mean for a message. VK drops repeats of a `random_id`, so whatever is in doubt is sent again."""

from collections.abc import Mapping

from messengers.adapter import ChannelBroken, Outcome, Rejected, Reply, RetryAt, Sent, Unreachable
from messengers.adapters.vk.calls import Error, read

AWAY = 5.0  # seconds after which a server that did not let us in is asked again
TROUBLED = 2.0  # and one that answered with an error of its own, or not to the end
BUSY = 1.0  # after the twenty-first call of a second
FLOOD = 600.0  # after too many messages to one person: VK counts by the hour
DAY_IS_FULL = 3600.0  # after too many calls of a day: VK does not say when it counts anew

# Codes of errors and what they come to. https://dev.vk.com/reference/errors
ERRORS: Mapping[int, Outcome] = {
    **dict.fromkeys((1, 10), RetryAt(TROUBLED, "internal_error")),
    36: RetryAt(TROUBLED, "timeout"),
    6: RetryAt(BUSY, "too_many_requests", whole_channel=True),
    9: RetryAt(FLOOD, "flood_control"),
    29: RetryAt(DAY_IS_FULL, "rate_limit", whole_channel=True),
    **dict.fromkeys((5, 27, 28), ChannelBroken("token_revoked")),
    **dict.fromkeys((7, 15, 203), ChannelBroken("access_denied")),
    **dict.fromkeys((14, 17), ChannelBroken("captcha_needed")),
    912: ChannelBroken("bot_features_off"),
    # `message_allow`, or a word of the person's, lifts these.
    901: Unreachable("not_allowed", blocked=True),
    902: Unreachable("privacy", blocked=True),
    18: Unreachable("deactivated", blocked=True),
    900: Unreachable("blacklisted"),
    **dict.fromkeys((113, 936), Unreachable("unknown_person")),
    **dict.fromkeys((917, 922, 927, 932, 945, 946), Unreachable("no_chat")),
    909: Rejected("too_old"),
    910: Rejected("too_big"),
    911: Rejected("keyboard_invalid"),
    914: Rejected("too_long"),
    924: Rejected("too_old"),
    129: Rejected("photo_invalid"),
    **dict.fromkeys((943, 944), Rejected("intent_refused")),
}


def outcome(reply: Reply) -> Outcome:
    """Return what the answer to a message comes to."""
    if reply.status == 0:
        if reply.written:
            return RetryAt(TROUBLED, reply.fault)
        return RetryAt(AWAY, reply.fault, whole_channel=True, counted=False)
    answer = read(reply)
    if answer is not None:
        return refused(answer.error) if answer.error else Sent(_external_id(answer.response))
    if reply.status == 429:
        return RetryAt(BUSY, "too_many_requests", whole_channel=True)
    if reply.status == 200:
        return RetryAt(TROUBLED, "unreadable_answer")  # errors bear this status, too: it says nothing
    return RetryAt(TROUBLED, f"status_{reply.status}") if reply.status >= 500 else Rejected(f"status_{reply.status}")


def refused(error: Error) -> Outcome:
    """Return what an error comes to."""
    known = ERRORS.get(error.error_code)
    return known or Rejected(error.error_msg or f"error_{error.error_code}")


def _external_id(response: object) -> str:
    return str(response) if isinstance(response, int) and not isinstance(response, bool) else ""
