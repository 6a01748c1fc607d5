-- A database for Cairn: once for each database, after roles.sql and before the first `cairn-sa migrate`, as
-- a superuser, connected to that database.
--
--   createdb cairn
--   psql -X -d cairn -f database.sql
--
-- May be run again: it changes no privilege on a table that exists.

\set ON_ERROR_STOP on
\set QUIET on

BEGIN;

ALTER DATABASE :"DBNAME" OWNER TO cairn_migrate;
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO cairn_sa, cairn_audit;

-- Nobody but its owner makes anything in the schema.
ALTER SCHEMA public OWNER TO cairn_migrate;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO cairn_sa, cairn_audit;

-- Tables that cairn_migrate makes from now on are usable without a GRANT for each. Where less is right, the
-- migration takes it away: cairn_sa may not write audit_entries, and deletes receipts only. From partitions
-- everything is taken away: a statement on the table is checked against the table's privileges alone, but a
-- partition could be named as well.
ALTER DEFAULT PRIVILEGES FOR ROLE cairn_migrate IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO cairn_sa;
ALTER DEFAULT PRIVILEGES FOR ROLE cairn_migrate IN SCHEMA public
    GRANT SELECT ON TABLES TO cairn_audit;

-- What PUBLIC gets without being named. Triggers fire without a privilege on their function. These are not
-- IN SCHEMA: a default of one schema can only add to the global one.
ALTER DEFAULT PRIVILEGES FOR ROLE cairn_migrate REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE cairn_migrate REVOKE USAGE ON TYPES FROM PUBLIC;

COMMIT;
