"""What the providers of SMS tell, and what Kaskad is to read in it: `sms` holds the rest of its table."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from messenger_tables import Webhook
from messengers.content import Content
from messengers.statuses import Status
from messengers.updates import MessageReceived, ReceiptReceived, Sender, SubscriptionChanged, Update

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
DATE = int(AT.timestamp())
PHONE = "79991234567"
WHO = Sender(PHONE, phone=f"+{PHONE}")


def wrote(name: str, text: str, who: Sender = WHO) -> MessageReceived:
    return MessageReceived(who, name, Content.plain(text), AT)


def unsubscribed(state: str = "unsubscribed") -> SubscriptionChanged:
    return SubscriptionChanged(WHO, "", state, AT)


def receipt(name: str, status: Status, reason: str = "") -> ReceiptReceived:
    return ReceiptReceived(status, AT, external_ids=(name,), reason=reason)


# ---- Twilio


def twilio(**fields: str) -> dict[str, Any]:
    told = {"MessageSid": "SM1", "AccountSid": "AC1", "From": f"+{PHONE}", "To": "+14155550100", "ApiVersion": "2010"}
    return {"twilio": {**told, **fields}, "at": DATE}


def of_ours(state: str, **fields: str) -> dict[str, Any]:
    return twilio(MessageStatus=state, SmsStatus=state, To=f"+{PHONE}", From="+14155550100", **fields)


def hears(name: str, body: Mapping[str, Any], update_id: str, *updates: Update) -> Webhook:
    ours = any(isinstance(one, ReceiptReceived) for one in updates)
    return Webhook(name, body, update_id, "" if ours else PHONE, updates)


def twilio_hears(name: str, body: Mapping[str, Any], *updates: Update, state: str = "received") -> Webhook:
    return hears(f"Twilio: {name}", body, f"twilio:SM1:{state}", *updates)


_TWILIO = [
    twilio_hears("words", twilio(Body="Привет", NumMedia="0"), wrote("SM1", "Привет")),
    twilio_hears("words, in another form", twilio(Body="Hi", SmsStatus="received", MessageStatus="received"),
                 wrote("SM1", "Hi")),
    twilio_hears("STOP", twilio(Body="Stop."), wrote("SM1", "Stop."), unsubscribed()),
    twilio_hears("a word that only Twilio hears", twilio(Body="CANCEL"), wrote("SM1", "CANCEL"), unsubscribed()),
    twilio_hears("STOP in words of the service's own", twilio(Body="Basta", OptOutType="STOP"), wrote("SM1", "Basta"),
                 unsubscribed()),
    twilio_hears("START", twilio(Body="START", OptOutType="START"), wrote("SM1", "START"), unsubscribed("active")),
    twilio_hears("HELP", twilio(Body="HELP", OptOutType="HELP"), wrote("SM1", "HELP")),
    twilio_hears("a picture", twilio(Body="", NumMedia="1", MediaUrl0="https://x"), wrote("SM1", "MMS")),
    twilio_hears("nothing", twilio(Body=" ")),
    Webhook("Twilio: on its way", of_ours("sending"), "twilio:SM1:sending", "", []),
    twilio_hears("sent", of_ours("sent"), receipt("SM1", Status.SENT), state="sent"),
    twilio_hears("delivered", of_ours("delivered"), receipt("SM1", Status.DELIVERED), state="delivered"),
    twilio_hears("switched off", of_ours("undelivered", ErrorCode="30003"),
                 receipt("SM1", Status.UNREACHABLE, "switched_off"), state="undelivered"),
    twilio_hears("filtered", of_ours("failed", ErrorCode="30007"), receipt("SM1", Status.REJECTED, "filtered"),
                 state="failed"),
    twilio_hears("no such number", of_ours("failed", ErrorCode="30005"),
                 receipt("SM1", Status.UNREACHABLE, "wrong_number"), state="failed"),
    twilio_hears("failed for something new", of_ours("failed", ErrorCode="39999"),
                 receipt("SM1", Status.REJECTED, "error_39999"), state="failed"),
    twilio_hears("failed without a word", of_ours("failed"), receipt("SM1", Status.REJECTED, "failed"), state="failed"),
    Webhook("Twilio: a name that writes", twilio(From="Bank", Body="Code 1"), "twilio:SM1:received", "Bank",
            [wrote("SM1", "Code 1", Sender("Bank"))]),
]  # fmt: skip


# ---- SMSC.ru


def smsc(**fields: str) -> dict[str, Any]:
    return {"smsc": {"phone": PHONE, **fields}, "at": DATE}


def state(number: int, **fields: str) -> dict[str, Any]:
    return smsc(id="12", status=str(number), time="01.05.2026 15:00:00", ts=str(DATE), err="0", cnt="1", **fields)


def smsc_tells(name: str, number: int, *updates: Update, **fields: str) -> Webhook:
    return hears(f"SMSC.ru: {name}", state(number) | smsc(**{**state(number)["smsc"], **fields}),
                 f"smsc:{PHONE}:12:{number}", *updates)  # fmt: skip


OURS = f"{PHONE}:12"
_SMSC = [
    hears("SMSC.ru: words", smsc(mes="Привет", to="79000000000", sms_id="77", time="01.05.2026 15:00:00"),
          "smsc:received:77", wrote("77", "Привет")),
    hears("SMSC.ru: STOP", smsc(mes="СТОП", to="79000000000", sms_id="78"), "smsc:received:78", wrote("78", "СТОП"),
          unsubscribed()),
    smsc_tells("delivered", 1, receipt(OURS, Status.DELIVERED)),
    smsc_tells("read", 2, receipt(OURS, Status.READ)),
    smsc_tells("handed on", 0, receipt(OURS, Status.SENT)),
    Webhook("SMSC.ru: waits", state(-1), f"smsc:{PHONE}:12:-1", "", []),
    smsc_tells("expired", 3, receipt(OURS, Status.UNREACHABLE, "expired")),
    smsc_tells("impossible", 20, receipt(OURS, Status.UNREACHABLE, "cannot_be_delivered (11)"), err="11"),
    smsc_tells("wrong number", 22, receipt(OURS, Status.UNREACHABLE, "wrong_number")),
    smsc_tells("forbidden", 23, receipt(OURS, Status.REJECTED, "forbidden (253)"), err="253"),
    smsc_tells("no money", 24, receipt(OURS, Status.REJECTED, "no_money")),
    smsc_tells("another clock's time", 1, receipt(OURS, Status.DELIVERED), ts=""),
]  # fmt: skip


# ---- SMPP


def smpp(data: bytes, **fields: Any) -> dict[str, Any]:
    told = {"session": "s1", "n": 3, "at": DATE, "source": PHONE, "to": "SHOP", "data": data.hex()}
    return {"smpp": {**told, **fields}}


def by_text(stat: str, error: str = "000") -> bytes:
    return (
        f"id:m1 sub:001 dlvrd:001 submit date:2605011159 done date:2605011200 stat:{stat} err:{error} text:Hello"
    ).encode()


def smpp_tells(name: str, stat: str, *updates: Update, error: str = "000") -> Webhook:
    return hears(f"SMPP: {name}", smpp(by_text(stat, error), esm=4), f"smpp:m1:{stat}", *updates)


def smpp_hears(name: str, body: Mapping[str, Any], *updates: Update) -> Webhook:
    return hears(f"SMPP: {name}", body, "smpp:received:s1:3", *updates)


_SMPP = [
    smpp_hears("words", smpp(b"Hi \x00"), wrote("s1:3", "Hi @")),
    smpp_hears("Russian words", smpp("Привет".encode("utf-16-be"), coding=8), wrote("s1:3", "Привет")),
    smpp_hears("words in Latin-1", smpp(b"Ol\xe9", coding=3), wrote("s1:3", "Olé")),
    smpp_hears("STOP", smpp(b"stop"), wrote("s1:3", "stop"), unsubscribed()),
    smpp_hears("START", smpp("Старт!".encode("utf-16-be"), coding=8), wrote("s1:3", "Старт!"), unsubscribed("active")),
    smpp_hears("no words but bytes", smpp(b"\x01\x02", coding=4)),
    smpp_hears("a notice of the phone", smpp(b"", esm=8)),
    smpp_tells("delivered", "DELIVRD", receipt("m1", Status.DELIVERED)),
    smpp_tells("on its way", "ENROUTE", receipt("m1", Status.SENT)),
    smpp_tells("taken", "ACCEPTD", receipt("m1", Status.SENT)),
    smpp_tells("expired", "EXPIRED", receipt("m1", Status.UNREACHABLE, "expired")),
    smpp_tells("not delivered", "UNDELIV", receipt("m1", Status.UNREACHABLE, "not_delivered (011)"), error="011"),
    smpp_tells("refused", "REJECTD", receipt("m1", Status.REJECTED, "refused")),
    smpp_tells("deleted", "DELETED", receipt("m1", Status.REJECTED, "deleted")),
    Webhook("SMPP: nobody knows", smpp(by_text("UNKNOWN"), esm=4), "smpp:m1:UNKNOWN", "", []),
    hears("SMPP: a receipt by parameters", smpp(b"", esm=4, receipted="m1", state=2), "smpp:m1:DELIVRD",
          receipt("m1", Status.DELIVERED)),
    hears("SMPP: by parameters, and no sign that it is one", smpp(b"", receipted="m1", state=5), "smpp:m1:UNDELIV",
          receipt("m1", Status.UNREACHABLE, "not_delivered")),
]  # fmt: skip

WEBHOOKS = [*_TWILIO, *_SMSC, *_SMPP]

UNREADABLE = [
    {"telegram": {}, "at": DATE},
    {"twilio": {"From": "+1"}, "at": DATE},
    {"twilio": {"MessageSid": "SM1", "Body": "Hi"}, "at": DATE},
    {"twilio": {"MessageSid": "SM1", "From": "+1", "Body": "Hi"}},
    {"smsc": {"mes": "Hi"}, "at": DATE},
    {"smsc": {"phone": PHONE, "id": "12"}, "at": DATE},
    {"smsc": {"phone": PHONE, "mes": "Hi"}, "at": DATE},
    {"smsc": {"phone": PHONE, "id": "1", "status": "x"}, "at": DATE},
    smpp(b"Hi", at=10**20),
    smpp(b"no id", esm=4),
    {"smpp": {"session": "s1"}},
]
