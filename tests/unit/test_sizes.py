"""Answers that are too large end as a connection that breaks."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.adapters.sizes import Limited


async def parts(count: int, given: list[int]) -> AsyncIterator[bytes]:
    for number in range(count):
        given.append(number)
        yield b"x" * 1000


@pytest.mark.parametrize(("count", "fits"), [(1, True), (10, True), (11, False), (100_000, False)])
async def test_an_answer(count: int, fits: bool):
    """Up to the limit it is whole; beyond, no more of it is read."""
    given: list[int] = []
    inner = httpx.MockTransport(lambda request: httpx.Response(200, content=parts(count, given)))
    async with httpx.AsyncClient(transport=Limited(inner, most=10_000)) as client:
        if fits:
            assert len((await client.get("http://stt/")).content) == count * 1000
        else:
            with pytest.raises(httpx.ReadError, match="larger than 10000 bytes"):
                await client.get("http://stt/")
    assert len(given) <= 11


@pytest.mark.parametrize(("size", "fits"), [(10_000, True), (10_001, False), (200_000_000, False)])
async def test_a_packed_answer(size: int, fits: bool):
    """What counts is how large it is unpacked, and it is unpacked no further than that."""
    packed = gzip.compress(b"x" * size, 1)
    inner = httpx.MockTransport(
        lambda request: httpx.Response(200, headers={"Content-Encoding": "GZIP"}, stream=httpx.ByteStream(packed))
    )
    async with httpx.AsyncClient(transport=Limited(inner, most=10_000)) as client:
        if fits:
            assert (await client.get("http://stt/")).content == b"x" * size
        else:
            with pytest.raises(httpx.ReadError, match="larger than 10000 bytes"):
                await client.get("http://stt/")


async def test_a_packed_answer_that_makes_no_sense():
    """It ends as an answer that cannot be read."""
    inner = httpx.MockTransport(
        lambda request: httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip"))
    )
    async with httpx.AsyncClient(transport=Limited(inner)) as client:
        with pytest.raises(httpx.DecodingError):
            await client.get("http://stt/")
