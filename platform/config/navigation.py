"""The menu as data: where a member can go, and what he can start from anywhere. Read by the shell."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from chatpanel import listing
from messengers import channel_list
from workspaces.models import User
from workspaces.roles import Permission


@dataclass(frozen=True)
class Section:
    """An entry of the rail. Its pages stand under `folder`; Alt and the physical `key` open it."""

    route: str
    folder: str
    icon: str
    title: str
    permission: Permission
    key: str = ""
    badge: str = ""
    badge_title: str = _("Unread")
    count: Callable[[User], int] | None = None


@dataclass(frozen=True)
class Action:
    """Something that the palette starts: a page opened with an intention."""

    route: str
    icon: str
    title: str
    permission: Permission
    query: str = ""


def _unread_chats(person: User) -> int:
    counts = listing.unread_counts()
    return counts.get(person.pk, 0) + counts.get(None, 0)


def _channels_in_trouble(_person: User) -> int:
    return channel_list.in_trouble()


SECTIONS = (
    Section("analytics:dashboard", "", "layout-dashboard", _("Dashboard"), Permission.VIEW_DASHBOARD, "KeyH"),
    Section(
        "chatpanel:panel",
        "chats",
        "messages-square",
        _("Chats"),
        Permission.ANSWER_CHATS,
        "KeyC",
        badge="chats",
        count=_unread_chats,
    ),
    Section("bots:flows", "bots", "workflow", _("Bots"), Permission.EDIT_BOTS, "KeyB"),
    Section(
        "messengers:channels",
        "channels",
        "radio-tower",
        _("Channels"),
        Permission.MANAGE_CHANNELS,
        "KeyN",
        badge="channels",
        badge_title=_("Need attention"),
        count=_channels_in_trouble,
    ),
    Section("messengers:media_library", "media", "images", _("Media"), Permission.ANSWER_CHATS),
    Section("workspaces:settings", "settings", "settings", _("Settings"), Permission.VIEW_DASHBOARD, "KeyS"),
)

ACTIONS = (
    Action("bots:new", "plus", _("New flow"), Permission.EDIT_BOTS),
    Action("messengers:connect", "plug", _("Connect a channel"), Permission.MANAGE_CHANNELS),
    Action("workspaces:invite", "user-plus", _("Invite a colleague"), Permission.MANAGE_MEMBERS),
)
