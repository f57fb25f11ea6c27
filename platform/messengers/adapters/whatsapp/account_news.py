"""What Meta tells of a whole account: its templates, its numbers' quality and limits, bans. `updates` asks it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from messengers.adapters.whatsapp.limits import daily
from messengers.adapters.whatsapp.templates import GONE, QUALITIES, STATES
from messengers.updates import AccountChanged, TemplateChanged, Update

_NAME = 200

_Name = Annotated[str, StringConstraints(min_length=1, max_length=512)]
_Language = Annotated[str, StringConstraints(min_length=2, max_length=16)]
_Number = Annotated[int, Field(ge=0, le=10**30)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Rejection(_Model):
    reason: str = ""


class _Other(_Model):
    title: str = ""
    description: str = ""


class _Template(_Model):
    message_template_id: _Number
    message_template_name: _Name
    message_template_language: _Language

    def changed(
        self, waba: str, *, state: str = "", reason: str = "", quality: str = "", category: str = ""
    ) -> TemplateChanged:
        names = str(self.message_template_id), self.message_template_name, self.message_template_language
        return TemplateChanged(*names, state, reason, quality, category, shared_by={"waba_id": waba})


class _Status(_Template):
    event: str
    reason: str | None = None
    rejection_info: _Rejection | None = None
    other_info: _Other | None = None

    def updates(self, waba: str) -> Iterator[Update]:
        state = "deleted" if self.event in GONE else STATES.get(self.event, "")
        told = self.reason or ""
        if told in ("", "NONE"):
            told = self.other_info.description if self.other_info else ""
        if self.rejection_info and self.rejection_info.reason:
            told = self.rejection_info.reason
        if state:
            yield self.changed(waba, state=str(state), reason=told[:300])


class _QualityScore(_Template):
    new_quality_score: str

    def updates(self, waba: str) -> Iterator[Update]:
        yield self.changed(waba, quality=QUALITIES.get(self.new_quality_score, ""))


class _Category(_Template):
    new_category: Annotated[str, StringConstraints(max_length=32)]
    correct_category: str | None = None  # a change that is announced for later

    def updates(self, waba: str) -> Iterator[Update]:
        yield self.changed(waba, category=self.new_category)


class _Quality(_Model):
    display_phone_number: str
    event: str
    current_limit: str = ""
    max_daily_conversations_per_business: str | int = ""

    def updates(self, waba: str) -> Iterator[Update]:
        facts: dict[str, Any] = {}
        if self.event in ("FLAGGED", "UNFLAGGED"):
            facts["quality"] = "RED" if self.event == "FLAGGED" else "YELLOW"
        if self.event == "THROUGHPUT_UPGRADE":
            facts["throughput"] = "HIGH"
        else:
            facts |= _limit(self.max_daily_conversations_per_business or self.current_limit)
        digits = "".join(letter for letter in self.display_phone_number if letter.isascii() and letter.isdecimal())
        if facts and digits:
            yield AccountChanged(facts, {"waba_id": waba}, phone=digits)


class _Capability(_Model):
    max_daily_conversation_per_phone: int | str | None = None
    max_daily_conversations_per_business: int | str | None = None

    def updates(self, waba: str) -> Iterator[Update]:
        told = self.max_daily_conversations_per_business
        facts = _limit(told if told is not None else self.max_daily_conversation_per_phone or "")
        if facts:
            yield AccountChanged(facts, {"waba_id": waba})


class _Ban(_Model):
    waba_ban_state: str | list[str] = ""


class _Restriction(_Model):
    restriction_type: str = ""
    expiration: int | str | None = None


class _Violation(_Model):
    violation_type: str = ""


class _Account(_Model):
    event: str
    phone_number: str | None = None
    ban_info: _Ban | None = None
    restriction_info: list[_Restriction] | None = None
    violation_info: _Violation | None = None

    def updates(self, waba: str) -> Iterator[Update]:
        owner = {"waba_id": waba}
        match self.event:
            case "DISABLED_UPDATE":
                state = self.ban_info.waba_ban_state if self.ban_info else ""
                yield from self._banned(state[0] if isinstance(state, list) and state else str(state), owner)
            case "ACCOUNT_RESTRICTION":
                yield from self._restricted(owner)
            case "ACCOUNT_VIOLATION":
                kind = self.violation_info.violation_type if self.violation_info else ""
                yield AccountChanged({"restriction": "violation", "restriction_words": kind[:100]}, owner)
            case "ACCOUNT_DELETED":
                yield AccountChanged({}, owner, broken="account_deleted")

    def _banned(self, state: str, owner: Mapping[str, str]) -> Iterator[Update]:
        if state == "DISABLE":
            yield AccountChanged({"restriction": "banned"}, owner, broken="account_banned")
        elif state == "SCHEDULE_FOR_DISABLE":
            yield AccountChanged({"restriction": "ban_announced"}, owner)
        elif state == "REINSTATE":
            yield AccountChanged({"restriction": "", "restricted_until": ""}, owner)

    def _restricted(self, owner: Mapping[str, str]) -> Iterator[Update]:
        told = [one for one in self.restriction_info or () if one.restriction_type.endswith("_MESSAGING")]
        if not told:
            return
        kinds = {one.restriction_type for one in told}
        answers = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING" in kinds
        until = max((_moment(one.expiration) for one in told), default="")
        restriction = "no_messages" if answers else "no_first_messages"
        yield AccountChanged({"restriction": restriction, "restricted_until": until}, owner)


class _AlertInfo(_Model):
    alert_severity: str = ""
    alert_status: str = ""
    alert_type: str = ""
    alert_description: str = ""


class _Alert(_AlertInfo):
    alert_info: _AlertInfo | None = None

    def updates(self, waba: str) -> Iterator[Update]:
        told = self.alert_info or self
        if told.alert_severity in ("CRITICAL", "WARNING"):
            words = told.alert_description or told.alert_type
            yield AccountChanged({"alert": words[:300]}, {"waba_id": waba})


_READERS: Mapping[str, type[Any]] = {
    "message_template_status_update": _Status,
    "message_template_quality_update": _QualityScore,
    "template_category_update": _Category,
    "phone_number_quality_update": _Quality,
    "business_capability_update": _Capability,
    "account_update": _Account,
    "account_alerts": _Alert,
}
FIELDS = frozenset(_READERS)


def parse(field: str, waba: str, value: Mapping[str, Any]) -> list[Update]:
    """Return what a change of one of FIELDS says. ValueError when it cannot be read."""
    read: Callable[[Any], Any] = _READERS[field].model_validate
    return list(read(dict(value)).updates(waba[:_NAME]))


def _limit(told: str | int) -> dict[str, Any]:
    number = daily(told)
    return {"daily_limit": number} if number else {}


def _moment(told: int | str | None) -> str:
    try:
        at = int(told or 0)
        return datetime.fromtimestamp(at, UTC).isoformat() if 0 < at < 10**11 else ""
    except (ValueError, OverflowError):
        return ""
