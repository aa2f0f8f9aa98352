CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON reports_receivedreturn
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('reports.receivedreturn', 'arrived');
CREATE TRIGGER return_stands BEFORE UPDATE OR DELETE ON reports_receivedreturn
    FOR EACH ROW EXECUTE FUNCTION reports_stands();
ALTER TABLE reports_receivedreturn ADD CONSTRAINT received_return_sha256_of_content
    CHECK (sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex'));

-- It comes in an envelope, and the day is the server's: late stays late.
CREATE FUNCTION reports_received_return_arrives() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM reports_receiveddelivery d
         WHERE d.sender_id = NEW.division_id AND d.to_id = NEW.to_id
           AND d.first_day = NEW.first_day AND d.number = NEW.number
           AND d.content_sha256 = NEW.sha256
    ) THEN
        RAISE EXCEPTION '收到的月报须随报文登记' USING ERRCODE = 'YC004';
    END IF;
    NEW.arrived_at := clock_timestamp();
    NEW.came_late := (NEW.arrived_at AT TIME ZONE 'Asia/Shanghai')::date > NEW.due_on;
    RETURN NEW;
END $$;
CREATE TRIGGER received_return_arrives BEFORE INSERT ON reports_receivedreturn
    FOR EACH ROW EXECUTE FUNCTION reports_received_return_arrives();

-- Both offices of a unit were sent the same.
CREATE FUNCTION reports_offices_agree() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM reports_receivedreturn r
         WHERE r.division_id = NEW.sender_id AND r.to_id = NEW.to_id
           AND r.first_day = NEW.first_day AND r.number = NEW.number
           AND r.sha256 <> NEW.content_sha256
    ) THEN
        RAISE EXCEPTION '送另一部门的内容与这份不同' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER offices_agree BEFORE INSERT ON reports_receiveddelivery
    FOR EACH ROW EXECUTE FUNCTION reports_offices_agree();

-- When the receiver is asked again is the record of the attempts, like the rest of it.
CREATE OR REPLACE FUNCTION reports_delivery_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving text[] := '{attempts,next_at,last_error,ask_at}';
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION '待送月报已列入，不能更改或删除' USING ERRCODE = 'YC001';
    END IF;
    RETURN NEW;
END $$;

-- A mark speaks of the envelope that was delivered, with a key of the unit that it went to, and
-- rests under the step of this very transaction.
CREATE FUNCTION reports_mark_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM reports_delivery d
          JOIN reports_addressee a ON a.id = d.addressee_id
          JOIN reports_unitkey k ON k.id = NEW.key_id
          JOIN reports_returndispatch s ON s.id = d.dispatch_id
          JOIN reports_returnversion v ON v.id = s.version_id
         WHERE d.id = NEW.delivery_id AND d.dispatch_id = NEW.dispatch_id
           AND k.division_id = a.division_id
           AND NEW.text::jsonb ->> 'envelope' = d.sha256
           AND NEW.text::jsonb ->> 'action' = NEW.action
           AND reports_taken_now(v.monthly_id, v.rollup_id, ARRAY[NEW.action], NEW.decision_id)
    ) THEN
        RAISE EXCEPTION '上级标记与所送报文或办理记录不符' USING ERRCODE = 'YC004';
    END IF;
    NEW.stored_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER mark_follows BEFORE INSERT ON reports_returnmark
    FOR EACH ROW EXECUTE FUNCTION reports_mark_follows();

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON reports_returnmark
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_returnmark
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_receivedreturn
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON reports_returnmark FROM yichi_app;
REVOKE DELETE ON reports_receivedreturn FROM yichi_app;

-- Whose receiver works in another deployment is marked because of a signed mark alone.
CREATE FUNCTION reports_mark_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '缺对方系统的签名标记'
      FROM approvals_decision d
      JOIN organizations_user u ON u.id = d.by_id
     WHERE d.id = p_decision
       AND NOT EXISTS (SELECT 1 FROM reports_returnmark m WHERE m.decision_id = d.id)
       AND (EXISTS (
               SELECT 1 FROM reports_returnversion v
                 JOIN reports_returndispatch s ON s.version_id = v.id
                 JOIN reports_delivery e ON e.dispatch_id = s.id
                WHERE (v.monthly_id = d.subject_id AND d.subject_type = 'reports.monthlyreturn'
                       OR v.rollup_id = d.subject_id AND d.subject_type = 'reports.rollup')
                  AND v.number = (SELECT max(w.number) FROM reports_returnversion w
                                   WHERE w.monthly_id IS NOT DISTINCT FROM v.monthly_id
                                     AND w.rollup_id IS NOT DISTINCT FROM v.rollup_id))
            OR d.action IN ('receive', 'send_back') AND starts_with(u.username, 'peer-'))
     LIMIT 1
$$;
-- 接收 and 退回 of what came from afar are the receiving unit's own.
CREATE FUNCTION reports_received_by_receiver(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '接收和退回由收报单位登记'
      FROM approvals_decision d JOIN reports_receivedreturn r ON r.id = d.subject_id
      JOIN organizations_post p ON p.id = d.post_id
      JOIN organizations_organization o ON o.id = p.organization_id
     WHERE d.id = p_decision AND o.division_id <> r.to_id
$$;
GRANT EXECUTE ON FUNCTION reports_mark_rests, reports_received_by_receiver TO yichi_app;
INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('reports.monthlyreturn', 'receive', 'reports_mark_rests'),
    ('reports.monthlyreturn', 'send_back', 'reports_mark_rests'),
    ('reports.monthlyreturn', 'roll_up', 'reports_mark_rests'),
    ('reports.monthlyreturn', 'report', 'reports_mark_rests'),
    ('reports.monthlyreturn', 'close', 'reports_mark_rests'),
    ('reports.rollup', 'receive', 'reports_mark_rests'),
    ('reports.rollup', 'send_back', 'reports_mark_rests'),
    ('reports.receivedreturn', 'receive', 'reports_received_by_receiver'),
    ('reports.receivedreturn', 'send_back', 'reports_received_by_receiver');
