from __future__ import annotations

import os
from pathlib import Path

import pytest

from funchost.app.jsonc import Document, parse, read
from funchost.errors import ConfigError

PATH = Path("x.json")


def load(text: str) -> Document:
    return parse(text.encode(), PATH)


def failure(data: bytes | str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse(data if isinstance(data, bytes) else data.encode(), PATH)
    return caught.value


def test_comments_and_trailing_commas_pass() -> None:
    document = load('/* top */ { // a\n "a": [1, 2, /* x */ ], "b": {"c": "//no", "d": "/*no*/,}",}, } // end')
    assert document.value == {"a": [1, 2], "b": {"c": "//no", "d": "/*no*/,}"}}


def test_escaped_quotes_do_not_end_a_string() -> None:
    assert load('{"a": "\\"//,]", "b": "\\\\",}').value == {"a": '"//,]', "b": "\\"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_understood(encoding: str) -> None:
    assert parse('{"ключ": "värde"}'.encode(encoding), PATH).value == {"ключ": "värde"}


def test_text_over_several_lines_passes() -> None:
    assert load('{"sql": "select\n\t1"}').value == {"sql": "select\n\t1"}


def test_windows_line_ends_count_as_one_line() -> None:
    assert load('{\r\n // c\r\n "a": 1,\r\n "b": 2\r\n}').line_of(["b"]) == 4


def test_lines_of_properties_are_found() -> None:
    document = load(
        '{\n  "a": {\n    "b": [\n      {"x": 1},\n      /* , */\n      {"y": [[1], []]}\n    ]\n  },\n "z": 0,\n}'
    )
    assert document.line_of(["a"]) == 2
    assert document.line_of(["a", "b", 0]) == 4
    assert document.line_of(["a", "b", 1]) == 6
    assert document.line_of(["a", "b", 1, "y", 0, 0]) == 6
    assert document.line_of(["z"]) == 9


def test_the_line_of_a_missing_property_is_that_of_what_surrounds_it() -> None:
    document = load('{\n "a": {\n  "b": 1\n } }')
    assert document.line_of(["a", "missing", 3]) == 2
    assert document.line_of(["missing"]) == 1


def test_names_with_escapes_are_found() -> None:
    assert load('{\n"\\u0061\\"{": 1}').line_of(['a"{']) == 2


def test_the_text_of_a_value_is_kept() -> None:
    document = load('{"a": 1.50, "b": [1e3, true], "c": {"d": "x"}}')
    assert document.text_of(["a"]) == "1.50"
    assert document.text_of(["b", 0]) == "1e3"
    assert document.text_of(["b", 1]) == "true"
    assert document.text_of(["c"]) == '{"d": "x"}'


def test_an_error_names_file_line_and_property() -> None:
    error = load('{"a":\n {"b": [0,\n 1]}}').error("Wrong.", ("a", "b", 1), hint="Do this.")
    assert str(error) == "x.json:3: a.b[1]: Wrong."
    assert (error.line, error.prop, error.hint) == (3, "a.b[1]", "Do this.")


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ('{\n"a": 1\n"b": 2}', 3, "expecting ',' delimiter at column 1 (found '\"')"),
        ('{\n// c\n"a": 1,,\n}', 3, "found ','"),
        ('{ // c\n"a": [1,\n, ],}', 3, "found ','"),
        ('{"a": [,]}', 1, "found ','"),
        ("{,}", 1, "found ','"),
        ("{", 1, "the file ends here"),
        ("{'a': 1}", 1, "property name enclosed in double quotes"),
        ('{"a": tru}', 1, "expecting value"),
        ('{} {"a": 1}', 1, "extra data"),
        ("// nothing", 1, "expecting value"),
        ('{\n"a": 1 /* open', 2, "comment that begins here has no end"),
        ('{"a": "http://x" /*/ }', 1, "comment that begins here has no end"),
        ('{\n"b": NaN}', 2, "NaN is not a number"),
        ('{"a": "NaN",\n"b": -Infinity}', 2, "-Infinity is not a number"),
        ("[1]", 1, "must hold a JSON object, not a list"),
        ('"a"', 1, "not a text"),
        ("null", 1, "not null"),
        ("", 1, "The file is empty"),
        (" \n\t ", 1, "The file is empty"),
        ('{\n"a": "\\ud800"}', 2, "half of a surrogate pair"),
        ('{\n"a": "\\udc00x"}', 2, "half of a surrogate pair"),
    ],
)
def test_wrong_syntax_names_line_and_what_was_found(text: str, line: int, part: str) -> None:
    error = failure(text)
    assert part in error.reason
    assert error.line == line


def test_a_missing_quote_is_pointed_out() -> None:
    error = failure('{\n"a": "x,\n"b": "y"\n}')
    assert error.hint == "Is a closing quote missing in line 2?"


def test_surrogate_pairs_pass() -> None:
    assert load('{"a": "\\uD83D\\ude00", "b": "\\\\ud800"}').value == {"a": "😀", "b": "\\ud800"}


def test_a_property_that_stands_there_twice_is_refused() -> None:
    error = failure('{\n"a": {"x": 1},\n"b": [{"y": 1,\n"y": 2}],\n}')
    assert error.line == 4
    assert error.prop == "b[0].y"
    assert "line 3" in error.reason


def test_names_that_differ_in_case_are_two_properties() -> None:
    assert load('{"a": 1, "A": 2}').value == {"a": 1, "A": 2}


def test_text_that_is_not_utf_8_names_byte_and_line() -> None:
    error = failure('{\n"a": "é"}'.encode("latin-1"))
    assert error.line == 2
    assert "UTF-8" in error.reason
    assert "0xe9" in error.reason


def test_broken_utf_16_is_refused() -> None:
    assert "UTF-16" in failure(b"\xff\xfe{\x00}").reason


@pytest.mark.parametrize("depth", [65, 5_000, 200_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deep_nesting_is_an_error_not_a_crash(depth: int, opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    text = '{\n"a":' + opening * depth + "1" + closing * depth + "}"
    error = failure(text)
    assert "more than 64 levels" in error.reason
    assert error.line == 2


def test_64_levels_pass() -> None:
    load('{"a":' + "[" * 63 + "]" * 63 + "}")
    load("{" + ",".join(f'"{i}": []' for i in range(200)) + "}")


def test_numbers_with_thousands_of_digits_are_refused() -> None:
    assert "too many digits" in failure('{"a": ' + "9" * 10_000 + "}").reason


def test_long_unclosed_strings_and_commas_take_no_time() -> None:
    failure('{"a": "' + "\\" * 100_001)
    failure('{"a": [' + "," * 20_000)
    failure("{" + '"a" // ' * 20_000)


def test_a_missing_file_is_none(tmp_path: Path) -> None:
    assert read(tmp_path / "missing.json") is None


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a file"):
        read(tmp_path)


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "host.json")
    with pytest.raises(ConfigError, match="not a file"):
        read(tmp_path / "host.json")


def test_a_dangling_link_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to("gone.json")
    with pytest.raises(ConfigError, match="link to 'gone.json', which does not exist"):
        read(tmp_path / "a.json")


def test_a_link_that_leads_to_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to("a.json")
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "a.json")
