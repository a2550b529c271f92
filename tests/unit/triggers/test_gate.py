from __future__ import annotations

from funchost.triggers.gate import Gate


def test_those_who_watch_are_woken_when_the_gate_opens() -> None:
    gate = Gate()
    woken: list[str] = []
    end = gate.watch(lambda: woken.append("a"))
    gate.watch(lambda: woken.append("b"))
    gate.open()
    assert woken == []
    gate.close()
    assert not gate.is_open
    end()
    gate.open()
    assert (gate.is_open, woken) == (True, ["b"])
