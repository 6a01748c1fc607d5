DROP TABLE replacements, certificates, receipts, authorizations, orders, key_changes, accounts;
