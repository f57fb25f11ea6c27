"""An account of Instagram at work. What it shares with Messenger's Pages is tried there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from fake_messenger import a_sender, eventually
from lab.platforms.meta.accounts import Bot
from lab.platforms.meta.phones import Phone
from lab.running import Lab
from messengers import channels, fetching
from messengers.content import Content, ReplyButton, UrlButton
from messengers.models import Channel, Identity, InboundUpdate, Message
from messengers.statuses import Status
from meta_at_work import a_channel, a_file, all_sent, fate, handled, heard, say, talk_with
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("door")

YES = ReplyButton(id="yes", text="Да")
SITE = UrlButton(text="Сайт", url="https://ex.am/x")  # type: ignore[arg-type]


@pytest.fixture
def shop(lab: Lab) -> Bot:
    return lab.instagram.new_bot("Shop", key="shop.tea")


@pytest.fixture
def channel(workspace: Workspace, shop: Bot) -> Channel:
    return a_channel(workspace, shop)


@pytest.fixture
def anna(lab: Lab, shop: Bot) -> Phone:
    return shop.phone(lab.instagram.person("Анна Белова", username="anna"))


def test_a_talk_from_a_link_to_goodbye(channel: Channel, shop: Bot, anna: Phone, lab: Lab) -> None:
    assert (channel.name, channel.account, channel.settings["page_id"]) == ("Shop", shop.id, shop.page_id)
    assert channels.ask_hook(channel)["is_ours"]
    anna.start("promo_42")
    talk = talk_with(channel, anna)
    assert (talk.context["start"], heard(channel)) == ("promo_42", ["👋"])
    fetching.ask_profile(talk.identity_id, workspace_id=talk.workspace_id)
    with tenant(channel.workspace_id):
        identity = Identity.objects.select_related("contact").get(pk=talk.identity_id)
        assert identity.contact.name == "Анна Белова"
        assert (identity.profile["username"], identity.profile["is_user_follow_business"]) == ("anna", True)
    with a_sender():
        long = say(talk, Content(text="Чай хороший. " * 60))
        shown = say(talk, Content(text="Вот", attachments=[a_file(channel, "photo")]))
        song = say(talk, Content(attachments=[a_file(channel, "document")]))
        asked = say(talk, Content(text="Кофе?", buttons=[YES]))
        eventually(all_sent(long, shown, song, asked), 20)
        assert all(len(one.encode()) <= 1000 for one in anna.texts()), "Instagram counts bytes"
        assert [one.kind for one in anna.messages() if one.kind != "text"] == ["photo"], "of papers it takes PDF alone"
        anna.presses("Да")
        handled(channel, lambda: heard(channel)[-1] == "Да")
        anna.reads()
        handled(channel, lambda: Message.objects.filter(status=Status.READ).count() == 4)
        with tenant(channel.workspace_id):
            assert Message.objects.filter(direction="out").count() == 4, "our own words do not come back"
            Message.objects.filter(direction="out").update(sent_at=timezone.now() - timedelta(minutes=1))
        shop.writes_in_inbox(anna.person, "Уже везу")
        handled(channel, lambda: Message.objects.filter(content__text="Уже везу", source="member").exists())
        anna.answers_a_story("Красиво")
        handled(channel, lambda: heard(channel)[-1].endswith("\nКрасиво"))
        number = anna.writes("Ой")
        anna.deletes(number)
        handled(channel, lambda: Message.objects.filter(content__text="Ой", deleted_at__isnull=False).exists())
        anna.blocks()
        lost = say(talk, Content(text="Вы где?", buttons=[SITE]))
        eventually(lambda: fate(lost) == (Status.UNREACHABLE, "forbidden"))
        handled(channel, lambda: not InboundUpdate.objects.exclude(state=InboundUpdate.State.DONE).exists())
    assert not lab.account.twice(shop)


def test_an_account_without_the_right_or_the_page(workspace: Workspace, shop: Bot) -> None:
    shop.rights.remove("instagram_manage_messages")
    with pytest.raises(channels.RefusedByMessengerError) as caught:
        a_channel(workspace, shop)
    assert caught.value.reason == "missing_instagram_manage_messages"
