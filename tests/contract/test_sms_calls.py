"""Every form that goes to Twilio is one that its published API takes, and its signature the one that it publishes."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from jsonschema import Draft202012Validator

from messenger_tables.sms import SETTINGS, SID, TABLES
from messengers import registry
from messengers.adapter import ChannelFacts, HttpCall, IncomingRequest, RefusedError
from messengers.protocols.smsc_hook import hook_key

SPECIFICATIONS = Path(__file__).parents[3] / "shared/platforms/specs"
SMS = registry.messenger("sms")
FACTS = ChannelFacts("key", SETTINGS, TABLES.secrets, "https://mycompany.com/myapp.php?foo=1&bar=2")
MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"


def specification(name: str) -> Mapping[str, Any]:
    path = SPECIFICATIONS / name
    if not path.exists():
        pytest.skip(f"What Twilio publishes is not on this machine: {path}")
    read: Mapping[str, Any] = json.loads(path.read_text())
    return read


@pytest.fixture(scope="module")
def api() -> Mapping[str, Any]:
    return specification("twilio_messages_v2010.json")


def problems(api: Mapping[str, Any], form: Mapping[str, Any]) -> list[str]:
    content = api["paths"][MESSAGES]["post"]["requestBody"]["content"]
    schema = content["application/x-www-form-urlencoded"]["schema"]
    typed = {**form, **({"ValidityPeriod": int(form["ValidityPeriod"])} if "ValidityPeriod" in form else {})}
    whole = {"components": api["components"], **schema, "additionalProperties": False}
    return [error.message for error in Draft202012Validator(whole).iter_errors(typed)]


SENT = [
    (row.name, call)
    for row in TABLES.deliveries
    for call, _reply in row.exchange
    if isinstance(call, HttpCall) and "twilio" in call.url
]


@pytest.mark.parametrize("call", [pytest.param(call, id=name) for name, call in SENT])
def test_messages_are_sent_as_twilio_wants(api: Mapping[str, Any], call: HttpCall) -> None:
    assert urlsplit(call.url).path == MESSAGES.format(AccountSid=SID)
    assert problems(api, call.form or {}) == []


def test_a_wrong_name_would_be_seen(api: Mapping[str, Any]) -> None:
    assert problems(api, {"To": "+1", "Words": "Hello"})


def test_every_state_of_a_message_is_known(api: Mapping[str, Any]) -> None:
    states = api["components"]["schemas"]["message_enum_status"]["enum"]
    silent = {"queued", "sending", "accepted", "scheduled", "receiving", "partially_delivered"}
    for state in set(states) - {"received"}:
        told = {"MessageSid": "SM1", "To": "+79991234567", "From": "+1", "MessageStatus": state}
        said = SMS.parse(FACTS, {"twilio": told, "at": 1_777_636_800})
        assert bool(said) == (state not in silent), state


def test_its_signature_is_the_published_one() -> None:
    for vector in specification("signature_vectors.json")["vectors"]["twilio_x_twilio_signature"]:
        channel = replace(FACTS, secrets={"password": vector["auth_token"]}, hook_url=vector["url"])
        request = IncomingRequest(
            "POST", {"X-Twilio-Signature": vector["signature"]}, {}, urlencode(vector["params"]).encode()
        )
        SMS.verify(channel, request)
        with pytest.raises(RefusedError):
            SMS.verify(channel, replace(request, body=request.body + b"&More=1"))


def test_the_signature_of_smsc_is_the_one_that_we_know() -> None:
    for vector in specification("signature_vectors.json")["vectors"]["smsc_callback_md5_unconfirmed"]:
        number, phone, state, secret = vector["base"].split(":")
        channel = ChannelFacts("key", {"provider": "smsc"}, {"password": "x", "hook_secret": secret}, "https://k/h")
        body = urlencode({"id": number, "phone": phone, "status": state, "md5": vector["md5"]}).encode()
        key = hook_key(channel)
        SMS.verify(channel, IncomingRequest("POST", {}, {"key": key}, body))
        for wrong in (
            IncomingRequest("POST", {}, {"key": key}, body.replace(b"status=1", b"status=2")),
            IncomingRequest("POST", {}, {}, body),
        ):
            with pytest.raises(RefusedError):
                SMS.verify(channel, wrong)
