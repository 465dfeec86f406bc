-- A ledger in the style of pgledger: balances are rows, every transfer has two entries with the
-- account's balance before and after and its version, one function posts a list of transfers in
-- their order in one transaction. What differs from that project is for speed, or for the same
-- rules on all sides:
--   - ids are bigint (accounts) and uuid (transfers) instead of prefixed text, sums bigint instead
--     of numeric, currencies smallint; entries have no id of their own, (account, version) is one;
--   - no foreign keys and only two secondary structures: the primary keys, which are also what a
--     statement and a look-up need;
--   - a transfer that lacks funds is skipped and reported, where pgledger raises and undoes all;
--   - locks are taken by one statement, in order; decisions are taken in arrays in memory; rows are
--     written by one statement a table.

CREATE TABLE account (
    id BIGINT PRIMARY KEY,
    currency SMALLINT NOT NULL,
    balance BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 0,
    allow_negative_balance BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
) WITH (fillfactor = 50);  -- room for the next versions of a row in its own page

CREATE TABLE transfer (
    id UUID PRIMARY KEY,
    from_account BIGINT NOT NULL,
    to_account BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    code SMALLINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CHECK (amount > 0 AND from_account != to_account)
);

CREATE TABLE entry (
    account BIGINT NOT NULL,
    version BIGINT NOT NULL,
    transfer UUID NOT NULL,
    amount BIGINT NOT NULL,
    previous_balance BIGINT NOT NULL,
    current_balance BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account, version)
);

-- Posts transfers in their order; returns the positions (from 1) of those that lacked funds.
CREATE FUNCTION post_transfers(
    ids UUID [], from_accounts BIGINT [], to_accounts BIGINT [], amounts BIGINT [], code SMALLINT
) RETURNS INTEGER []
LANGUAGE plpgsql AS $$
DECLARE
    account_ids BIGINT[];
    balances BIGINT[];
    versions BIGINT[];
    old_versions BIGINT[];
    open_ended BOOLEAN[];
    currencies SMALLINT[];
    payers INTEGER[];
    payees INTEGER[];
    payer INTEGER;
    payee INTEGER;
    amount BIGINT;
    payer_balances BIGINT[] := array_fill(NULL::BIGINT, ARRAY[cardinality(ids)]);
    payee_balances BIGINT[] := payer_balances;
    payer_versions BIGINT[] := payer_balances;
    payee_versions BIGINT[] := payer_balances;
    refused INTEGER[] := '{}';
BEGIN
    -- Lock every account of the batch, in order, and take what is needed of it into memory.
    SELECT array_agg(a.id), array_agg(a.balance), array_agg(a.version),
        array_agg(a.allow_negative_balance), array_agg(a.currency)
    INTO account_ids, balances, versions, open_ended, currencies
    FROM (
        SELECT account.* FROM account
        WHERE account.id = ANY (from_accounts || to_accounts)
        ORDER BY account.id FOR NO KEY UPDATE
    ) AS a;
    old_versions := versions;

    -- Where in those arrays each transfer finds its two accounts.
    SELECT array_agg(f.place::INTEGER ORDER BY t.place), array_agg(g.place::INTEGER ORDER BY t.place)
    INTO payers, payees
    FROM unnest(from_accounts, to_accounts) WITH ORDINALITY AS t (from_account, to_account, place)
    LEFT JOIN unnest(account_ids) WITH ORDINALITY AS f (id, place) ON f.id = t.from_account
    LEFT JOIN unnest(account_ids) WITH ORDINALITY AS g (id, place) ON g.id = t.to_account;

    FOR i IN 1 .. cardinality(ids) LOOP
        payer := payers[i];
        payee := payees[i];
        amount := amounts[i];
        IF currencies[payer] IS DISTINCT FROM currencies[payee] OR payer IS NULL THEN
            RAISE EXCEPTION 'transfer %: accounts not found, or of two currencies', ids[i];
        END IF;
        IF balances[payer] < amount AND NOT open_ended[payer] THEN
            refused := refused || i;
            CONTINUE;
        END IF;
        balances[payer] := balances[payer] - amount;
        versions[payer] := versions[payer] + 1;
        payer_balances[i] := balances[payer];
        payer_versions[i] := versions[payer];
        balances[payee] := balances[payee] + amount;
        versions[payee] := versions[payee] + 1;
        payee_balances[i] := balances[payee];
        payee_versions[i] := versions[payee];
    END LOOP;

    INSERT INTO transfer
    SELECT t.id, t.from_account, t.to_account, t.amount, post_transfers.code, now()
    FROM unnest(ids, from_accounts, to_accounts, amounts, payer_versions)
        AS t (id, from_account, to_account, amount, version)
    WHERE t.version IS NOT NULL;

    INSERT INTO entry
    SELECT e.account, e.version, e.transfer, e.amount, e.balance - e.amount, e.balance, now()
    FROM (
        SELECT t.account, t.version, t.transfer, -t.amount AS amount, t.balance
        FROM unnest(from_accounts, payer_versions, ids, amounts, payer_balances)
            AS t (account, version, transfer, amount, balance)
        UNION ALL
        SELECT t.account, t.version, t.transfer, t.amount, t.balance
        FROM unnest(to_accounts, payee_versions, ids, amounts, payee_balances)
            AS t (account, version, transfer, amount, balance)
    ) AS e
    WHERE e.version IS NOT NULL
    ORDER BY e.account, e.version;  -- neighbours in the index, one after the other

    UPDATE account SET balance = n.balance, version = n.version, updated_at = now()
    FROM unnest(account_ids, balances, versions, old_versions)
        AS n (id, balance, version, old_version)
    WHERE account.id = n.id AND n.version != n.old_version;

    RETURN refused;
END;
$$;
