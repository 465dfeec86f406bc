-- Guaranteed trade: trades, shipments, refunds, settlements, cases, authorisations.
-- Amounts are fen. The lists in the CHECKs are those of model.py; a test compares them.

CREATE TABLE escrow_account (
    name TEXT PRIMARY KEY,
    account BIGINT NOT NULL UNIQUE        -- in the ledger
);

-- Every version of a product's terms; a trade names the one of the day it was created.
CREATE TABLE escrow_product (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    terms TEXT NOT NULL,                  -- JSON
    set_at BIGINT NOT NULL,
    UNIQUE (name, version)
);

CREATE TABLE escrow_trade (
    id BYTEA PRIMARY KEY,
    app TEXT NOT NULL,
    out_trade_no TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('guaranteed', 'instant')),
    goods TEXT NOT NULL CHECK (goods IN ('express', 'post', 'virtual')),
    product INTEGER NOT NULL,
    settle INTEGER NOT NULL CHECK (settle IN (0, 1)),
    buyer_id BYTEA,                       -- NULL: nobody has taken it up yet
    seller_id BYTEA NOT NULL,
    buyer_account BIGINT NOT NULL,
    seller_account BIGINT NOT NULL,
    subject TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    state TEXT NOT NULL CHECK (state IN (
        'created', 'paid', 'part_shipped', 'shipped', 'success', 'finished', 'closed'
    )),
    created_at BIGINT NOT NULL,
    due_at BIGINT,
    paid_at BIGINT,
    ended_at BIGINT,
    unshipped BIGINT NOT NULL CHECK (unshipped >= 0),
    shipped BIGINT NOT NULL CHECK (shipped >= 0),
    released BIGINT NOT NULL CHECK (released >= 0),
    awarded BIGINT NOT NULL CHECK (awarded >= 0),
    refunded BIGINT NOT NULL CHECK (0 <= refunded AND refunded <= amount),
    refunded_late BIGINT NOT NULL CHECK (0 <= refunded_late AND refunded_late <= released),
    unsettled BIGINT NOT NULL CHECK (0 <= unsettled AND unsettled <= released),
    shared BIGINT NOT NULL CHECK (0 <= shared AND shared <= released),
    fee BIGINT NOT NULL CHECK (0 <= fee AND fee <= released),
    fee_returned BIGINT NOT NULL CHECK (0 <= fee_returned AND fee_returned <= fee),
    fund TEXT,
    fund_order_id BYTEA,
    shares BIGINT NOT NULL CHECK (0 <= shares AND shares <= amount),
    shares_returned BIGINT NOT NULL CHECK (0 <= shares_returned AND shares_returned <= shares),
    authorisation_id BYTEA,
    case_id BYTEA,                        -- the one that is open
    extended INTEGER NOT NULL CHECK (extended IN (0, 1)),
    UNIQUE (app, out_trade_no),
    CHECK (buyer_id IS NULL OR buyer_id <> seller_id),
    CHECK (unshipped + shipped + released + awarded + refunded - refunded_late
           = CASE WHEN paid_at IS NULL THEN 0 ELSE amount END),
    CHECK ((ended_at IS NULL) = (state NOT IN ('finished', 'closed'))),
    CHECK (ended_at IS NULL OR unshipped + shipped + unsettled = 0),
    CHECK (unshipped + shipped = 0 OR state IN ('paid', 'part_shipped', 'shipped')),
    CHECK (case_id IS NULL OR state IN ('paid', 'part_shipped', 'shipped'))
);

CREATE INDEX escrow_trade_due ON escrow_trade (due_at, id) WHERE due_at IS NOT NULL;
-- Whose money stands between parties: looked at before somebody leaves.
CREATE INDEX escrow_trade_buyer ON escrow_trade (buyer_id)
    WHERE unshipped + shipped + unsettled > 0;
CREATE INDEX escrow_trade_seller ON escrow_trade (seller_id)
    WHERE unshipped + shipped + unsettled > 0;
-- A seller's day, for its bill.
CREATE INDEX escrow_trade_paid ON escrow_trade (seller_id, paid_at) WHERE paid_at IS NOT NULL;

