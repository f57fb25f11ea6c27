"""Secrets: ciphertext in the database, dots wherever they are printed, and a key that can be changed."""

import logging
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command

from messengers.models import Channel
from tests.builders import a_channel, a_workspace
from workspaces import rotation
from workspaces.encrypted_field import SecretsUnreadableError, masked
from workspaces.models import Workspace
from workspaces.scope import tenant

TOKEN = "12345678:AAbbCC-very-secret"


@pytest.fixture
def workspace(db: None) -> Workspace:
    return a_workspace()


def stored(channel: Channel) -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM messengers_channel WHERE id = %s", [channel.pk])
        return str(cursor.fetchone()[0])


def token_of(channel: Channel) -> str:
    return str(Channel.objects.get(pk=channel.pk).secrets["token"])


@pytest.mark.parametrize(
    ("secret", "shown"), [("12345678", "••••5678"), ("1234567", "••••"), ("", "••••"), (TOKEN, "••••cret")]
)
def test_a_secret_shows_its_end_at_most(secret: str, shown: str) -> None:
    assert masked(secret) == shown


def test_the_database_holds_ciphertext(workspace: Workspace) -> None:
    with tenant(workspace):
        channel = a_channel(secrets={"token": TOKEN})
        assert TOKEN not in stored(channel)
        assert token_of(channel) == TOKEN
        assert stored(a_channel()) == ""


def test_secrets_are_never_printed(workspace: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    with tenant(workspace):
        made = a_channel(secrets={"token": TOKEN})
        found = Channel.objects.get(pk=made.pk)
        found.secrets = {"token": TOKEN, "more": "short"}
        for channel in (made, found):
            logging.getLogger("any").error("%s %r %s", channel, channel.secrets, vars(channel))
    assert TOKEN not in caplog.text
    assert "••••cret" in caplog.text


def test_secrets_cannot_be_searched_for(workspace: Workspace) -> None:
    with tenant(workspace), pytest.raises(FieldError):
        Channel.objects.filter(secrets={"token": TOKEN}).exists()


def test_a_new_key_takes_over_while_both_work(workspace: Workspace, settings: Any) -> None:
    old, new = settings.SECRET_KEYS[0], Fernet.generate_key().decode()
    other = a_workspace()
    with tenant(workspace):
        channels = [a_channel(secrets={"token": f"{TOKEN}{number}"}) for number in range(5)]
        empty = a_channel()
    with tenant(other):
        others = a_channel(secrets={"token": TOKEN})

    settings.SECRET_KEYS = [new, old]
    with tenant(workspace):
        assert token_of(channels[0]) == f"{TOKEN}0"
    assert rotation.rotate(batch=2).renewed == 6
    assert rotation.rotate(batch=2).renewed == 0, "what is done already is passed over"

    settings.SECRET_KEYS = [new]
    with tenant(workspace):
        assert [token_of(channel) for channel in channels] == [f"{TOKEN}{number}" for number in range(5)]
        assert stored(empty) == ""
    with tenant(other):
        assert token_of(others) == TOKEN

    settings.SECRET_KEYS = [old]
    with tenant(workspace), pytest.raises(SecretsUnreadableError):
        token_of(channels[0])


def test_a_secret_that_no_key_fits_is_named_and_left_and_the_others_are_done(
    workspace: Workspace, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with tenant(workspace):
        lost = a_channel(secrets={"token": TOKEN})
    known, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.SECRET_KEYS = [known]
    with tenant(workspace):
        channel = a_channel(secrets={"token": TOKEN})
        before = stored(lost)
    settings.SECRET_KEYS = [new, known]
    with pytest.raises(CommandError, match=f"messengers.Channel {lost.pk}"):
        call_command("rotate_secrets")
    assert "Encrypted anew: 1." in capsys.readouterr().out
    with tenant(workspace):
        assert stored(lost) == before
        assert token_of(channel) == TOKEN
