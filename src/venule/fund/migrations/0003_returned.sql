-- A fast redemption may be reversed after the day of its confirmation, if the run of its day is late:
-- those are found by the day from which the holder earns again.
CREATE INDEX fund_order_returned ON fund_order (fund, returned_on) WHERE returned_on IS NOT NULL;
