"""Connecting an account of a messenger: paste its keys, see whose they are, connect it, wait for the first message."""

from base64 import b64encode
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import qrcode
from django.conf import settings as installation
from django.contrib import messages
from django.db import transaction
from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from qrcode.image.svg import SvgPathImage

from messengers import channels, practice
from messengers.channel_health import reached_from_outside
from messengers.channel_words import reason
from messengers.models import Channel, Conversation
from messengers.registry import is_known, messenger
from messengers.wizards import wizard_of
from messengers.wizards.wizard import KeysForm, Wizard
from workspaces.access import TenantRequest, page
from workspaces.roles import Permission


@page(Permission.MANAGE_CHANNELS)
@require_safe
def new_account(request: TenantRequest, kind: str) -> HttpResponse:
    """Tell how to get an account's keys, and ask for them."""
    wizard = _wizard(kind)
    context = {"wizard": wizard, "form": wizard.Keys(), "lab": installation.LAB_URL, "people": practice.PEOPLE}
    return render(request, "messengers/wizard.html", context)


@page(Permission.MANAGE_CHANNELS)
@require_POST
def look_up_account(request: TenantRequest, kind: str) -> HttpResponse:
    """Say whose the keys are, and ask whether to connect the account; or say why not."""
    wizard, practice = _wizard(kind), _practice(request)
    form = wizard.Keys(request.POST)
    if not form.is_valid():
        return _refused(request, form.problem)
    try:
        account = channels.look_up(kind, form.secrets(), settings=form.settings(), practice=practice)
    except channels.RefusedByMessengerError as refusal:
        return _refused(request, reason(refusal.reason, kind))
    except channels.InvalidSettingsError as error:
        return _refused(request, _unheld(form, error))
    held = Channel.objects.filter(kind=kind, account=account.told.account, practice=practice).exclude(account="")
    known = held.order_by("state").first()
    context = _described(wizard, form, account, practice) | {"known": known}
    return render(request, "messengers/wizard_found.html", context)


@page(Permission.MANAGE_CHANNELS)
@require_POST
def connect_account(request: TenantRequest, kind: str) -> HttpResponse:
    """Connect the account that was shown, and lead on to its first message."""
    wizard, practice = _wizard(kind), _practice(request)
    form = wizard.Keys(request.POST)
    if not form.is_valid():
        return _refused(request, form.problem)
    try:
        account = channels.look_up(kind, form.secrets(), settings=form.settings(), practice=practice)
        described = _described(wizard, form, account, practice)
        unasked = account.hook_is_foreign and request.POST.get("take_over") != "yes"
        if unasked or account.told.account != request.POST.get("account"):
            # The keys have changed since they were looked up, or somebody has set a webhook.
            return render(request, "messengers/wizard_found.html", described)
        polls = "webhook" not in described["ways"] or (request.POST.get("news") == "polls" and not practice)
        if not described["ways"]:
            return _refused(request, reason("no_public_address", kind))
        made = channels.connect(kind, "", form.settings(), form.secrets(), request.user, practice=practice, polls=polls)
    except channels.RefusedByMessengerError as refusal:
        return _refused(request, reason(refusal.reason, kind))
    except channels.InvalidSettingsError as error:
        return _refused(request, _unheld(form, error))
    next_page = reverse("messengers:first_message", args=[request.workspace.slug, made.pk])
    return HttpResponse(status=204, headers={"HX-Redirect": next_page})


@page(Permission.MANAGE_CHANNELS)
@require_POST
def practise(request: TenantRequest, kind: str) -> HttpResponse:
    """Make a channel whose account and people are the lab's."""
    wizard = _wizard(kind)
    name = request.POST.get("name", "").strip() or request.workspace.name
    try:
        with transaction.atomic():
            made = practice.begin(kind, name, request.user)
    except (practice.NoLabError, channels.RefusedByMessengerError, channels.InvalidSettingsError):
        words = _("The lab does not answer, or does not play %(name)s. Nothing has changed.") % {"name": wizard.name}
        messages.error(request, words)
        return redirect("messengers:new_account", request.workspace.slug, kind)
    told = _("%(count)s made-up people are coming. Whatever you send through this channel reaches them alone.")
    messages.success(request, told % {"count": practice.PEOPLE})
    return redirect("messengers:channel", request.workspace.slug, made.pk)


