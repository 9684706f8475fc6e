"""Work on very many things: a few at once, so that neither store nor memory is filled by it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final, TypeVar

LOOKED_UP_AT_ONCE: Final = 1000
"""Keys of one statement; as many as S3 lists at once."""

CALLS_AT_ONCE: Final = 8
"""To the store: a quarter of its connections, the rest are for people."""

_T = TypeVar("_T")
_R = TypeVar("_R")


async def in_chunks(things: AsyncIterator[_T]) -> AsyncIterator[list[_T]]:
    """The same things, in lists of as many as are looked up at once, the last one shorter."""
    chunk: list[_T] = []
    async for thing in things:
        chunk.append(thing)
        if len(chunk) == LOOKED_UP_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


async def a_few_at_once(call: Callable[[_T], Awaitable[_R]], things: Sequence[_T]) -> list[_R]:
    """The answers, in order. Raises what a call raised, once no other runs any longer."""
    answers: list[_R] = []
    for start in range(0, len(things), CALLS_AT_ONCE):
        few = things[start : start + CALLS_AT_ONCE]
        for answer in await asyncio.gather(*map(call, few), return_exceptions=True):
            if isinstance(answer, BaseException):
                raise answer
            answers.append(answer)
    return answers
