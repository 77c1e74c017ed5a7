"""The way of requests to Speech to Text: past or through a proxy, trusted as everywhere. Redirects are not followed."""

from __future__ import annotations

from functools import cache

import httpx

from bot.network import certificate_fault, masked, proxy_for, setting_of, trust

KEPT = 3
"""Connections that stay open between requests: a reading takes so many."""


class Routed(httpx.AsyncBaseTransport):
    """One pool of connections for each proxy, and one for what goes without."""

    def __init__(self, verify: bool, connections: int) -> None:
        self._trust = trust(verify)
        self._limits = httpx.Limits(max_connections=connections, max_keepalive_connections=KEPT)
        self._proxy = cache(proxy_for)
        self._pools: dict[str | None, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends it on its way."""
        url = request.url
        proxy = self._proxy(f"{url.scheme}://{url.netloc.decode('ascii')}")
        if proxy not in self._pools:
            own = self._trust if proxy is not None and proxy.startswith("https:") else None
            via = None if proxy is None else httpx.Proxy(proxy, ssl_context=own)
            self._pools[proxy] = httpx.AsyncHTTPTransport(verify=self._trust, limits=self._limits, proxy=via)
        try:
            return await self._pools[proxy].handle_async_request(request)
        except httpx.ProxyError as error:  # it let no connection through: nothing was sent
            raise httpx.ConnectError(f"the proxy says {masked(str(error))}", request=request) from error

    async def aclose(self) -> None:
        """Closes all connections."""
        for pool in self._pools.values():
            await pool.aclose()


def unreachable(name: str, url: str, error: Exception) -> str:
    """Why the instance *name* at *url* could not be reached, and what to check."""
    if fault := certificate_fault(error, setting_of(name, "DISABLE_SSL")):
        return f"{name} cannot be reached: {fault}"
    via = " and, as it goes through a proxy, HTTPS_PROXY and NO_PROXY" if proxy_for(url) else " and the network"
    said = f": {error}" if isinstance(error.__cause__, httpx.ProxyError) else ""
    return f"{name} cannot be reached ({type(error).__name__}{said}). Check {setting_of(name, 'URL')}{via}."
