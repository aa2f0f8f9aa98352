-- What a step recorded stands, and is written with its step alone.
CREATE FUNCTION projects_record_in_its_step() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM approvals_decision d
         WHERE d.id = NEW.decision_id AND d.subject_type = 'projects.project'
           AND d.subject_id = NEW.project_id AND d.action = ANY (TG_ARGV[0]::text[])
           AND d.transaction_id = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION '验收、整改和决算的记录须随办理一并登记' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION projects_part_in_its_step() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    is_now boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I r
                      JOIN public.approvals_decision d ON d.id = r.decision_id
                     WHERE r.id = $1 AND d.transaction_id = pg_current_xact_id()::text::bigint)',
                   TG_ARGV[0])
       INTO is_now USING (to_jsonb(NEW) ->> TG_ARGV[1])::bigint;
    IF NOT is_now THEN
        RAISE EXCEPTION '验收和整改的记录须随办理一并登记' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER in_its_step BEFORE INSERT ON projects_acceptance
    FOR EACH ROW EXECUTE FUNCTION projects_record_in_its_step('{pass_preliminary,accept,rectify}');
CREATE TRIGGER in_its_step BEFORE INSERT ON projects_rectification
    FOR EACH ROW EXECUTE FUNCTION projects_record_in_its_step('{report_rectified}');
CREATE TRIGGER in_its_step BEFORE INSERT ON projects_settlementaudit
    FOR EACH ROW EXECUTE FUNCTION projects_record_in_its_step('{verify_settlement}');
CREATE TRIGGER in_its_step BEFORE INSERT ON projects_settlement
    FOR EACH ROW EXECUTE FUNCTION projects_record_in_its_step('{settle}');
CREATE TRIGGER in_its_step BEFORE INSERT ON projects_acceptancemember
    FOR EACH ROW EXECUTE FUNCTION projects_part_in_its_step('projects_acceptance', 'acceptance_id');
CREATE TRIGGER in_its_step BEFORE INSERT ON projects_acceptanceline
    FOR EACH ROW EXECUTE FUNCTION projects_part_in_its_step('projects_acceptance', 'acceptance_id');
CREATE TRIGGER in_its_step BEFORE INSERT ON projects_rectificationitem
    FOR EACH ROW EXECUTE FUNCTION projects_part_in_its_step('projects_acceptance', 'acceptance_id');
CREATE TRIGGER in_its_step BEFORE INSERT ON projects_rectificationanswer
    FOR EACH ROW EXECUTE FUNCTION projects_part_in_its_step('projects_rectification', 'rectification_id');
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_acceptancemember
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_acceptancemember
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_acceptancemember FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_acceptanceline
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_acceptanceline
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_acceptanceline FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_rectification
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_rectification
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_rectification FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_rectificationitem
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_rectificationitem
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_rectificationitem FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_rectificationanswer
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_rectificationanswer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_rectificationanswer FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_settlementaudit
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_settlementaudit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_settlementaudit FROM yichi_app;

