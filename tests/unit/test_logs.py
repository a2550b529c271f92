from __future__ import annotations

from pathlib import Path

import pytest

from funchost.logs import HostLog, LogFilter, LogLevel

NOW = 1795187022.1234  # 2026-11-20T15:03:42.123Z


class Lines:
    """Keeps what is written, instead of a console."""

    def __init__(self) -> None:
        self.text = ""
        self.droppable: list[bool] = []

    def write(self, text: str, droppable: bool = False) -> None:
        self.text += text
        self.droppable.append(droppable)


def host_log(lines: Lines, *, verbose: bool = False, colour: bool = False) -> HostLog:
    return HostLog(lines, LogFilter({}, verbose=verbose), verbose=verbose, colour=colour, clock=lambda: NOW)


def written(message: str, *, colour: bool = False) -> str:
    lines = Lines()
    host_log(lines, colour=colour).write(LogLevel.INFORMATION, "Function.Items.User", message)
    return lines.text


@pytest.mark.parametrize("text", ["Warning", "warning", " WARNING ", "3"])
def test_level_is_read_in_any_case_and_as_a_number(text: str) -> None:
    assert LogLevel.parse(text) is LogLevel.WARNING


def test_unknown_level_names_the_choices() -> None:
    with pytest.raises(ValueError, match="'loud' is not a log level: one of Trace, Debug, Information, Warning, Error"):
        LogLevel.parse("loud")


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("Host.Startup", LogLevel.WARNING),
        ("Worker", LogLevel.WARNING),
        ("Function.Items", LogLevel.INFORMATION),
        ("Function.Items.User", LogLevel.INFORMATION),
        ("Function", LogLevel.INFORMATION),
        ("Host.Function.Console", LogLevel.INFORMATION),
    ],
)
def test_default_levels(category: str, expected: LogLevel) -> None:
    assert LogFilter({}).minimum(category) is expected


def test_verbose_shows_information_of_the_host() -> None:
    assert LogFilter({}, verbose=True).minimum("Host.Startup") is LogLevel.INFORMATION


def test_longest_entry_wins_whatever_its_case() -> None:
    levels = LogFilter({"function": "Error", "Function.ITEMS": "Debug", "Host.Results": "None"})
    assert levels.minimum("Function.Items.User") is LogLevel.DEBUG
    assert levels.minimum("Function.Other.User") is LogLevel.ERROR
    assert levels.minimum("Host.Results") is LogLevel.NONE
    assert levels.minimum("Host.Startup") is LogLevel.WARNING


def test_entry_matches_whole_parts_only() -> None:
    assert LogFilter({"Function.Item": "None"}).minimum("Function.Items") is LogLevel.INFORMATION


def test_default_entry_replaces_both_defaults() -> None:
    levels = LogFilter({"default": "Debug"})
    assert levels.minimum("Host.Startup") is LogLevel.DEBUG
    assert levels.minimum("Function.Items.User") is LogLevel.DEBUG


def test_user_level_beats_the_default_and_the_entry_for_all_functions() -> None:
    levels = LogFilter({"default": "Error", "Function": "Error"}, user_level="Debug")
    assert levels.minimum("Function.Items.User") is LogLevel.DEBUG
    assert levels.minimum("Host.Function.Console") is LogLevel.DEBUG
    assert levels.minimum("Host.Startup") is LogLevel.ERROR


def test_user_level_and_entry_of_one_function_the_stricter_counts() -> None:
    levels = {"Function.Quiet": "Error", "Function.Loud": "Trace"}
    assert LogFilter(levels, user_level="Debug").minimum("Function.Quiet.User") is LogLevel.ERROR
    assert LogFilter(levels, user_level="Debug").minimum("Function.Loud.User") is LogLevel.DEBUG


def test_line_has_a_stamp_in_utc_and_the_message_alone() -> None:
    assert written("hello") == "[2026-11-20T15:03:42.123Z] hello\n"


