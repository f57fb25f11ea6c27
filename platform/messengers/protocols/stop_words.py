"""What a person may write instead of pressing: words that end a subscription, and words that begin it again."""

import re
from datetime import datetime

from messengers.content import Content
from messengers.updates import MessageReceived, Sender, SubscriptionChanged, Update

STOP = frozenset({"stop", "стоп", "stopall", "unsubscribe", "отписка", "отписаться", "отпишите"})
START = frozenset({"start", "старт", "unstop", "subscribe", "подписка", "подписаться"})
_EDGES = re.compile(r"^\W+|\W+$")


def written(
    sender: Sender, external_id: str, text: str, at: datetime, stop: frozenset[str] = frozenset()
) -> list[Update]:
    """Return what a person's SMS says: its words, and what they change. `stop` are a provider's own words."""
    if not text.strip():
        return []
    said: list[Update] = [MessageReceived(sender, external_id, Content.plain(text), at)]
    word = _EDGES.sub("", text).casefold()
    if word in STOP or word in stop:
        said.append(SubscriptionChanged(sender, "", "unsubscribed", at))
    elif word in START:
        said.append(SubscriptionChanged(sender, "", "active", at))
    return said
