"""The commands `venule sandbox ...`: the buyer's side and the clock of a sandbox, over its API."""

from typing import Annotated

from cyclopts import App, Parameter

from venule.cli.options import Json

app = App(
    name="sandbox",
    help="""Play the buyer in a sandbox, and move its clock: so that a merchant can test alone.

`--at` is the sandbox's own address: `base_url` of the answer to the sign-up.

For example:

```console
venule sandbox paycode --at https://pay.example/sandbox/8b4acceef99cf0a5db27 19997293068
venule sandbox clock --at https://pay.example/sandbox/8b4acceef99cf0a5db27 --advance-s 259200
```
""",
    help_format="markdown",
    default_parameter=Parameter(negative=""),
)

At = Annotated[str, Parameter(name="--at", negative="")]


@app.command
def pay(
    buyer: str,
    /,
    *,
    at: At,
    trade_no: str = "",
    app_id: str = "",
    out_trade_no: str = "",
    token: str = "",
    json: Json = False,
) -> int:
    """Pay an order of a merchant as a buyer.

    For example:

    ```console
    venule sandbox pay --at http://127.0.0.1:8080 19997293068 --trade-no 2026112822001
    ```

    Parameters
    ----------
    buyer
        The buyer's reference.
    at
        Address of the sandbox.
    trade_no
        The order by the gateway's number.
    app_id
        With `--out-trade-no`: the merchant's application.
    out_trade_no
        The order by the merchant's number.
    token
        The order by the last part of its cashier page's address.
    """
    from venule.cli import sandbox_answers

    order = sandbox_answers.order(trade_no, app_id, out_trade_no, token)
    return sandbox_answers.play(at, "gateway/pay", {"buyer": buyer, **order}, json=json)


@app.command
def confirm(
    buyer: str,
    /,
    *,
    at: At,
    trade_no: str = "",
    app_id: str = "",
    out_trade_no: str = "",
    token: str = "",
    json: Json = False,
) -> int:
    """Confirm as a buyer that the goods have come: the seller gets the money.

    For example:

    ```console
    venule sandbox confirm --at http://127.0.0.1:8080 19997293068 --trade-no 2026112822001
    ```

    Parameters
    ----------
    buyer
        The buyer's reference.
    at
        Address of the sandbox.
    trade_no
        The order by the gateway's number.
    app_id
        With `--out-trade-no`: the merchant's application.
    out_trade_no
        The order by the merchant's number.
    token
        The order by the last part of its cashier page's address.
    """
    from venule.cli import sandbox_answers

    order = sandbox_answers.order(trade_no, app_id, out_trade_no, token)
    return sandbox_answers.play(at, "gateway/confirm", {"buyer": buyer, **order}, json=json)


@app.command
def paycode(buyer: str, /, *, at: At, json: Json = False) -> int:
    """Show a buyer's payment code, as a shop would scan it: good for a minute, for one payment.

    For example:

    ```console
    venule sandbox paycode --at http://127.0.0.1:8080 19997293068
    ```

    Parameters
    ----------
    buyer
        The buyer's reference.
    at
        Address of the sandbox.
    """
    from venule.cli import sandbox_answers

    return sandbox_answers.play(at, "gateway/paycode", {"buyer": buyer}, json=json)


@app.command
def authorise(
    buyer: str,
    /,
    *,
    at: At,
    app_id: str = "",
    scope: str = "",
    for_app: str = "",
    token: str = "",
    json: Json = False,
) -> int:
    """Consent as a buyer or merchant to what an application asks for.

    For example:

    ```console
    venule sandbox authorise --at http://127.0.0.1:8080 19997293068 --app-id 2021270577667469
    ```

    Parameters
    ----------
    buyer
        The reference of whoever consents.
    at
        Address of the sandbox.
    app_id
        The application that asks.
    scope
        What it asks of a person: `auth_base` or `auth_user`.
    for_app
        A merchant's own application, for which the other one may act from then on.
    token
        Of an order to freeze: whoever consents takes it up.
    """
    from venule.cli import sandbox_answers

    asked = {"app_id": app_id, "scope": scope, "for_app": for_app, "token": token}
    said = {name: value for name, value in asked.items() if value}
    return sandbox_answers.play(at, "gateway/authorise", {"buyer": buyer, **said}, json=json)


@app.command
def clock(*, at: At, advance_s: int = 0, to: str | None = None, json: Json = False) -> int:
    """Let time pass in a sandbox, and have done on the way what falls due; without it, show it.

    For example:

    ```console
    venule sandbox clock --at http://127.0.0.1:8080 --advance-s 259200
    ```

    Parameters
    ----------
    at
        Address of the sandbox.
    advance_s
        Seconds.
    to
        An instant such as `2027-01-01T00:00:00Z`.
    """
    from venule.cli import sandbox_answers

    return sandbox_answers.clock(at, advance_s, to, json=json)
