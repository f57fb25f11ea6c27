"""Connecting a professional account of Instagram, which belongs to a Page."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from messengers.adapter import ChannelFacts, Connected
from messengers.protocols.meta_messaging import hooks
from messengers.wizards.messenger import REASONS, STEPS, MetaWizard, missing
from messengers.wizards.wizard import Step, Words


class InstagramWizard(MetaWizard):
    """An account, by the token of its Page."""

    kind = "instagram"
    name = "Instagram"
    place = 45
    title = _("Connect an Instagram account")
    what = _("A professional account that is linked to a Facebook Page, and an app at Meta for developers.")
    first_heading = _("1. Prepare the account and get the keys")
    steps = (
        Step(_("In Instagram: Settings → Account type: make it a professional account, and link it to your Page.")),
        Step(_("Settings → Messages → Connected tools: allow access to messages.")),
        *STEPS,
        Step(_("Add the product “Messenger” → Instagram settings → Access tokens: choose the Page, generate a token.")),
    )
    keys_heading = _("2. Paste them")
    how_to_write = _("Open the link, or point your phone's camera at the code, and write something.")
    reasons = {
        **REASONS,
        **missing(("instagram_basic", "instagram_manage_messages", "pages_manage_metadata", "pages_messaging")),
        "no_instagram_account": _(
            "No professional account of Instagram belongs to this Page. Link it in the Page's settings, and try again."
        ),
    }

    def shown_name(self, facts: Mapping[str, Any]) -> str:
        """Return the account's username."""
        return f"@{facts['username']}" if facts.get("username") else ""

    def told(self, account: Connected) -> Sequence[tuple[Words, str]]:
        """Name the Page that it belongs to."""
        page = account.facts.get("page_name")
        return ((_("Facebook Page"), str(page)),) if page else ()

    def by_hand(self, channel: ChannelFacts) -> Sequence[tuple[Words, str]]:
        """Return what to paste into the app's page where Meta does not let a program set the address."""
        return ((_("Callback URL"), channel.hook_url), (_("Verify token"), hooks.word(channel)))
