from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import click
import pytest

from funchost.cli.interruption import EndedBySignalError, Interruption

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Signals as they are in a command that nobody has given others."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_unwinds_what_runs(number: signal.Signals) -> None:
    tidied = []

    def work() -> None:
        try:
            signal.raise_signal(number)
        finally:
            tidied.append(True)

    with pytest.raises(EndedBySignalError) as ended:
        with Interruption():
            work()
    assert (ended.value.number, tidied) == (number, [True])
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_cancels_a_coroutine_where_it_waits_and_may_come_again(number: signal.Signals) -> None:
    tidied = []

    async def work() -> None:
        try:
            signal.raise_signal(number)
            await asyncio.Event().wait()
        finally:
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGHUP)
            await asyncio.sleep(0)
            tidied.append(True)

    with pytest.raises(EndedBySignalError) as ended:
        with Interruption() as interruption:
            interruption.run(work())
    assert (ended.value.number, tidied) == (number, [True])


def test_a_second_ctrl_c_cuts_the_tidying_short() -> None:
    tidied = []

    async def work() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
            await asyncio.Event().wait()
        finally:
            signal.raise_signal(signal.SIGINT)
            tidied.append(True)

    with pytest.raises(EndedBySignalError) as ended:
        with Interruption() as interruption:
            interruption.run(work())
    assert (ended.value.number, tidied) == (signal.SIGTERM, [])


def test_what_blocks_the_loop_is_ended_where_it_is() -> None:
    seen = []

    async def work(interruption: Interruption) -> None:
        with interruption.blocking():
            seen.append("begun")
            signal.raise_signal(signal.SIGHUP)
            seen.append("gone on")

    with pytest.raises(EndedBySignalError) as ended:
        with Interruption() as interruption:
            interruption.run(work(interruption))
    assert (ended.value.number, seen) == (signal.SIGHUP, ["begun"])


def test_what_would_block_the_loop_does_not_begin_after_a_signal() -> None:
    seen = []

    async def work(interruption: Interruption) -> None:
        signal.raise_signal(signal.SIGTERM)
        with interruption.blocking():
            seen.append("begun")

    with pytest.raises(EndedBySignalError):
        with Interruption() as interruption:
            interruption.run(work(interruption))
    assert seen == []


def test_an_aborted_question_keeps_the_signal() -> None:
    def ask() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise click.Abort from None

    with pytest.raises(EndedBySignalError) as ended:
        with Interruption():
            ask()
    assert ended.value.number == signal.SIGTERM


def test_signals_that_are_ignored_stay_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Interruption():
        signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_a_coroutine_that_is_cancelled_without_a_signal_is_cancelled() -> None:
    async def work() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        with Interruption() as interruption:
            interruption.run(work())
