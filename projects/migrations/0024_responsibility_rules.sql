-- What was approved before: rated by the default of its day, with the persons whom the proposal
-- named. The meeting's decision is the one that led to `result_feedback`.
INSERT INTO projects_majorrating (project_id, decision_id, amount, threshold, is_major)
SELECT p.id, d.id, s.amount, 3000000, s.amount >= 3000000
  FROM projects_project p
  JOIN LATERAL (SELECT max(x.id) AS id FROM approvals_decision x
                 WHERE x.subject_type = 'projects.project' AND x.subject_id = p.id
                   AND x.to_status = 'result_feedback') d ON d.id IS NOT NULL
  JOIN LATERAL (SELECT sum(x.amount) AS amount FROM projects_projectsource x
                 WHERE x.project_id = p.id) s ON s.amount IS NOT NULL;

INSERT INTO projects_responsibility (project_id, duty, name, unit, title, office_phone, valid_from,
                                     reason, recorded_by_id, recorded_as_id, decision_id, recorded_at)
SELECT p.id, n.duty, n.name, n.unit, n.title, '', (d.at AT TIME ZONE 'Asia/Shanghai')::date,
       '随项目审定确定', d.by_id, d.post_id, d.id, d.at
  FROM projects_project p
  JOIN LATERAL (SELECT * FROM approvals_decision x
                 WHERE x.subject_type = 'projects.project' AND x.subject_id = p.id
                   AND x.to_status = 'result_feedback' ORDER BY x.id DESC LIMIT 1) d ON true,
       LATERAL (VALUES ('PROJ_LEADER', p.leader_name, '', p.leader_title),
                       ('PROJ_OWNER', p.owner_name, p.implementing_unit, p.owner_title))
               AS n (duty, name, unit, title)
 WHERE n.name <> '' AND n.title <> '' AND (n.unit <> '' OR n.duty = 'PROJ_LEADER');

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_majorrating
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_majorrating
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_responsibility
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_majorrating, projects_responsibility FROM yichi_app;
GRANT UPDATE (valid_until, accepted_at) ON projects_responsibility TO yichi_app;

-- The threshold of today, and all that stands approved; in the transaction of the decision.
CREATE FUNCTION projects_major_rating_is_true() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM approvals_decision d
         WHERE d.id = NEW.decision_id AND d.transaction_id = pg_current_xact_id()::text::bigint
           AND (d.subject_type = 'projects.project' AND d.subject_id = NEW.project_id
                OR d.subject_type = 'projects.adjustment' AND EXISTS (
                    SELECT 1 FROM projects_adjustment a
                     WHERE a.id = d.subject_id AND a.project_id = NEW.project_id)))
       OR NEW.amount IS DISTINCT FROM (
        SELECT sum(s.amount) FROM projects_projectsource s WHERE s.project_id = NEW.project_id)
       OR NEW.threshold IS DISTINCT FROM (
        SELECT p.setting::numeric FROM organizations_parameter p
         WHERE p.key = 'project.major_amount'
           AND p.valid_from <= (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date
         ORDER BY p.valid_from DESC LIMIT 1) THEN
        RAISE EXCEPTION '重大项目认定须随批准资金的办理记录登记，金额和起点以当日为准'
            USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER major_rating_is_true BEFORE INSERT ON projects_majorrating
    FOR EACH ROW EXECUTE FUNCTION projects_major_rating_is_true();

-- Who may name whom for which duty: the township for the duties of towns, villages and keepers.
CREATE FUNCTION projects_responsibility_named_by(p_duty text) RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN p_duty IN ('TOWN_OWNER', 'VILLAGE_OWNER', 'ASSET_KEEPER')
                THEN 'township_clerk' ELSE 'project_clerk' END
$$;

-- A person is named for an approved project by whoever names for the duty, within the days that
-- may be recorded late; or with a decision about the project, in its transaction.
CREATE FUNCTION projects_responsibility_lawful() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
    late integer;
    before projects_responsibility;
    project record;
    behind date;
BEGIN
    SELECT p.code, p.meeting_id, d.path INTO project
      FROM projects_project p JOIN organizations_division d ON d.id = p.division_id
     WHERE p.id = NEW.project_id;
    IF project.meeting_id IS NULL AND NEW.decision_id IS NULL THEN
        RAISE EXCEPTION '项目 % 未经审定，尚不登记责任人', project.code USING ERRCODE = 'YC004';
    END IF;
    IF NEW.decision_id IS NULL THEN
        IF approvals_role_over(NEW.recorded_by_id, NEW.recorded_as_id, project.path)
           IS DISTINCT FROM projects_responsibility_named_by(NEW.duty) THEN
            RAISE EXCEPTION '登记人今天不在可以登记这项责任的岗位上' USING ERRCODE = 'YC002';
        END IF;
    ELSIF NOT EXISTS (
        SELECT 1 FROM approvals_decision d
         WHERE d.id = NEW.decision_id AND d.by_id = NEW.recorded_by_id
           AND d.post_id = NEW.recorded_as_id
           AND d.transaction_id = pg_current_xact_id()::text::bigint
           AND (d.subject_type = 'projects.project' AND d.subject_id = NEW.project_id
                AND d.to_status = 'result_feedback'
                OR d.subject_type = 'projects.adjustment' AND EXISTS (
                    SELECT 1 FROM projects_adjustment a
                     WHERE a.id = d.subject_id AND a.project_id = NEW.project_id))) THEN
        RAISE EXCEPTION '责任人须随审定本项目的办理记录登记' USING ERRCODE = 'YC004';
    END IF;
    IF NEW.valid_until IS NOT NULL OR NEW.accepted_at IS NOT NULL THEN
        RAISE EXCEPTION '责任人登记时尚未卸任，也尚未接受交接' USING ERRCODE = 'YC004';
    END IF;
    IF NEW.person_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM organizations_user u
         WHERE u.id = NEW.person_id AND u.is_active AND u.real_name = NEW.name) THEN
        RAISE EXCEPTION '姓名与系统内人员不符，或其账号已停用' USING ERRCODE = 'YC002';
    END IF;
    IF NEW.predecessor_id IS NOT NULL THEN
        SELECT * INTO before FROM projects_responsibility r WHERE r.id = NEW.predecessor_id;
        IF (before.project_id, before.duty, before.valid_until + 1)
           IS DISTINCT FROM (NEW.project_id, NEW.duty, NEW.valid_from) THEN
            RAISE EXCEPTION '接任须是同一项目的同一责任，自前任卸任次日起' USING ERRCODE = 'YC004';
        END IF;
        behind := before.valid_from;
    END IF;
    SELECT p.setting::integer INTO late FROM organizations_parameter p
     WHERE p.key = 'responsibility.late_days' AND p.valid_from <= today
     ORDER BY p.valid_from DESC LIMIT 1;
    IF NEW.valid_from NOT BETWEEN today - coalesce(late, 30) AND greatest(today, behind) + 1 THEN
        RAISE EXCEPTION '责任起始日 % 超出可以登记的日期（最多补登 % 天，最迟次日）', NEW.valid_from,
            coalesce(late, 30) USING ERRCODE = 'YC014';
    END IF;
    NEW.recorded_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER responsibility_lawful BEFORE INSERT ON projects_responsibility
    FOR EACH ROW EXECUTE FUNCTION projects_responsibility_lawful();

