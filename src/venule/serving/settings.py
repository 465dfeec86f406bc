"""How the service is set up: a file, the environment above it, the command line above both.

A setting has one name everywhere: `at_work_max` in the file is `VENULE_AT_WORK_MAX` in the
environment. What is not known is refused. Secrets are not settings: a setting names their file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import Enum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec

from venule.kit.http.reading import flaws_of
from venule.kit.place import is_address, shown
from venule.serving.errors import SettingsMalformed

PREFIX: Final = "VENULE_"
FILE_BYTES_MAX: Final = 1 << 20
NOT_SETTINGS: Final = frozenset({"VENULE_TRACEBACK", "VENULE_CONFIG"})
"""Of the environment, what begins like a setting and is none."""

NETWORKS: Final = ("trusted_proxies", "webhook_networks")
"""Lists: in the environment with commas between."""

Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=3_600)]
Rate = Annotated[float, msgspec.Meta(gt=0, le=1_000_000)]


class Rail(Enum):
    """none: orders to the bank wait for a program of the bank's; simulator: a bank that plays."""

    NONE = "none"
    SIMULATOR = "simulator"


class Where(Enum):
    """Which process writes. auto: this one for a directory, another one for an address."""

    AUTO = "auto"
    HERE = "here"
    ELSEWHERE = "elsewhere"


class LogStyle(Enum):
    """json: for machines; console: for people."""

    JSON = "json"
    CONSOLE = "console"


SAID: Final[Mapping[str, str]] = {
    "home": "The home: a directory, or `postgresql://...`.",
    "listen": "`HOST:PORT` to take requests at.",
    "public_url": "What callers see, if something stands in front; else `http(s)://` and `listen`.",
    "writer": "Which process writes: `here`, `elsewhere`; `auto`: here for a directory.",
    "writer_secret_file": "The secret of a writer elsewhere; else in the home's directory.",
    "vault_key_file": "32 bytes that seal secrets; in the home's directory if not said.",
    "tls_certificate_file": "To speak TLS by ourselves: the certificate chain, PEM.",
    "tls_key_file": "Its private key, PEM.",
    "metrics_listen": "`HOST:PORT` where Prometheus asks; empty: nowhere.",
    "sandbox": "A home for trying out: play money, and a clock that moves when told.",
    "sandboxes": "Directory of worlds that partners make at `/sandbox/`; empty: none.",
    "sandboxes_max": "So many worlds there may be.",
    "sandboxes_open_max": "So many worlds are open at a time.",
    "sign_ups_per_hour": "New worlds from one address.",
    "sign_ups_burst": "New worlds from one address at once.",
    "rail": "The way to the bank: `none` (its program fetches and brings), `simulator`.",
    "house_name": "What people see.",
    "passkey_domain": "The domain that passkeys are bound to; that of `public_url` if not said.",
    "at_work_max": "Requests at work at once; more are shed with 503.",
    "rate_per_s": "Requests a second of one caller, over a while.",
    "rate_burst": "Requests of one caller at once.",
    "sign_in_per_s": "Tries to sign in a second from one address, over a while.",
    "sign_in_burst": "Tries to sign in from one address at once.",
    "stop_s": "So long may what was taken take, once we are told to stop.",
    "trusted_proxies": "Networks of what stands in front: their X-Forwarded-For says who asks.",
    "webhook_networks": "Private networks that webhooks and notifications may reach.",
    "keep_keys_days": "For so long an idempotency key gives the first answer.",
    "log_style": "`json` for machines, `console` for people.",
    "log_level": "`debug`, `info`, `warning` or `error`.",
}
"""What each setting is for."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every setting, with its default; what each is for stands in `SAID`."""

    home: str = "venule-home"
    listen: str = "127.0.0.1:8080"
    public_url: str = ""
    writer: Where = Where.AUTO
    writer_secret_file: str = ""
    vault_key_file: str = ""
    tls_certificate_file: str = ""
    tls_key_file: str = ""
    metrics_listen: str = ""
    sandbox: bool = False
    sandboxes: str = ""
    sandboxes_max: Count = 10_000
    sandboxes_open_max: Count = 32
    sign_ups_per_hour: Count = 20
    sign_ups_burst: Count = 10
    rail: Rail = Rail.NONE
    house_name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] = "Venule"
    passkey_domain: str = ""
    at_work_max: Count = 600
    rate_per_s: Rate = 200
    rate_burst: Count = 400
    sign_in_per_s: Rate = 0.5
    sign_in_burst: Count = 20
    stop_s: Seconds = 20
    trusted_proxies: list[str] = []
    webhook_networks: list[str] = []
    keep_keys_days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] = 3
    log_style: LogStyle = LogStyle.JSON
    log_level: Annotated[str, msgspec.Meta(pattern="^(debug|info|warning|error)$")] = "info"

    @property
    def writes_here(self) -> bool:
        """Whether this process has the home open for writing."""
        if self.writer is Where.AUTO:
            return not is_address(self.home)
        return self.writer is Where.HERE

    @property
    def place(self) -> Path | str:
        """The home, as `app.open_home` takes it."""
        return self.home if is_address(self.home) else Path(self.home)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen at."""
        return _host_port(self.listen)

    @property
    def url(self) -> str:
        """What callers see, without a slash at the end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        scheme = "https" if self.tls_certificate_file else "http"
        return f"{scheme}://{self.listen}"

    @property
    def domain(self) -> str:
        """What passkeys are bound to."""
        return self.passkey_domain or urlsplit(self.url).hostname or "localhost"


