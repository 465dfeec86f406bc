-- A holder's orders, the newest first. Ids are UUIDv7: their order is that of time.
CREATE INDEX fund_order_of_holder ON fund_order (holder, order_id);
