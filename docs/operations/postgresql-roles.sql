-- Who may do what in a home's schema. Run it as a superuser, or as the owner of the database, after
-- the home was made (open it once as venule_owner), and again after an upgrade has made tables.
-- Give each role a password of its own (\password), or let the operating system vouch for it.

-- Makes and changes the tables: used to make the home and for upgrades, by nobody else.
-- CREATE ROLE venule_owner LOGIN;

GRANT USAGE ON SCHEMA venule TO venule_writer, venule_api, venule_reader, venule_regulator;

-- The writer process: rows, but neither tables nor what was once written to the journal. It deletes
-- journal rows that an archive file holds.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA venule TO venule_writer;
REVOKE UPDATE ON venule.journal, venule.journal_archive FROM venule_writer;
REVOKE INSERT, UPDATE, DELETE ON venule.schema_migration FROM venule_writer;

-- The processes that hand commands to the writer: they find it, and see nothing else.
GRANT SELECT ON venule.writer_lease TO venule_api;

-- Statements, exports, `venule verify`: everything, to read.
GRANT SELECT ON ALL TABLES IN SCHEMA venule TO venule_reader;

-- A regulator: the whole ledger and the orders, without who people are and where they bank.
GRANT SELECT ON venule.schema_migration, venule.home_clock, venule.home_cut, venule.ledger_unit,
    venule.journal, venule.journal_archive, venule.ledger_page, venule.ledger_checkpoint,
    venule.payment, venule.refund, venule.top_up, venule.payout, venule.house_account,
    venule.reconciliation, venule.bank_case, venule.tier_limit,
    venule.book_clearing, venule.book_payment, venule.book_receipt, venule.book_pair_day,
    venule.escrow_trade, venule.escrow_shipment, venule.escrow_refund, venule.escrow_settlement,
    venule.escrow_royalty, venule.escrow_authorisation, venule.escrow_operation,
    venule.fund, venule.fund_order, venule.fund_income, venule.fund_run, venule.fund_valuation
    TO venule_regulator;
GRANT SELECT (id, kind, tier, state, account, opened_at) ON venule.member TO venule_regulator;