-- Whoever implements a project does not inspect it, nor does whoever built it. Name, unit and title
-- of somebody in a post come from the tables.
CREATE FUNCTION projects_acceptance_member_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    project projects_project;
    held record;
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
BEGIN
    SELECT p.* INTO project FROM projects_acceptance a
      JOIN projects_project p ON p.id = a.project_id WHERE a.id = NEW.acceptance_id;
    IF NEW.post_id IS NOT NULL THEN
        SELECT u.id AS user_id, u.real_name, o.name AS unit, p.title INTO held
          FROM organizations_post p
          JOIN organizations_user u ON u.id = p.user_id
          JOIN organizations_organization o ON o.id = p.organization_id
          JOIN organizations_division d ON d.id = o.division_id
          JOIN organizations_division s ON s.id = project.division_id
         WHERE p.id = NEW.post_id AND u.is_active AND p.accepted_at IS NOT NULL
           AND p.valid_from <= today AND (p.valid_until IS NULL OR p.valid_until >= today)
           AND starts_with(s.path, d.path);
        IF NOT FOUND THEN
            RAISE EXCEPTION '验收组成员今天不在所填岗位上，或该岗位管不到本项目' USING ERRCODE = 'YC002';
        END IF;
        IF EXISTS (
            SELECT 1 FROM approvals_decision d JOIN organizations_post q ON q.id = d.post_id
             WHERE d.cases && ARRAY['project:' || project.earmark_id]::varchar[] AND d.duty = 'implement'
               AND held.user_id IN (d.by_id, q.user_id)
        ) THEN
            RAISE EXCEPTION '不相容职责：% 办理过本项目的实施，不能参加验收', held.real_name
                USING ERRCODE = 'YC003';
        END IF;
        NEW.name := held.real_name;
        NEW.unit := held.unit;
        NEW.title := held.title;
    END IF;
    IF NEW.unit = (SELECT c.contractor FROM projects_completion c
                    WHERE c.project_id = project.id ORDER BY c.id DESC LIMIT 1) THEN
        RAISE EXCEPTION '不相容职责：承建单位不能参加验收' USING ERRCODE = 'YC003';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER member_stands BEFORE INSERT ON projects_acceptancemember
    FOR EACH ROW EXECUTE FUNCTION projects_acceptance_member_stands();

-- Nor does an inspector implement afterwards what he inspected.
CREATE FUNCTION projects_no_inspector_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '办理人参加过本项目的验收，不能再办理实施'
      FROM approvals_decision d JOIN organizations_post q ON q.id = d.post_id
     WHERE d.id = p_decision AND EXISTS (
        SELECT 1 FROM projects_acceptance a
          JOIN projects_acceptancemember m ON m.acceptance_id = a.id
          JOIN organizations_post p ON p.id = m.post_id
         WHERE a.project_id = d.subject_id AND a.decision_id < d.id
           AND p.user_id IN (d.by_id, q.user_id))
$$;

CREATE FUNCTION projects_number_on(p_key text, p_day date) RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.setting::int FROM organizations_parameter p
     WHERE p.key = p_key AND p.valid_from <= p_day ORDER BY p.valid_from DESC LIMIT 1
$$;

