"""A visitor of a site chat without a browser: writes through the same door as the widget, over HTTP."""

from itertools import count

import httpx

from messengers.models import Channel

_number = count(1)


class Visitor:
    """`Visitor(house.address, channel, origin).writes("Hello")`; the channel's settings must allow the origin."""

    def __init__(self, kaskad: str, channel: Channel, origin: str) -> None:
        self._client = httpx.Client(base_url=f"{kaskad}/chat/{channel.key}", headers={"Origin": origin}, timeout=15)
        session = self._client.post("/session", json={"page": f"{origin}/shop", "language": "ru"})
        session.raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {session.json()['token']}"

    def writes(self, text: str) -> None:
        written = {"client_id": f"visitor-{next(_number):08d}", "text": text}
        self._client.post("/messages", json=written).raise_for_status()

    def reads(self) -> list[str]:
        """Return what stands in the visitor's window."""
        messages = self._client.get("/messages", params={"since": "0"}).json()["messages"]
        return ["".join(span["text"] for span in message["text"]) for message in messages]
