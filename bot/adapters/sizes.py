"""Size limits for answers: whatever a service sends, memory stays bounded and the event loop gets its turns.

Compressed data is unpacked here, a little at a time: a few bytes can expand to very many.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator

import httpx

MOST = 32 * 1024 * 1024
"""Bytes, unpacked; thirty times the list of 2,000 models, and more than 90,000 words, the most a model can hold."""

PART = 256 * 1024
"""Bytes unpacked before the event loop gets a turn, in about a millisecond."""

PACKED = "gzip"
"""The compression we accept."""


class _Counted(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, most: int, *, packed: bool) -> None:
        self._stream, self._most, self._packed = stream, most, packed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read, unpacker = 0, zlib.decompressobj(wbits=31) if self._packed else None
        async for sent in self._stream:
            for part in (sent,) if unpacker is None else _unpacked(unpacker, sent):
                read += len(part)
                if read > self._most:
                    raise httpx.ReadError(f"the answer is larger than {self._most} bytes")
                if len(part) == PART:
                    await asyncio.sleep(0)
                yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


def _unpacked(unpacker: zlib._Decompress, packed: bytes) -> Iterator[bytes]:
    try:
        while packed and not unpacker.eof:
            yield unpacker.decompress(packed, PART)
            packed = unpacker.unconsumed_tail
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from error


class Limited(httpx.AsyncBaseTransport):
    """A transport that ends an answer that is too large with a connection error."""

    def __init__(self, inner: httpx.AsyncBaseTransport, most: int = MOST) -> None:
        self._inner, self._most = inner, most

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The inner transport's answer, unpacked."""
        response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        packed = response.headers.get("content-encoding", "").strip().lower() == PACKED
        if packed:
            del response.headers["content-encoding"]
        response.stream = _Counted(response.stream, self._most, packed=packed)
        return response

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()
