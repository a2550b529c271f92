from __future__ import annotations

import pytest

from funchost.deploy.client.project_packager import target_platform
from funchost.deploy.dependencies import Platform

MAC = Platform("macos", "aarch64")
ARM = Platform("linux", "aarch64")
INTEL = Platform("linux", "x86_64")


@pytest.mark.parametrize(
    ("host", "here", "platform"),
    [
        ("127.0.0.1", MAC, None),
        ("shop.scm.localhost", ARM, None),
        ("deploy.example.org", MAC, INTEL),
        ("deploy.example.org", ARM, ARM),
        ("management.azure.com", ARM, INTEL),
        ("shop.scm.azurewebsites.net", ARM, INTEL),
    ],
)
def test_packages_are_for_the_machine_of_the_site(host: str, here: Platform, platform: Platform | None) -> None:
    assert target_platform(host, here) == platform
