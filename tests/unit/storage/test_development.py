"""Development storage: what follows from who listens on the three ports."""

from __future__ import annotations

from itertools import product

import pytest

from funchost.storage.development import (
    ANY_FREE,
    WELL_KNOWN,
    DevelopmentStorage,
    Listener,
    connection_string,
    decide,
)
from funchost.storage.endpoints import SERVICES

NOBODY, SAME, STORAGE, OTHER = Listener.NOBODY, Listener.SAME_STORE, Listener.STORAGE, Listener.OTHER
OTHER_APP = Listener.OTHER_APP


def decided(*listeners: Listener) -> DevelopmentStorage:
    return decide(dict(zip(SERVICES, listeners, strict=True)))


def test_free_ports_are_served() -> None:
    assert decided(NOBODY, NOBODY, NOBODY) == DevelopmentStorage(ports=WELL_KNOWN)


def test_another_emulator_is_used_if_it_has_all_three() -> None:
    assert decided(STORAGE, STORAGE, STORAGE) == DevelopmentStorage(remote=True)


@pytest.mark.parametrize("listeners", [(SAME, SAME, SAME), (SAME, NOBODY, SAME)])
def test_a_front_on_the_same_folder_is_succeeded(listeners: tuple[Listener, ...]) -> None:
    assert decided(*listeners) == DevelopmentStorage(ports=WELL_KNOWN, take_over=True)


def test_anything_else_means_free_ports_and_a_reason() -> None:
    for listeners in product(Listener, repeat=3):
        found = set(listeners)
        if found <= {NOBODY, SAME} or found == {STORAGE}:
            continue
        decision = decided(*listeners)
        assert decision.ports == ANY_FREE
        assert decision.obstacle
        assert not decision.remote
        assert not decision.take_over


def test_the_reason_names_the_port_and_who_holds_it() -> None:
    assert decided(STORAGE, OTHER, STORAGE).obstacle == "port 10001 (queue) is held by another program"
    assert decided(OTHER_APP, NOBODY, NOBODY).obstacle == "port 10000 (blob) is held by the host of another app"
    assert decided(STORAGE, STORAGE, NOBODY).obstacle == (
        "another store that speaks the storage protocol listens on port 10000 (blob), but not on 10002"
    )


def test_the_well_known_ports_have_a_short_connection_string() -> None:
    assert connection_string(WELL_KNOWN) == "UseDevelopmentStorage=true"
    text = connection_string({"blob": 1, "queue": 2, "table": 3})
    assert "BlobEndpoint=http://127.0.0.1:1/devstoreaccount1;QueueEndpoint=http://127.0.0.1:2/" in text
