"""The route of requests to Speech to Text: proxy or direct, with the same certificates as everywhere. Redirects are not
followed.
"""

from __future__ import annotations

import sys
from functools import cache

import httpx
from httpx_retries import Retry, RetryTransport

from bot.adapters.sizes import PACKED, Limited
from bot.adapters.watson_errors import UNAVAILABLE
from bot.network import certificate_fault, masked, proxy_for, setting_of, trust
from bot.tally import SPEECH, Tally

KEPT = 3
"""Idle connections kept open: as many as a reading uses."""


class Routed(httpx.AsyncBaseTransport):
    """One connection pool for each proxy, and one for direct requests."""

    def __init__(self, verify: bool, connections: int) -> None:
        self._trust = trust(verify)
        self._limits = httpx.Limits(max_connections=connections, max_keepalive_connections=KEPT)
        self._proxy = cache(proxy_for)
        self._pools: dict[str | None, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it by its route."""
        url = request.url
        proxy = self._proxy(f"{url.scheme}://{url.netloc.decode('ascii')}")
        if proxy not in self._pools:
            own = self._trust if proxy is not None and proxy.startswith("https:") else None
            via = None if proxy is None else httpx.Proxy(proxy, ssl_context=own)
            self._pools[proxy] = httpx.AsyncHTTPTransport(verify=self._trust, limits=self._limits, proxy=via)
        try:
            return await self._pools[proxy].handle_async_request(request)
        except httpx.ProxyError as error:  # the proxy let no connection through: nothing was sent
            raise httpx.ConnectError(f"the proxy says {masked(str(error))}", request=request) from error

    async def aclose(self) -> None:
        """Closes all connections."""
        for pool in self._pools.values():
            await pool.aclose()


class Counted(httpx.AsyncBaseTransport):
    """Counts each request that is sent, and each that fails."""

    def __init__(self, inner: httpx.AsyncBaseTransport, tally: Tally) -> None:
        self._inner, self._tally = inner, tally

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it."""
        self._tally.calls[SPEECH, "read" if request.method == "GET" else "write"] += 1
        try:
            response = await self._inner.handle_async_request(request)
        except httpx.HTTPError:
            self._tally.failed(SPEECH, "unreachable")
            raise
        self._tally.answered(SPEECH, response.status_code)
        return response

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._inner.aclose()


TIMEOUT = httpx.Timeout(30.0, connect=10.0)

CONNECTIONS = 8
"""Connections to one instance at the same time."""


def client(verify: bool, tally: Tally | None = None) -> httpx.AsyncClient:
    """The HTTP client of one instance.

    One for each: httpcore scans all connections of a pool for each waiting request, so with one pool for 50 instances,
    handing out connections took longer than the service's answers (0.4 s of a reading of 1.1 s).
    """
    # httpcore imports it with each request, searching all folders in vain: 1 ms (measured).
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # Python's own way to block an import
    transport = RetryTransport(
        transport=Limited(Counted(Routed(verify, connections=CONNECTIONS), tally or Tally())),
        retry=Retry(
            total=3,
            allowed_methods=["GET"],
            status_forcelist=sorted(UNAVAILABLE),
            backoff_factor=0.3,
            max_backoff_wait=10,
            total_timeout=25,
        ),
    )
    return httpx.AsyncClient(
        transport=transport, timeout=TIMEOUT, headers={"Accept": "application/json", "Accept-Encoding": PACKED}
    )


def unreachable(name: str, url: str, error: Exception) -> str:
    """Why the instance *name* at *url* could not be reached, and what to check."""
    if fault := certificate_fault(error, setting_of(name, "DISABLE_SSL")):
        return f"{name} cannot be reached: {fault}"
    via = " and, since it uses a proxy, HTTPS_PROXY and NO_PROXY" if proxy_for(url) else " and the network"
    said = f": {error}" if isinstance(error.__cause__, httpx.ProxyError) else ""
    return f"{name} cannot be reached ({type(error).__name__}{said}). Check {setting_of(name, 'URL')}{via}."
