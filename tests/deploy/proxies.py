"""The proxies of deploy/ as real programs, with free ports and certificates of the tests in the place of their own."""

from __future__ import annotations

import os
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
import trustme
import yaml

from tests.support.programs import needs, needs_tool, tool
from tests.support.servers import free_port
from tests.support.waiting import PATIENCE

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = "localhost"


class Certificates(NamedTuple):
    """An issuer of the proxy's certificate and one of chargers', with their files."""

    servers: trustme.CA
    chargers: trustme.CA
    folder: Path

    @classmethod
    def made(cls, folder: Path) -> Certificates:
        found = cls(trustme.CA(), trustme.CA(), folder)
        issued = found.servers.issue_cert(NAME)
        issued.cert_chain_pems[0].write_to_path(found.certificate)
        issued.private_key_pem.write_to_path(found.key)
        found.chargers.cert_pem.write_to_path(found.chargers_issuer)
        return found

    @property
    def certificate(self) -> Path:
        return self.folder / "fullchain.pem"

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    @property
    def chargers_issuer(self) -> Path:
        return self.folder / "chargers-ca.pem"

    def client(self, issuer: trustme.CA | None = None, common_name: str = "") -> ssl.SSLContext:
        """What a client trusts, and the certificate that it shows if an issuer is named."""
        context = ssl.create_default_context()
        self.servers.configure_trust(context)
        if issuer is not None:
            issuer.issue_cert("charger.example", common_name=common_name).configure_cert(context)
        return context


class Proxy(NamedTuple):
    """A running proxy: its addresses, and the file of its access log."""

    https: str
    http: str
    log: Path


class Setting(NamedTuple):
    """What the configurations of the tests are made of."""

    upstream: str
    """Host and port of the server."""
    https: int
    http: int
    certificates: Certificates
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "access.log"


@contextmanager
def nginx(upstream: str, certificates: Certificates, folder: Path, client_certificates: bool = True) -> Iterator[Proxy]:
    here = _setting(upstream, certificates, folder)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n"
        "events {} http { access_log off;\n"
        + "".join(
            f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + f"include {folder}/chargerights.conf; }}\n"
    )
    (folder / "chargerights.conf").write_text(
        replaced(
            DEPLOY / "nginx.conf",
            {
                **({"#3 ": ""} if client_certificates else {}),
                "127.0.0.1:8080": here.upstream,
                "listen [::]:80;\n": "",
                "listen [::]:443 ssl;\n": "",
                "listen 80;": f"listen 127.0.0.1:{here.http};",
                "listen 443 ssl;": f"listen 127.0.0.1:{here.https} ssl;",
                "charge.example.com": NAME,
                "/etc/nginx/tls": str(certificates.folder),
                "/var/log/nginx/chargerights.log": str(here.log),
            },
        )
    )
    command = ["nginx", "-p", f"{folder}", "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]
    checked([*command, "-t", "-q"])
    with _running(command, here) as proxy:
        yield proxy


@contextmanager
def caddy(upstream: str, certificates: Certificates, folder: Path, client_certificates: bool = True) -> Iterator[Proxy]:
    here = _setting(upstream, certificates, folder)
    tls, site = f"tls {certificates.certificate} {certificates.key}", "\n{$DOMAIN:localhost} {\n"
    if client_certificates:
        changes = {"#3 ": "", "\ttls {": f"\t{tls} {{", "/etc/caddy": str(certificates.folder)}
    else:
        changes = {site: f"{site}\t{tls}\n"}
    ports = f"http_port {here.http}\n\thttps_port {here.https}\n\tdefault_bind 127.0.0.1"
    changes["\tdefault_sni"] = f"\tadmin off\n\tskip_install_trust\n\t{ports}\n\tdefault_sni"
    changes["\tlog {"] = f"\tlog {{\n\t\toutput file {here.log}\n"
    file = folder / "Caddyfile"
    file.write_text(replaced(DEPLOY / "Caddyfile", changes))
    environment = {"DOMAIN": NAME, "UPSTREAM": here.upstream, "HOME": str(folder), "PATH": os.environ["PATH"]}
    program = tool("caddy")
    checked([program, "validate", "--config", str(file), "--adapter", "caddyfile"], environment)
    with _running([program, "run", "--config", str(file), "--adapter", "caddyfile"], here, environment) as proxy:
        yield proxy


@contextmanager
def traefik(upstream: str, certificates: Certificates, folder: Path) -> Iterator[Proxy]:
    here = _setting(upstream, certificates, folder)
    static = yaml.safe_load(replaced(DEPLOY / "traefik" / "traefik.yaml", {"# accessLog:": "accessLog:"}))
    static["entryPoints"]["web"]["address"] = f"127.0.0.1:{here.http}"
    static["entryPoints"]["websecure"]["address"] = f"127.0.0.1:{here.https}"
    static["certificatesResolvers"]["letsencrypt"]["acme"]["storage"] = str(folder / "acme.json")
    static["providers"]["file"]["filename"] = str(folder / "chargerights.yaml")
    static["global"] = {"checkNewVersion": False, "sendAnonymousUsage": False}  # the tests stay on this machine
    static["accessLog"]["filePath"] = str(here.log)
    dynamic = yaml.safe_load(
        replaced(
            DEPLOY / "traefik" / "chargerights.yaml",
            {"charge.example.com": NAME, "127.0.0.1:8080": here.upstream, "certResolver: letsencrypt": "{}"},
        ).replace("tls:\n        {}", "tls: {}")
    )
    assert dynamic["tls"]["stores"]["default"]["defaultGeneratedCert"]["domain"]["main"] == NAME
    own_certificate = {"certFile": str(certificates.certificate), "keyFile": str(certificates.key)}
    dynamic["tls"] = {"stores": {"default": {"defaultCertificate": own_certificate}}}
    for name, value in (("traefik", static), ("chargerights", dynamic)):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(value))
    with _running([tool("traefik"), f"--configFile={folder}/traefik.yaml"], here) as proxy:
        yield proxy


