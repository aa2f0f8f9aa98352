CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON projects_annualplan
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('projects.annualplan', 'draft');

-- What was sent in, and what the leading group approved, stays as it was.
CREATE FUNCTION projects_plan_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving text[] := '{status,status_since,meeting_id}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '年度项目计划“%”不能删除', OLD.title USING ERRCODE = 'YC001';
    END IF;
    IF (NEW.division_id, NEW.year, NEW.batch, NEW.drawn_up_by_id, NEW.drawn_up_at)
       IS DISTINCT FROM
       (OLD.division_id, OLD.year, OLD.batch, OLD.drawn_up_by_id, OLD.drawn_up_at) THEN
        RAISE EXCEPTION '年度项目计划“%”的县、年度、批次和编制人不能更改', OLD.title
            USING ERRCODE = 'YC001';
    END IF;
    IF OLD.status <> 'draft'
       AND to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION '年度项目计划“%”已送审，内容不能改动，须先退回', OLD.title
            USING ERRCODE = 'YC004';
    END IF;
    IF NEW.meeting_id IS DISTINCT FROM OLD.meeting_id AND NOT (
        OLD.status = 'determination' AND NEW.status = 'approved') THEN
        RAISE EXCEPTION '年度项目计划“%”的审定会议随审定一并登记', OLD.title
            USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_stands BEFORE UPDATE OR DELETE ON projects_annualplan
    FOR EACH ROW EXECUTE FUNCTION projects_plan_stands();

-- The projects of a plan change in draft; before the meeting one may still be taken out.
CREATE FUNCTION projects_plan_item_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    plan projects_annualplan;
    project projects_project;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION '计划项目只能列入或移出，不能改换' USING ERRCODE = 'YC001';
    END IF;
    SELECT * INTO plan FROM projects_annualplan p
     WHERE p.id = CASE TG_OP WHEN 'DELETE' THEN OLD.plan_id ELSE NEW.plan_id END FOR SHARE;
    IF NOT (plan.status = 'draft' OR TG_OP = 'DELETE' AND plan.status = 'determination') THEN
        RAISE EXCEPTION '年度项目计划“%”已送审，所列项目不能改动，须先退回', plan.title
            USING ERRCODE = 'YC004';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    SELECT * INTO project FROM projects_project p WHERE p.id = NEW.project_id;
    IF (project.county_id, project.year) IS DISTINCT FROM (plan.division_id, plan.year::integer) THEN
        RAISE EXCEPTION '项目 % 不属于本计划的县和年度', project.code USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_item_stands BEFORE INSERT OR UPDATE OR DELETE ON projects_planitem
    FOR EACH ROW EXECUTE FUNCTION projects_plan_item_stands();

-- Votes hold for what the members saw: who takes a project out of a plan has them vote anew.
CREATE FUNCTION projects_plan_vote_anew() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM approvals_agendaitem i
          JOIN projects_annualplan p ON p.id = i.subject_id AND p.status = 'determination'
          JOIN approvals_vote v ON v.item_id = i.id AND v.digest = i.digest
         WHERE i.subject_type = 'projects.annualplan' AND i.subject_id = OLD.plan_id
           AND i.outcome = '' AND NOT i.is_removed
    ) THEN
        RAISE EXCEPTION '移出项目后须重新表决' USING ERRCODE = 'YC004';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER plan_vote_anew AFTER DELETE ON projects_planitem
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION projects_plan_vote_anew();

-- The money of a plan is written down with the decision that approves it.
CREATE FUNCTION projects_plan_source_follows_decision() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM projects_planitem i
          JOIN approvals_decision d ON d.subject_type = 'projects.annualplan'
           AND d.subject_id = i.plan_id AND d.action = 'determine'
           AND d.transaction_id = pg_current_xact_id()::text::bigint
         WHERE i.id = NEW.item_id
    ) THEN
        RAISE EXCEPTION '计划资金须随领导小组的审定一并登记' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_source_follows_decision BEFORE INSERT ON projects_planitemsource
    FOR EACH ROW EXECUTE FUNCTION projects_plan_source_follows_decision();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_planitemsource
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_planitemsource
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_planitem
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_planitemsource FROM yichi_app;
REVOKE DELETE ON projects_annualplan FROM yichi_app;

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_historicalannualplan
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_historicalannualplan
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_historicalplanitem
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_historicalplanitem
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_historicalannualplan, projects_historicalplanitem FROM yichi_app;

-- An approved plan: every project in it determined, and written down as it was determined.
CREATE FUNCTION projects_plan_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN NOT EXISTS (SELECT 1 FROM projects_planitem i WHERE i.plan_id = d.subject_id)
            THEN '计划没有列入项目'
        WHEN EXISTS (
            SELECT 1 FROM projects_planitem i JOIN projects_project p ON p.id = i.project_id
             WHERE i.plan_id = d.subject_id AND p.meeting_id IS NULL)
            THEN '计划中有未经领导小组审定的项目'
        WHEN EXISTS (
            SELECT i.id FROM projects_planitem i WHERE i.plan_id = d.subject_id
               AND EXISTS (
                   (SELECT s.allotment_id, s.amount FROM projects_projectsource s
                     WHERE s.project_id = i.project_id
                    EXCEPT SELECT c.allotment_id, c.amount FROM projects_planitemsource c
                            WHERE c.item_id = i.id)
                   UNION ALL
                   (SELECT c.allotment_id, c.amount FROM projects_planitemsource c
                     WHERE c.item_id = i.id
                    EXCEPT SELECT s.allotment_id, s.amount FROM projects_projectsource s
                            WHERE s.project_id = i.project_id)))
            THEN '计划资金与批准金额不符'
        END
      FROM approvals_decision d WHERE d.id = p_decision
$$;

-- No start and no payment outside an approved plan (新扶贫领字〔2018〕76号 二(三)).
CREATE FUNCTION projects_project_in_plan(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '项目没有列入领导小组批准的年度项目计划' FROM approvals_decision d
     WHERE d.id = p_decision AND NOT EXISTS (
        SELECT 1 FROM projects_planitem i JOIN projects_annualplan p ON p.id = i.plan_id
         WHERE i.project_id = d.subject_id AND p.status = 'approved')
$$;
CREATE FUNCTION projects_payment_in_plan(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '项目没有列入领导小组批准的年度项目计划' FROM approvals_decision d
     WHERE d.id = p_decision AND NOT EXISTS (
        SELECT 1 FROM projects_paymentrequest r
          JOIN projects_planitem i ON i.project_id = r.project_id
          JOIN projects_annualplan p ON p.id = i.plan_id
         WHERE r.id = d.subject_id AND p.status = 'approved')
$$;
GRANT EXECUTE ON FUNCTION projects_plan_rests, projects_project_in_plan, projects_payment_in_plan
    TO yichi_app;

INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.annualplan', 'vote', 'approvals_vote_rests'),
    ('projects.annualplan', 'determine', 'approvals_resolution_rests'),
    ('projects.annualplan', 'determine', 'projects_plan_rests'),
    ('projects.annualplan', 'defer', 'approvals_resolution_rests'),
    ('projects.annualplan', 'reject', 'approvals_resolution_rests'),
    ('projects.project', 'announce_result', 'projects_project_in_plan'),
    ('projects.paymentrequest', 'submit', 'projects_payment_in_plan');

-- Who draws up a plan does not review it, and neither decides on it.
INSERT INTO approvals_incompatibleduties (case_kind, first, second) VALUES
    ('annualplan', 'plan', 'department_review'),
    ('annualplan', 'plan', 'determine'),
    ('annualplan', 'department_review', 'determine');
