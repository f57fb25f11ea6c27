"""An app at Meta whose numbers are WhatsApp's: its one address, and those that business accounts have instead of it."""

import hashlib
import hmac
import json
import time
from typing import Any

import aiohttp

from lab.platforms.meta.apps import App

OBJECT = "whatsapp_business_account"


class WhatsAppApp(App):
    """One app. Its subscriptions bear the object's name, or a business account's id where that has an own address."""

    def tell_field(self, waba_id: str, key: str, person: str, field: str, value: dict[str, Any]) -> None:
        """Queue a change; only messages and wishes go to a business account's own address."""
        own = waba_id in self.subscriptions and field in ("messages", "user_preferences")
        app = self.subscriptions.get(OBJECT)
        if own or (app and field in app.fields):
            self.tell(waba_id if own else OBJECT, waba_id, key, person, {"field": field, "value": value})

    async def _post(self, told: list[Any]) -> bool:
        now = int(time.time())
        entries = [{"id": one.account, "time": now, "changes": [one.body]} for one in told]
        body = json.dumps({"object": OBJECT, "entry": entries}).replace("/", "\\/").encode()
        signed = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signed}"}
        url = self.subscriptions[told[0].thing].callback_url
        try:
            async with self.ground.client.post(url, data=body, headers=headers, allow_redirects=False) as reply:
                await reply.read()
                self.last_error = "" if reply.status == 200 else f"HTTP {reply.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.last_error = type(error).__name__
        self.requests += not self.last_error
        return not self.last_error
