"""`func azure`: publishing, and what belongs to it."""

from __future__ import annotations

from funchost.cli.command_group import LazyGroup, group

EXAMPLES = """\b
Examples:
  func azure functionapp publish shop                the project of this folder, built by the server
  func azure functionapp publish shop --build local  built here
  func azure functionapp logstream shop
  func azure functionapp fetch-app-settings shop

The server is one of your own ('func server start'), or Azure: --management-url or FUNCHOST_MANAGEMENT_URL names it."""

functionapp = LazyGroup(
    "functionapp",
    {
        "fetch": "azure_settings:fetch",
        "fetch-app-settings": "azure_settings:fetch_app_settings",
        "list-functions": "azure_functions:list_functions",
        "logstream": "azure_logstream:logstream",
        "publish": "azure_publish:publish",
    },
    help="Publish to function apps, and look at them.",
    epilog=EXAMPLES,
)
storage = LazyGroup(
    "storage",
    {"fetch-connection-string": "azure_storage:fetch_connection_string"},
    help="Storage accounts.",
)
azure = group("azure", "Publish to function apps of a server or of Azure.", functionapp, storage, epilog=EXAMPLES)