CREATE TABLE escrow_shipment (
    trade_id BYTEA NOT NULL REFERENCES escrow_trade (id),
    number INTEGER NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    refunded BIGINT NOT NULL CHECK (0 <= refunded AND refunded <= amount),
    fee BIGINT NOT NULL CHECK (0 <= fee AND fee <= amount - refunded),
    state TEXT NOT NULL CHECK (state IN ('shipped', 'confirmed', 'refunded', 'ruled')),
    carrier TEXT NOT NULL,
    tracking_no TEXT NOT NULL,
    shipped_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (trade_id, number),
    CHECK ((ended_at IS NULL) = (state = 'shipped')),
    CHECK (state <> 'refunded' OR refunded = amount)
);

CREATE INDEX escrow_shipment_due ON escrow_shipment (due_at, trade_id) WHERE ended_at IS NULL;

CREATE TABLE escrow_refund (
    id BYTEA PRIMARY KEY,
    trade_id BYTEA NOT NULL REFERENCES escrow_trade (id),
    request_no TEXT NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('seller', 'ship_due', 'case', 'ruling')),
    amount BIGINT NOT NULL CHECK (amount > 0),
    held BIGINT NOT NULL CHECK (held >= 0),
    unsettled BIGINT NOT NULL CHECK (unsettled >= 0),
    seller BIGINT NOT NULL CHECK (seller >= 0),
    receivers BIGINT NOT NULL CHECK (receivers >= 0),
    fee_returned BIGINT NOT NULL CHECK (fee_returned >= 0),
    refunded BIGINT NOT NULL,             -- of the trade in all, after this one
    to_fund BIGINT NOT NULL CHECK (0 <= to_fund AND to_fund <= amount),
    reason TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    UNIQUE (trade_id, request_no),
    CHECK (amount = held + unsettled + seller + receivers)
);

CREATE TABLE escrow_relation (
    seller_id BYTEA NOT NULL,
    receiver_id BYTEA NOT NULL,
    note TEXT NOT NULL,
    bound_at BIGINT NOT NULL,
    PRIMARY KEY (seller_id, receiver_id)
);

CREATE TABLE escrow_settlement (
    id BYTEA PRIMARY KEY,
    trade_id BYTEA NOT NULL REFERENCES escrow_trade (id),
    app TEXT NOT NULL,
    request_no TEXT NOT NULL,
    body BYTEA NOT NULL,                  -- SHA-256 of what was asked for
    shared BIGINT NOT NULL CHECK (shared >= 0),
    seller BIGINT NOT NULL CHECK (seller >= 0),
    settled_at BIGINT NOT NULL,
    UNIQUE (app, request_no)
);

CREATE INDEX escrow_settlement_trade ON escrow_settlement (trade_id);

CREATE TABLE escrow_royalty (
    settlement_id BYTEA NOT NULL REFERENCES escrow_settlement (id),
    line INTEGER NOT NULL,
    receiver_id BYTEA NOT NULL,
    account BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    returned BIGINT NOT NULL CHECK (0 <= returned AND returned <= amount),
    note TEXT NOT NULL,
    PRIMARY KEY (settlement_id, line)
);

CREATE TABLE escrow_royalty_return (
    refund_id BYTEA NOT NULL REFERENCES escrow_refund (id),
    settlement_id BYTEA NOT NULL,
    line INTEGER NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    PRIMARY KEY (refund_id, settlement_id, line)
);

CREATE TABLE escrow_case (
    id BYTEA PRIMARY KEY,
    trade_id BYTEA NOT NULL REFERENCES escrow_trade (id),
    request_no TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    shipment INTEGER,
    goods_back INTEGER NOT NULL CHECK (goods_back IN (0, 1)),
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN (
        'asked', 'refused', 'returning', 'returned', 'disputed', 'proposed', 'ruled', 'appealed',
        'appeal_proposed', 'refunded', 'executed', 'closed'
    )),
    answer TEXT NOT NULL,
    carrier TEXT NOT NULL,
    tracking_no TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    due_at BIGINT,
    ended_at BIGINT,
    UNIQUE (trade_id, request_no),
    CHECK ((ended_at IS NULL) = (state NOT IN ('refunded', 'executed', 'closed')))
);

