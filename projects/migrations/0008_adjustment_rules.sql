CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON projects_adjustment
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('projects.adjustment', 'draft');

-- What everybody after the township is shown stays as it was put forward.
CREATE FUNCTION projects_adjustment_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving text[] := '{status,status_since}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '项目调整 % 不能删除，可以作废', OLD.number USING ERRCODE = 'YC001';
    END IF;
    IF (NEW.number, NEW.project_id, NEW.division_id, NEW.proposed_by_id, NEW.proposed_at)
       IS DISTINCT FROM
       (OLD.number, OLD.project_id, OLD.division_id, OLD.proposed_by_id, OLD.proposed_at) THEN
        RAISE EXCEPTION '项目调整 % 的编号、项目和申请人不能更改', OLD.number USING ERRCODE = 'YC001';
    END IF;
    IF OLD.status = 'publication' THEN
        moving := moving || '{published_on,published_where}';
    END IF;
    IF OLD.status <> 'draft'
       AND to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION '项目调整 % 已提交，内容不能改动，须先退回', OLD.number USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER adjustment_stands BEFORE UPDATE OR DELETE ON projects_adjustment
    FOR EACH ROW EXECUTE FUNCTION projects_adjustment_stands();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE DELETE ON projects_adjustment FROM yichi_app;

-- An adjustment of the project that the leading group agreed to in this very transaction.
CREATE FUNCTION projects_adjustment_decided(p_project bigint) RETURNS projects_adjustment
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT a FROM projects_adjustment a
      JOIN approvals_decision d ON d.subject_type = 'projects.adjustment' AND d.subject_id = a.id
     WHERE a.project_id = p_project AND d.action = 'determine'
       AND d.transaction_id = pg_current_xact_id()::text::bigint
     ORDER BY d.id DESC LIMIT 1
$$;

-- As before, and what was approved changes only to the values of an adjustment that is decided in
-- the same transaction.
CREATE OR REPLACE FUNCTION projects_project_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving text[] := '{status,status_since,meeting_id}';
    adjustable text[] := '{content,subsidy_standard,villages_covered,households,people,'
        'poor_households,poor_people,requested_amount,total_investment,self_raised,planned_start,'
        'planned_end,implementing_unit,implementing_unit_code,owner_name,owner_title}';
    adjustment projects_adjustment;
    col text;
    old_text jsonb := to_jsonb(OLD) - moving;
    new_text jsonb;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '项目 % 不能删除', OLD.code USING ERRCODE = 'YC001';
    END IF;
    IF (NEW.code, NEW.county_id, NEW.division_id, NEW.earmark_id, NEW.proposed_by_id, NEW.proposed_at)
       IS DISTINCT FROM
       (OLD.code, OLD.county_id, OLD.division_id, OLD.earmark_id, OLD.proposed_by_id, OLD.proposed_at) THEN
        RAISE EXCEPTION '项目 % 的编号、县、申报单位和申报人不能更改', OLD.code USING ERRCODE = 'YC001';
    END IF;
    IF OLD.meeting_id IS NOT NULL AND NEW.meeting_id IS DISTINCT FROM OLD.meeting_id THEN
        RAISE EXCEPTION '项目 % 的审定会议不能更改', OLD.code USING ERRCODE = 'YC001';
    END IF;
    new_text := to_jsonb(NEW) - moving;
    IF OLD.status IN ('draft', 'revision') OR new_text IS NOT DISTINCT FROM old_text THEN
        RETURN NEW;
    END IF;
    adjustment := projects_adjustment_decided(NEW.id);
    FOR col IN SELECT key FROM jsonb_each(new_text) WHERE value IS DISTINCT FROM old_text -> key LOOP
        IF adjustment.id IS NULL OR col <> ALL (adjustable) OR NOT EXISTS (
            SELECT 1 FROM jsonb_array_elements(adjustment.changes) AS c
             WHERE c ->> 'name' = col AND c ->> 'value' = new_text ->> col
        ) THEN
            RAISE EXCEPTION '项目 % 已上报，内容不能改动，须先退回；已审定的须走项目调整', OLD.code
                USING ERRCODE = 'YC004';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION projects_part_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    part text := CASE TG_TABLE_NAME WHEN 'projects_workitem' THEN 'work_items' ELSE 'places' END;
    adjustment projects_adjustment;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.project_id <> OLD.project_id THEN
        RAISE EXCEPTION '不能改属另一个项目' USING ERRCODE = 'YC001';
    END IF;
    -- Locked, so that the project is not sent in between this look and the commit.
    PERFORM FROM projects_project p
      WHERE p.id = coalesce(NEW.project_id, OLD.project_id) AND p.status IN ('draft', 'revision')
        FOR SHARE;
    IF NOT FOUND THEN
        adjustment := projects_adjustment_decided(coalesce(NEW.project_id, OLD.project_id));
        IF adjustment.id IS NULL OR NOT EXISTS (
            SELECT 1 FROM jsonb_array_elements(adjustment.changes) AS c
             WHERE c ->> 'name' = part AND c ? 'value'
        ) THEN
            RAISE EXCEPTION '项目已上报，实施地点和工程量不能改动，须先退回；已审定的须走项目调整'
                USING ERRCODE = 'YC004';
        END IF;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

