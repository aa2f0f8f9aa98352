CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON reports_receivedunlock
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('reports.receivedunlock', 'requested');
CREATE TRIGGER return_stands BEFORE UPDATE OR DELETE ON reports_receivedunlock
    FOR EACH ROW EXECUTE FUNCTION reports_stands();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_receivedunlock
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE DELETE ON reports_receivedunlock FROM yichi_app;

-- A mark rests under the step of this very transaction: on the return, or on leave to correct it.
CREATE OR REPLACE FUNCTION reports_mark_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM reports_delivery d
          JOIN reports_addressee a ON a.id = d.addressee_id
          JOIN reports_unitkey k ON k.id = NEW.key_id
          JOIN reports_returndispatch s ON s.id = d.dispatch_id
          JOIN reports_returnversion v ON v.id = s.version_id
          LEFT JOIN reports_returnunlock u ON u.id = NEW.unlock_id AND u.monthly_id = v.monthly_id
         WHERE d.id = NEW.delivery_id AND d.dispatch_id = NEW.dispatch_id
           AND k.division_id = a.division_id
           AND NEW.text::jsonb ->> 'envelope' = d.sha256
           AND NEW.text::jsonb ->> 'action' = NEW.action
           AND (NEW.text::jsonb ->> 'unlock')::bigint IS NOT DISTINCT FROM NEW.unlock_id
           AND CASE WHEN NEW.unlock_id IS NULL
               THEN reports_taken_now(v.monthly_id, v.rollup_id, ARRAY[NEW.action], NEW.decision_id)
               ELSE EXISTS (
                   SELECT 1 FROM approvals_decision o
                    WHERE o.id = NEW.decision_id AND o.action = NEW.action
                      AND o.subject_type = 'reports.returnunlock' AND o.subject_id = u.id
                      AND o.transaction_id = pg_current_xact_id()::text::bigint)
               END
    ) THEN
        RAISE EXCEPTION '上级标记与所送报文或办理记录不符' USING ERRCODE = 'YC004';
    END IF;
    NEW.stored_at := clock_timestamp();
    RETURN NEW;
END $$;

-- Leave to correct what went to another deployment is given there.
CREATE FUNCTION reports_unlock_mark_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '缺对方系统的签名标记'
      FROM approvals_decision d
      JOIN reports_returnunlock u ON u.id = d.subject_id
     WHERE d.id = p_decision
       AND NOT EXISTS (SELECT 1 FROM reports_returnmark m WHERE m.decision_id = d.id)
       AND EXISTS (
           SELECT 1 FROM reports_returnversion v
             JOIN reports_returndispatch s ON s.version_id = v.id
             JOIN reports_delivery e ON e.dispatch_id = s.id
            WHERE v.monthly_id = u.monthly_id
              AND v.number = (SELECT max(w.number) FROM reports_returnversion w
                               WHERE w.monthly_id = v.monthly_id))
     LIMIT 1
$$;
CREATE FUNCTION reports_unlocked_by_receiver(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '解锁由收报单位同意'
      FROM approvals_decision d
      JOIN reports_receivedunlock u ON u.id = d.subject_id
      JOIN reports_receivedreturn r ON r.id = u.arrived_id
      JOIN organizations_post p ON p.id = d.post_id
      JOIN organizations_organization o ON o.id = p.organization_id
     WHERE d.id = p_decision AND o.division_id <> r.to_id
$$;
GRANT EXECUTE ON FUNCTION reports_unlock_mark_rests, reports_unlocked_by_receiver TO yichi_app;
INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('reports.returnunlock', 'approve', 'reports_unlock_mark_rests'),
    ('reports.returnunlock', 'reject', 'reports_unlock_mark_rests'),
    ('reports.receivedunlock', 'approve', 'reports_unlocked_by_receiver'),
    ('reports.receivedunlock', 'reject', 'reports_unlocked_by_receiver');
