"""Why a message did not arrive is told in the reader's language, whichever adapter says it."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.utils import translation

import messengers
from messengers import message_words, registry

MESSENGERS = registry.all_messengers()
# Codes are in small letters; what else a table holds is a messenger's own words.
CODE = re.compile(r"[a-z]+(?:_[a-z0-9]+)*(?: \(.*\))?")
THEIR_WORDS = {"no", "said", "bad text", "failure description"}
NAMED = re.compile(r"(?:Rejected|Unreachable|Uncertain|ChannelBroken|RetryAt)\((?:[^,()\"]+, )?\"([a-z][a-z0-9_]*)\"")


def in_tables() -> Iterator[str]:
    for adapter in MESSENGERS:
        tables = import_module(f"messenger_tables.{adapter.kind}").TABLES
        for delivery in tables.deliveries:
            yield getattr(delivery.outcome, "reason", "")
        for webhook in tables.webhooks:
            yield from (getattr(update, "reason", "") for update in webhook.updates if hasattr(update, "status"))


def in_sources() -> Iterator[str]:
    for path in Path(messengers.__path__[0]).rglob("*.py"):
        yield from NAMED.findall(path.read_text())


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_code_has_words(language: str) -> None:
    codes = {code for code in (*in_tables(), *in_sources()) if CODE.fullmatch(code)} - THEIR_WORDS
    assert {"undeliverable", "cut_within_letter", "cannot_be_delivered (11)", "wrong_sender"} <= codes
    with translation.override(language):
        words = {code: message_words.why(code) for code in codes}
    assert [code for code, told in words.items() if told == code] == []
    letters = re.compile("[а-я]" if language == "ru" else "[a-z]")
    assert [told for told in words.values() if not letters.search(told)] == []


def test_what_a_messenger_says_itself_stays_as_it_is() -> None:
    assert message_words.why("550 5.1.1 no such user") == "550 5.1.1 no such user"
    assert message_words.why("missing_data: text") == message_words.why("wrong_data")
    assert "503" in message_words.why("status_503")