-- Sources of a project come from the decision of the meeting, in its transaction: on the project
-- itself once, and on each adjustment. What is taken back leaves what finance has released. The
-- county's book is locked, so that nothing is released between this look and the commit.
CREATE OR REPLACE FUNCTION projects_source_follows_decision() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    decided text := CASE WHEN NEW.adjustment_id IS NULL THEN 'projects.project'
                         ELSE 'projects.adjustment' END;
    county bigint;
    earmark bigint;
    left_over numeric;
    released numeric;
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM approvals_decision d
         WHERE d.subject_type = decided
           AND d.subject_id = coalesce(NEW.adjustment_id, NEW.project_id)
           AND d.action = 'determine' AND d.transaction_id = pg_current_xact_id()::text::bigint
    ) OR NEW.adjustment_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM projects_adjustment a
         WHERE a.id = NEW.adjustment_id AND a.project_id = NEW.project_id
    ) THEN
        RAISE EXCEPTION '批准的资金来源须随领导小组的审定一并登记' USING ERRCODE = 'YC004';
    END IF;
    IF NEW.amount < 0 THEN
        SELECT p.county_id, p.earmark_id INTO county, earmark
          FROM projects_project p WHERE p.id = NEW.project_id;
        PERFORM ledger_lock_book(county);
        SELECT coalesce(sum(s.amount), 0) + NEW.amount INTO left_over
          FROM projects_projectsource s
         WHERE s.project_id = NEW.project_id AND s.allotment_id = NEW.allotment_id;
        released := projects_released(earmark, NEW.allotment_id);
        IF left_over < released THEN
            RAISE EXCEPTION '这一来源已核拨 % 元，调减后不得低于该数', in_yuan(released)
                USING ERRCODE = 'YC010';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION projects_released(p_earmark bigint, p_allotment bigint) RETURNS numeric
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(sum(a.balance), 0) FROM funds_account a
     WHERE a.earmark_id = p_earmark AND a.allotment_id = p_allotment
       AND a.kind IN ('released', 'paid')
$$;

-- Every step rests on its own evidence, also when somebody writes past the program: the village's
-- minutes on papers that were really uploaded,
CREATE FUNCTION projects_opinion_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '缺村级会议纪要原件' FROM approvals_decision d
      JOIN projects_adjustment a ON a.id = d.subject_id
     WHERE d.id = p_decision AND EXISTS (
        SELECT 1 FROM unnest(a.minutes_files) AS paper
         WHERE NOT EXISTS (SELECT 1 FROM approvals_evidence e WHERE e.sha256 = paper))
$$;

-- the approval on a project and a ledger that say, when its transaction ends, what was approved.
CREATE FUNCTION projects_adjustment_rests(p_decision bigint) RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    a projects_adjustment;
    d approvals_decision;
    project jsonb;
    given numeric;
    ends boolean;
BEGIN
    SELECT * INTO d FROM approvals_decision x WHERE x.id = p_decision;
    SELECT * INTO a FROM projects_adjustment x WHERE x.id = d.subject_id;
    ends := a.kinds::text[] = '{termination}';
    SELECT coalesce(sum(s.amount), 0) INTO given
      FROM projects_projectsource s WHERE s.adjustment_id = a.id;
    IF NOT ends AND given <> a.money_change OR ends AND given > 0 THEN
        RETURN '批准的资金来源与申请的增减不符';
    END IF;
    IF d.to_status <> (CASE WHEN ends OR a.money_change < 0 THEN 'recovery'
                            ELSE 'publication' END) THEN
        RETURN '收回的资金须由财政办理';
    END IF;
    IF given > 0 AND NOT projects_vouchered(d.id, 'allocate', a.id, 1) THEN
        RETURN '没有随审定分配资金';
    END IF;
    SELECT to_jsonb(p) INTO project FROM projects_project p WHERE p.id = a.project_id;
    IF ends AND project ->> 'status' IN ('result_feedback', 'implementation') THEN
        RETURN '项目没有随审定终止';
    END IF;
    IF EXISTS (SELECT 1 FROM jsonb_array_elements(a.changes) AS c
                WHERE c ? 'value' AND project ? (c ->> 'name')
                  AND project ->> (c ->> 'name') IS DISTINCT FROM c ->> 'value') THEN
        RETURN '项目没有照批准的内容变更';
    END IF;
    IF EXISTS (SELECT 1 FROM jsonb_array_elements(a.changes) AS c
                WHERE c ->> 'name' = 'places' AND c -> 'value' IS DISTINCT FROM (
                    SELECT jsonb_agg(x.division_id ORDER BY x.division_id)
                      FROM projects_projectplace x WHERE x.project_id = a.project_id)) THEN
        RETURN '实施地点没有照批准的内容变更';
    END IF;
    IF EXISTS (SELECT 1 FROM jsonb_array_elements(a.changes) AS c
                WHERE c ->> 'name' = 'work_items' AND c -> 'value' IS DISTINCT FROM (
                    SELECT coalesce(jsonb_agg(jsonb_build_object('name', w.name, 'unit', w.unit,
                               'quantity', w.quantity::text, 'unit_price', w.unit_price::text)
                               ORDER BY w.id), '[]')
                      FROM projects_workitem w WHERE w.project_id = a.project_id)) THEN
        RETURN '工程量没有照批准的内容变更';
    END IF;
    RETURN NULL;
