"""Why the server does not answer a request: the leaves of `unmask.errors.RequestError`.

RequestError
├── BadRequest             not understood: the body or a parameter
├── Unauthorized              no API key, or one that is not valid
├── Forbidden              from a host or page that may not ask
├── NotFound               no such thing, or not yours
├── UploadTooLarge         more files or bytes than one request may carry
├── UploadTooSlow          the body did not arrive in time
├── RateLimited            more pictures a minute than the key allows
├── Busy                   the queue is full; try again later
├── JudgingTimeout         not judged in time
└── ClientDisconnected              the client left; never sent
"""

from __future__ import annotations

from unmask.errors import RequestError


class BadRequest(RequestError):
    """The body or a parameter is not understood."""

    http_status = 422


class Unauthorized(RequestError):
    """No API key, or one that is not valid."""

    code = "key_needed"
    http_status = 401


class Forbidden(RequestError):
    """The request comes from a host or a page that may not ask."""

    code = "forbidden"
    http_status = 403


class NotFound(RequestError):
    """No such thing, or not the asker's."""

    code = "not_found"
    http_status = 404


class UploadTooLarge(RequestError):
    """More files or bytes than one request may carry."""

    code = "upload_too_large"
    http_status = 413


class UploadTooSlow(RequestError):
    """The body did not arrive in time."""

    code = "upload_too_slow"
    http_status = 408


class RateLimited(RequestError):
    """More pictures a minute than the key allows."""

    code = "rate_limited"
    http_status = 429


class Busy(RequestError):
    """The queue is full; the same request can succeed later."""

    code = "busy"
    http_status = 503


class JudgingTimeout(RequestError):
    """A picture waited too long to be judged."""

    code = "judging_timeout"
    http_status = 504


class ClientDisconnected(RequestError):
    """The client left before the work was done; ends the work, and is never sent."""

    code = "abandoned"
    http_status = 499
