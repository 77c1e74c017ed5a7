"""A forward proxy as companies have it, and a front that speaks TLS with a certificate of its own authority."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent

OWN_AUTHORITY = (HERE / "authority.pem", HERE / "authority-key.pem")
"""A certificate for this machine that is its own authority, and its key: known to everybody, good from 2020 to 2125."""


class ForwardProxy:
    """Notes what goes through it. *credentials*, `name:password`, must come with each request if given."""

    def __init__(self, credentials: str = "") -> None:
        self._credentials = base64.b64encode(credentials.encode()).decode()
        self.seen: list[tuple[str, str]] = []
        self.port = 0

    @property
    def url(self) -> str:
        """Its address, without credentials."""
        return f"http://127.0.0.1:{self.port}"

    def paths(self) -> str:
        """All that went through it in plain, and the hosts of what went through tunnels."""
        return "\n".join(target for _, target in self.seen)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: its first request decides where it goes; each further one is looked at as well."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                if not await self._pass_on(head, reader, writer):
                    break
        writer.close()

    async def _pass_on(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        line, *headers = head.decode("latin-1").split("\r\n")
        method, target, version = line.split(" ")
        self.seen.append((method, target))
        if self._credentials and f"Proxy-Authorization: Basic {self._credentials}" not in headers:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return False
        parts = urlsplit(target if "://" in target else f"//{target}")
        there, back = await asyncio.open_connection(parts.hostname, parts.port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
            kept = [one for one in headers if not one.lower().startswith("proxy-")]
            if not any(one.lower().startswith("upgrade:") for one in kept):
                kept = ["Connection: close", *(one for one in kept if not one.lower().startswith("connection:"))]
            back.write("\r\n".join([f"{method} {path} {version}", *kept]).encode("latin-1"))
        await asyncio.gather(_copy(reader, back), _copy(there, writer))
        return False


@asynccontextmanager
async def forward_proxy(credentials: str = "") -> AsyncIterator[ForwardProxy]:
    """The proxy, listening."""
    made = ForwardProxy(credentials)
    server = await asyncio.start_server(made.take, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@asynccontextmanager
async def tls_front(url: str, certificate: tuple[Path, Path]) -> AsyncIterator[str]:
    """An https address in front of a plain one."""
    behind = urlsplit(url)

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(behind.hostname, behind.port)
        with contextlib.suppress(OSError):
            await asyncio.gather(_copy(reader, back), _copy(there, writer))

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=context)
    yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
