"""Which columns of the rooms' rows the ledger vouches for: a change in one of them is told.

Every column of every table is named here: `VOUCHED` with the rows that are vouched for, or
`FREE` with the reason why nothing can be said of it. The home is one of the simulation's, with
something of everything in it.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from random import Random

import psycopg
import pytest

from support.access_scenes import agree
from support.escrow_scenes import TERMS, everything
from support.escrow_town import EscrowTown
from support.gateway_house import GatewayHouse
from support.gateway_scenes import everything as sell
from support.postgres import PostgresServer
from support.sim.books import china_at
from support.sim.house import house
from support.sim.run import folder, live, often_checkpoints
from support.sim.world import STARTS, found, new_world
from venule import gateway
from venule.app import open_home, verify
from venule.kit.errors import HomeError
from venule.kit.pg.address import Address
from venule.kit.reader import open_readonly, value_faults
from venule.kit.time import china_date, from_us

SEED = 7
STEPS = 260
SEEDS_SHORT = 3
WORD = "words and choices for people, of which the ledger knows nothing"
WHEN = "an instant beside the ledger's own"
MACHINE = "how far the machine is with its work, not what has moved"
OF_A_TIME = "rules of a time; what was refused by them has left nothing"
RULES = "days and states that steer what may happen next"
BANK = "what the bank said and how we came to terms with it"
RECORD = "a record of a day's run, for people; what it moved is proven by the entries"
PRICE = "a valuation that was told"
RARE = "nothing in it in this home; its sum is proven (payable = confirmed, unpaid)"
WITNESS = "the witness has it as well, but after a loss of power it may be behind"
REPLAY = "the replay's own notes"
PARTNERS = "who may ask for what; what was asked for stands in the books"
ENTRY = "who may come in and how: no money is in it, and nobody but its owner could prove it"
SHOP = "how shops and their programs are called and told; money is in what it names"
TOLD = "what partners were told of events, and how that went"
BOOKS = "nothing in it in this home: tests/books/test_proofs.py has one with payments between books"

VOUCHED: dict[str, str] = {
    "schema_migration": "room number sha256",
    "home_clock": "id home seq hash",
    "member": "id kind state account",
    "bank_account": "member_id",
    "access_login": "kind owner_id",
    "access_proposal": "kind body digest",
    "house_account": "name code account",
    "top_up": "id member_id reserve account amount state told_seq",
    "payment": "id payer_id payee_id payer_account payee_account"
    " amount fee refunded counted_on kind",
    "refund": "id payment_id amount",
    "payout": "id member_id reserve account amount state held_seq",
    "limit_counter": "member_id day_used year_used life_used",
    "limit_use": "member_id counted_on amount returned",
    "bank_entry": "reserve amount ref",
    "bank_case": "amount",
    "fund_calendar": "name first_on days",
    "fund": "code name unit opened_on calendar terms accounts settings shadow_state",
    "fund_limit": "fund rule subject from_on amount to_on transition_to_on",
    "fund_advance_line": "fund bank name licensed line transit funding pledge holder",
    "fund_holder": "fund member account cash frozen",
    "fund_order": "order_id kind holder cash bank state confirmed amount reserved hold_seq",
    "fund_freeze": "freeze_id fund holder shares",
    "fund_import": "fund shares",
    "fund_income": "net_income",
    "fund_run": "fund run_on step net_income planned"
    " credited residue loss_left confirmed_in confirmed_out",
    "fund_run_part": "fund run_on accounts shares credits",
    "bank_line": "amount",
    "reconciliation": "opening closing",
    "escrow_account": "name account",
    "escrow_product": "id terms",
    "escrow_trade": "id kind product settle buyer_id seller_id buyer_account seller_account"
    " amount unshipped shipped released awarded refunded refunded_late unsettled shared fee"
    " fee_returned shares_returned authorisation_id case_id",
    "escrow_shipment": "trade_id amount refunded fee state",
    "escrow_refund": "id trade_id cause amount held unsettled seller receivers fee_returned"
    " to_fund",
    "escrow_settlement": "id trade_id shared seller",
    "escrow_royalty": "settlement_id line receiver_id account amount returned",
    "escrow_royalty_return": "refund_id settlement_id line amount",
    "escrow_case": "id trade_id buyer_id seller_id",
    "escrow_ruling": "case_id number state buyer seller fee",
    "escrow_award": "case_id number member_id account amount",
    "escrow_file": "sha256 content",
    "escrow_evidence": "sha256 bytes_count",
    "escrow_authorisation": "id payer_id payee_id payer_account payee_account frozen paid"
    " unfrozen hold_seq",
    "escrow_operation": "authorisation_id kind amount trade_id",
    "gateway_key": "public_key root_cert root_cert_sn cert cert_sn",
    "gateway_user": "number member_id",
    "gateway_open_id": "open_id app_id member_id",
    "gateway_app": "seller_id keys cert_sn cert partner",
    "gateway_order": "trade_id trade_no app_id acting out_trade_no made_at",
    "gateway_authorisation": "authorisation_id auth_no app_id acting out_order_no request_no"
    " made_at",
    "gateway_settlement": "settlement_id settle_no app_id request_no made_at",
    "gateway_transfer": "payment_id order_id fund_order_id app_id amount made_at",
    "gateway_code": "member_id used_for",
    "gateway_voucher": "app_id acting amount",
    "gateway_cursor": "seq",
    "gateway_notice": "id app_id partner ref event_seq parameters",
    "gateway_grant": "app_id member_id for_app",
}
"""Columns by table."""

WHERE: dict[str, str] = {
    "fund_order.amount": (
        "kind = 'fast' OR (kind = 'subscribe' AND paid = 1)"
        " OR (kind = 'redeem' AND whole = 0 AND state = 'confirmed')"
    ),
    "fund_order.reserved": "kind = 'redeem' AND hold_seq > 0",
    "fund_order.hold_seq": "hold_seq > 0",
    "bank_case.amount": "state = 'open' AND amount <> 0",
    "top_up.id": "state <> 'requested' AND (state <> 'rejected' OR told_seq > 0)",
    "top_up.amount": "state <> 'requested' AND (state <> 'rejected' OR told_seq > 0)",
    "top_up.told_seq": "told_seq > 0",
    "top_up.reserve": "state = 'credited'",
    "payout.held_seq": "held_seq > 0",
    "bank_line.amount": "matched_on IS NOT NULL",
    "escrow_product.id": "id IN (SELECT product FROM escrow_trade WHERE paid_at IS NOT NULL)",
    "escrow_trade.id": "paid_at IS NOT NULL",
    "escrow_trade.kind": "paid_at IS NOT NULL",
    "escrow_trade.product": "paid_at IS NOT NULL",
    "escrow_trade.settle": "paid_at IS NOT NULL",
    "escrow_trade.amount": "paid_at IS NOT NULL",
    "escrow_trade.buyer_account": "buyer_id IS NOT NULL",
    "escrow_shipment.amount": "state IN ('shipped', 'confirmed')",
    "escrow_shipment.refunded": "state IN ('shipped', 'confirmed')",
    "escrow_shipment.state": "state IN ('shipped', 'confirmed')",
    "escrow_shipment.trade_id": "state IN ('shipped', 'confirmed')",
    "escrow_refund.id": "receivers > 0",
    "escrow_refund.cause": "cause = 'ruling'",
    "escrow_settlement.id": "shared > 0",
    "escrow_royalty.line": "returned > 0",
    "escrow_case.id": "ended_at IS NULL OR state = 'executed'",
    "escrow_case.trade_id": "ended_at IS NULL OR state = 'executed'",
    "escrow_operation.trade_id": "kind = 'pay'",
    "gateway_code.member_id": "used_for IS NOT NULL",
    "gateway_voucher.amount": "out_order_no IN (SELECT out_order_no FROM gateway_authorisation)",
    "gateway_notice.event_seq": "event_seq > 0",
}
"""Rows of which alone a column is vouched for: in the others nothing has moved."""

FREE: dict[str, dict[str, str]] = {
    "schema_migration": {WORD: "name", WHEN: "applied_at"},
    "home_cut": {MACHINE: "id seq ended_at_seq of_home"},
    "home_clock": {WHEN: "last_at", WITNESS: "commits"},
    "idempotency": {MACHINE: "key used_at use_case body answer"},
    "job": {
        MACHINE: "id kind due_at attempts max_attempts state payload last_error"
        " created_at ended_at",
    },
    "event": {MACHINE: "seq at name ref body"},
    "member": {WORD: "external_ref tier display_name", WHEN: "opened_at"},
    "bank_account": {WORD: "id bank number", RULES: "state", WHEN: "bound_at"},
    "tier_limit": {OF_A_TIME: "rule tier amount from_on to_on source"},
    "access_staff": {ENTRY: "id display_name added_at"},
    "access_staff_role": {ENTRY: "staff_id role"},
    "access_login": {
        ENTRY: "id name state version password_hash password_at totp_sealed totp_step code_hash"
        " code_until code_by enrolled_by opened_at",
    },
    "access_failure": {ENTRY: "name_hash failures last_at blocked_until"},
    "access_recovery_code": {ENTRY: "login_id code_hash used_at"},
    "access_passkey": {
        ENTRY: "id login_id credential_id public_key sign_count may_back_up backed_up name"
        " added_at used_at",
    },
    "access_device": {ENTRY: "id login_id token_hash name agent first_seen_at last_seen_at"},
    "access_session": {
        ENTRY: "id token_hash login_id device_id factor opened_at seen_at expires_at stepped_up_at"
        " stepped_up_by ended_at reason",
    },
    "access_challenge": {
        ENTRY: "id purpose challenge login_id session_id subject expires_at used_at",
    },
    "access_proposal": {
        WORD: "id maker_id reason checker_id note answer error",
        RULES: "state attempts",
        WHEN: "proposed_at expires_at decided_at",
    },
    "access_event": {
        RECORD: "id at what outcome reason kind owner_id login_id session_id subject address agent",
    },
    "house_account": {BANK: "bank number"},
    "top_up": {WORD: "bank_account_id reason", WHEN: "requested_at told_at ended_at"},
    "payment": {RULES: "state", WHEN: "made_at", WORD: "note"},
    "refund": {WORD: "request_id refunded", WHEN: "made_at"},
    "payout": {
        WORD: "bank_account_id reason",
        RULES: "counted_on",
        WHEN: "requested_at sent_at ended_at",
    },
    "limit_counter": {RULES: "day_on year_on"},
    "limit_use": {WORD: "ref purpose"},
    "bank_entry": {BANK: "bank_ref part booked_on booked_at matched_on"},
    "bank_line": {BANK: "reserve bank_ref our_ref booked_on matched_on"},
    "reconciliation": {BANK: "reserve day_on statement drift entries breaks report"},
    "bank_case": {BANK: "id kind reserve cause subject detail state opened_at ended_at"},
    "rail_cursor": {MACHINE: "rail position"},
    "fund": {WORD: "subscriptions_open redemptions_open", WHEN: "created_at"},
    "fund_advance_line": {WHEN: "opened_at"},
    "fund_holder": {WORD: "distributor sweep_keep", WHEN: "opened_at"},
    "fund_order": {
        WORD: "fund distributor number reason",
        RULES: "confirm_on whole paid accepted_on trade_on leaves_on returned_on",
        WHEN: "accepted_at",
    },
    "fund_unpaid": {RARE: "order_id fund amount refused", WHEN: "since_at"},
    "fund_freeze": {WORD: "cause note", WHEN: "frozen_at released_at"},
    "fund_sweep": {RECORD: "fund swept_on orders amount swept_at"},
    "fund_import": {RECORD: "part holders"},
    "fund_income": {RECORD: "fund income_on per_10k_e4 published_at"},
    "fund_run": {
        RECORD: "shards shard shares_earning holders shares_total input_hash opened_at closed_at",
    },
    "fund_run_step": {RECORD: "fund run_on step shard entries fen hash done_at"},
    "fund_run_part": {RECORD: "shard carry"},
    "fund_valuation": {
        PRICE: "fund valued_on amortised shadow deviation_ppm state mend_by_on reported_at",
    },
    "escrow_product": {WORD: "name version", WHEN: "set_at"},
    "escrow_trade": {
        WORD: "app out_trade_no goods subject fund fund_order_id shares",
        RULES: "state due_at extended",
        WHEN: "created_at paid_at ended_at",
    },
    "escrow_shipment": {
        WORD: "number carrier tracking_no",
        RULES: "due_at",
        WHEN: "shipped_at ended_at",
    },
    "escrow_refund": {WORD: "request_no refunded reason", WHEN: "made_at"},
    "escrow_relation": {WORD: "seller_id receiver_id note", WHEN: "bound_at"},
    "escrow_settlement": {WORD: "app request_no body", WHEN: "settled_at"},
    "escrow_royalty": {WORD: "note"},
    "escrow_case": {
        WORD: "request_no amount shipment goods_back reason answer carrier tracking_no",
        RULES: "state due_at",
        WHEN: "opened_at ended_at",
    },
    "escrow_ruling": {WORD: "operator second reason", WHEN: "made_at"},
    "escrow_award": {WORD: "line"},
    "escrow_evidence": {WORD: "id case_id side media_type name", WHEN: "filed_at"},
    "escrow_authorisation": {
        WORD: "app out_order_no request_no product title",
        RULES: "state due_at",
        WHEN: "created_at ended_at",
    },
    "escrow_operation": {WORD: "id request_no note", WHEN: "made_at"},
    "escrow_tick": {MACHINE: "tick_at"},
    "partner_house": {PARTNERS: "id sandbox set_at"},
    "partner_application": {
        PARTNERS: "id name contact owner_id state scopes redirect_uris made_at changed_at"
        " decided_by reason",
    },
    "partner_key": {
        PARTNERS: "id application_id key_use alg public_key not_before expires_at revoked_at"
        " added_at",
    },
    "partner_once": {PARTNERS: "application_id kind value until_at"},
    "partner_server_key": {PARTNERS: "id public_key sealed made_at"},
    "partner_consent": {
        PARTNERS: "id application_id member_id scopes given_at withdrawn_at used_at",
    },
    "partner_request": {
        PARTNERS: "ticket member_id application_id redirect_uri scopes state challenge expires_at"
        " decided_at",
    },
    "partner_grant": {PARTNERS: "id application_id consent_id made_at revoked_at reason"},
    "partner_code": {
        PARTNERS: "hash application_id consent_id redirect_uri challenge scopes expires_at"
        " grant_id",
    },
    "partner_token": {
        PARTNERS: "hash kind application_id grant_id scopes issued_at expires_at used_at"
        " revoked_at",
    },
    "gateway_key": {SHOP: "id sealed root_sealed made_at"},
    "gateway_app": {
        SHOP: "app_id partner_app_id name state rsa1 aes_sealed products redirects md5_sealed"
        " made_at changed_at",
    },
    "gateway_order": {SHOP: "token opened interface method notify_url return_url details"},
    "gateway_authorisation": {SHOP: "notify_url"},
    "gateway_transfer": {SHOP: "out_biz_no body title"},
    "gateway_code": {SHOP: "code made_at used_at"},
    "gateway_voucher": {
        SHOP: "token out_order_no request_no title notify_url until_at closed made_at",
    },
    "gateway_cursor": {MACHINE: "name"},
    "gateway_notice": {SHOP: "url state attempts next_at seen made_at ended_at"},
    "gateway_grant": {SHOP: "sha256 kind scope family made_at until_at ended_at"},
    "gateway_nonce": {SHOP: "app_id nonce until_at"},
    "directory_version": {BOOKS: "id version"},
    "directory_book": {BOOKS: "number name endpoint opened_at"},
    "directory_range": {BOOKS: "first_slot last_slot book"},
    "directory_institution": {BOOKS: "institution book"},
    "directory_cut": {BOOKS: "day_on book seq"},
    "book_clearing": {BOOKS: "peer account"},
    "book_payment": {
        BOOKS: "id kind peer payer_id payee_id payer_account amount refunded original_id"
        " request_id note state reason held_seq ended_seq peer_seq made_at deadline_at ended_at",
    },
    "book_receipt": {
        BOOKS: "id kind peer payer_id payee_id payee_account amount refunded original_id note"
        " state reason seq peer_seq made_at",
    },
    "book_pair_day": {
        BOOKS: "peer day_on seq peer_seq balance peer_balance under_way unexplained matched"
        " state note",
    },
    "book_pair_item": {BOOKS: "peer day_on id kind payer_book amount detail"},
    "webhook_endpoint": {
        TOLD: "id application_id url description types state reason created_at from_seq"
        " failures failing_since resting_until",
    },
    "webhook_secret": {TOLD: "endpoint_id number sealed made_at until_at"},
    "webhook_cursor": {MACHINE: "id seq"},
    "webhook_unread": {TOLD: "seq name error seen_at"},
    "webhook_message": {TOLD: "id seq type ref body made_at"},
    "webhook_delivery": {
        TOLD: "id endpoint_id message_id ref seq state attempts tries begun_at due_at ended_at",
    },
    "webhook_attempt": {TOLD: "delivery_id number at status took_ms answer error"},
    "replay_run": {REPLAY: "id digest attempts day_index step done elapsed_ms failure"},
    "replay_member": {REPLAY: "kind number member"},
    "replay_day": {
        REPLAY: "day_index happened_on balance_fen income_fen earning_fen holders transfers",
    },
}
"""Columns by table, and why nothing can be said of them."""


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kept = tmp_path_factory.mktemp("lived") / "home"
    with often_checkpoints(), folder() as root:
        start = china_at(Random(f"{SEED} start").choice(STARTS), 9 * 3_600)
        with house(root, SEED, start) as watched:
            world = new_world(watched, SEED)
            found(world)
            live(world, SEED, STEPS, frozenset())
            watched.instants.disarm()
            watched.home.close()
            shutil.copytree(watched.path, kept)
            watched.open_again()
            after = china_date(from_us(watched.clock.us)) + timedelta(days=2)
    with EscrowTown(kept, TERMS, after) as town:
        everything(town)
        agree(town.home, town.buyer)
        assert [] == town.breaks()
        now = town.clock.now()
    with closing(GatewayHouse(kept, now, TERMS)) as shops:
        sell(shops)
        assert [] == shops.read(gateway.check)
    return kept


@pytest.fixture
def home(lived: Path, tmp_path: Path) -> Path:
    return shutil.copytree(lived, tmp_path / "home")


def columns(home: Path) -> dict[str, str]:
    """Return the type of each column, but for the ledger's own tables."""
    db = sqlite3.connect(home / "home.sqlite")
    rows = db.execute(
        "SELECT m.name || '.' || i.name, i.type"
        " FROM sqlite_master AS m, pragma_table_info(m.name) AS i WHERE m.type = 'table'"
    ).fetchall()
    db.close()
    own = ("journal", "journal_archive", "ledger_unit", "ledger_page", "ledger_checkpoint")
    return {name: kind for name, kind in rows if name.partition(".")[0] not in own}


