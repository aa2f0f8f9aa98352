CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON supervision_alert
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('supervision.alert', 'open');
CREATE TRIGGER subject_stands BEFORE UPDATE OR DELETE ON supervision_alert
    FOR EACH ROW EXECUTE FUNCTION supervision_subject_stands('open:level,raised_at,explanation,figures,cleared_on,finding_id checking:level,raised_at,explanation,figures,cleared_on,finding_id disputed:level,raised_at,explanation,figures,cleared_on');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON supervision_alert
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An alert never falls from red to yellow, is about a fact of its own county, and becomes a
-- finding of that county.
CREATE FUNCTION supervision_alert_rises() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.fired_at := clock_timestamp();
    ELSIF OLD.level = 'red' AND NEW.level <> 'red' THEN
        RAISE EXCEPTION '预警不能由红降为黄' USING ERRCODE = 'YC004';
    END IF;
    IF NEW.finding_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM supervision_finding f
         WHERE f.id = NEW.finding_id AND f.county_id = NEW.county_id) THEN
        RAISE EXCEPTION '转入的问题不在本县' USING ERRCODE = 'YC004';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM supervision_alertrule r
                    WHERE r.id = NEW.rule_id AND r.code = NEW.code AND r.kind = 'watch') THEN
        RAISE EXCEPTION '预警须有监控规则' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER alert_rises BEFORE INSERT OR UPDATE ON supervision_alert
    FOR EACH ROW EXECUTE FUNCTION supervision_alert_rises();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON supervision_alertrule
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
REVOKE DELETE ON supervision_alert FROM yichi_app;
REVOKE UPDATE, DELETE ON supervision_alertrule FROM yichi_app;

-- 误报须二人: whoever says that it is false does not agree with himself.
INSERT INTO approvals_incompatibleduties (case_kind, first, second) VALUES
    ('alert', 'fill_in', 'examine');
