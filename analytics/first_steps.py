"""The checklist of a new workspace: what is really done, and where to do the rest. Called by the dashboard's views."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from analytics.models import HiddenFirstSteps
from bots.models import Flow
from messengers.models import Channel, Message
from workspaces.access import TenantRequest
from workspaces.models import Invitation, Membership
from workspaces.roles import Permission


@dataclass(frozen=True)
class Step:
    """One thing to do; `route` is the page where it is done."""

    title: str
    hint: str
    route: str
    permission: Permission
    is_done: Callable[[], bool]


@dataclass(frozen=True)
class Progress:
    """A step, and whether it is done."""

    step: Step
    done: bool


def _somebody_invited() -> bool:
    return Membership.objects.count() > 1 or Invitation.objects.exists()


STEPS = (
    Step(
        _("Connect your first channel"),
        _("A chat on your site is ready in a minute."),
        "messengers:channels",
        Permission.MANAGE_CHANNELS,
        Channel.objects.exists,
    ),
    Step(
        _("Build a bot and publish it"),
        _("It greets people and answers while you sleep."),
        "bots:flows",
        Permission.EDIT_BOTS,
        lambda: Flow.objects.filter(published__isnull=False).exists(),
    ),
    Step(
        _("Write to it yourself"),
        _("Open your channel as a visitor and say hello."),
        "messengers:channels",
        Permission.MANAGE_CHANNELS,
        lambda: Message.objects.filter(direction=Message.Direction.IN).exists(),
    ),
    Step(
        _("Answer in the chats"),
        _("Take the conversation over from the bot."),
        "chatpanel:panel",
        Permission.ANSWER_CHATS,
        lambda: Message.objects.filter(source=Message.Source.MEMBER).exists(),
    ),
    Step(
        _("Invite your first colleague"),
        _("By link or by e-mail, with the role you choose."),
        "workspaces:members",
        Permission.MANAGE_MEMBERS,
        _somebody_invited,
    ),
)


def first_steps(request: TenantRequest) -> list[Progress]:
    """Return the steps that this member may take; nothing when all are done or he has hidden them."""
    if HiddenFirstSteps.objects.filter(user=request.user).exists():
        return []
    mine = [Progress(step, step.is_done()) for step in STEPS if request.may(step.permission)]
    return [] if all(progress.done for progress in mine) else mine


def hide_first_steps(request: TenantRequest) -> None:
    """Never show this member the steps again."""
    HiddenFirstSteps.objects.get_or_create(user=request.user)


def show_first_steps(request: TenantRequest) -> None:
    """Show them again: the undo of hiding."""
    HiddenFirstSteps.objects.filter(user=request.user).delete()
