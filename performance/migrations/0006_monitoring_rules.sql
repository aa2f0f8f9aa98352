CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON performance_monitoring
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('performance.monitoring', 'draft');
CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON performance_paymenthold
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('performance.paymenthold', 'draft');
CREATE TRIGGER subject_stands BEFORE UPDATE OR DELETE ON performance_monitoring
    FOR EACH ROW EXECUTE FUNCTION performance_subject_stands('draft:as_of,budget,spent,physical,elapsed,expected_spending,level,likelihood,causes,cause_note,correction,corrected_by,correct_until');
CREATE TRIGGER subject_stands BEFORE UPDATE OR DELETE ON performance_paymenthold
    FOR EACH ROW EXECUTE FUNCTION performance_subject_stands('held:mended,papers');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON performance_monitoring
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON performance_paymenthold
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON performance_actual
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A sheet measures an approved project by its approved targets.
CREATE FUNCTION performance_monitoring_begins() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM projects_project p JOIN performance_declaration d ON d.project_id = p.id
         WHERE p.id = NEW.project_id AND p.division_id = NEW.division_id
           AND p.meeting_id IS NOT NULL AND d.id = NEW.declaration_id AND d.status = 'approved')
    THEN
        RAISE EXCEPTION '绩效监控须依据本项目已审核通过的绩效目标' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER monitoring_begins BEFORE INSERT ON performance_monitoring
    FOR EACH ROW EXECUTE FUNCTION performance_monitoring_begins();

CREATE FUNCTION performance_actual_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wanted bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.monitoring_id ELSE NEW.monitoring_id END;
    version bigint;
BEGIN
    SELECT m.declaration_id INTO version FROM performance_monitoring m
     WHERE m.id = wanted AND m.status = 'draft' FOR SHARE;
    IF NOT FOUND OR TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION '监控表已送审，执行情况不能改动' USING ERRCODE = 'YC004';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM performance_targetline l
                    WHERE l.id = NEW.line_id AND l.declaration_id = version) THEN
        RAISE EXCEPTION '指标不属于本监控表的绩效目标' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER actual_stands BEFORE INSERT OR UPDATE OR DELETE ON performance_actual
    FOR EACH ROW EXECUTE FUNCTION performance_actual_stands();

-- By the vouchers' own days, yuan.
CREATE FUNCTION performance_paid_until(p_project bigint, p_day date) RETURNS numeric
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(sum(CASE WHEN a.id = e.destination_id THEN e.amount ELSE -e.amount END), 0)
      FROM projects_project p
      JOIN funds_account a ON a.earmark_id = p.earmark_id AND a.kind = 'paid'
      JOIN funds_entry e ON a.id IN (e.source_id, e.destination_id)
      JOIN funds_voucher v ON v.id = e.voucher_id AND v.occurred_on <= p_day
     WHERE p.id = p_project
$$;

-- 送审: every indicator answered, the money the ledger's.
CREATE FUNCTION performance_monitoring_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '指标没有逐项填报，或资金数与总台账不一致' FROM approvals_decision d
      JOIN performance_monitoring m ON m.id = d.subject_id
     WHERE d.id = p_decision AND (
        EXISTS (SELECT 1 FROM performance_targetline l
                 WHERE l.declaration_id = m.declaration_id AND NOT EXISTS (
                       SELECT 1 FROM performance_actual x
                        WHERE x.monitoring_id = m.id AND x.line_id = l.id))
        OR m.spent <> performance_paid_until(m.project_id, m.as_of)
        OR m.budget <> (SELECT coalesce(sum(s.amount), 0) FROM projects_projectsource s
                         WHERE s.project_id = m.project_id))
$$;

-- A decision to hold payment begins with a serious deviation that was confirmed.
CREATE FUNCTION performance_hold_begins() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM performance_monitoring m
         WHERE m.id = NEW.monitoring_id AND m.project_id = NEW.project_id
           AND m.division_id = NEW.division_id AND m.status = 'approved' AND m.level = 'red') THEN
        RAISE EXCEPTION '暂缓（停止）拨款须依据审核通过的严重偏离' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hold_begins BEFORE INSERT ON performance_paymenthold
    FOR EACH ROW EXECUTE FUNCTION performance_hold_begins();

-- While it is in force nothing is released or paid; a stop lets no request go on at all. In force
-- is what was decided before and not lifted yet.
CREATE FUNCTION performance_payment_held(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT format('%s 决定%s', h.number,
                  CASE h.kind WHEN 'stop' THEN '停止拨款' ELSE '暂缓拨款' END)
      FROM approvals_decision d
      JOIN projects_paymentrequest r ON r.id = d.subject_id
      JOIN performance_paymenthold h ON h.project_id = r.project_id
     WHERE d.id = p_decision AND (
           SELECT x.to_status FROM approvals_decision x
            WHERE x.subject_type = 'performance.paymenthold' AND x.subject_id = h.id AND x.id < d.id
            ORDER BY x.id DESC LIMIT 1) IN ('held', 'lifting')
       AND (h.kind = 'stop' OR d.action IN ('release', 'pay'))
     LIMIT 1
$$;
GRANT EXECUTE ON FUNCTION performance_paid_until, performance_monitoring_rests,
    performance_payment_held TO yichi_app;

INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('performance.monitoring', 'submit', 'performance_monitoring_rests'),
    ('projects.paymentrequest', 'submit', 'performance_payment_held'),
    ('projects.paymentrequest', 'endorse', 'performance_payment_held'),
    ('projects.paymentrequest', 'approve', 'performance_payment_held'),
    ('projects.paymentrequest', 'pass_compliance', 'performance_payment_held'),
    ('projects.paymentrequest', 'release', 'performance_payment_held'),
    ('projects.paymentrequest', 'pay', 'performance_payment_held');
INSERT INTO approvals_incompatibleduties (case_kind, first, second) VALUES
    ('monitoring', 'fill_in', 'examine'),
    ('paymenthold', 'propose', 'sign'),
    ('paymenthold', 'implement', 'sign');
