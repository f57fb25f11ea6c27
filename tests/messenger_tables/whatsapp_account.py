"""What Meta tells of a whole business account, and what Kaskad is to read in it: `whatsapp` holds the rest."""

from collections.abc import Mapping
from typing import Any

from messenger_tables import Webhook
from messengers.updates import AccountChanged, TemplateChanged, Update

WABA, TIME = "2001", 1777636800
OWNER = {"waba_id": WABA}
PROMO = {"message_template_id": 77, "message_template_name": "promo", "message_template_language": "ru"}


def news(field: str, **value: Any) -> dict[str, Any]:
    change = {"field": field, "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"id": WABA, "time": TIME, "changes": [change]}]}


def tells(name: str, digest: str, field: str, value: Mapping[str, Any], *updates: Update) -> Webhook:
    return Webhook(name, news(field, **value), f"{field}:{TIME}:{digest}", f"account:{WABA}", updates)


def template(**what: str) -> TemplateChanged:
    return TemplateChanged("77", "promo", "ru", **what, shared_by=OWNER)


def became(event: str, **more: Any) -> dict[str, Any]:
    return {**PROMO, "event": event, "reason": "NONE", **more}


def number(event: str, **more: Any) -> dict[str, Any]:
    return {"display_phone_number": "78001234567", "event": event, **more}


def account(**facts: Any) -> AccountChanged:
    return AccountChanged(facts, OWNER)


def of_number(**facts: Any) -> AccountChanged:
    return AccountChanged(facts, OWNER, phone="78001234567")


STATUS, QUALITY, ACCOUNT = "message_template_status_update", "phone_number_quality_update", "account_update"
CAPABILITY, ALERTS = "business_capability_update", "account_alerts"
BOUGHT = {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": TIME}
ANSWERS = {"restriction_type": "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"}
CALLS = {"restriction_type": "RESTRICTED_BUSINESS_INITIATED_CALLING", "expiration": TIME}
WARNING = {"alert_severity": "WARNING", "alert_type": "OBA_REJECTED", "alert_description": "Not official"}

WEBHOOKS = [
    tells(
        "a template was approved", "1ce83f571851c5269636673f", STATUS, became("APPROVED"), template(state="approved")
    ),
    tells(
        "a template was rejected",
        "11cfd1ce47ebe7e07d1d5c70",
        STATUS,
        became("REJECTED", reason="PROMOTIONAL"),
        template(state="rejected", reason="PROMOTIONAL"),
    ),
    tells(
        "a template was rejected with advice",
        "c949463c4178a222fe50fac1",
        STATUS,
        became("REJECTED", rejection_info={"reason": "Gap at the end", "recommendation": "Move it"}),
        template(state="rejected", reason="Gap at the end"),
    ),
    tells(
        "a template was paused",
        "811d8dd0b258a2649514f956",
        STATUS,
        became("PAUSED", other_info={"title": "FIRST_PAUSE", "description": "Low quality: paused for 3 hours"}),
        template(state="paused", reason="Low quality: paused for 3 hours"),
    ),
    tells(
        "a template was disabled", "9ccdd53fc18413fffeb04c11", STATUS, became("DISABLED"), template(state="disabled")
    ),
    tells(
        "a template is disliked as yet",
        "402efcfbb5b7a328c3e711ca",
        STATUS,
        became("FLAGGED"),
        template(state="approved"),
    ),
    tells(
        "a template was deleted",
        "369bcc592894af4180fa3342",
        STATUS,
        became("PENDING_DELETION"),
        template(state="deleted"),
    ),
    tells("a state that we do not know", "e36686d9c9425527a96f7875", STATUS, became("ENCHANTED")),
    tells(
        "a template's quality",
        "ab00d74ae193bdbda0fb3132",
        "message_template_quality_update",
        {**PROMO, "previous_quality_score": "GREEN", "new_quality_score": "RED"},
        template(quality="low"),
    ),
    tells(
        "a template's category",
        "7b2e83be45e50701f29a915d",
        "template_category_update",
        {**PROMO, "previous_category": "UTILITY", "new_category": "MARKETING"},
        template(category="MARKETING"),
    ),
    tells("a number is disliked", "6ef00b9de2766507a1c5a943", QUALITY, number("FLAGGED"), of_number(quality="RED")),
    tells(
        "a number is liked again",
        "096ac2ed514b5f0e414ee1a3",
        QUALITY,
        number("UNFLAGGED", current_limit="TIER_1K"),
        of_number(quality="YELLOW", daily_limit=1000),
    ),
    tells(
        "a number may write to more",
        "0ee660c831e04c839084e52a",
        QUALITY,
        number("UPGRADE", old_limit="TIER_2K", max_daily_conversations_per_business="TIER_10K"),
        of_number(daily_limit=10_000),
    ),
    tells(
        "a number sends faster",
        "d7e60617913f67c7717cf916",
        QUALITY,
        number("THROUGHPUT_UPGRADE", current_limit="TIER_UNLIMITED"),
        of_number(throughput="HIGH"),
    ),
    tells("a number is new", "3fcbd0bad7bff6fe4911dec0", QUALITY, number("ONBOARDING", current_limit="TIER_NOT_SET")),
    tells(
        "a firm may write to more",
        "2528bfb5c092cb7fe1b7b9da",
        CAPABILITY,
        {"max_daily_conversations_per_business": 2000, "max_phone_numbers_per_waba": 25},
        account(daily_limit=2000),
    ),
    tells(
        "a firm may write to all",
        "a3f1d28209dde2223eff94ea",
        CAPABILITY,
        {"max_daily_conversation_per_phone": -1},
        account(daily_limit=-1),
    ),
    tells("a firm may have more numbers", "0fc89c7176d66f9dfdc785a0", CAPABILITY, {"max_phone_numbers_per_waba": 25}),
    tells(
        "an account is banned",
        "caa91853d300e84a657a11ae",
        ACCOUNT,
        {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE", "waba_ban_date": "May 1, 2026"}},
        AccountChanged({"restriction": "banned"}, OWNER, broken="account_banned"),
    ),
    tells(
        "an account is to be banned",
        "bae3b4858e8cc7090ec8d37c",
        ACCOUNT,
        {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE"}},
        account(restriction="ban_announced"),
    ),
    tells(
        "an account is free again",
        "3693a77f202fb0e55f9808c6",
        ACCOUNT,
        {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}},
        account(restriction="", restricted_until=""),
    ),
    tells(
        "an account may not write first",
        "5c0d142c34bfb4d258b33864",
        ACCOUNT,
        {"event": "ACCOUNT_RESTRICTION", "restriction_info": [BOUGHT, CALLS]},
        account(restriction="no_first_messages", restricted_until="2026-05-01T12:00:00+00:00"),
    ),
    tells(
        "an account may not even answer",
        "ea75ca56521ce921edb80fc2",
        ACCOUNT,
        {"event": "ACCOUNT_RESTRICTION", "restriction_info": [ANSWERS]},
        account(restriction="no_messages", restricted_until=""),
    ),
    tells(
        "an account may not call",
        "e6a0ecfe4930e609eb440793",
        ACCOUNT,
        {"event": "ACCOUNT_RESTRICTION", "restriction_info": [CALLS]},
    ),
    tells(
        "an account broke a rule",
        "199221d1401e8434a0cc9b91",
        ACCOUNT,
        {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SCAM"}},
        account(restriction="violation", restriction_words="SCAM"),
    ),
    tells(
        "an account is gone",
        "13ff8207fc1159a83d0b0cb6",
        ACCOUNT,
        {"event": "ACCOUNT_DELETED"},
        AccountChanged({}, OWNER, broken="account_deleted"),
    ),
    tells("what does not concern us", "3de1a3b18e09f99a3d9b049d", ACCOUNT, {"event": "PARTNER_ADDED"}),
    tells(
        "a warning",
        "408104a4140d3950ad13aa47",
        ALERTS,
        {"entity_type": "BUSINESS", "entity_id": "5", "alert_info": WARNING},
        account(alert="Not official"),
    ),
    tells(
        "a warning in its older shape",
        "e5eec9a1f1bedc34409a4042",
        ALERTS,
        {"entity_id": "5", **WARNING},
        account(alert="Not official"),
    ),
    tells(
        "good news",
        "3f6816cb1a8a83feb405743f",
        ALERTS,
        {"alert_info": {"alert_severity": "INFORMATIONAL", "alert_type": "OBA_APPROVED"}},
    ),
]

UNREADABLE: list[dict[str, Any]] = [
    news(STATUS, event="APPROVED", message_template_name="promo"),
    news(STATUS, **PROMO),
    news(QUALITY, event="FLAGGED"),
    news(ACCOUNT),
]