def named(table: str, names: str) -> set[str]:
    return {f"{table}.{name}" for name in names.split()}


def test_every_column_is_vouched_for_or_has_a_reason(lived: Path) -> None:
    vouched = set().union(*(named(table, names) for table, names in VOUCHED.items()))
    free = [named(table, names) for table, each in FREE.items() for names in each.values()]
    assert not vouched & set().union(*free)
    assert set(columns(lived)) == vouched.union(*free)


OTHER = {
    "BIGINT": "{0} + 1",
    "INTEGER": "{0} + 1",
    "BYTEA": "CAST(X'41' || substr({0}, 2) AS BLOB)",
    "TEXT": "'z' || substr({0}, 2)",
}


def change(home: Path, table: str, column: str, kind: str) -> bool:
    """Change a column in some row; False if no row can be changed."""
    (home / "seal.json").unlink(missing_ok=True)
    where = WHERE.get(f"{table}.{column}", "TRUE")
    db = sqlite3.connect(home / "home.sqlite", isolation_level=None)
    db.execute("PRAGMA ignore_check_constraints = 1")
    query = f"SELECT rowid FROM {table} WHERE {column} IS NOT NULL AND ({where}) ORDER BY rowid"
    rows = [row[0] for row in db.execute(query)]
    Random(f"{table}.{column}").shuffle(rows)
    changed = False
    for row in rows:
        value = OTHER[kind].format(column)
        with suppress(sqlite3.IntegrityError):  # it is unique
            changed = (
                1
                == db.execute(
                    f"UPDATE {table} SET {column} = {value} WHERE rowid = ?", (row,)
                ).rowcount
            )
        if changed:
            break
    db.close()
    return changed


