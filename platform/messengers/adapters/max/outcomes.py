"""What MAX's answers mean for a message."""

from collections.abc import Mapping

from messengers.adapter import ChannelBroken, Outcome, Rejected, Reply, RetryAt, Sent, Uncertain, Unreachable
from messengers.adapters.max.calls import refusal

# Status, code, words in the message, what that comes to. The first that fits counts; an empty mark fits everything.
ERRORS: tuple[tuple[int, str, str, Outcome], ...] = (
    (401, "", "", ChannelBroken("token_revoked")),
    (403, "verify.token", "", ChannelBroken("token_revoked")),
    (403, "access.denied", "", ChannelBroken("access_denied")),
    (403, "", "error.dialog.suspended", Unreachable("blocked", blocked=True)),
    (403, "error.dialog.suspended", "", Unreachable("blocked", blocked=True)),
    (403, "", "", Unreachable("forbidden")),
    (404, "", "", Unreachable("never_started")),
    (400, "", "error.dialog.notfound", Unreachable("never_started")),
    (400, "chat.not.found", "", Unreachable("never_started")),
    (400, "user.not.found", "", Unreachable("never_started")),
    (413, "", "", Rejected("file_too_large")),
)
NOT_READY = "attachment.not.ready"
AWAY = 5.0  # seconds after which a server that did not let us in is asked again
TROUBLED = 2.0  # and one that answered with an error of its own
PAUSE = 5.0  # where MAX does not say how long: thirty requests a second are its limit
DIGESTING = 5.0  # a file that went up is looked through before it can be sent


def outcome(reply: Reply, file_ids: Mapping[int, str] | None = None) -> Outcome:
    """Return what the answer to a message comes to; `file_ids` are files that went up for it, sent or not."""
    if reply.status == 0 and reply.written:
        return Uncertain(reply.fault)
    if reply.status == 200:
        return Sent()  # in whatever words: it was taken
    if reply.status == 504 and not refusal(reply).code:
        return Uncertain("status_504")  # somebody on the way lost patience with MAX, which may still do it
    if refusal(reply).code == NOT_READY:
        return RetryAt(DIGESTING, "attachment_not_ready", counted=False, file_ids=file_ids or {})
    return unsent(reply)


def unsent(reply: Reply) -> Outcome:
    """Return what a call comes to that sends nothing by itself, so that it may be made again."""
    if reply.status == 0:
        if reply.written:
            return RetryAt(TROUBLED, reply.fault)
        return RetryAt(AWAY, reply.fault, whole_channel=True, counted=False)
    if reply.status == 429:
        return RetryAt(_stated(reply) or PAUSE, "too_many_requests", whole_channel=True)
    if reply.status >= 500:
        return RetryAt(TROUBLED, f"status_{reply.status}")
    return _refused(reply)


def _stated(reply: Reply) -> float:
    told = next((value for name, value in reply.headers.items() if name.lower() == "retry-after"), "")
    return float(told) if told.isdecimal() else 0.0


def _refused(reply: Reply) -> Outcome:
    said = refusal(reply)
    for status, code, words, meaning in ERRORS:
        if status == reply.status and code in ("", said.code) and words in said.message:
            return meaning
    return Rejected(said.message or said.code or f"status_{reply.status}")
