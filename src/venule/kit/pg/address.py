"""The address of a PostgreSQL home: libpq's, and the schema that is the home's own.

    postgresql://user:password@host:port/database?schema=venule&folder=/srv/venule

`folder`: where the files of an archive lie, the same for all who open the home; without it there is
no archive. Everything else is libpq's, such as `sslmode=verify-full`.

Several homes live in one database side by side, each in its schema. What is shown of an address
names hosts, ports, database and schema, never the user or a password.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from re import compile as pattern
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from venule.kit.pg.errors import AddressMalformed
from venule.kit.place import is_address

SCHEMA: Final = "venule"
OURS: Final = ("schema", "folder")

_NAME: Final = pattern(r"[a-z_][a-z0-9_]{0,62}")

DEFAULTS: Final = {
    "application_name": "venule",
    "connect_timeout": "10",  # seconds, for each host
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",  # milliseconds until unacknowledged data ends the connection
    "client_encoding": "UTF8",
}
"""What an address that does not say otherwise gets: a peer that is gone is noticed in seconds."""


@dataclass(frozen=True)
class Address:
    """shown: for messages. conninfo: for libpq, passwords and all. folder: of the home's files."""

    shown: str
    schema: str
    folder: Path | None
    conninfo: str = field(repr=False)
    password: str = field(repr=False, default="")

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address. Raises: AddressMalformed, which shows nothing of it."""
        if not is_address(text):
            raise AddressMalformed("another scheme")
        uri, _, query = text.partition("?")
        try:
            pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
        except ValueError:
            raise AddressMalformed("options that are not name=value") from None
        schemas = [value for name, value in pairs if name == "schema"] or [SCHEMA]
        if len(schemas) > 1 or not _NAME.fullmatch(schemas[0]) or schemas[0].startswith("pg_"):
            raise AddressMalformed("a schema that is not one lower-case name")
        folders = [value for name, value in pairs if name == "folder"]
        if len(folders) > 1 or (folders and not Path(folders[0]).is_absolute()):
            raise AddressMalformed("a folder that is not one absolute path")
        rest = urlencode([(n, v) for n, v in pairs if n not in OURS], quote_via=quote)
        try:
            known = conninfo_to_dict(uri + ("?" + rest if rest else ""))
        except psycopg.Error:  # it would quote the address
            raise AddressMalformed("parts that libpq does not understand") from None
        values = {name: str(value) for name, value in known.items() if value is not None}
        conninfo = make_conninfo(**{**DEFAULTS, **values})
        return cls(
            shown=_show(values, schemas[0]),
            schema=schemas[0],
            folder=Path(folders[0]) if folders else None,
            conninfo=conninfo,
            password=values.get("password", ""),
        )

    def at(self, host: str, port: int) -> Address:
        """Return the same home at another server: a node of its cluster."""
        values = {name: str(v) for name, v in conninfo_to_dict(self.conninfo).items()}
        values.pop("hostaddr", None)
        return replace(self, conninfo=make_conninfo(**values | {"host": host, "port": str(port)}))


def _show(values: dict[str, str], schema: str) -> str:
    hosts = values.get("host") or values.get("hostaddr") or "localhost"
    ports = values.get("port", "").split(",")
    names = hosts.split(",")
    ports = ports * len(names) if len(ports) == 1 else ports
    ports += [""] * (len(names) - len(ports))
    places = ",".join(_place(h, p) for h, p in zip(names, ports, strict=False))
    return f"postgresql://{places}/{quote(values.get('dbname', ''))}?schema={schema}"


def _place(host: str, port: str) -> str:
    name = f"[{host}]" if ":" in host else quote(host, safe="")  # a socket's directory has slashes
    return f"{name}:{port}" if port else name