def load_settings(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    said: Mapping[str, Any] | None = None,
) -> Settings:
    """Return the settings of a file, under those of the environment, under what was `said`.

    Raises: SettingsMalformed, with every flaw.
    """
    values: dict[str, Any] = {} if file is None else _read_file(file)
    values |= _from_environment(environment or {})
    values |= {name: value for name, value in (said or {}).items() if value is not None}
    source = "settings" if file is None else str(file)
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        flaws = [
            f"{flaw.pointer.strip('/') or 'it'}: {flaw.detail}"
            for flaw in flaws_of(Settings, values, strict=False)
        ]
        raise SettingsMalformed(source, flaws or [str(error)]) from None
    flaws = _check(settings)
    if flaws:
        raise SettingsMalformed(source, flaws)
    return settings


def summary(settings: Settings) -> list[tuple[str, str]]:
    """Return what the service will go by, for people and logs; passwords in addresses hidden."""
    found = []
    for name in settings.__struct_fields__:
        value = getattr(settings, name)
        if name == "home":
            value = shown(value) if is_address(value) else value
        found.append((name, str(value.value) if isinstance(value, Enum) else str(value)))
    return found


def _read_file(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            raw = opened.read(FILE_BYTES_MAX + 1)
        if len(raw) > FILE_BYTES_MAX:
            raise SettingsMalformed(str(file), [f"expected at most {FILE_BYTES_MAX} bytes"])
        return tomllib.loads(raw.decode())
    except OSError as error:
        raise SettingsMalformed(str(file), [error.strerror or str(error)]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsMalformed(str(file), [f"expected TOML in UTF-8, seen: {error}"]) from None


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in environment.items():
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        setting = name.removeprefix(PREFIX).lower()
        if setting in NETWORKS:
            found[setting] = [part.strip() for part in value.split(",") if part.strip()]
        else:
            found[setting] = value
    return found


def _check(settings: Settings) -> list[str]:
    """Say what no type can say."""
    flaws = []
    for name in ("listen", "metrics_listen"):
        said = getattr(settings, name)
        if said or name == "listen":
            try:
                _host_port(said)
            except ValueError:
                flaws.append(f"{name}: expected HOST:PORT, seen {said!r}")
    if bool(settings.tls_certificate_file) != bool(settings.tls_key_file):
        flaws.append("tls_certificate_file, tls_key_file: expected both or none, seen one")
    if settings.public_url and urlsplit(settings.public_url).scheme not in {"http", "https"}:
        flaws.append(f"public_url: expected http(s)://..., seen {settings.public_url!r}")
    if is_address(settings.home) and not settings.vault_key_file:
        flaws.append("vault_key_file: expected a file, since the home is a database; seen none")
    if is_address(settings.home) and not settings.writes_here and not settings.writer_secret_file:
        flaws.append("writer_secret_file: expected the writer's, since it is elsewhere; seen none")
    if settings.sandboxes and settings.sandbox:
        flaws.append("sandboxes: expected none beside a home that is one itself")
    if settings.sandbox and not settings.writes_here:
        flaws.append(
            "sandbox: expected a home that this process writes, seen one written elsewhere"
        )
    for name in NETWORKS:
        for network in getattr(settings, name):
            try:
                ip_network(network)
            except ValueError:
                flaws.append(f"{name}: expected networks like 10.0.0.0/8, seen {network!r}")
    return flaws


def _host_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ValueError(text)
    return host.strip("[]"), int(port)
