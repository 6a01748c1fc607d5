DROP TABLE replacements;
DROP TABLE certificates;
DROP TABLE receipts;
DROP TABLE authorizations;
DROP TABLE orders;
DROP TABLE key_changes;
DROP TABLE accounts;