-- Photos that are there and prove this project.
CREATE FUNCTION projects_photos_rest(p_project bigint, p_photos varchar[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT cardinality(p_photos) > 0 AND NOT EXISTS (
        SELECT 1 FROM unnest(p_photos) AS photo WHERE NOT EXISTS (
            SELECT 1 FROM approvals_photouse u
             WHERE u.sha256 = photo AND u.subject_type = 'projects.project'
               AND u.subject_id = p_project))
$$;

-- An inspection: who, what was planned and what is there, the report, the photos.
CREATE FUNCTION projects_acceptance_rests(p_decision bigint) RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    a projects_acceptance;
    d approvals_decision;
    headcount int;
BEGIN
    SELECT * INTO d FROM approvals_decision x WHERE x.id = p_decision;
    SELECT * INTO a FROM projects_acceptance x WHERE x.decision_id = p_decision;
    IF NOT FOUND THEN
        RETURN '缺验收记录';
    END IF;
    IF a.stage <> (CASE d.from_status WHEN 'preliminary_acceptance' THEN 'preliminary'
                                      ELSE 'final' END)
       OR (a.conclusion = 'rectify') <> (d.action = 'rectify') THEN
        RETURN '验收记录与本步不符';
    END IF;
    IF a.number <> 1 + (SELECT count(*) FROM projects_acceptance x
                         WHERE x.project_id = a.project_id AND x.stage = a.stage
                           AND x.decision_id < a.decision_id) THEN
        RETURN '验收次数不连续';
    END IF;
    SELECT count(*) INTO headcount FROM projects_acceptancemember m WHERE m.acceptance_id = a.id;
    IF headcount < coalesce(projects_number_on('acceptance.members_min', a.accepted_on), 3)
       OR headcount % 2 = 0
          AND coalesce(projects_number_on('acceptance.members_odd', a.accepted_on), 1) <> 0 THEN
        RETURN '验收组人数不足，或不是单数';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM approvals_evidence e WHERE e.sha256 = a.report_file) THEN
        RETURN '缺验收报告';
    END IF;
    IF NOT projects_photos_rest(a.project_id, a.photos) THEN
        RETURN '缺验收照片，或照片不是本项目的';
    END IF;
    IF EXISTS (
        (SELECT w.name, w.unit, w.quantity FROM projects_workitem w
          WHERE w.project_id = a.project_id
         EXCEPT ALL
         SELECT l.name, l.unit, l.planned FROM projects_acceptanceline l
          WHERE l.acceptance_id = a.id)
        UNION ALL
        (SELECT l.name, l.unit, l.planned FROM projects_acceptanceline l
          WHERE l.acceptance_id = a.id
         EXCEPT ALL
         SELECT w.name, w.unit, w.quantity FROM projects_workitem w
          WHERE w.project_id = a.project_id)
    ) THEN
        RETURN '工程量没有逐项核对';
    END IF;
    IF a.accepted_on < (SELECT c.completed_on FROM projects_completion c
                         WHERE c.project_id = a.project_id AND c.decision_id < d.id
                         ORDER BY c.id DESC LIMIT 1) THEN
        RETURN '验收日期早于完工日期';
    END IF;
    IF d.action = 'rectify' AND NOT EXISTS (
        SELECT 1 FROM projects_rectificationitem i WHERE i.acceptance_id = a.id) THEN
        RETURN '没有写明整改事项';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION projects_rectification_rests(p_decision bigint) RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    r projects_rectification;
    a projects_acceptance;
BEGIN
    SELECT * INTO r FROM projects_rectification x WHERE x.decision_id = p_decision;
    IF NOT FOUND THEN
        RETURN '缺整改情况';
    END IF;
    SELECT * INTO a FROM projects_acceptance x
     WHERE x.project_id = r.project_id AND x.conclusion = 'rectify' AND x.decision_id < p_decision
     ORDER BY x.decision_id DESC LIMIT 1;
    IF r.acceptance_id IS DISTINCT FROM a.id OR r.finished_on < a.accepted_on THEN
        RETURN '整改情况与最近一次整改要求不符';
    END IF;
    IF EXISTS (
        SELECT 1 FROM projects_rectificationitem i WHERE i.acceptance_id = a.id AND NOT EXISTS (
            SELECT 1 FROM projects_rectificationanswer n
             WHERE n.rectification_id = r.id AND n.item_id = i.id
               AND projects_photos_rest(r.project_id, n.photos))) THEN
        RETURN '整改事项没有逐项答复，或缺照片';
    END IF;
    RETURN NULL;
END $$;

-- What a project held in accounts of these kinds just before an instant, from its entries.
CREATE FUNCTION projects_held_before(p_earmark bigint, p_kinds text[], p_at timestamptz)
RETURNS numeric LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(sum(e.amount * CASE WHEN c.id = e.destination_id THEN 1 ELSE -1 END), 0)
      FROM funds_account c
      JOIN funds_entry e ON c.id IN (e.source_id, e.destination_id)
      JOIN funds_voucher v ON v.id = e.voucher_id
     WHERE c.earmark_id = p_earmark AND c.kind = ANY (p_kinds) AND v.posted_at < p_at
$$;

-- The department's signature: a report that was uploaded, on what the ledger said then.
CREATE FUNCTION projects_audit_rests(p_decision bigint) RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    s projects_settlementaudit;
    d approvals_decision;
    earmark bigint;
    given numeric;
    spent numeric;
BEGIN
    SELECT * INTO d FROM approvals_decision x WHERE x.id = p_decision;
    SELECT * INTO s FROM projects_settlementaudit x WHERE x.decision_id = p_decision;
    IF NOT FOUND OR NOT EXISTS (
        SELECT 1 FROM approvals_evidence e WHERE e.sha256 = s.report_file) THEN
        RETURN '缺决算审计报告';
    END IF;
    SELECT p.earmark_id INTO earmark FROM projects_project p WHERE p.id = s.project_id;
    given := projects_held_before(earmark, '{allocated,released,paid}', d.at);
    spent := projects_held_before(earmark, '{paid}', d.at);
    IF (s.allocated, s.paid) IS DISTINCT FROM (given, spent) THEN
        RETURN '已分配、已支付的金额与专账不符';
    END IF;
    IF s.audited_amount <> spent AND EXISTS (
        SELECT 1 FROM approvals_decision t
         WHERE t.subject_type = d.subject_type AND t.subject_id = d.subject_id
           AND t.action = 'terminate') THEN
        RETURN '终止的项目，审定额须为已支付的金额';
    END IF;
    RETURN NULL;
END $$;

-- Finance's signature: on the department's, and exactly allocated − audited goes back.
CREATE FUNCTION projects_settlement_rests(p_decision bigint) RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    t projects_settlement;
    s projects_settlementaudit;
    d approvals_decision;
    recovered numeric;
BEGIN
    SELECT * INTO d FROM approvals_decision x WHERE x.id = p_decision;
    SELECT * INTO t FROM projects_settlement x WHERE x.decision_id = p_decision;
    IF NOT FOUND THEN
        RETURN '缺结算审定记录';
    END IF;
    SELECT a.* INTO s FROM projects_settlementaudit a
     WHERE a.project_id = d.subject_id AND a.decision_id = (
        SELECT max(x.id) FROM approvals_decision x
         WHERE x.subject_type = d.subject_type AND x.subject_id = d.subject_id
           AND x.action = 'verify_settlement' AND x.id < d.id);
    IF NOT FOUND OR t.audit_id IS DISTINCT FROM s.id
       OR (t.audited_on, t.report_number, t.audited_amount)
          IS DISTINCT FROM (s.audited_on, s.report_number, s.audited_amount) THEN
        RETURN '主管部门没有核定这一决算';
    END IF;
    SELECT coalesce(sum(e.amount), 0) INTO recovered
      FROM funds_voucher v JOIN funds_entry e ON e.voucher_id = v.id
     WHERE v.decision_id = p_decision AND v.kind = 'recover';
    IF t.surplus <> recovered OR t.surplus + s.audited_amount <> projects_held_before(
        (SELECT p.earmark_id FROM projects_project p WHERE p.id = d.subject_id),
        '{allocated,released,paid}', d.at) THEN
        RETURN '收回的结余不等于已分配减审定额';
    END IF;
    RETURN NULL;
END $$;

GRANT EXECUTE ON FUNCTION projects_no_inspector_rests, projects_number_on, projects_photos_rest,
    projects_acceptance_rests, projects_rectification_rests, projects_held_before,
    projects_audit_rests, projects_settlement_rests TO yichi_app;

INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.project', 'complete', 'projects_no_inspector_rests'),
    ('projects.project', 'report_rectified', 'projects_no_inspector_rests'),
    ('projects.project', 'report_rectified', 'projects_rectification_rests'),
    ('projects.project', 'pass_preliminary', 'projects_acceptance_rests'),
    ('projects.project', 'accept', 'projects_acceptance_rests'),
    ('projects.project', 'rectify', 'projects_acceptance_rests'),
    ('projects.project', 'verify_settlement', 'projects_audit_rests'),
    ('projects.project', 'settle', 'projects_settlement_rests');

INSERT INTO approvals_incompatibleduties (case_kind, first, second) VALUES
    ('project', 'propose', 'preliminary_accept'),
    ('project', 'implement', 'preliminary_accept'),
    ('project', 'preliminary_accept', 'accept'),
    ('project', 'preliminary_accept', 'settle'),
    ('project', 'implement', 'verify_settlement'),
    ('project', 'implement', 'settle'),
    ('project', 'verify_settlement', 'settle');
