-- Who was told of a decision stays on record; it is read once.
CREATE FUNCTION approvals_copy_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.read_at IS NOT NULL
       OR to_jsonb(NEW) - 'read_at' IS DISTINCT FROM to_jsonb(OLD) - 'read_at' THEN
        RAISE EXCEPTION '抄送记录只能登记阅读一次，不能更改或删除' USING ERRCODE = 'YC001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER copy_stands BEFORE UPDATE OR DELETE ON approvals_carboncopy
    FOR EACH ROW EXECUTE FUNCTION approvals_copy_stands();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON approvals_carboncopy
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE DELETE ON approvals_carboncopy FROM yichi_app;