PROXIES: Mapping[str, Callable[[str, Certificates, Path], AbstractContextManager[Proxy]]] = {
    "nginx": nginx,
    "nginx-as-it-is": partial(nginx, client_certificates=False),
    "caddy": caddy,
    "caddy-as-it-is": partial(caddy, client_certificates=False),
    "traefik": traefik,
}
"""By name; as it is: without the lines for client certificates of chargers."""
PARAMETERS = [
    pytest.param(name, marks=needs("nginx") if name.startswith("nginx") else needs_tool(name.partition("-")[0]))
    for name in PROXIES
]


def replaced(file: Path, changes: Mapping[str, str]) -> str:
    """The file's text with those changes, each of which it must have a place for."""
    text = file.read_text(encoding="utf-8")
    for before, after in changes.items():
        assert before in text, f"{file} has no {before}"
        text = text.replace(before, after)
    return text


def checked(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=PATIENCE)
    assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
    return ran.stdout + ran.stderr


def _setting(upstream: str, certificates: Certificates, folder: Path) -> Setting:
    return Setting(urlsplit(upstream).netloc, free_port(), free_port(), certificates, folder)


@contextmanager
def _running(command: list[str], here: Setting, environment: Mapping[str, str] | None = None) -> Iterator[Proxy]:
    """The program, once it hands requests on; stopped at the end."""
    output = here.folder / "output"
    with output.open("wb") as target:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=target, stderr=target, env=environment, cwd=here.folder
        )
    proxy = Proxy(f"https://{NAME}:{here.https}", f"http://{NAME}:{here.http}", here.log)
    try:
        _wait(process, proxy, here.certificates.client(), output)
        yield proxy
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], proxy: Proxy, trusted: ssl.SSLContext, output: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if httpx.get(f"{proxy.https}/health", verify=trusted, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the proxy does not start:\n{output.read_text()}")
        time.sleep(0.05)