@pytest.mark.parametrize("table", VOUCHED)
def test_a_change_in_what_is_vouched_for_is_told(lived: Path, tmp_path: Path, table: str) -> None:
    kinds = columns(lived)
    for column in VOUCHED[table].split():
        home = shutil.copytree(lived, tmp_path / column)
        assert change(home, table, column, kinds[f"{table}.{column}"]), column
        try:
            report = verify(home)
        except HomeError:
            continue
        assert not report.ok, f"{table}.{column}"


def test_a_sound_home_has_only_values_of_their_kinds(lived: Path) -> None:
    assert verify(lived).ok
    sql = open_readonly(lived)
    assert [] == value_faults(sql)
    sql.close()


# In PostgreSQL

CHANGED = {
    "BIGINT": "{0} + 1",
    "INTEGER": "{0} + 1",
    "BYTEA": "'\\x41'::bytea || substr({0}, 2)",
    "TEXT": "'z' || substr({0}, 2)",
}
BY_OTHERS = ("home_clock.id", "home_clock.home", "bank_account.member_id")
"""What the witness beside the files tells, or a foreign key, which PostgreSQL keeps by itself."""

COLUMNS_OF_A_TABLE = 2
"""So many, drawn at random, are changed of each table in `make test`; `make random` takes all."""


