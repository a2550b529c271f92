"""`func server`: a server of function apps on this machine."""

from __future__ import annotations

from funchost.cli.command_group import LazyGroup

EXAMPLES = """\b
Examples:
  func server start                                   on http://127.0.0.1:7070, for this user
  func server start --data /srv/funchost --https      with a data directory of its own and HTTPS
  func server token create ci                         a token for a pipeline

Then, in another terminal: func functionapp create, func azure functionapp publish."""

server = LazyGroup(
    "server",
    {"start": "server_start:start", "token": "server_token:token"},
    help="A server of function apps on this machine: publish to it as to Azure.",
    epilog=EXAMPLES,
)
