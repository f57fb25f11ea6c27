"""A channel is connected with keys that the messenger accepts, changed, and switched off; the log says by whom."""

from typing import Any

import pytest

from builders import a_conversation, a_user, a_workspace
from fake_messenger import Sink
from messengers import channels
from messengers.models import Channel
from workspaces.models import AuditEntry, User
from workspaces.scope import tenant


@pytest.fixture
def admin(db: None) -> Any:
    user = a_user()
    with tenant(a_workspace(user)):
        yield user


def connected(sink: Sink, admin: User, token: str = "right") -> Channel:
    return channels.connect("fake", "Shop", {"url": sink.url}, {"token": token}, admin)


def test_it_connects_and_takes_over_what_the_messenger_says(admin: User, sink: Sink, owner_cursor: Any) -> None:
    channel = connected(sink, admin)
    assert channel.settings == {"url": sink.url, "account": "Shop"}
    assert channels.facts(channel).secrets == {"token": "right"}
    assert channels.facts(channel).hook_url == f"http://testserver/hooks/fake/{channel.key}"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.target_id) == ("channel.connected", admin, channel.pk)
    assert "right" not in str(entry.changes)


def test_a_wrong_key_is_refused_in_the_messengers_words(admin: User, sink: Sink) -> None:
    with pytest.raises(channels.RefusedByMessengerError) as refusal:
        connected(sink, admin, "wrong")
    assert refusal.value.reason == "wrong_token"
    assert not Channel.objects.exists()


def test_what_was_typed_must_hold(admin: User, sink: Sink) -> None:
    with pytest.raises(channels.InvalidSettingsError) as refusal:
        channels.connect("fake", "Shop", {"url": 5}, {}, admin)
    assert refusal.value.errors == {"url": "string_type"}
    with pytest.raises(channels.InvalidSettingsError) as refusal:
        channels.connect("fake", "Shop", {}, {}, admin)
    assert refusal.value.errors == {"token": "missing"}


def test_a_change_is_logged_and_keeps_what_was_not_changed(admin: User, sink: Sink) -> None:
    channel = connected(sink, admin)
    changed = channels.change(channel, admin, name="Shop 2")
    assert (changed.name, changed.settings["account"]) == ("Shop 2", "Shop")
    assert AuditEntry.objects.latest("id").changes == {"name": ["Shop", "Shop 2"]}
    channels.change(channel, admin, name="Shop 2")
    assert AuditEntry.objects.count() == 2


def test_new_keys_mend_a_broken_channel(admin: User, sink: Sink) -> None:
    channel = connected(sink, admin)
    Channel.objects.filter(pk=channel.pk).update(state=Channel.State.BROKEN, broken_reason="token_revoked")
    with pytest.raises(channels.RefusedByMessengerError):
        channels.change(channel, admin, secrets={"token": "wrong"})
    mended = channels.change(channel, admin, secrets={"token": "right"})
    assert (mended.state, mended.broken_reason) == (Channel.State.ACTIVE, "")


def test_switched_off_it_keeps_its_people_and_comes_back(admin: User, sink: Sink) -> None:
    channel = connected(sink, admin)
    talk = a_conversation(channel)
    assert channels.disconnect(channel, admin).state == Channel.State.DISCONNECTED
    talk.refresh_from_db()
    assert channels.reconnect(channel, admin).state == Channel.State.ACTIVE
