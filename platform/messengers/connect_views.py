"""Connecting a bot of Telegram: paste the token, see whose it is, connect it, and wait for the first message."""

from base64 import b64encode
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import qrcode
from django.conf import settings as installation
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from qrcode.image.svg import SvgPathImage

from messengers import channels
from messengers.channel_forms import TokenForm
from messengers.channel_health import reached_from_outside
from messengers.channel_words import reason
from messengers.models import Channel, Conversation
from messengers.registry import is_known, messenger
from workspaces.access import TenantRequest, page
from workspaces.roles import Permission

KIND = "telegram"


@page(Permission.MANAGE_CHANNELS)
@require_safe
def new_telegram(request: TenantRequest) -> HttpResponse:
    """Tell how to get a token, and ask for it."""
    return render(request, "messengers/new_telegram.html", {"form": TokenForm(), "lab": installation.LAB_URL})


@page(Permission.MANAGE_CHANNELS)
@require_POST
def look_up_telegram(request: TenantRequest) -> HttpResponse:
    """Say whose the token is, and ask whether to connect it; or say why not."""
    form, practice = TokenForm(request.POST), _practice(request)
    if not form.is_valid():
        return _refused(request, form.problem)
    try:
        account = channels.look_up(KIND, {"token": form.cleaned_data["token"]}, practice=practice)
    except channels.RefusedByMessengerError as refusal:
        return _refused(request, reason(refusal.reason))
    known = Channel.objects.filter(kind=KIND, account=account.told.account, practice=practice).order_by("state").first()
    return render(request, "messengers/telegram_found.html", {**_described(account, practice), "known": known})


@page(Permission.MANAGE_CHANNELS)
@require_POST
def connect_telegram(request: TenantRequest) -> HttpResponse:
    """Connect the bot that was shown, and lead on to its first message."""
    form, practice = TokenForm(request.POST), _practice(request)
    if not form.is_valid():
        return _refused(request, form.problem)
    secrets = {"token": form.cleaned_data["token"]}
    try:
        account = channels.look_up(KIND, secrets, practice=practice)
        unasked = account.hook_is_foreign and request.POST.get("take_over") != "yes"
        if unasked or account.told.account != request.POST.get("account"):
            # The token has changed since it was looked up, or somebody has set a webhook.
            return render(request, "messengers/telegram_found.html", _described(account, practice))
        polls = request.POST.get("news") == "polls" and not practice
        made = channels.connect(KIND, "", {}, secrets, request.user, practice=practice, polls=polls)
    except channels.RefusedByMessengerError as refusal:
        return _refused(request, reason(refusal.reason))
    next_page = reverse("messengers:first_message", args=[request.workspace.slug, made.pk])
    return HttpResponse(status=204, headers={"HX-Redirect": next_page})


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


def _refused(request: TenantRequest, words: object) -> HttpResponse:
    return render(request, "messengers/telegram_refused.html", {"words": words})


def _described(account: channels.Account, practice: bool) -> dict[str, Any]:
    picture = f"data:image/jpeg;base64,{b64encode(account.picture).decode()}" if account.picture else ""
    return {
        "told": account.told,
        "picture": picture,
        "practice": practice,
        "foreign_host": urlsplit(account.hook).hostname if account.hook_is_foreign else "",
        "reached": reached_from_outside(),
        "base": installation.BASE_URL,
    }


def _first_message(channel_id: int) -> dict[str, Any]:
    channel = get_object_or_404(Channel, pk=channel_id)
    link = _link(channel)
    talks = Conversation.objects.filter(channel=channel).select_related("contact")
    # Who pressed Start has come, though there is nothing to read yet.
    first = talks.order_by(F("last_message_at").desc(nulls_last=True), "-pk").first()
    return {"channel": channel, "link": link, "qr": _qr(link) if link else "", "first": first}


def _link(channel: Channel) -> str:
    if channel.practice:
        return f"{installation.LAB_URL}/" if installation.LAB_URL else ""
    adapter = messenger(channel.kind) if is_known(channel.kind) else None
    return (adapter and adapter.deep_link(channels.facts(channel), "")) or ""


def _qr(link: str) -> str:
    drawn = BytesIO()
    qrcode.make(link, image_factory=SvgPathImage, border=2).save(drawn)
    return f"data:image/svg+xml;base64,{b64encode(drawn.getvalue()).decode()}"
