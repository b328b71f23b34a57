"""Sends events as signed HTTP requests, by the Standard Webhooks specification (https://www.standardwebhooks.com)."""

from __future__ import annotations

from unmask.webhooks.delivery import DeliveryFailed, Webhook, make_event, new_message_id, retry_delay
from unmask.webhooks.secret import SECRET_VARIABLE, read_secret
from unmask.webhooks.sender import WebhookSender

__all__ = [
    "SECRET_VARIABLE",
    "DeliveryFailed",
    "Webhook",
    "WebhookSender",
    "make_event",
    "new_message_id",
    "read_secret",
    "retry_delay",
]