def test_stamp_follows_the_clock() -> None:
    times = iter([NOW, NOW + 0.5, NOW + 1])
    lines = Lines()
    log = HostLog(lines, LogFilter({}), clock=lambda: next(times))
    for _ in range(3):
        log.write(LogLevel.ERROR, "Host.General", "tick")
    assert [line[18:25] for line in lines.text.splitlines()] == ["42.123Z", "42.623Z", "43.123Z"]


def test_each_line_of_a_message_has_the_stamp() -> None:
    assert written("one\r\ntwo\n\nthree\n") == (
        "[2026-11-20T15:03:42.123Z] one\n"
        "[2026-11-20T15:03:42.123Z] two\n"
        "[2026-11-20T15:03:42.123Z] \n"
        "[2026-11-20T15:03:42.123Z] three\n"
    )


def test_levels_below_the_minimum_are_hidden() -> None:
    lines = Lines()
    log = host_log(lines)
    log.write(LogLevel.DEBUG, "Function.Items.User", "detail")
    log.write(LogLevel.INFORMATION, "Host.Startup", "system")
    assert lines.text == ""
    assert not log.enabled("Host.Startup", LogLevel.INFORMATION)
    assert log.enabled("Host.Startup", LogLevel.WARNING)


@pytest.mark.parametrize(
    "message", ["Worker process started and initialized.", "Host lock lease acquired by instance ID '0'."]
)
def test_messages_that_tools_wait_for_are_always_shown(message: str) -> None:
    lines = Lines()
    log = HostLog(lines, LogFilter({"default": "None"}), clock=lambda: NOW)
    log.write(LogLevel.INFORMATION, "Host.General", message)
    assert lines.text.endswith(message + "\n")


def test_filter_can_be_replaced() -> None:
    lines = Lines()
    log = host_log(lines)
    log.filter = LogFilter({"Function": "Debug"})
    log.write(LogLevel.DEBUG, "Function.Items.User", "detail")
    assert lines.text.endswith("] detail\n")


def test_verbose_lines_name_function_and_invocation() -> None:
    lines = Lines()
    log = host_log(lines, verbose=True)
    log.write(LogLevel.INFORMATION, "Function.Items.User", "hello\nworld", function="Items", invocation_id="42")
    log.write(LogLevel.INFORMATION, "Function.Items", "hello", function="Items")
    log.write(LogLevel.INFORMATION, "Host.Startup", "hello")
    assert [line[27:] for line in lines.text.splitlines()] == [
        "[Items 42] hello",
        "[Items 42] world",
        "[Items] hello",
        "hello",
    ]


def test_quiet_lines_do_not_name_function_and_invocation() -> None:
    lines = Lines()
    host_log(lines).write(LogLevel.ERROR, "Function.Items", "hello", function="Items", invocation_id="42")
    assert lines.text.endswith("Z] hello\n")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("tab\tstays", "tab\tstays"),
        ("non-breaking\xa0and é 你好 stay", "non-breaking\xa0and é 你好 stay"),
        ("back\rfront", "back\\rfront"),
        ("bell\x07 null\x00", "bell\\x07 null\\x00"),
        ("\x1b[2Jcleared", "\\x1b[2Jcleared"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b2J", "\\x9b2J"),
        ("a\u2028[2026-11-20T15:03:42.123Z] forged", "a\\u2028[2026-11-20T15:03:42.123Z] forged"),
        ("a\x0bb\x0cc\x85d", "a\\x0bb\\x0cc\\x85d"),
    ],
)
@pytest.mark.parametrize("colour", [False, True])
def test_control_characters_are_escaped(message: str, shown: str, colour: bool) -> None:
    assert shown in written(message, colour=colour)
    assert len(written(message, colour=colour).splitlines()) == 1


def test_colours_of_the_app_are_removed_off_a_terminal_and_kept_on_one() -> None:
    assert written("\x1b[1;32mgreen\x1b[0m").endswith("Z] green\n")
    assert "\x1b[1;32mgreen\x1b[0m" in written("\x1b[1;32mgreen\x1b[0m", colour=True)


