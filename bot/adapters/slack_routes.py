"""The route of every request to Slack, including sockets and uploads: proxy or direct, with the same certificates as
everywhere, never in plain text to another machine, never following a redirect.
"""

from __future__ import annotations

from functools import cache

import aiohttp

from bot.network import certificate_fault, is_open, proxy_for

REDIRECTS = frozenset({301, 302, 303, 307, 308})


class NotFollowed(aiohttp.ClientError):
    """The answer was a redirect; following it would have sent the token and the message along."""


class NotSecure(aiohttp.ClientConnectionError):
    """The address is plain http on another machine. Nothing was sent."""


def guard(plain: bool) -> aiohttp.ClientMiddlewareType:
    """aiohttp middleware that runs before it connects; *plain*: plain http to other machines is allowed.

    Ignores the proxy slack_sdk passes on: slack_sdk does not support `NO_PROXY`. aiohttp's own `trust_env` supports
    neither ports in it nor `wss://`.
    """
    proxy_of = cache(proxy_for)

    async def guarded(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        url = request.url
        if not plain and is_open(str(url)):
            raise NotSecure(f"{url.scheme}://{url.host}")
        proxy = proxy_of(str(url.origin()))
        request.update_proxy(None if proxy is None else type(url)(proxy), None, None)
        answer = await send(request)
        if answer.status in REDIRECTS:
            answer.close()
            raise NotFollowed(str(answer.status))
        return answer

    return guarded


def why(error: BaseException) -> str:
    """Why a request to Slack failed, as a sentence to append; empty if unknown."""
    if isinstance(error, NotFollowed):
        return f" The answer was a redirect ({error}), which is never followed. Check SLACK_API_URL and the proxy."
    if isinstance(error, NotSecure):
        return f" {error} is not https; nothing was sent. If that must be, set SLACK_ALLOW_HTTP=yes."
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return " Its proxy cannot be reached. Check HTTPS_PROXY and NO_PROXY."
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f" Its proxy refuses ({getattr(error, 'status', 'no status')}). Check HTTPS_PROXY and NO_PROXY."
    fault = certificate_fault(error)
    return f" {fault[0].upper()}{fault[1:]}" if fault else ""
