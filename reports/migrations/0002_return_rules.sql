CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON reports_monthlyreturn
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('reports.monthlyreturn', 'draft');
CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON reports_rollup
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('reports.rollup', 'draft');
CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON reports_returnunlock
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('reports.returnunlock', 'requested');

-- Whose month it is, when it was due, what was asked for: none of it ever changes.
CREATE FUNCTION reports_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving text[] := '{status,status_since}';
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION '月报、汇总和解锁已建立，只能随办理改变状态' USING ERRCODE = 'YC001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER return_stands BEFORE UPDATE OR DELETE ON reports_monthlyreturn
    FOR EACH ROW EXECUTE FUNCTION reports_stands();
CREATE TRIGGER return_stands BEFORE UPDATE OR DELETE ON reports_rollup
    FOR EACH ROW EXECUTE FUNCTION reports_stands();
CREATE TRIGGER return_stands BEFORE UPDATE OR DELETE ON reports_returnunlock
    FOR EACH ROW EXECUTE FUNCTION reports_stands();

-- The decision of this very transaction by which a step was taken on a return or a roll-up.
CREATE FUNCTION reports_taken_now(
    p_monthly bigint, p_rollup bigint, p_actions text[], p_decision bigint DEFAULT NULL)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM approvals_decision d
         WHERE d.subject_type = CASE WHEN p_rollup IS NULL THEN 'reports.monthlyreturn'
                                     ELSE 'reports.rollup' END
           AND d.subject_id = coalesce(p_rollup, p_monthly) AND d.action = ANY (p_actions)
           AND d.transaction_id = pg_current_xact_id()::text::bigint
           AND (p_decision IS NULL OR d.id = p_decision))
$$;
GRANT EXECUTE ON FUNCTION reports_taken_now TO yichi_app;

