"""A site chat as its channel holds it. The door and the pages of channels ask this."""

from messengers.adapters.site_chat import SiteChat, SiteChatSettings
from messengers.models import Channel

KIND = SiteChat.kind
DEFAULTS = SiteChatSettings()


def settings_of(channel: Channel) -> SiteChatSettings:
    """Return how the chat looks, and on which sites it may stand."""
    return SiteChatSettings.model_validate(channel.settings)
