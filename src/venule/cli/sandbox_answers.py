"""What the commands about a sandbox answer: what its API says."""

from typing import Any, Final

import httpx
import msgspec

from venule.cli.errors import OrderNotNamed, SandboxRefused, SandboxUnreachable
from venule.cli.exits import Exit
from venule.cli.show import print_json, print_table

TIMEOUT_S: Final = 90.0
DETAIL_CHARS_MAX: Final = 500


def order(trade_no: str, app_id: str, out_trade_no: str, token: str) -> dict[str, str]:
    """Return how an order is named. Raises: OrderNotNamed unless it is in one way."""
    ways = [bool(trade_no), bool(app_id and out_trade_no), bool(token)]
    if sum(ways) != 1:
        raise OrderNotNamed
    if trade_no:
        return {"trade_no": trade_no}
    return {"token": token} if token else {"app_id": app_id, "out_trade_no": out_trade_no}


def play(at: str, name: str, body: dict[str, Any], *, json: bool) -> int:
    """Do something in a sandbox and show what came of it."""
    _show(_ask("POST", at, name, body), json=json)
    return Exit.OK


def clock(at: str, advance_s: int, to: str | None, *, json: bool) -> int:
    """Move the clock and show it; TRY_AGAIN if there was too much to do on the way."""
    if not advance_s and to is None:
        _show(_ask("GET", at, "clock", None), json=json)
        return Exit.OK
    body = {"advance_s": advance_s} | ({} if to is None else {"to": to})
    told = _ask("POST", at, "clock", body)
    _show(told, json=json)
    return Exit.OK if told["reached"] else Exit.TRY_AGAIN


def _ask(method: str, at: str, name: str, body: dict[str, Any] | None) -> dict[str, Any]:
    """Raises: SandboxRefused, SandboxUnreachable."""
    url = f"{at.rstrip('/')}/v1/sandbox/{name}"
    try:
        answer = httpx.request(method, url, json=body, timeout=TIMEOUT_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SandboxUnreachable(at, str(error)) from None
    try:
        told = msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise SandboxUnreachable(at, f"status {answer.status_code} and no JSON") from None
    if answer.status_code >= 400:
        detail = str(told.get("detail", ""))[:DETAIL_CHARS_MAX]
        raise SandboxRefused(answer.status_code, str(told.get("code", "")), detail)
    return told


def _show(told: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json(told)
    else:
        print_table(("what", "value"), [(name, str(value)) for name, value in told.items()])