ALTER TABLE reports_returnversion ADD CONSTRAINT return_version_sha256_of_content
    CHECK (sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex'));

CREATE FUNCTION reports_version_begins() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    stands text;
    before record;
BEGIN
    IF NEW.sealed_at IS NOT NULL OR NEW.decision_id IS NOT NULL THEN
        RAISE EXCEPTION '月报只能随签发封存' USING ERRCODE = 'YC004';
    END IF;
    SELECT status INTO stands FROM reports_monthlyreturn WHERE id = NEW.monthly_id
    UNION ALL SELECT status FROM reports_rollup WHERE id = NEW.rollup_id;
    SELECT max(number) AS last, bool_and(sealed_at IS NOT NULL) AS sealed INTO before
      FROM reports_returnversion
     WHERE monthly_id IS NOT DISTINCT FROM NEW.monthly_id
       AND rollup_id IS NOT DISTINCT FROM NEW.rollup_id;
    IF NEW.number <> coalesce(before.last + 1, 0) OR before.sealed IS FALSE THEN
        RAISE EXCEPTION '更正须接在已封存的版本之后，逐号编排' USING ERRCODE = 'YC001';
    END IF;
    IF NEW.number = 0 THEN
        IF stands <> 'draft' THEN
            RAISE EXCEPTION '只能在草稿中取数' USING ERRCODE = 'YC004';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT reports_taken_now(NEW.monthly_id, NEW.rollup_id, '{correct,correct_unlocked}') THEN
        RAISE EXCEPTION '更正须随办理记录登记' USING ERRCODE = 'YC004';
    END IF;
    -- What was sent back may be corrected; what was received only with leave that is in force.
    IF NEW.monthly_id IS NOT NULL AND stands <> 'returned' AND NOT EXISTS (
        SELECT 1 FROM reports_returnunlock u
         WHERE u.id = NEW.unlock_id AND u.monthly_id = NEW.monthly_id AND u.status = 'approved'
           AND u.valid_until >= (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date
    ) THEN
        RAISE EXCEPTION '已接收的月报须先经同意解锁，在有效期内更正' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_begins BEFORE INSERT ON reports_returnversion
    FOR EACH ROW EXECUTE FUNCTION reports_version_begins();

-- A draft is made anew while it is a draft; it is sealed once, as it was reviewed; then it stands.
CREATE FUNCTION reports_version_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    checked text[] := '{checks,checked_at,decision_id,sealed_at}';
    stands text;
BEGIN
    IF TG_OP = 'DELETE' OR OLD.sealed_at IS NOT NULL THEN
        RAISE EXCEPTION '已封存的月报不能更改，版本不能删除' USING ERRCODE = 'YC001';
    END IF;
    IF (NEW.monthly_id, NEW.rollup_id, NEW.number, NEW.reason, NEW.unlock_id) IS DISTINCT FROM
       (OLD.monthly_id, OLD.rollup_id, OLD.number, OLD.reason, OLD.unlock_id) THEN
        RAISE EXCEPTION '版本的归属、序号和更正事由不能更改' USING ERRCODE = 'YC001';
    END IF;
    SELECT status INTO stands FROM reports_monthlyreturn WHERE id = NEW.monthly_id
    UNION ALL SELECT status FROM reports_rollup WHERE id = NEW.rollup_id;
    IF stands <> 'draft' AND to_jsonb(NEW) - checked IS DISTINCT FROM to_jsonb(OLD) - checked THEN
        RAISE EXCEPTION '已送审的月报不能重新取数，须先退回' USING ERRCODE = 'YC004';
    END IF;
    IF NEW.sealed_at IS NULL AND NEW.decision_id IS NULL THEN
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - checked IS DISTINCT FROM to_jsonb(OLD) - checked
       OR NOT reports_taken_now(NEW.monthly_id, NEW.rollup_id, '{seal}', NEW.decision_id) THEN
        RAISE EXCEPTION '月报只能由签发人随办理记录封存，封存的就是送审的' USING ERRCODE = 'YC004';
    END IF;
    IF NEW.monthly_id IS NOT NULL AND NEW.ledger_sequence > 0 AND NOT EXISTS (
        SELECT 1 FROM funds_voucher v JOIN reports_monthlyreturn r ON r.division_id = v.county_id
         WHERE r.id = NEW.monthly_id AND v.sequence = NEW.ledger_sequence
           AND v.digest = NEW.ledger_head
    ) THEN
        RAISE EXCEPTION '月报的链首与凭证链不符，不能封存' USING ERRCODE = 'YC004';
    END IF;
    NEW.sealed_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER version_stands BEFORE UPDATE OR DELETE ON reports_returnversion
    FOR EACH ROW EXECUTE FUNCTION reports_version_stands();

-- To the unit that this one reports to; the day is the server's, and late stays late.
CREATE FUNCTION reports_dispatch_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    sealed record;
BEGIN
    SELECT v.*, coalesce(r.due_on, u.due_on) AS due, d.reports_to_id INTO sealed
      FROM reports_returnversion v
      LEFT JOIN reports_monthlyreturn r ON r.id = v.monthly_id
      LEFT JOIN reports_rollup u ON u.id = v.rollup_id
      JOIN organizations_division d ON d.id = coalesce(r.division_id, u.division_id)
     WHERE v.id = NEW.version_id AND v.sealed_at IS NOT NULL;
    IF NOT FOUND OR NEW.to_id IS DISTINCT FROM sealed.reports_to_id
       OR NOT reports_taken_now(sealed.monthly_id, sealed.rollup_id, '{send}', NEW.decision_id) THEN
        RAISE EXCEPTION '只有封存的月报可以随办理记录报送到上报单位' USING ERRCODE = 'YC004';
    END IF;
    NEW.sent_at := clock_timestamp();
    NEW.sent_on := (NEW.sent_at AT TIME ZONE 'Asia/Shanghai')::date;
    NEW.due_on := sealed.due;
    NEW.is_late := NEW.sent_on > sealed.due;
    RETURN NEW;
END $$;
CREATE TRIGGER dispatch_follows BEFORE INSERT ON reports_returndispatch
    FOR EACH ROW EXECUTE FUNCTION reports_dispatch_follows();

-- The receiver's mark: by somebody of the receiving unit, about the latest that was sent.
CREATE FUNCTION reports_receipt_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM reports_returndispatch s
          JOIN reports_returnversion v ON v.id = s.version_id
          JOIN approvals_decision d ON d.id = NEW.decision_id
          JOIN organizations_post p ON p.id = d.post_id
          JOIN organizations_organization o ON o.id = p.organization_id
         WHERE s.id = NEW.dispatch_id AND o.division_id = s.to_id
           AND reports_taken_now(v.monthly_id, v.rollup_id,
               CASE WHEN NEW.is_received THEN '{receive}' ELSE '{send_back}' END::text[], d.id)
           AND v.number = (SELECT max(w.number) FROM reports_returnversion w
                            WHERE w.monthly_id IS NOT DISTINCT FROM v.monthly_id
                              AND w.rollup_id IS NOT DISTINCT FROM v.rollup_id)
    ) THEN
        RAISE EXCEPTION '接收和退回由收报单位登记' USING ERRCODE = 'YC002';
    END IF;
    NEW.received_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER receipt_follows BEFORE INSERT ON reports_returnreceipt
    FOR EACH ROW EXECUTE FUNCTION reports_receipt_follows();

-- A waiver is asked for once and agreed to once, by a second person in a post that may.
CREATE FUNCTION reports_waiver_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    agreed text[] := '{agreed_by_id,agreed_at}';
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '核对放行不能删除' USING ERRCODE = 'YC001';
    END IF;
    IF EXISTS (SELECT 1 FROM reports_returnversion v
                WHERE v.id = NEW.version_id AND v.sealed_at IS NOT NULL) THEN
        RAISE EXCEPTION '已封存的月报不能再放行核对' USING ERRCODE = 'YC001';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.agreed_by_id IS NOT NULL THEN
            RAISE EXCEPTION '核对放行须另一人同意' USING ERRCODE = 'YC003';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.agreed_by_id IS NOT NULL OR to_jsonb(NEW) - agreed IS DISTINCT FROM to_jsonb(OLD) - agreed
    THEN
        RAISE EXCEPTION '核对放行只能同意一次' USING ERRCODE = 'YC001';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM organizations_post p
          JOIN organizations_organization o ON o.id = p.organization_id
          JOIN organizations_division d ON d.id = o.division_id
          JOIN reports_returnversion v ON v.id = NEW.version_id
          JOIN reports_monthlyreturn r ON r.id = v.monthly_id
          JOIN organizations_division c ON c.id = r.division_id
         WHERE p.user_id = NEW.agreed_by_id AND p.role IN ('finance_head', 'project_reviewer')
           AND p.accepted_at IS NOT NULL AND p.valid_from <= today
           AND (p.valid_until IS NULL OR p.valid_until >= today) AND starts_with(c.path, d.path)
    ) THEN
        RAISE EXCEPTION '核对放行由财政局负责人或项目主管部门审核同意' USING ERRCODE = 'YC002';
    END IF;
    NEW.agreed_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER waiver_stands BEFORE INSERT OR UPDATE OR DELETE ON reports_checkwaiver
    FOR EACH ROW EXECUTE FUNCTION reports_waiver_stands();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_monthlyreturn
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_rollup
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_returnunlock
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_returnversion
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_checkwaiver
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON reports_returndispatch
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_returndispatch
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON reports_returnreceipt
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_returnreceipt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON reports_returndispatch, reports_returnreceipt FROM yichi_app;
REVOKE DELETE ON reports_monthlyreturn, reports_rollup, reports_returnunlock,
    reports_returnversion, reports_checkwaiver FROM yichi_app;

