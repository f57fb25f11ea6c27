"""What Telegram's answers mean for a message."""

from messengers.adapter import ChannelBroken, Outcome, Rejected, Reply, RetryAt, Sent, Uncertain, Unreachable
from messengers.adapters.telegram.calls import Answer, read

# Status, words in the description, what that comes to. The first that fits counts.
ERRORS: tuple[tuple[int, str, Outcome], ...] = (
    (400, "chat not found", Unreachable("never_started")),
    (400, "peer_id_invalid", Unreachable("never_started")),
    (400, "user not found", Unreachable("never_started")),
    (400, "input_user_deactivated", Unreachable("deactivated", blocked=True)),
    (403, "bot was blocked by the user", Unreachable("blocked", blocked=True)),
    (403, "user is deactivated", Unreachable("deactivated", blocked=True)),
    (403, "can't initiate conversation", Unreachable("never_started")),
    (403, "bot was kicked", Unreachable("kicked", blocked=True)),
    (403, "", Unreachable("forbidden")),
    (401, "", ChannelBroken("token_revoked")),
    (404, "", ChannelBroken("token_revoked")),
    (413, "", Rejected("file_too_large")),
)
AWAY = 5.0  # seconds after which a server that did not let us in is asked again
TROUBLED = 2.0  # and one that answered with an error of its own
PAUSE = 30.0  # seconds, where Telegram forgot to say how long


def outcome(reply: Reply) -> Outcome:
    """Return what the answer to a message comes to."""
    if reply.status == 0:
        if reply.written:
            return Uncertain(reply.fault)
        return RetryAt(AWAY, reply.fault, whole_channel=True, counted=False)
    answer = read(reply)
    if reply.status == 200:
        return Sent()  # in whatever words: it was taken
    if reply.status == 429:
        seconds = answer.parameters.retry_after if answer else None
        # Whose limit it was, the bot's or the chat's, is not said; going on would make it longer.
        return RetryAt(seconds or PAUSE, "too_many_requests", whole_channel=True)
    if reply.status >= 500:
        # Somebody on the way lost patience with the Bot API, which may still do it.
        lost = reply.status == 504 and answer is None
        return Uncertain("status_504") if lost else RetryAt(TROUBLED, f"status_{reply.status}")
    return _refused(reply.status, answer)


def says(reply: Reply, words: str) -> bool:
    """Say whether an error has these words."""
    answer = read(reply) if reply.status >= 400 else None
    return answer is not None and words in answer.description.lower()


def _refused(status: int, answer: Answer | None) -> Outcome:
    words = answer.description if answer else ""
    for code, mark, meaning in ERRORS:
        if code == status and mark in words.lower():
            return meaning
    return Rejected(words.removeprefix("Bad Request: ") or f"status_{status}")