CREATE INDEX escrow_case_due ON escrow_case (due_at, id) WHERE due_at IS NOT NULL;
-- What waits for an operator.
CREATE INDEX escrow_case_desk ON escrow_case (opened_at)
    WHERE state IN ('disputed', 'proposed', 'appealed', 'appeal_proposed');

CREATE TABLE escrow_ruling (
    case_id BYTEA NOT NULL REFERENCES escrow_case (id),
    number INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN (
        'proposed', 'ruled', 'rejected', 'appealed', 'executed'
    )),
    buyer BIGINT NOT NULL CHECK (buyer >= 0),
    seller BIGINT NOT NULL CHECK (seller >= 0),
    fee BIGINT NOT NULL CHECK (0 <= fee AND fee <= seller),
    operator TEXT NOT NULL,
    second TEXT NOT NULL,
    reason TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (case_id, number),
    CHECK (operator <> second)
);

CREATE TABLE escrow_award (
    case_id BYTEA NOT NULL,
    number INTEGER NOT NULL,              -- the ruling's
    line INTEGER NOT NULL,
    member_id BYTEA NOT NULL,
    account BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    PRIMARY KEY (case_id, number, line)
);

-- Files, by their SHA-256: the same file twice is kept once.
CREATE TABLE escrow_file (
    sha256 BYTEA PRIMARY KEY,
    content BYTEA NOT NULL
);

CREATE TABLE escrow_evidence (
    id BYTEA PRIMARY KEY,
    case_id BYTEA NOT NULL REFERENCES escrow_case (id),
    side TEXT NOT NULL CHECK (side IN ('buyer', 'seller')),
    sha256 BYTEA NOT NULL REFERENCES escrow_file (sha256),
    media_type TEXT NOT NULL,
    bytes_count INTEGER NOT NULL CHECK (bytes_count > 0),
    name TEXT NOT NULL,
    filed_at BIGINT NOT NULL
);

CREATE INDEX escrow_evidence_case ON escrow_evidence (case_id);

CREATE TABLE escrow_authorisation (
    id BYTEA PRIMARY KEY,
    app TEXT NOT NULL,
    out_order_no TEXT NOT NULL,
    request_no TEXT NOT NULL,
    product INTEGER NOT NULL,
    payer_id BYTEA NOT NULL,
    payee_id BYTEA NOT NULL,
    payer_account BIGINT NOT NULL,
    payee_account BIGINT NOT NULL,
    title TEXT NOT NULL,
    frozen BIGINT NOT NULL CHECK (frozen > 0),
    paid BIGINT NOT NULL CHECK (paid >= 0),
    unfrozen BIGINT NOT NULL CHECK (unfrozen >= 0),
    state TEXT NOT NULL CHECK (state IN ('frozen', 'ended')),
    hold_seq BIGINT NOT NULL,             -- the ledger's pending transfer of the rest
    created_at BIGINT NOT NULL,
    due_at BIGINT,
    ended_at BIGINT,
    UNIQUE (app, out_order_no, request_no),
    CHECK (payer_id <> payee_id),
    CHECK (paid + unfrozen <= frozen),
    CHECK ((state = 'ended') = (paid + unfrozen = frozen)),
    CHECK ((ended_at IS NULL) = (state = 'frozen'))
);

CREATE INDEX escrow_authorisation_due ON escrow_authorisation (due_at, id)
    WHERE due_at IS NOT NULL;
CREATE INDEX escrow_authorisation_payer ON escrow_authorisation (payer_id) WHERE state = 'frozen';
CREATE INDEX escrow_authorisation_payee ON escrow_authorisation (payee_id) WHERE state = 'frozen';

CREATE TABLE escrow_operation (
    id BYTEA PRIMARY KEY,
    authorisation_id BYTEA NOT NULL REFERENCES escrow_authorisation (id),
    kind TEXT NOT NULL CHECK (kind IN ('freeze', 'pay', 'unfreeze')),
    request_no TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    trade_id BYTEA,
    made_at BIGINT NOT NULL,
    note TEXT NOT NULL,
    UNIQUE (authorisation_id, kind, request_no)
);

-- Minutes at which deadlines are looked at: one job each, however many are due.
CREATE TABLE escrow_tick (
    tick_at BIGINT PRIMARY KEY
);
