"""nginx as a reverse proxy, the one that others are measured by."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from benchmarks.outcome import NotMeasured
from benchmarks.serving import Server

CONFIGURATION = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_requests 100000000;
  upstream instance {{ server 127.0.0.1:{instance}; keepalive 64; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://instance;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
}}
"""


def proxy(folder: Path, instance: int) -> Server:
    """nginx with one worker process before one instance, as its manual recommends: connections are kept alive.

    Args:
        folder: for its files.
        instance: port of what it passes requests on to.

    Raises:
        NotMeasured: there is no nginx.
    """
    template = folder / "nginx.template"
    template.write_text(CONFIGURATION.format(folder=folder, instance=instance, port="PORT"))
    script = 'sed "s/PORT/$1/" "$2" > "$3" && exec "$0" -c "$3"'
    files = [str(template), str(folder / "nginx.conf")]
    return Server("nginx", ["sh", "-c", script, find_nginx(), "{port}", *files], "/api/text")


def find_nginx() -> str:
    """The nginx of this machine; installed with apt where that is possible."""
    paths = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
    if found := shutil.which("nginx", path=paths):
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-qq", "-y", "nginx-light"]):
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
        if found := shutil.which("nginx", path=paths):
            return found
    raise NotMeasured("nginx is not installed (on Debian and Ubuntu: apt install nginx-light)")
