-- A day's refunds, for sellers' bills.

CREATE INDEX escrow_refund_made ON escrow_refund (made_at, id);
