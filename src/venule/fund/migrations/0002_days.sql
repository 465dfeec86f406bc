-- Exactly one of net_income (fen) and per_10k_e4 (1e-4 yuan) is given.
CREATE TABLE fund_income (
    fund TEXT NOT NULL,
    income_on TEXT NOT NULL,
    net_income BIGINT,
    per_10k_e4 BIGINT,
    published_at BIGINT NOT NULL,
    PRIMARY KEY (fund, income_on),
    CHECK ((net_income IS NULL) <> (per_10k_e4 IS NULL))
);

-- One run a natural day. step: the next one to do. residue: what the tail policy has left in the
-- fund up to this day, signed; loss_left: what holders could not bear of this day's loss.
CREATE TABLE fund_run (
    fund TEXT NOT NULL,
    run_on TEXT NOT NULL,
    step TEXT NOT NULL,
    shards BIGINT NOT NULL,
    shard BIGINT NOT NULL,
    shares_earning BIGINT NOT NULL,
    holders BIGINT NOT NULL,
    net_income BIGINT NOT NULL,
    planned BIGINT NOT NULL,
    credited BIGINT NOT NULL,
    residue BIGINT NOT NULL,
    loss_left BIGINT NOT NULL,
    confirmed_in BIGINT NOT NULL,
    confirmed_out BIGINT NOT NULL,
    shares_total BIGINT NOT NULL,
    input_hash BYTEA NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    PRIMARY KEY (fund, run_on)
);

CREATE TABLE fund_run_step (
    fund TEXT NOT NULL,
    run_on TEXT NOT NULL,
    step TEXT NOT NULL,
    shard BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    fen BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    done_at BIGINT NOT NULL,
    PRIMARY KEY (fund, run_on, step, shard)
);

-- The frozen inputs of a run by shard, and the income worked out from them: little-endian int64.
-- shares: of each account, as they earn on that day. carry: after that day, in 1e-8 fen.
CREATE TABLE fund_run_part (
    fund TEXT NOT NULL,
    run_on TEXT NOT NULL,
    shard BIGINT NOT NULL,
    accounts BYTEA NOT NULL,
    shares BYTEA NOT NULL,
    credits BYTEA NOT NULL,
    carry BYTEA NOT NULL,
    PRIMARY KEY (fund, run_on, shard)
);

CREATE TABLE fund_valuation (
    fund TEXT NOT NULL,
    valued_on TEXT NOT NULL,
    amortised BIGINT NOT NULL,
    shadow BIGINT NOT NULL,
    deviation_ppm BIGINT NOT NULL,
    state TEXT NOT NULL,
    mend_by_on TEXT,
    reported_at BIGINT NOT NULL,
    PRIMARY KEY (fund, valued_on)
);
