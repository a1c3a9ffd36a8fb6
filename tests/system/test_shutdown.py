"""Termination signals are collected during a block, and the previous handlers restored afterwards."""

import signal
from threading import Thread

import pytest

from sr_lightning.system.shutdown import TERMINATION, shutdown


@pytest.fixture
def handlers():
    """Install the handlers of a program started in a terminal, independent of what the tests inherited."""
    before = {name: signal.getsignal(signal.Signals[name]) for name in TERMINATION}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("SIGTERM", "SIGHUP"):
        signal.signal(signal.Signals[name], signal.SIG_DFL)
    yield
    for name, handler in before.items():
        signal.signal(signal.Signals[name], handler)


@pytest.mark.parametrize("name", TERMINATION)
def test_signals_are_collected_and_handlers_restored(handlers, name):
    number = signal.Signals[name]
    before, seen = signal.getsignal(number), []
    with shutdown(lambda received: seen.append(list(received))) as received:
        signal.raise_signal(number)
        signal.raise_signal(number)
    assert received == [number, number]
    assert seen == [[number], [number, number]]
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("name", TERMINATION)
def test_an_ignored_signal_stays_ignored(handlers, name):
    number = signal.Signals[name]
    signal.signal(number, signal.SIG_IGN)
    with shutdown() as received:
        signal.raise_signal(number)
        assert signal.getsignal(number) is signal.SIG_IGN
    assert received == []
    assert signal.getsignal(number) is signal.SIG_IGN


def test_other_signals_keep_their_handlers(handlers):
    with shutdown(names=["SIGTERM"]):
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


def test_handlers_are_restored_after_an_error(handlers):
    with pytest.raises(ValueError, match="within"), shutdown():
        raise ValueError("within")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_that_the_block_installed_is_kept(handlers):
    def installed(number, frame):
        pass

    with shutdown():
        signal.signal(signal.SIGTERM, installed)
    assert signal.getsignal(signal.SIGTERM) is installed


def test_nothing_is_collected_outside_of_the_main_thread(handlers):
    observed = []

    def block():
        with shutdown() as received:
            observed.append((list(received), signal.getsignal(signal.SIGINT)))

    thread = Thread(target=block)
    thread.start()
    thread.join()
    assert observed == [([], signal.default_int_handler)]