-- What a step must have left behind when its transaction ends.
CREATE FUNCTION reports_seal_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '签发没有封存任何版本' WHERE NOT EXISTS (
        SELECT 1 FROM reports_returnversion v
         WHERE v.decision_id = p_decision AND v.sealed_at IS NOT NULL)
$$;
CREATE FUNCTION reports_dispatch_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '缺报送记录' WHERE NOT EXISTS (
        SELECT 1 FROM reports_returndispatch s WHERE s.decision_id = p_decision)
$$;
CREATE FUNCTION reports_receipt_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '缺回执' WHERE NOT EXISTS (
        SELECT 1 FROM reports_returnreceipt r WHERE r.decision_id = p_decision)
$$;
CREATE FUNCTION reports_correction_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '缺更正的版本' WHERE NOT EXISTS (
        SELECT 1 FROM approvals_decision d JOIN reports_returnversion v
            ON v.monthly_id = d.subject_id AND d.subject_type = 'reports.monthlyreturn'
            OR v.rollup_id = d.subject_id AND d.subject_type = 'reports.rollup'
         WHERE d.id = p_decision AND v.sealed_at IS NULL AND v.number > 0)
$$;
GRANT EXECUTE ON FUNCTION reports_seal_rests, reports_dispatch_rests, reports_receipt_rests,
    reports_correction_rests TO yichi_app;
INSERT INTO approvals_stepproof (life, action, function)
SELECT life, action, function
  FROM (VALUES ('reports.monthlyreturn'), ('reports.rollup')) AS lives (life),
       (VALUES ('seal', 'reports_seal_rests'), ('send', 'reports_dispatch_rests'),
               ('receive', 'reports_receipt_rests'), ('send_back', 'reports_receipt_rests'),
               ('correct', 'reports_correction_rests')) AS steps (action, function)
UNION ALL
SELECT 'reports.monthlyreturn', 'correct_unlocked', 'reports_correction_rests';

-- Who fills in does not review, who reviews does not sign, who reports does not receive.
INSERT INTO approvals_incompatibleduties (case_kind, first, second) VALUES
    ('monthlyreturn', 'fill_in', 'examine'),
    ('monthlyreturn', 'fill_in', 'sign'),
    ('monthlyreturn', 'examine', 'sign'),
    ('monthlyreturn', 'fill_in', 'receive'),
    ('monthlyreturn', 'examine', 'receive'),
    ('monthlyreturn', 'sign', 'receive'),
    ('monthlyreturn', 'file', 'receive'),
    ('rollup', 'roll_up', 'sign'),
    ('rollup', 'roll_up', 'receive'),
    ('rollup', 'file', 'receive'),
    ('returnunlock', 'fill_in', 'receive');