END $$;

-- Whether one voucher of the decision moves, allotment by allotment, what the adjustment's sources
-- say, `p_sign` times.
CREATE FUNCTION projects_vouchered(p_decision bigint, p_kind text, p_adjustment bigint, p_sign int)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT NOT EXISTS (
        SELECT 1 FROM (
            SELECT s.allotment_id, p_sign * s.amount AS amount
              FROM projects_projectsource s WHERE s.adjustment_id = p_adjustment
        ) AS wanted
        FULL JOIN (
            SELECT c.allotment_id, sum(e.amount) AS amount
              FROM funds_voucher v JOIN funds_entry e ON e.voucher_id = v.id
              JOIN funds_account c ON c.id = e.source_id
             WHERE v.decision_id = p_decision AND v.kind = p_kind
             GROUP BY c.allotment_id
        ) AS moved USING (allotment_id)
        WHERE wanted.amount IS DISTINCT FROM moved.amount)
$$;

CREATE FUNCTION projects_recovery_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '收回的资金与批准的调减不符' FROM approvals_decision d
     WHERE d.id = p_decision AND NOT projects_vouchered(d.id, 'recover', d.subject_id, -1)
$$;

CREATE FUNCTION projects_termination_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '没有领导小组批准的项目终止' FROM approvals_decision t
     WHERE t.id = p_decision AND NOT EXISTS (
        SELECT 1 FROM projects_adjustment a
          JOIN approvals_decision d ON d.subject_type = 'projects.adjustment'
                                   AND d.subject_id = a.id AND d.action = 'determine'
         WHERE a.project_id = t.subject_id AND a.kinds::text[] = '{termination}'
           AND d.transaction_id = t.transaction_id)
$$;

-- While an approved reduction waits for finance, the ledger still holds its money as allocated:
-- nothing of it is released.
CREATE FUNCTION projects_release_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT min('核拨超过批准的金额：' || t.document_number)
      FROM funds_voucher v JOIN funds_entry e ON e.voucher_id = v.id
      JOIN funds_account c ON c.id = e.source_id
      JOIN funds_allotment t ON t.id = c.allotment_id
      JOIN projects_project p ON p.earmark_id = c.earmark_id
     WHERE v.decision_id = p_decision
       AND projects_released(c.earmark_id, c.allotment_id) > (
           SELECT coalesce(sum(s.amount), 0) FROM projects_projectsource s
            WHERE s.project_id = p.id AND s.allotment_id = c.allotment_id)
$$;

GRANT EXECUTE ON FUNCTION projects_adjustment_decided, projects_released, projects_vouchered,
    projects_opinion_rests, projects_adjustment_rests, projects_recovery_rests, projects_termination_rests,
    projects_release_rests TO yichi_app;

INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.adjustment', 'put_forward', 'projects_opinion_rests'),
    ('projects.adjustment', 'vote', 'approvals_vote_rests'),
    ('projects.adjustment', 'determine', 'approvals_resolution_rests'),
    ('projects.adjustment', 'determine', 'projects_adjustment_rests'),
    ('projects.adjustment', 'defer', 'approvals_resolution_rests'),
    ('projects.adjustment', 'reject', 'approvals_resolution_rests'),
    ('projects.adjustment', 'recover', 'projects_recovery_rests'),
    ('projects.project', 'terminate', 'projects_termination_rests'),
    ('projects.paymentrequest', 'release', 'projects_release_rests');

INSERT INTO approvals_incompatibleduties (case_kind, first, second) VALUES
    ('project', 'propose', 'department_review'),
    ('project', 'township_review', 'department_review');

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_historicaladjustment
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_historicaladjustment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_historicaladjustment FROM yichi_app;
