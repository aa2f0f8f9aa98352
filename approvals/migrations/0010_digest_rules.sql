-- What was written is what is sent; once it is sent, that stands too.
CREATE FUNCTION approvals_digest_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.sent_at IS NOT NULL OR
       (NEW.user_id, NEW.day, NEW.subject, NEW.body, NEW.queued_at)
       IS DISTINCT FROM
       (OLD.user_id, OLD.day, OLD.subject, OLD.body, OLD.queued_at) THEN
        RAISE EXCEPTION '提醒邮件已写成，只能登记发出一次' USING ERRCODE = 'YC001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER digest_stands BEFORE UPDATE ON approvals_digest
    FOR EACH ROW EXECUTE FUNCTION approvals_digest_stands();
CREATE TRIGGER refuse_change BEFORE DELETE ON approvals_digest
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON approvals_digest
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE DELETE ON approvals_digest FROM yichi_app;
