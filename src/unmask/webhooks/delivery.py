"""One attempt to deliver an event: a signed POST request, and whether to try again after a failure."""

from __future__ import annotations

import base64
import hmac
import http.client
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from typing import IO, Any
from urllib.parse import urlsplit

from unmask._version import __version__
from unmask.errors import UnmaskError, UsageError

TIMEOUT = 10.0
"""Seconds that a receiver may take to respond."""
FIRST_DELAY, MAX_DELAY = 1.0, 600.0
"""Seconds before the second attempt, and the largest number of seconds between two attempts."""
RETRIED_STATUSES = frozenset({408, 425, 429})
"""Statuses below 500 after which an event is sent again; other ones mean that the receiver rejects it."""


class DeliveryFailed(UnmaskError):
    """An attempt failed.

    Attributes:
        retry: whether another attempt makes sense.
        retry_after: seconds that the receiver asks to wait; None if it does not ask.
    """

    def __init__(self, message: str, *, retry: bool, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry = retry
        self.retry_after = retry_after


def make_event(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """An event: its type, the current time in UTC, and its data."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"type": kind, "timestamp": moment, "data": dict(data)}


def new_message_id() -> str:
    """An id that stays the same in all attempts, so that a receiver can drop repeated deliveries."""
    return f"msg_{secrets.token_hex(16)}"


def retry_delay(attempt: int, failure: DeliveryFailed) -> float:
    """Seconds to wait after the failed attempt with this number, from 1 on: doubled each time, or as requested."""
    return min(MAX_DELAY, max(FIRST_DELAY * 2.0 ** min(attempt - 1, 30), failure.retry_after or 0.0))


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that receives events, and the secret that signs them.

    Attributes:
        url: `http` or `https` address.
        secret: the key for HMAC-SHA256.
    """

    url: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Check the address.

        Raises:
            UsageError: it is not an http or https address, or it contains a name or a password.
        """
        try:
            parts = urlsplit(self.url)
            valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            valid = False
        if not valid or not self.url.isascii() or any(each <= " " for each in self.url):
            raise UsageError(f"{self.url!r} is not the address of a webhook; give an http:// or https:// address")
        if "@" in parts.netloc:
            raise UsageError("the address of a webhook must not contain a name or password; the body is signed instead")

    @property
    def host(self) -> str:
        """Host and port, for messages; the path of an address may be secret."""
        return urlsplit(self.url).netloc

    def deliver(self, message_id: str, event: Mapping[str, Any]) -> None:
        """Send an event once. Redirects are not followed.

        Raises:
            DeliveryFailed: the receiver did not accept it, or cannot be reached.
        """
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"unmask/{__version__}",
            **sign(self.secret, message_id, int(time.time()), body),
        }
        request = urllib.request.Request(self.url, body, headers, method="POST")  # noqa: S310  the scheme is checked
        try:
            with _opener.open(request, timeout=TIMEOUT):
                return
        except urllib.error.HTTPError as error:
            with error:
                retry = error.code >= 500 or error.code in RETRIED_STATUSES
                after = error.headers.get("Retry-After", "")
                seconds = float(after) if after.isascii() and after.isdigit() else None
                raise DeliveryFailed(f"status {error.code}", retry=retry, retry_after=seconds) from None
        except urllib.error.URLError as error:
            raise DeliveryFailed(_reason(error.reason), retry=True) from None
        except (OSError, http.client.HTTPException) as error:
            raise DeliveryFailed(_reason(error), retry=True) from None


def sign(secret: bytes, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of the Standard Webhooks specification: id, timestamp and HMAC-SHA256 signature."""
    digest = hmac.digest(secret, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Makes an error of a redirect."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Follow nothing."""


_opener = urllib.request.build_opener(_NoRedirects)


def _reason(error: object) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
