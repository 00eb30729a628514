"""Desk: answers what many pages ask in the same moment in one go, and each question once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeVar

from django.db import Error

GATHER_SECONDS = 0.03

Answer = TypeVar("Answer")
Question = tuple[Callable[..., Any], tuple[Hashable, ...]]


class Desk:
    """Questions are functions that read, and what to call them with; `in_thread` leads to where the database is.

    Who comes while others are answered waits for the next go, so that no answer is older than its question. When a
    server starts, thousands of pages come back within a second and ask much the same.
    """

    def __init__(self, in_thread: Callable[..., Awaitable[list[Any]]]) -> None:
        self._in_thread = in_thread
        self._asked: dict[Question, asyncio.Future[Any]] = {}
        self._answering: asyncio.Task[None] | None = None

    async def ask(self, work: Callable[..., Answer], *arguments: Hashable) -> Answer:
        """The answer, read after this call and shared with those who ask the same; raises what broke it."""
        question = (work, arguments)
        if question not in self._asked:
            self._asked[question] = asyncio.get_running_loop().create_future()
        if self._answering is None:
            self._answering = asyncio.create_task(self._answer_all())
        # One that goes away takes the answer from nobody.
        answer: Answer = await asyncio.shield(self._asked[question])
        return answer

    async def _answer_all(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, {}
            try:
                answers = await self._in_thread(_answer_each, list(asked))
            except Exception as error:
                answers = [error] * len(asked)
            for future, answer in zip(asked.values(), answers, strict=True):
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                    future.exception()  # whoever asked may be gone
                else:
                    future.set_result(answer)
            if self._asked:
                # So many come at once that a thread's hop for each few would take the time of all.
                await asyncio.sleep(GATHER_SECONDS)
        self._answering = None


def _answer_each(questions: Sequence[Question]) -> list[Any]:
    """Each answer, or the exception in its place; trouble with the database is trouble for all."""
    answers: list[Any] = []
    for work, arguments in questions:
        try:
            answers.append(work(*arguments))
        except Error:
            raise
        except Exception as error:
            answers.append(error)
    return answers
