"""`func functionapp`: function apps on a server."""

from __future__ import annotations

from funchost.cli.command_group import LazyGroup

EXAMPLES = """\b
Examples:
  func functionapp create --name shop --runtime-version 3.11
  func azure functionapp publish shop                      brings the project of this folder to it
  func functionapp config appsettings set -n shop --settings QUEUE=orders
  func functionapp deployment rollback -n shop             the version before this one
  func functionapp log tail -n shop

The words and options are those of 'az functionapp'. The server is the one that 'func server start' has started on this
machine, unless --management-url or FUNCHOST_MANAGEMENT_URL names another."""

functionapp = LazyGroup(
    "functionapp",
    {
        "config": "functionapp_config:config",
        "cors": "functionapp_cors:cors",
        "create": "functionapp_create:create",
        "delete": "functionapp_sites:delete",
        "deployment": "functionapp_deployment:deployment",
        "keys": "functionapp_keys:keys",
        "list": "functionapp_sites:list_apps",
        "log": "functionapp_log:log",
        "restart": "functionapp_sites:restart",
        "scale": "functionapp_scale:scale",
        "show": "functionapp_sites:show",
        "start": "functionapp_sites:start",
        "stop": "functionapp_sites:stop",
    },
    help="Function apps on a server: create, configure, deploy, scale.",
    epilog=EXAMPLES,
)