@pytest.mark.parametrize(
    ("level", "code"),
    [(LogLevel.ERROR, "31"), (LogLevel.WARNING, "33"), (LogLevel.INFORMATION, "36"), (LogLevel.CRITICAL, "1;31")],
)
def test_lines_are_coloured_by_level_and_every_line_is_reset(level: LogLevel, code: str) -> None:
    lines = Lines()
    host_log(lines, colour=True).write(level, "Function.Items", "one\ntwo")
    assert lines.text == "".join(
        f"\x1b[90m[2026-11-20T15:03:42.123Z] \x1b[0m\x1b[{code}m{word}\x1b[0m\n" for word in ("one", "two")
    )


def test_lines_of_the_app_are_the_last_to_be_dropped() -> None:
    lines = Lines()
    log = host_log(lines)
    for category in ("Function.Items.User", "Host.Function.Console", "Function", "Function.Items", "Host.Startup"):
        log.write(LogLevel.ERROR, category, "x")
    log.print("Functions:")
    assert lines.droppable == [False, False, False, True, True, False]


def test_print_writes_text_as_it_is() -> None:
    lines = Lines()
    log = HostLog(lines, LogFilter({"default": "None"}), colour=True)
    log.print("\nFunctions:")
    log.print()
    assert lines.text == "\nFunctions:\n\n"


def test_every_printed_line_has_a_stamp_where_all_lines_have_one() -> None:
    lines = Lines()
    HostLog(lines, LogFilter({"default": "None"}), stamp_all=True, clock=lambda: NOW).print("Loaded\n2 functions.")
    assert lines.text == "[2026-11-20T15:03:42.123Z] Loaded\n[2026-11-20T15:03:42.123Z] 2 functions.\n"


def test_json_lines_are_passed_on_bare_when_wanted() -> None:
    lines = Lines()
    log = HostLog(lines, LogFilter({}), json_output=True, clock=lambda: NOW)
    log.write(LogLevel.TRACE, "Host.Function.Console", 'azfuncjsonlog:{"name": "x"}')
    assert lines.text == '{"name": "x"}\n'


def test_json_lines_are_ordinary_lines_unless_wanted() -> None:
    assert written("azfuncjsonlog:{}") == "[2026-11-20T15:03:42.123Z] azfuncjsonlog:{}\n"


def test_json_lines_go_to_the_file_instead_of_the_console(tmp_path: Path) -> None:
    lines = Lines()
    log = HostLog(lines, LogFilter({}), json_output_file=tmp_path / "log.json", clock=lambda: NOW)
    log.write(LogLevel.INFORMATION, "Host.Function.Console", 'azfuncjsonlog:{"n": 1}')
    log.write(LogLevel.INFORMATION, "Host.Function.Console", 'azfuncjsonlog:{"n": 2}')
    assert lines.text == ""
    assert (tmp_path / "log.json").read_text() == '{"n": 1}\n{"n": 2}\n'


def test_json_file_that_cannot_be_written_sends_the_lines_to_the_console(tmp_path: Path) -> None:
    lines = Lines()
    log = HostLog(lines, LogFilter({}), json_output_file=tmp_path / "missing" / "log.json", clock=lambda: NOW)
    log.write(LogLevel.INFORMATION, "Host.Function.Console", 'azfuncjsonlog:{"n": 1}')
    assert "No such file or directory; JSON log lines go to the console from here on.\n" in lines.text
    assert lines.text.endswith('{"n": 1}\n')


def test_a_function_name_cannot_begin_a_line_of_its_own() -> None:
    lines = Lines()
    host_log(lines, verbose=True).write(LogLevel.ERROR, "Host.General", "text", function="F\n\x1b[2Jforged")
    assert lines.text.splitlines() == ["[2026-11-20T15:03:42.123Z] [F\\n\\x1b[2Jforged] text"]
