"""Loads a file from a public web address without giving clients access to private networks.

An address names its host, but a connection goes to an IP address. So the host is resolved once, every resolved address
must be public, and the connection goes to that very address (no second lookup that could answer differently). Each
redirect is checked in the same way. Ports other than 80 and 443, names with credentials, large answers, slow answers
and files that are neither pictures nor videos are rejected.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from unmask.errors import MissingExtra
from unmask.image_formats import detect_format
from unmask.web.clip_uploads import holds_video
from unmask.web.errors import FetchFailed, FetchForbidden
from unmask.web.uploads import safe_name

MAX_REDIRECTS = 4
PORTS = {"http": 80, "https": 443}
SECONDS = 20.0
"""Time limit for the whole download."""
_CHUNK = 64 * 1024
_REDIRECTS = (301, 302, 303, 307, 308)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_EMBEDDED_IPV4 = (_NAT64, ipaddress.ip_network("::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""Networks of IPv6 whose last 32 bits are an IPv4 address, which a gateway would reach."""


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A file from the web.

    Attributes:
        name: the last part of its address.
        data: its bytes.
    """

    name: str
    data: bytes


def fetch_file(url: str, max_bytes: int) -> FetchedFile:
    """Load a picture or a video.

    Args:
        url: `http` or `https` address of the file itself.
        max_bytes: size limit.

    Raises:
        FetchForbidden: the address, or that of a redirect, is not one of the public web.
        FetchFailed: the file cannot be loaded, is too large, or is neither a picture nor a video.
    """
    deadline = time.monotonic() + SECONDS
    for _ in range(MAX_REDIRECTS + 1):
        parts = _checked(url)
        connection = _connect(parts, deadline)
        try:
            response = _request(connection, parts)
            if response.status in _REDIRECTS and response.getheader("Location"):
                url = urljoin(url, response.getheader("Location") or "")
                continue
            if response.status != 200:
                raise FetchFailed(f"{parts.hostname} answered {response.status} {response.reason}".strip())
            return FetchedFile(_name(parts), _file(response, max_bytes, deadline, parts))
        except (OSError, http.client.HTTPException) as error:
            raise FetchFailed(f"{parts.hostname}: the download failed ({type(error).__name__})") from error
        finally:
            connection.close()
    raise FetchFailed(f"more than {MAX_REDIRECTS} redirects; name the address of the picture itself")


def public_address(host: str, port: int) -> str:
    """The IP address of a host; all addresses that its name resolves to must be public.

    Raises:
        FetchForbidden: one of them is not public.
        FetchFailed: the name cannot be resolved.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FetchFailed(f"the host name {host[:100]!r} cannot be resolved") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(map(is_public, addresses)):
        raise FetchForbidden(f"{host[:100]} is not on the public web; upload the file instead")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, also the IPv4 address inside an IPv6 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if inner or any(ip in network for network in _EMBEDDED_IPV4):
            return is_public(str(inner or ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _checked(url: str) -> SplitResult:
    """The parts of an address that may be loaded."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise FetchForbidden("this is not an address; it begins with https://") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise FetchForbidden("only addresses that begin with http:// or https:// can be loaded")
    if parts.username is not None or parts.password is not None:
        raise FetchForbidden("addresses with a user name or password are not loaded")
    if port not in (None, PORTS[parts.scheme]):
        raise FetchForbidden(f"only port {PORTS[parts.scheme]} is allowed for {parts.scheme}")
    if any(char.isspace() or ord(char) < 32 for char in url.strip()):
        raise FetchForbidden("the address holds spaces or control characters")
    return parts


def _connect(parts: SplitResult, deadline: float) -> http.client.HTTPConnection:
    """A connection to the checked IP address of the host; the certificate is verified for the name."""
    host, port = str(parts.hostname), PORTS[parts.scheme]
    address = public_address(host, port)
    left = max(0.1, deadline - time.monotonic())
    connection = http.client.HTTPConnection(host, port, timeout=left)
    try:
        stream = socket.create_connection((address, port), timeout=left)
        if parts.scheme == "https":
            stream = ssl.create_default_context().wrap_socket(stream, server_hostname=host)
    except OSError as error:
        raise FetchFailed(f"{host}: no connection ({type(error).__name__})") from error
    connection.sock = stream
    return connection


def _request(connection: http.client.HTTPConnection, parts: SplitResult) -> http.client.HTTPResponse:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    quoted = "".join(char if char.isascii() else "".join(f"%{byte:02X}" for byte in char.encode()) for char in target)
    headers = {"User-Agent": "unmask", "Accept": "image/*, video/*", "Accept-Encoding": "identity"}
    connection.request("GET", quoted, headers=headers)
    return connection.getresponse()


def _file(response: http.client.HTTPResponse, max_bytes: int, deadline: float, parts: SplitResult) -> bytes:
    """The body, within the limits of size and time."""
    data = bytearray()
    while chunk := response.read1(_CHUNK):
        data += chunk
        if len(data) > max_bytes:
            raise FetchFailed(f"the file is larger than {max_bytes:,} bytes; download it and upload a smaller copy")
        if time.monotonic() > deadline:
            raise FetchFailed(f"{parts.hostname}: the download took longer than {SECONDS:.0f} seconds")
    if not _is_picture_or_video(bytes(data)):
        raise FetchFailed(
            "there is no picture at this address; if it is a page, open the picture alone and copy its address"
        )
    return bytes(data)


def _is_picture_or_video(data: bytes) -> bool:
    try:
        return detect_format(data) is not None or holds_video(data)
    except MissingExtra:
        return True


def _name(parts: SplitResult) -> str:
    name = safe_name(unquote(parts.path.rsplit("/", 1)[-1]))
    return name if name != "upload" else safe_name(str(parts.hostname))
