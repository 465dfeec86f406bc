-- What a member sees of its own, the newest first. Ids are UUIDv7: their order is that of time.
CREATE INDEX escrow_trade_of_buyer ON escrow_trade (buyer_id, id) WHERE buyer_id IS NOT NULL;
CREATE INDEX escrow_trade_of_seller ON escrow_trade (seller_id, id);
-- What a seller has to do: the states that are not over are few beside those that are.
CREATE INDEX escrow_trade_of_seller_open ON escrow_trade (seller_id, state, id)
    WHERE ended_at IS NULL;

-- A case's parties are its trade's, which never change once it is paid.
ALTER TABLE escrow_case ADD COLUMN buyer_id BYTEA;
ALTER TABLE escrow_case ADD COLUMN seller_id BYTEA;
UPDATE escrow_case SET
    buyer_id = (SELECT t.buyer_id FROM escrow_trade AS t WHERE t.id = escrow_case.trade_id),
    seller_id = (SELECT t.seller_id FROM escrow_trade AS t WHERE t.id = escrow_case.trade_id);
CREATE INDEX escrow_case_of_buyer ON escrow_case (buyer_id, id);
CREATE INDEX escrow_case_of_seller ON escrow_case (seller_id, id);

CREATE INDEX escrow_authorisation_of_payer ON escrow_authorisation (payer_id, id);
CREATE INDEX escrow_authorisation_of_payee ON escrow_authorisation (payee_id, id);
