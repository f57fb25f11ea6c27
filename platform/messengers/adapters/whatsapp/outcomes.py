"""What the Cloud API's answers, and the statuses that come later, mean for a message."""

from collections.abc import Mapping

from messengers.adapter import ChannelBroken, Outcome, Rejected, Reply, RetryAt, Sent, Uncertain, Unreachable
from messengers.protocols.graph import GraphError
from messengers.protocols.graph import error as error_of

AWAY = 5.0  # seconds after which a server that did not let us in is asked again
TROUBLED = 5.0  # and one that answered with an error of its own
PAUSE = 10.0  # for who was too fast
PAIR = 4.0  # for who wrote too fast to one person; each time it takes longer
HOUR = 3600.0
DAY = 24 * HOUR

_TOO_MANY = RetryAt(PAUSE, "too_many_requests", whole_channel=True)
_NO_RIGHTS = ChannelBroken("rights_missing")
_LIMIT = RetryAt(HOUR, "messaging_limit")

ERRORS: Mapping[int, Outcome] = {
    # too fast, or too much
    4: _TOO_MANY,
    17: _TOO_MANY,
    32: _TOO_MANY,
    613: _TOO_MANY,
    80007: _TOO_MANY,
    130429: _TOO_MANY,
    133016: _TOO_MANY,
    131056: RetryAt(PAIR, "pair_limit"),
    131048: RetryAt(6 * HOUR, "spam_limit", whole_channel=True),
    131064: _LIMIT,
    # this person
    131021: Unreachable("own_number"),
    131026: Unreachable("undeliverable"),
    131030: Unreachable("not_in_test_list"),
    131050: Unreachable("stopped_marketing"),
    130497: Unreachable("country_restricted"),
    130472: Rejected("experiment_group"),
    131049: RetryAt(DAY, "marketing_cap"),
    131062: Rejected("phone_needed"),
    # this message
    131047: Rejected("window_closed"),
    131063: Rejected("marketing_api_needed"),
    131008: Rejected("bad_message"),
    131009: Rejected("bad_message"),
    131051: Rejected("kind_not_supported"),
    131052: Rejected("file_not_taken"),
    131053: Rejected("file_not_taken"),
    132000: Rejected("template_gaps"),
    132001: Rejected("no_such_template"),
    132005: Rejected("template_too_long"),
    132007: Rejected("template_against_rules"),
    132008: Rejected("template_gaps"),
    132012: Rejected("template_gaps"),
    132015: Rejected("template_paused"),
    132016: Rejected("template_disabled"),
    132018: Rejected("template_gaps"),
    132068: Rejected("flow_blocked"),
    132069: Rejected("flow_throttled"),
    # the channel
    0: ChannelBroken("token_revoked"),
    102: ChannelBroken("token_revoked"),
    190: ChannelBroken("token_revoked"),
    3: _NO_RIGHTS,
    10: _NO_RIGHTS,
    131005: _NO_RIGHTS,
    131031: ChannelBroken("account_locked"),
    131037: ChannelBroken("display_name_needed"),
    131042: ChannelBroken("payment_needed"),
    131045: ChannelBroken("number_not_registered"),
    133010: ChannelBroken("number_not_registered"),
    368: ChannelBroken("blocked_by_meta"),
}
TRANSIENT = frozenset({1, 2, 131000, 131016, 131057, 133004})
LOST_FILES = frozenset({100, 131052, 131053})  # of what a file's name there can be worth no more
_RIGHTS = range(200, 300)


def outcome(reply: Reply) -> Outcome:
    """Return what the answer to a message comes to."""
    if reply.status == 0:
        if reply.written:
            return Uncertain(reply.fault)
        return RetryAt(AWAY, reply.fault, whole_channel=True, counted=False)
    if reply.status == 200:
        return Sent()  # in whatever words: it was taken
    error = error_of(reply)
    if error is None:
        return _wordless(reply)
    known = meaning(error)
    if known is not None:
        return known
    return RetryAt(TROUBLED, f"status_{reply.status}") if reply.status >= 500 else Rejected(error.words)


def meaning(error: GraphError) -> Outcome | None:
    """Return what an error's code says; None for one that says nothing in particular."""
    if error.code in ERRORS:
        return ERRORS[error.code]
    if error.is_transient or error.code in TRANSIENT:
        return RetryAt(TROUBLED, f"error_{error.code}")
    return _NO_RIGHTS if error.code in _RIGHTS else None


def lost_file(reply: Reply) -> bool:
    """Say whether Meta may know a file no more by the name that it gave it: it forgets them after thirty days."""
    error = error_of(reply) if reply.status >= 400 else None
    return error is not None and error.code in LOST_FILES


def _wordless(reply: Reply) -> Outcome:
    """Return what an answer comes to that is not the Graph API's own."""
    if reply.status == 429:
        return _TOO_MANY
    if reply.status == 504:
        return Uncertain("status_504")  # somebody on the way lost patience with Meta, who may still do it
    return RetryAt(TROUBLED, f"status_{reply.status}") if reply.status >= 500 else Rejected(f"status_{reply.status}")
