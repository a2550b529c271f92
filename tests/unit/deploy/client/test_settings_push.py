from __future__ import annotations

from funchost.deploy.client.settings_push import push_settings


def never(name: str, remote: str, local: str) -> bool:
    raise AssertionError(f"asked about {name}")


def test_new_settings_are_set_and_equal_ones_are_not() -> None:
    push = push_settings({"NEW": "1", "SAME": "2"}, {"SAME": "2", "OTHER": "3"}, never)
    assert push.changes.put == {"NEW": "1"}
    assert push.changes.drop == ()
    assert push.lines == ("Setting NEW = ****", "SAME is the same already")


def test_differing_settings_are_asked_about() -> None:
    asked: list[tuple[str, str, str]] = []

    def ask(name: str, remote: str, local: str) -> bool:
        asked.append((name, remote, local))
        return name == "A"

    push = push_settings({"A": "local", "b": "local"}, {"A": "app", "B": "app"}, ask)
    assert asked == [("A", "app", "local"), ("b", "app", "local")]
    assert push.changes.put == {"A": "local"}
    assert push.lines[1] == "Keeping b as the app has it"


def test_development_storage_is_never_pushed() -> None:
    local = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "MyQueue": "usedevelopmentstorage = True;"}
    push = push_settings(local, {"AzureWebJobsStorage": "AccountName=x"}, never)
    assert push.changes.put == {}
    assert "keeps its own" in push.lines[0]
    assert "config appsettings set" in push.lines[1]


def test_connection_strings_stay_here() -> None:
    push = push_settings({"ConnectionStrings:Db": "secret"}, {}, never)
    assert push.changes.put == {}
    assert "secret" not in repr(push)


def test_the_spelling_of_the_app_stays() -> None:
    assert push_settings({"queue": "b"}, {"QUEUE": "a"}, lambda *_: True).changes.put == {"QUEUE": "b"}
