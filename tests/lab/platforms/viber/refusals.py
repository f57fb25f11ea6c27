"""What Viber says when it will not: always with a 200."""

from typing import Any

WORDS = {
    1: "invalidUrl",
    2: "invalidAuthToken",
    3: "badData",
    4: "missingData",
    5: "receiverNotRegistered",
    6: "receiverNotSubscribed",
    7: "publicAccountBlocked",
    10: "webhookNotSet",
    11: "receiverNoSuitableDevice",
    12: "tooManyRequests",
    13: "apiVersionNotSupported",
    20: "broadcastNotAllowed",
    24: "noBalance",
}


class RefusalError(Exception):
    """Viber would not do it."""

    def __init__(self, status: int, words: str = "") -> None:
        super().__init__(words or WORDS[status])
        self.status, self.words = status, words or WORDS[status]

    def told(self) -> dict[str, Any]:
        """Return it as Viber says it."""
        return {"status": self.status, "status_message": self.words, "chat_hostname": "SN-LAB_"}
