-- The roles of a Cairn database: once per PostgreSQL cluster, as a superuser (or with CREATEROLE).
--
--   cairn_migrate  owns the schema: `cairn-sa migrate` and `cairn-sa maintain`. Not for the service itself.
--   cairn_sa       the storage authority's service: reads and changes rows, never the schema.
--   cairn_audit    reads, for audits.
--
-- A service that is taken over can then neither drop a table nor take a trigger off it.
--
--   psql -X -d postgres -f roles.sql \
--       -v migrate_password_file=/etc/cairn/migrate.password \
--       -v sa_password_file=/etc/cairn/sa.password \
--       -v audit_password_file=/etc/cairn/audit.password
--
-- Each file holds one password; it is read by psql, so it is on no command line. A role whose variable is
-- not given keeps its password, or has none: it can log in by other means (a client certificate, peer) only.
-- May be run again, to change a password too. Then database.sql, for each database.

\set ON_ERROR_STOP on
\set QUIET on

SELECT format('CREATE ROLE %I', name)
FROM unnest(ARRAY['cairn_migrate', 'cairn_sa', 'cairn_audit']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

BEGIN;

-- The statements below hold passwords: they stay out of the server's log.
SELECT current_setting('is_superuser')::boolean AS is_superuser \gset
\if :is_superuser
SET LOCAL log_statement = 'none';
SET LOCAL log_min_duration_statement = -1;
SET LOCAL log_min_error_statement = 'panic';
\endif

ALTER ROLE cairn_migrate LOGIN NOCREATEDB NOCREATEROLE NOINHERIT;
ALTER ROLE cairn_sa LOGIN NOCREATEDB NOCREATEROLE NOINHERIT;
ALTER ROLE cairn_audit LOGIN NOCREATEDB NOCREATEROLE NOINHERIT;
ALTER ROLE cairn_audit SET default_transaction_read_only = on;

\if :{?migrate_password_file}
\set password `cat :'migrate_password_file'`
ALTER ROLE cairn_migrate PASSWORD :'password';
\endif
\if :{?sa_password_file}
\set password `cat :'sa_password_file'`
ALTER ROLE cairn_sa PASSWORD :'password';
\endif
\if :{?audit_password_file}
\set password `cat :'audit_password_file'`
ALTER ROLE cairn_audit PASSWORD :'password';
\endif
\unset password

COMMIT;
