"""Signals are collected for the time of a block, and everything is afterwards as it was before."""

import signal
from threading import Thread

import pytest

from sr_lightning.system.shutdown import ASKING, shutdown


@pytest.fixture
def handlers():
    """Handlers of a program that was started in a terminal, whatever the tests inherited."""
    before = {name: signal.getsignal(signal.Signals[name]) for name in ASKING}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("SIGTERM", "SIGHUP"):
        signal.signal(signal.Signals[name], signal.SIG_DFL)
    yield
    for name, handler in before.items():
        signal.signal(signal.Signals[name], handler)


@pytest.mark.parametrize("name", ASKING)
def test_signals_are_collected_and_handlers_restored(handlers, name):
    number = signal.Signals[name]
    before, seen = signal.getsignal(number), []
    with shutdown(lambda received: seen.append(list(received))) as received:
        signal.raise_signal(number)
        signal.raise_signal(number)
    assert received == [number, number]
    assert seen == [[number], [number, number]]
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("name", ASKING)
def test_an_ignored_signal_stays_ignored(handlers, name):
    number = signal.Signals[name]
    signal.signal(number, signal.SIG_IGN)
    with shutdown() as received:
        signal.raise_signal(number)
        assert signal.getsignal(number) is signal.SIG_IGN
    assert received == []
    assert signal.getsignal(number) is signal.SIG_IGN


def test_other_signals_do_what_they_did(handlers):
    with shutdown(names=["SIGTERM"]):
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


def test_an_error_restores_the_handlers_too(handlers):
    with pytest.raises(ValueError, match="within"), shutdown():
        raise ValueError("within")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_that_the_block_installed_is_kept(handlers):
    def own(number, frame):
        pass

    with shutdown():
        signal.signal(signal.SIGTERM, own)
    assert signal.getsignal(signal.SIGTERM) is own


def test_outside_of_the_main_thread_nothing_changes(handlers):
    found = []

    def block():
        with shutdown() as received:
            found.append((list(received), signal.getsignal(signal.SIGINT)))

    thread = Thread(target=block)
    thread.start()
    thread.join()
    assert found == [([], signal.default_int_handler)]
