-- A notice is a fact: only its end is recorded later, once.
CREATE FUNCTION publicity_notice_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.taken_down_on IS NOT NULL OR
       (NEW.project_id, NEW.round, NEW.posted_on, NEW.place, NEW.posted_by_unit, NEW.hotline,
        NEW.recorded_by_id, NEW.recorded_at)
       IS DISTINCT FROM
       (OLD.project_id, OLD.round, OLD.posted_on, OLD.place, OLD.posted_by_unit, OLD.hotline,
        OLD.recorded_by_id, OLD.recorded_at) THEN
        RAISE EXCEPTION '公示已登记，只能办结一次，不能修改或删除' USING ERRCODE = 'YC001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER notice_stands BEFORE UPDATE OR DELETE ON publicity_notice
    FOR EACH ROW EXECUTE FUNCTION publicity_notice_stands();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON publicity_notice
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE DELETE ON publicity_notice FROM yichi_app;
