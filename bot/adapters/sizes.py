"""How much of an answer is read: whatever a service sends, this process keeps its memory and its turns.

What is compressed is unpacked here, a little at a time: a few bytes can stand for very many.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator

import httpx

MOST = 32 * 1024 * 1024
"""Bytes, unpacked; thirty times the list of 2,000 models, and more than 90,000 words, which a model can hold."""

PART = 256 * 1024
"""Bytes that are unpacked between two turns of others, in about a millisecond."""

PACKED = "gzip"
"""What we can unpack, and ask for."""


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
    """A transport whose answers end, with the error of a connection that breaks, where they are too large."""

    def __init__(self, inner: httpx.AsyncBaseTransport, most: int = MOST) -> None:
        self._inner, self._most = inner, most

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the transport within, unpacked."""
        response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        packed = response.headers.get("content-encoding", "").strip().lower() == PACKED
        if packed:
            del response.headers["content-encoding"]
        response.stream = _Counted(response.stream, self._most, packed=packed)
        return response

    async def aclose(self) -> None:
        """Closes the transport within."""
        await self._inner.aclose()
