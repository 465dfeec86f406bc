-- What waits is found by when it is due, and merchant by merchant.
CREATE INDEX gateway_notice_due ON gateway_notice (next_at) WHERE state = 'waiting';
CREATE INDEX gateway_notice_waiting ON gateway_notice (app_id, next_at) WHERE state = 'waiting';