@pytest.fixture(scope="module")
def moved(lived: Path, postgres: PostgresServer) -> str:
    """The same rows in a schema that checks nothing by itself."""
    address = postgres.address()
    open_home(address).close()
    db = sqlite3.connect(lived / "home.sqlite")
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    with postgres.connect() as conn:
        conn.execute(f"SET search_path = {Address.parse(address).schema}".encode())
        let_anything_in(conn)
        for name in names:
            if name == "schema_migration":
                continue
            conn.execute(f"DELETE FROM {name}".encode())
            for row in db.execute(f"SELECT * FROM {name}"):
                marks = ", ".join(["%s"] * len(row))
                conn.execute(f"INSERT INTO {name} VALUES ({marks})".encode(), row)
    db.close()
    return address


def let_anything_in(conn: psycopg.Connection) -> None:
    """Drop what the database itself would say of a row: so that `verify` has to."""
    rules = conn.execute(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint"
        " WHERE contype IN ('c', 'f') AND connamespace = CURRENT_SCHEMA()::regnamespace"
    )
    for table, name in rules.fetchall():
        conn.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())


@contextmanager
def changed(conn: psycopg.Connection, table: str, column: str, kind: str) -> Iterator[None]:
    """Change a column in some row, and change it back."""
    where = WHERE.get(f"{table}.{column}", "TRUE")
    query = f"SELECT ctid, {column} FROM {table} WHERE {column} IS NOT NULL AND ({where})"
    rows = conn.execute(query.encode()).fetchall()
    Random(f"{table}.{column}").shuffle(rows)
    update = f"UPDATE {table} SET {column} = {{}} WHERE ctid = %s RETURNING ctid"
    new = old = None
    for row, value in rows:
        old = value
        with suppress(psycopg.errors.UniqueViolation):
            how = update.format(CHANGED[kind].format(column))
            new = conn.execute(how.encode(), (row,)).fetchone()
            break
    assert new is not None, f"{table}.{column}: no row could be changed"
    yield
    conn.execute(update.format("%s").encode(), (old, new[0]))


@pytest.mark.sim
@pytest.mark.parametrize("table", VOUCHED)
def test_a_change_in_the_database_is_told(
    lived: Path, moved: str, postgres: PostgresServer, table: str, seeds: range
) -> None:
    kinds = columns(lived)
    names = [name for name in VOUCHED[table].split() if f"{table}.{name}" not in BY_OTHERS]
    if len(seeds) <= SEEDS_SHORT:
        names = Random(table).sample(names, min(len(names), COLUMNS_OF_A_TABLE))
    with postgres.connect() as conn:
        conn.execute(f"SET search_path = {Address.parse(moved).schema}".encode())
        for column in names:
            with changed(conn, table, column, kinds[f"{table}.{column}"]):
                try:
                    report = verify(moved)
                except HomeError:
                    continue
                assert not report.ok, f"{table}.{column}"


def test_the_same_rows_in_the_database_are_sound(lived: Path, moved: str) -> None:
    there, here = verify(moved), verify(lived)
    assert there.ok, there.faults
    here.checked.pop("seal")
    assert here.checked == there.checked
