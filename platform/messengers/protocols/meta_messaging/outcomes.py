"""What the Send API's answers mean for a message to somebody on Messenger or Instagram."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from messengers.adapter import ChannelBroken, Outcome, Rejected, Reply, RetryAt, Sent, Uncertain, Unreachable
from messengers.protocols.graph import GraphError
from messengers.protocols.graph import error as error_of

AWAY = 5.0  # seconds after which a server that did not let us in is asked again
TROUBLED = 5.0  # and one that answered with an error of its own
PAUSE = 60.0  # seconds for who was too fast, where nobody says how long

_CLOSED = Rejected("window_closed")
_IN_ITS_WORDS = Rejected("")
_GONE = Unreachable("forbidden", blocked=True)  # has blocked us, or left
_UNKNOWN = Unreachable("never_started")
_NO_RIGHTS = ChannelBroken("rights_missing")

# Code, subcode (None: any), what that comes to. The first that fits counts.
ERRORS: tuple[tuple[int, int | None, Outcome], ...] = (
    (10, 2018278, _CLOSED),
    (10, 2534022, _CLOSED),
    (10, 2018065, _CLOSED),
    (10, 2018108, _GONE),  # the person takes no messages at the moment
    (551, None, _GONE),
    (200, 1545041, _GONE),
    (200, 2018028, _IN_ITS_WORDS),  # an app that is not published writes to its own team alone
    (100, 2018001, _UNKNOWN),
    (100, 2534014, _UNKNOWN),
    (230, 2018144, Unreachable("forbidden")),
    (368, None, ChannelBroken("blocked_by_meta")),
    (190, None, ChannelBroken("token_revoked")),
    (102, None, ChannelBroken("token_revoked")),
    (2022, None, ChannelBroken("blocked_by_meta")),
    (200, 2534037, ChannelBroken("messages_not_allowed")),
    (100, 2534037, ChannelBroken("messages_not_allowed")),
    (10, 2534037, ChannelBroken("messages_not_allowed")),
    (10, None, _NO_RIGHTS),
    (200, None, _NO_RIGHTS),
)
TOO_MANY = frozenset({4, 17, 32, 613, 80001, 80002, 80006})
TRANSIENT = frozenset({1, 2, 1200})
LOST_FILES = frozenset({2018109, 2018008, 2018074})  # what a file's name there can be worth no more


class _Usage(BaseModel):
    estimated_time_to_regain_access: float = 0  # minutes


_USAGES = TypeAdapter(dict[str, list[_Usage]])


def outcome(reply: Reply, *, tagged: bool = False) -> Outcome:
    """Return what the answer to a message comes to; `tagged`: it was sent with the right of a person to be late."""
    if reply.status == 0:
        if reply.written:
            return Uncertain(reply.fault)
        return RetryAt(AWAY, reply.fault, whole_channel=True, counted=False)
    if reply.status == 200:
        return Sent()  # in whatever words: it was taken
    error = error_of(reply)
    if reply.status == 429 or (error and error.code in TOO_MANY):
        return RetryAt(pause(reply), "too_many_requests", whole_channel=True)
    return _refused(reply, error, tagged) if error else _wordless(reply)


def _refused(reply: Reply, error: GraphError, tagged: bool) -> Outcome:
    if error.is_transient or error.code in TRANSIENT:
        return RetryAt(TROUBLED, f"error_{error.code}")
    for code, subcode, meaning in ERRORS:
        if code == error.code and subcode in (None, error.error_subcode):
            # Where the app lacks but the right of persons to be late, the channel works all the same.
            if meaning == _IN_ITS_WORDS or (tagged and meaning == _NO_RIGHTS):
                break
            return meaning
    if reply.status >= 500:
        return RetryAt(TROUBLED, f"status_{reply.status}")
    return Rejected(error.message or f"error_{error.code}")


def _wordless(reply: Reply) -> Outcome:
    """Return what an answer comes to that is not the Graph API's own."""
    if reply.status == 504:
        return Uncertain("status_504")  # somebody on the way lost patience with Meta, who may still do it
    return RetryAt(TROUBLED, f"status_{reply.status}") if reply.status >= 500 else Rejected(f"status_{reply.status}")


def lost_file(reply: Reply) -> bool:
    """Say whether Meta knows a file no more by the name that it gave it."""
    error = error_of(reply) if reply.status >= 400 else None
    return error is not None and error.error_subcode in LOST_FILES


def pause(reply: Reply) -> float:
    """Return for how many seconds to be silent, by what the answer's headers tell."""
    headers = {name.lower(): value for name, value in reply.headers.items()}
    after = headers.get("retry-after", "")
    if after.isascii() and after.isdecimal():
        return float(after) or PAUSE
    return max((minutes * 60 for minutes in _minutes(headers)), default=0) or PAUSE


def _minutes(headers: Mapping[str, str]) -> list[float]:
    try:
        told: Mapping[str, Any] = _USAGES.validate_json(headers.get("x-business-use-case-usage", "{}"))
    except ValidationError:
        return []
    return [usage.estimated_time_to_regain_access for usages in told.values() for usage in usages]
