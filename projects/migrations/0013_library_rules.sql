-- As before; the county's ranking moves freely, and the year by one where it is carried over.
CREATE OR REPLACE FUNCTION projects_project_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving text[] := '{status,status_since,meeting_id,rank}';
    adjustable text[] := '{content,subsidy_standard,villages_covered,households,people,'
        'poor_households,poor_people,requested_amount,total_investment,self_raised,planned_start,'
        'planned_end,implementing_unit,implementing_unit_code,owner_name,owner_title}';
    adjustment projects_adjustment;
    col text;
    old_text jsonb;
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
    IF NEW.year <> OLD.year AND EXISTS (
        SELECT 1 FROM projects_carryover c
         WHERE c.project_id = OLD.id AND c.from_year = OLD.year AND c.to_year = NEW.year
    ) THEN
        moving := moving || '{year}';
    END IF;
    old_text := to_jsonb(OLD) - moving;
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

-- Only what nobody decided on yet, and what no meeting or plan counts on, goes into another year.
CREATE FUNCTION projects_carry_over_lawful() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    project projects_project;
BEGIN
    SELECT * INTO project FROM projects_project p WHERE p.id = NEW.project_id FOR UPDATE;
    IF project.year <> NEW.from_year OR project.meeting_id IS NOT NULL OR project.status IN (
        'result_feedback', 'implementation', 'acceptance', 'settlement', 'asset_registration',
        'closed', 'rejected', 'left_library'
    ) OR EXISTS (
        SELECT 1 FROM projects_planitem i WHERE i.project_id = project.id
    ) OR EXISTS (
        SELECT 1 FROM approvals_agendaitem i
         WHERE i.subject_type = 'projects.project' AND i.subject_id = project.id
           AND i.outcome = '' AND NOT i.is_removed
    ) THEN
        RAISE EXCEPTION '项目 % 已审定、已出库或已列入议程、计划，不能转入下年', project.code
            USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER carry_over_lawful BEFORE INSERT ON projects_carryover
    FOR EACH ROW EXECUTE FUNCTION projects_carry_over_lawful();

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_carryover
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_carryover
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_libraryexit
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_libraryexit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_libraryentry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_libraryentry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_carryover, projects_libraryexit, projects_libraryentry
    FROM yichi_app;

-- The number of a document is recorded for what has passed the joint review.
CREATE FUNCTION projects_entry_lawful() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM approvals_decision d
         WHERE d.subject_type = 'projects.project' AND d.subject_id = NEW.project_id
           AND d.action = 'review_jointly' AND d.to_status = 'determination'
    ) THEN
        RAISE EXCEPTION '项目没有通过行业会审，尚未入库' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER entry_lawful BEFORE INSERT ON projects_libraryentry
    FOR EACH ROW EXECUTE FUNCTION projects_entry_lawful();

-- Out of the library with a reason; outside the quarter of the adjustment with a special one
-- (国开办发〔2018〕10号).
CREATE FUNCTION projects_library_exit_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '没有登记出库原因，或集中调整期外没有特殊事由' FROM approvals_decision d
     WHERE d.id = p_decision AND NOT EXISTS (
        SELECT 1 FROM projects_libraryexit x
         WHERE x.decision_id = d.id AND (x.special_reason <> ''
            OR date_part('quarter', d.at AT TIME ZONE 'Asia/Shanghai') = (
                SELECT p.setting::integer FROM organizations_parameter p
                 WHERE p.key = 'library.adjust_quarter' AND p.valid_from <= d.at::date
                 ORDER BY p.valid_from DESC LIMIT 1)))
$$;

-- What enters the library is complete (国开办发〔2018〕10号); performance asks for its targets.
CREATE FUNCTION projects_library_entry_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '入库项目基本内容不全'
      FROM approvals_decision d JOIN projects_project p ON p.id = d.subject_id
     WHERE d.id = p_decision AND d.to_status = 'determination' AND NOT (
        p.name <> '' AND p.nature <> '' AND p.implementing_unit <> '' AND p.leader_name <> ''
        AND p.owner_name <> '' AND btrim(p.content) <> '' AND btrim(p.funding) <> ''
        AND p.people > 0 AND cardinality(p.linkages) > 0
        AND EXISTS (SELECT 1 FROM projects_projectplace l WHERE l.project_id = p.id)
        AND EXISTS (SELECT 1 FROM projects_workitem w WHERE w.project_id = p.id))
$$;
GRANT EXECUTE ON FUNCTION projects_library_exit_rests, projects_library_entry_rests TO yichi_app;

INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.project', 'leave_library', 'projects_library_exit_rests'),
    ('projects.project', 'review_jointly', 'projects_library_entry_rests');
