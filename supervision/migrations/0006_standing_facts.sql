-- What is written down about a problem bears the server's time, and none is written of a problem
-- that was cancelled; whoever cancels it meanwhile waits.
CREATE FUNCTION supervision_fact_begins() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    standing text;
BEGIN
    PERFORM demand_read_committed();
    SELECT f.status INTO standing FROM supervision_finding f WHERE f.id = NEW.finding_id FOR SHARE;
    IF standing = 'cancelled' THEN
        RAISE EXCEPTION '问题已撤销，不能再登记' USING ERRCODE = 'YC004';
    END IF;
    NEW.recorded_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER fact_begins BEFORE INSERT ON supervision_findingprogress
    FOR EACH ROW EXECUTE FUNCTION supervision_fact_begins();
CREATE TRIGGER fact_begins BEFORE INSERT ON supervision_accountability
    FOR EACH ROW EXECUTE FUNCTION supervision_fact_begins();
CREATE TRIGGER fact_begins BEFORE INSERT ON supervision_transfer
    FOR EACH ROW EXECUTE FUNCTION supervision_fact_begins();

CREATE FUNCTION supervision_escalation_begins() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.seen_at IS NOT NULL OR NEW.seen_by_id IS NOT NULL THEN
        RAISE EXCEPTION '新的督办尚未阅示' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER escalation_begins BEFORE INSERT ON supervision_escalation
    FOR EACH ROW EXECUTE FUNCTION supervision_escalation_begins();

-- An alert is looked into by the post that its rule names.
CREATE FUNCTION supervision_alert_by_owner(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '须由规则规定的岗位处置' FROM approvals_decision d
      JOIN supervision_alert a ON a.id = d.subject_id
      JOIN organizations_post p ON p.id = d.post_id
     WHERE d.id = p_decision AND p.role <> a.owner
$$;
-- A problem that an alert became, or for which money came back, is not cancelled.
CREATE FUNCTION supervision_cancel_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN EXISTS (SELECT 1 FROM supervision_alert a WHERE a.finding_id = d.subject_id)
                THEN '由预警转入的问题不能撤销'
                WHEN supervision_recovered(d.subject_id) > 0 THEN '已登记追回资金，不能撤销' END
      FROM approvals_decision d WHERE d.id = p_decision
$$;
-- What is to come back is never less than what came.
CREATE FUNCTION supervision_assign_covers(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '应追回金额少于已追回的金额' FROM approvals_decision d
      JOIN supervision_finding f ON f.id = d.subject_id
     WHERE d.id = p_decision AND supervision_recovered(f.id) > f.to_recover
$$;
GRANT EXECUTE ON FUNCTION supervision_alert_by_owner, supervision_cancel_rests,
    supervision_assign_covers TO yichi_app;
INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('supervision.alert', 'claim', 'supervision_alert_by_owner'),
    ('supervision.alert', 'settle', 'supervision_alert_by_owner'),
    ('supervision.alert', 'dispute', 'supervision_alert_by_owner'),
    ('supervision.finding', 'cancel', 'supervision_cancel_rests'),
    ('supervision.finding', 'assign', 'supervision_assign_covers');
