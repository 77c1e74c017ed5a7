"""How much of an answer is read: whatever a service sends, this process keeps its memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

MOST = 64 * 1024 * 1024
"""Bytes; ten times the list of 2,000 models."""


class _Counted(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, most: int) -> None:
        self._stream, self._most = stream, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for part in self._stream:
            read += len(part)
            if read > self._most:
                raise httpx.ReadError(f"the answer is larger than {self._most} bytes")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class Limited(httpx.AsyncBaseTransport):
    """A transport whose answers end, with the error of a connection that breaks, where they are too large."""

    def __init__(self, inner: httpx.AsyncBaseTransport, most: int = MOST) -> None:
        self._inner, self._most = inner, most

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the transport within."""
        response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Counted(response.stream, self._most)
        return response

    async def aclose(self) -> None:
        """Closes the transport within."""
        await self._inner.aclose()