-- Ended once, accepted once; everything else about it stands for life.
CREATE FUNCTION projects_responsibility_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '责任登记不能删除，终身可查' USING ERRCODE = 'YC001';
    END IF;
    IF to_jsonb(NEW) - '{valid_until,accepted_at}'::text[]
       IS DISTINCT FROM to_jsonb(OLD) - '{valid_until,accepted_at}'::text[]
       OR (OLD.valid_until IS NOT NULL AND NEW.valid_until IS DISTINCT FROM OLD.valid_until)
       OR (OLD.accepted_at IS NOT NULL AND NEW.accepted_at IS DISTINCT FROM OLD.accepted_at) THEN
        RAISE EXCEPTION '责任登记只能卸任一次、接受交接一次' USING ERRCODE = 'YC001';
    END IF;
    IF OLD.accepted_at IS NULL AND NEW.accepted_at IS NOT NULL THEN
        NEW.accepted_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER responsibility_stands BEFORE UPDATE OR DELETE ON projects_responsibility
    FOR EACH ROW EXECUTE FUNCTION projects_responsibility_stands();

-- Whoever leaves is followed by a successor the day after. Asked at COMMIT: both are one act.
CREATE FUNCTION projects_responsibility_unbroken() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.valid_until IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM projects_responsibility r
         WHERE r.predecessor_id = NEW.id AND r.valid_from = NEW.valid_until + 1) THEN
        RAISE EXCEPTION '% 自 % 起无人接任，责任不能中断', NEW.name, NEW.valid_until + 1
            USING ERRCODE = 'YC004';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER responsibility_unbroken AFTER INSERT OR UPDATE ON projects_responsibility
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION projects_responsibility_unbroken();

-- Work begins, and money is asked for, under a leader and an owner by name.
CREATE FUNCTION projects_nobody_answers(p_project bigint, p_day date) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '没有在任的' || string_agg(n.label, '、') FROM (
        VALUES ('PROJ_LEADER', '项目责任领导'), ('PROJ_OWNER', '项目责任人')) AS n (duty, label)
     WHERE NOT EXISTS (
        SELECT 1 FROM projects_responsibility r
         WHERE r.project_id = p_project AND r.duty = n.duty AND r.valid_from <= p_day
           AND (r.valid_until IS NULL OR r.valid_until >= p_day))
$$;
CREATE FUNCTION projects_announced_with_names(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(
        projects_nobody_answers(d.subject_id, (d.at AT TIME ZONE 'Asia/Shanghai')::date),
        CASE WHEN NOT EXISTS (SELECT 1 FROM projects_majorrating m
                               WHERE m.project_id = d.subject_id) THEN '没有重大项目认定' END)
      FROM approvals_decision d WHERE d.id = p_decision
$$;
CREATE FUNCTION projects_paid_under_names(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT projects_nobody_answers(q.project_id, (d.at AT TIME ZONE 'Asia/Shanghai')::date)
      FROM approvals_decision d JOIN projects_paymentrequest q ON q.id = d.subject_id
     WHERE d.id = p_decision
$$;
GRANT EXECUTE ON FUNCTION projects_responsibility_named_by, projects_nobody_answers,
    projects_announced_with_names, projects_paid_under_names TO yichi_app;

INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.project', 'announce_result', 'projects_announced_with_names'),
    ('projects.paymentrequest', 'submit', 'projects_paid_under_names');
