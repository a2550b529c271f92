from __future__ import annotations

from pathlib import Path

import pytest

from funchost.app.local_settings import HostSection, LocalSettings
from funchost.cli.host_choice import host_options
from funchost.cli.start_options import StartChoices
from funchost.errors import FuncHostError, UsageError
from funchost.host.options import HostOptions

ROOT = Path("/srv/app")


def options(
    choices: StartChoices, host: HostSection | None = None, environ: dict[str, str] | None = None
) -> HostOptions:
    return host_options(choices, lambda: LocalSettings(host=host or HostSection()), environ or {}, ROOT)


def test_defaults() -> None:
    chosen = options(StartChoices())
    assert (chosen.address, chosen.port) == ("127.0.0.1", 7071)
    assert chosen.cors_origins == ()
    assert not chosen.enforce_keys
    assert chosen.tls is None
    assert chosen.user_log_level is None
    assert chosen.notices == ()


def test_host_section_beats_defaults() -> None:
    section = HostSection(port=8080, address="0.0.0.0", cors=("https://a",), cors_credentials=True)
    chosen = options(StartChoices(), section)
    assert (chosen.address, chosen.port) == ("0.0.0.0", 8080)
    assert (chosen.cors_origins, chosen.cors_credentials) == (("https://a",), True)
    assert chosen.environment["WEBSITE_HOSTNAME"] == "localhost:8080"


def test_options_beat_the_host_section() -> None:
    section = HostSection(port=8080, address="0.0.0.0", cors=("https://a",))
    chosen = options(StartChoices(port=0, address="::1", cors="https://b/, https://c"), section)
    assert (chosen.address, chosen.port) == ("::1", 0)
    assert chosen.cors_origins == ("https://b", "https://c")


def test_empty_cors_option_switches_cors_off() -> None:
    assert options(StartChoices(cors=""), HostSection(cors=("https://a",))).cors_origins == ()


@pytest.mark.parametrize("origins", ["*", "https://a,*"])
def test_all_origins_with_credentials_are_refused(origins: str) -> None:
    with pytest.raises(UsageError, match=r"origin \* cannot be combined with credentials"):
        options(StartChoices(cors=origins, cors_credentials=True))


def test_address_must_be_an_ip_address() -> None:
    with pytest.raises(UsageError, match="Invalid --address value 'localhost'"):
        options(StartChoices(address="localhost"))
    with pytest.raises(UsageError, match=r"Invalid Host\.LocalHttpAddress value 'example\.com'"):
        options(StartChoices(), HostSection(address="example.com"))


def test_user_log_level_of_option_then_environment() -> None:
    environ = {"FUNCTIONS_USER_LOG_LEVEL": "Error"}
    assert options(StartChoices(user_log_level="debug"), environ=environ).user_log_level == "Debug"
    assert options(StartChoices(), environ=environ).user_log_level == "Error"


@pytest.mark.parametrize(
    ("choices", "environ", "source"),
    [
        (StartChoices(user_log_level="loud"), {}, "--user-log-level"),
        (StartChoices(), {"FUNCTIONS_USER_LOG_LEVEL": "loud"}, "FUNCTIONS_USER_LOG_LEVEL"),
    ],
)
def test_unknown_log_level_names_its_source(choices: StartChoices, environ: dict[str, str], source: str) -> None:
    with pytest.raises(UsageError, match=f"{source}: 'loud' is not a log level"):
        options(choices, environ=environ)


def test_worker_arguments_are_split_as_a_shell_does() -> None:
    chosen = options(StartChoices(language_worker='-m debugpy -X "a b"'))
    assert chosen.worker_arguments == ("-m", "debugpy", "-X", "a b")
    with pytest.raises(UsageError, match="No closing quotation"):
        options(StartChoices(language_worker='"'))


def test_json_file_implies_json_output(tmp_path: Path) -> None:
    chosen = options(StartChoices(json_output_file=tmp_path / "x" / ".." / "log"))
    assert chosen.json_output
    assert chosen.json_output_file == tmp_path / "log"


def test_other_host_runtimes_are_refused() -> None:
    assert options(StartChoices(runtime="Default")).port == 7071
    with pytest.raises(FuncHostError, match="--runtime inproc8 is not possible"):
        options(StartChoices(runtime="inproc8"))


def test_certificate_without_https_is_said() -> None:
    assert options(StartChoices(cert=Path("x.pem"))).notices == ("--cert has no effect without --use-https.",)
