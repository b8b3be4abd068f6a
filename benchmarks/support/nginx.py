"""nginx (https://nginx.org) as the yardstick for bytes: files by range over TLS, and PUT through its dav module."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.server import Server, free_port, process

_CONF = """
daemon off;
user root;
worker_processes {workers};
pid {folder}/pid;
error_log {folder}/error.log crit;
events {{ worker_connections 256; }}
http {{
  access_log off;
  sendfile on;
  client_max_body_size 0;
  client_body_temp_path {folder}/temp;
  proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {cert};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.3;
    root {folder}/root;
    location / {{ dav_methods PUT; create_full_put_path on; }}
  }}
}}
"""


@contextmanager
def nginx(folder: Path, cert: Path, key: Path, workers: int) -> Iterator[Server]:
    """nginx serving `folder`/root with this certificate."""
    found = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(found).exists():
        raise SystemExit("nginx is not here. Expected the web server nginx. Install it: apt-get install nginx-light")
    port = free_port()
    (folder / "root").mkdir(parents=True, exist_ok=True)
    conf = folder / "nginx.conf"
    text = _CONF.format(folder=folder, cert=cert, key=key, port=port, workers=workers)
    conf.write_text(text, encoding="utf-8")
    with process([found, "-c", str(conf), "-p", str(folder)], port, {"PATH": "/usr/bin:/usr/sbin"}) as server:
        yield server
