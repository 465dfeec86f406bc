"""What other processes may ask the writer for: every command and reader of the room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from venule.gateway import (
    applications,
    billing,
    buying,
    classic,
    classic_batches,
    following,
    grants,
    looking,
    methods,
    nonces,
    notifying,
    sandbox,
    trades,
    users,
)
from venule.gateway.cashier import seller_number

COMMANDS: Final[tuple[Callable[..., Any], ...]] = (
    *methods.COMMANDS,
    applications.add_platform_key,
    applications.register_app,
    applications.set_keys,
    applications.set_app,
    applications.let_classic_in,
    applications.set_certificate,
    buying.pay_order,
    buying.show_code,
    buying.confirm_receipt,
    buying.send_goods,
    buying.take_up,
    classic.create_order,
    classic.send_goods,
    classic_batches.do_line,
    classic_batches.tell_batch,
    following.follow,
    grants.let_user_in,
    grants.let_app_act,
    grants.take_back,
    nonces.see_nonce,
    notifying.send_again,
    notifying.record_tries,
    trades.open_order,
)

READERS: Final[tuple[Callable[..., Any], ...]] = (
    *methods.READERS,
    applications.platform_key,
    applications.platform_keys,
    applications.app,
    applications.apps_of,
    applications.app_by_partner,
    billing.heading,
    billing.sales,
    billing.refunds,
    billing.account_lines,
    buying.show_order,
    buying.show_voucher,
    classic.query,
    classic_batches.check_batch,
    classic.verify_notice,
    classic.return_facts,
    looking.look_up,
    notifying.take_due,
    notifying.failed_notices,
    notifying.notices_of,
    sandbox.named_order,
    users.user_number,
    seller_number,
)
