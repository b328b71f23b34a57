"""Errors of requests: the leaves of `unmask.errors.RequestError`, each with its HTTP status.

RequestError
├── BadRequest             the body or a parameter is invalid
├── Unauthorized           no API key, or an invalid one
├── Forbidden              the host or the page is not allowed
├── NotFound               no such resource, or it belongs to another key
├── UploadTooLarge         more files or bytes than one request may carry
├── UploadTooSlow          the body did not arrive in time
├── UnsupportedEncoding    the body is compressed
├── RateLimited            more pictures a minute than the key allows
├── Busy                   the queue is full; try again later
├── InferenceTimeout         a picture was not judged in time
└── ClientDisconnected     the client closed the connection; never sent
"""

from __future__ import annotations

from unmask.errors import RequestError


class BadRequest(RequestError):
    """The body or a parameter is invalid."""

    http_status = 422


class Unauthorized(RequestError):
    """The request has no API key, or an invalid one."""

    code = "key_needed"
    http_status = 401


class Forbidden(RequestError):
    """The host or the page that sent the request is not allowed."""

    code = "forbidden"
    http_status = 403


class NotFound(RequestError):
    """The resource does not exist, or it belongs to another key."""

    code = "not_found"
    http_status = 404


class FetchForbidden(RequestError):
    """The address is not one of the public web, or the server loads no addresses."""

    code = "fetch_forbidden"
    http_status = 403


class FetchFailed(RequestError):
    """The file at an address cannot be loaded."""

    code = "fetch_failed"
    http_status = 502


class UploadTooLarge(RequestError):
    """The request has more files or bytes than allowed."""

    code = "upload_too_large"
    http_status = 413


class UploadTooSlow(RequestError):
    """The body did not arrive in time."""

    code = "upload_too_slow"
    http_status = 408


class UnsupportedEncoding(RequestError):
    """The body is compressed."""

    code = "unsupported_encoding"
    http_status = 415


class RateLimited(RequestError):
    """The key sent more pictures a minute than allowed."""

    code = "rate_limited"
    http_status = 429


class Busy(RequestError):
    """The queue is full; the same request can succeed later."""

    code = "busy"
    http_status = 503


class InferenceTimeout(RequestError):
    """A picture was not judged in time."""

    code = "judging_timeout"
    http_status = 504


class ClientDisconnected(RequestError):
    """The client closed the connection before the work was done. Ends the work; never sent."""

    code = "client_disconnected"
    http_status = 499
