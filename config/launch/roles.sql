-- The four database roles of Yichi, and what each may do in the database this runs in.
-- Run as often as you like:
--   * as a superuser (or CREATEROLE) in the database of Yichi: makes the roles too;
--   * as the owner of a database: only the part for that database.
-- Passwords come from the session: SET yichi.app_password = '…' (also migrate_password,
-- audit_password) before running this file. A password that is not given is left as it is.

SELECT pg_advisory_lock(hashtext('yichi roles'));

DO $$
DECLARE
    me pg_roles;
    wanted text;
    secret text;
BEGIN
    SELECT * INTO me FROM pg_roles WHERE rolname = current_user;
    IF NOT (me.rolsuper OR me.rolcreaterole) THEN
        RETURN;
    END IF;
    FOREACH wanted IN ARRAY ARRAY['yichi_owner', 'yichi_migrate', 'yichi_app', 'yichi_audit'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I', wanted);
        END IF;
        IF wanted <> 'yichi_owner' THEN
            EXECUTE format('ALTER ROLE %I LOGIN', wanted);
            secret := current_setting('yichi.' || substr(wanted, 7) || '_password', true);
            IF secret <> '' THEN
                EXECUTE format('ALTER ROLE %I PASSWORD %L', wanted, secret);
            END IF;
        END IF;
    END LOOP;

    IF NOT me.rolsuper THEN
        EXECUTE format(
            'GRANT yichi_owner, yichi_app, yichi_audit TO %I WITH INHERIT TRUE, SET TRUE',
            current_user);
    END IF;
    -- Everything a migration makes belongs to yichi_owner, whoever runs it.
    GRANT yichi_owner TO yichi_migrate;
    ALTER ROLE yichi_migrate SET role = 'yichi_owner';
    -- The owner can end the sessions of the others, to drop a database of the tests.
    GRANT yichi_app, yichi_audit TO yichi_owner;
    IF me.rolsuper OR me.rolcreatedb THEN
        ALTER ROLE yichi_owner CREATEDB;
        ALTER ROLE yichi_migrate CREATEDB;
    END IF;

    ALTER ROLE yichi_app SET lock_timeout = '5s';
    ALTER ROLE yichi_app SET statement_timeout = '30s';
    ALTER ROLE yichi_app SET idle_in_transaction_session_timeout = '30s';
    ALTER ROLE yichi_audit SET default_transaction_read_only = on;
    ALTER ROLE yichi_audit SET statement_timeout = '5min';
END
$$;

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO yichi_app, yichi_audit;
ALTER SCHEMA public OWNER TO yichi_owner;

-- Migrations take more away again, table by table, where the ledger is concerned.
ALTER DEFAULT PRIVILEGES FOR ROLE yichi_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO yichi_app;
ALTER DEFAULT PRIVILEGES FOR ROLE yichi_owner IN SCHEMA public
    GRANT SELECT ON TABLES TO yichi_audit;
ALTER DEFAULT PRIVILEGES FOR ROLE yichi_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO yichi_app;
ALTER DEFAULT PRIVILEGES FOR ROLE yichi_owner
    REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

SELECT pg_advisory_unlock(hashtext('yichi roles'));
