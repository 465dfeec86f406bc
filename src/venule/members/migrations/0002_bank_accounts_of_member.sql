-- A member's own list of bank accounts.
CREATE INDEX bank_account_of_member ON bank_account (member_id, id) WHERE state = 'bound';
