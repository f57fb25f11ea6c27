"""What a messenger thinks of an account, in words: its quality, its limit, what is forbidden to it.

Adapters keep the facts in the channel's settings under these names, whatever their messenger calls them: `quality`,
`daily_limit`, `restriction` (with `restricted_until`, `restriction_words`), `alert`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messengers.models import Channel

_QUALITIES = {
    "GREEN": ("success", gettext_lazy("High")),
    "YELLOW": ("warning", gettext_lazy("Medium")),
    "RED": ("error", gettext_lazy("Low")),
}
_RESTRICTIONS = {
    "no_messages": gettext_lazy("The number may send nothing at all."),
    "no_first_messages": gettext_lazy(
        "The number may answer people, but not write to them first: templates do not leave."
    ),
    "ban_announced": gettext_lazy("The account is to be blocked. Look into the messenger's business support."),
    "banned": gettext_lazy("The account is blocked. Look into the messenger's business support."),
    "violation": gettext_lazy("The account has broken a rule of the messenger."),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """The facts that are known, ready to be shown."""

    quality: object
    quality_look: str  # of a badge
    limit: int  # people a day; 0: not known
    is_unlimited: bool
    restriction: object
    until: datetime | None
    alert: str


def standing(channel: Channel) -> Standing | None:
    """Return what the messenger thinks; None where it says nothing of the kind."""
    known = channel.settings
    if not any(known.get(name) for name in ("quality", "daily_limit", "restriction", "alert")):
        return None
    look, quality = _QUALITIES.get(str(known.get("quality", "")).upper(), ("", _("not known yet")))
    until = parse_datetime(str(known.get("restricted_until") or ""))
    over = until is not None and timezone.is_aware(until) and until <= timezone.now()
    limit = int(known.get("daily_limit") or 0)
    return Standing(
        quality=quality,
        quality_look=look,
        limit=max(limit, 0),
        is_unlimited=limit < 0,
        restriction=restriction(known) if known.get("restriction") and not over else "",
        until=until,
        alert=str(known.get("alert") or ""),
    )


def quality_words(code: str) -> str:
    """Return a quality in words."""
    return str(_QUALITIES[code.upper()][1]) if code.upper() in _QUALITIES else _("not known yet")


def restriction(settings: Mapping[str, Any]) -> str:
    """Return what is forbidden to an account."""
    code, words = str(settings.get("restriction", "")), str(settings.get("restriction_words") or "")
    told = str(_RESTRICTIONS.get(code, code))
    return f"{told} ({words})" if words and code == "violation" else told
