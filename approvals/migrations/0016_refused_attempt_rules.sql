-- Append-only, but for a repetition on the same day, which counts up by one.
CREATE FUNCTION approvals_refused_attempt_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND
       to_jsonb(NEW) - 'last_at' - 'count' IS DISTINCT FROM to_jsonb(OLD) - 'last_at' - 'count' THEN
        RAISE EXCEPTION '被拒办理已留存，不能更改或删除' USING ERRCODE = 'YC001';
    END IF;
    NEW.last_at := clock_timestamp();
    IF TG_OP = 'UPDATE' THEN
        NEW.count := OLD.count + 1;
    ELSE
        NEW.count := 1;
        NEW.first_at := NEW.last_at;
        NEW.day := (NEW.last_at AT TIME ZONE 'Asia/Shanghai')::date;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refused_attempt_stands BEFORE INSERT OR UPDATE OR DELETE ON approvals_refusedattempt
    FOR EACH ROW EXECUTE FUNCTION approvals_refused_attempt_stands();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON approvals_refusedattempt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE DELETE ON approvals_refusedattempt FROM yichi_app;
