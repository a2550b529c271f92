"""Public test support: run a function app for real in a test, ask it over HTTP and read its console.

    from funchost.testing import HostProcess

    with HostProcess("path/to/app") as host:
        assert host.get("/api/hello?name=Ada").text == "Hello Ada"
        host.wait_for_line("Executed 'Functions.hello' \\(Succeeded")

`funchost.testing.plugin` offers the same as a pytest fixture.
"""

from __future__ import annotations

from funchost.testing.client import Response
from funchost.testing.eventually import eventually
from funchost.testing.host_process import HostProcess, HostStartError
from funchost.testing.server_process import ServerProcess, ServerStartError

__all__ = ["HostProcess", "HostStartError", "Response", "ServerProcess", "ServerStartError", "eventually"]