@page(Permission.MANAGE_CHANNELS)
@require_safe
def first_message(request: TenantRequest, channel_id: int) -> HttpResponse:
    """Show how to write to the bot, and wait until somebody has."""
    context = _first_message(channel_id) | {"tab": "first_message"}
    return render(request, "messengers/first_message.html", context)


@page(Permission.MANAGE_CHANNELS)
@require_safe
def first_message_check(request: TenantRequest, channel_id: int) -> HttpResponse:
    """Give the part of that page that waits for the first message."""
    return render(request, "messengers/first_message_check.html", _first_message(channel_id))


def _practice(request: TenantRequest) -> bool:
    return bool(installation.LAB_URL) and request.POST.get("place") == "lab"


def _wizard(kind: str) -> Wizard:
    wizard = wizard_of(kind)
    if wizard is None or not is_known(kind):
        raise Http404
    return wizard


def _refused(request: TenantRequest, words: object) -> HttpResponse:
    return render(request, "messengers/wizard_refused.html", {"words": words})


def _unheld(form: KeysForm, error: channels.InvalidSettingsError) -> str:
    """Name the fields that the adapter does not take as they are."""
    names = [str(form.fields[name].label) if name in form.fields else name for name in error.errors]
    return _("This does not look right: %(fields)s. Copy it once more.") % {"fields": ", ".join(names)}


def _described(wizard: Wizard, form: KeysForm, account: channels.Account, practice: bool) -> dict[str, Any]:
    picture = f"data:image/jpeg;base64,{b64encode(account.picture).decode()}" if account.picture else ""
    reached = practice or reached_from_outside()
    ways = wizard.ways(form.settings()) - (frozenset() if reached else {"webhook"})
    return {
        "wizard": wizard,
        "told": account.told,
        "shown_name": wizard.shown_name(account.told.facts) or account.told.name,
        "facts": wizard.told(account.told),
        "picture": picture,
        "practice": practice,
        "foreign_host": urlsplit(account.hook).hostname if account.hook_is_foreign else "",
        "ways": ways,
        "wants_address": "webhook" in wizard.ways(form.settings()) and not reached,
        "base": installation.BASE_URL,
    }


def _first_message(channel_id: int) -> dict[str, Any]:
    channel = get_object_or_404(Channel, pk=channel_id)
    link = _link(channel)
    talks = Conversation.objects.filter(channel=channel).select_related("contact")
    # Who pressed Start has come, though there is nothing to read yet.
    first = talks.order_by(F("last_message_at").desc(nulls_last=True), "-pk").first()
    wizard = wizard_of(channel.kind)
    by_hand = wizard.by_hand(channels.facts(channel)) if wizard and not channel.practice else ()
    shown = {"link": link, "qr": _qr(link) if link else "", "how_to_write": wizard.how_to_write if wizard else ""}
    return {"channel": channel, "first": first, "by_hand": by_hand, **shown}


def _link(channel: Channel) -> str:
    if channel.practice:
        return f"{installation.LAB_URL}/" if installation.LAB_URL else ""
    adapter = messenger(channel.kind) if is_known(channel.kind) else None
    return (adapter and adapter.deep_link(channels.facts(channel), "")) or ""


def _qr(link: str) -> str:
    drawn = BytesIO()
    qrcode.make(link, image_factory=SvgPathImage, border=2).save(drawn)
    return f"data:image/svg+xml;base64,{b64encode(drawn.getvalue()).decode()}"
