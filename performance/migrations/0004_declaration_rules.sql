-- What was filled in before there were declarations: approved with the project where the meeting
-- had it, else still being filled in. Written by nobody's decision, before the rules below.
INSERT INTO performance_declaration (project_id, division_id, number, status, status_since, goal,
        reason, started_by_id, started_at)
    SELECT p.id, p.division_id, 1,
           CASE WHEN p.meeting_id IS NULL THEN 'draft' ELSE 'approved' END, now(), p.content, '',
           (SELECT t.set_by_id FROM performance_target t WHERE t.project_id = p.id
             ORDER BY t.id LIMIT 1), now()
      FROM projects_project p
     WHERE EXISTS (SELECT 1 FROM performance_target t WHERE t.project_id = p.id);
INSERT INTO performance_targetline (declaration_id, aspect, name, operator, value, wording, unit,
        weight, explanation, data_source, evidence, indicator_id)
    SELECT d.id, t.aspect, t.name, t.operator, t.value, t.wording, t.unit, t.weight, t.explanation,
           t.data_source, t.evidence, t.indicator_id
      FROM performance_declaration d JOIN performance_target t ON t.project_id = d.project_id
     WHERE d.status = 'approved';
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;

CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON performance_declaration
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('performance.declaration', 'draft');

-- What was put into a life stands. The trigger names what comes later, `status:column,column` for
-- each status from which it comes, parted by blanks; everything else never changes.
CREATE FUNCTION performance_subject_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving text[] := '{status,status_since}';
    part text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '% 不能删除', TG_TABLE_NAME USING ERRCODE = 'YC001';
    END IF;
    FOREACH part IN ARRAY string_to_array(TG_ARGV[0], ' ') LOOP
        IF split_part(part, ':', 1) = OLD.status THEN
            moving := moving || string_to_array(split_part(part, ':', 2), ',');
        END IF;
    END LOOP;
    IF to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION '% 在“%”环节不能改动这些内容', TG_TABLE_NAME, OLD.status
            USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER subject_stands BEFORE UPDATE OR DELETE ON performance_declaration
    FOR EACH ROW EXECUTE FUNCTION performance_subject_stands('draft:goal');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON performance_declaration
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A version is the next one of its project, in the project's own place.
CREATE FUNCTION performance_declaration_begins() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM projects_project p
      WHERE p.id = NEW.project_id AND p.division_id = NEW.division_id
        AND p.status NOT IN ('rejected', 'left_library', 'closed') FOR SHARE;
    IF NOT FOUND OR NEW.number <> 1 + coalesce((
        SELECT max(d.number) FROM performance_declaration d WHERE d.project_id = NEW.project_id), 0)
    THEN
        RAISE EXCEPTION '绩效目标申报表须属于本项目，版本依次编号' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER declaration_begins BEFORE INSERT ON performance_declaration
    FOR EACH ROW EXECUTE FUNCTION performance_declaration_begins();

-- A project's indicators change while its declaration is being filled in, and never else.
CREATE FUNCTION performance_target_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wanted bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.project_id ELSE NEW.project_id END;
BEGIN
    PERFORM FROM performance_declaration d
      WHERE d.project_id = wanted AND d.status = 'draft' FOR SHARE;
    IF NOT FOUND OR TG_OP = 'UPDATE' AND NEW.project_id <> OLD.project_id THEN
        RAISE EXCEPTION '绩效目标已送审或已审核通过，不能改动' USING ERRCODE = 'YC004';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER target_stands BEFORE INSERT OR UPDATE OR DELETE ON performance_target
    FOR EACH ROW EXECUTE FUNCTION performance_target_stands();

-- The lines of a version are written with its approval, word for word, and stand.
CREATE FUNCTION performance_line_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM approvals_decision d
         WHERE d.subject_type = 'performance.declaration' AND d.subject_id = NEW.declaration_id
           AND d.action = 'approve' AND d.transaction_id = pg_current_xact_id()::text::bigint) THEN
        RAISE EXCEPTION '已审核的指标只随审核通过写入' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER line_stands BEFORE INSERT ON performance_targetline
    FOR EACH ROW EXECUTE FUNCTION performance_line_stands();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON performance_targetline
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON performance_targetline
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- 公开: of an approved version of an approved project, not in the future.
CREATE FUNCTION performance_publication_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.published_on > (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date OR NOT EXISTS (
        SELECT 1 FROM performance_declaration d JOIN projects_project p ON p.id = d.project_id
         WHERE d.id = NEW.declaration_id AND d.status = 'approved' AND p.meeting_id IS NOT NULL)
    THEN
        RAISE EXCEPTION '项目审定、绩效目标审核通过后才公开，公开日期不在今天之后'
            USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER publication_stands BEFORE INSERT ON performance_targetpublication
    FOR EACH ROW EXECUTE FUNCTION performance_publication_stands();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON performance_targetpublication
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON performance_targetpublication
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON performance_targetline, performance_targetpublication FROM yichi_app;
-- The library is added to by rows of a later day.
REVOKE UPDATE, DELETE ON performance_indicator, performance_aspectgroup FROM yichi_app;

CREATE FUNCTION performance_number_on(p_key text, p_day date) RETURNS integer LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT r.setting::integer FROM organizations_parameter r
     WHERE r.key = p_key AND r.valid_from <= p_day ORDER BY r.valid_from DESC LIMIT 1
$$;

-- 送审: enough indicators of each kind.
CREATE FUNCTION performance_declaration_complete(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH asked AS (
        SELECT t.aspect, (d.at AT TIME ZONE 'Asia/Shanghai')::date AS day
          FROM approvals_decision d
          JOIN performance_declaration s ON s.id = d.subject_id
          LEFT JOIN performance_target t ON t.project_id = s.project_id
         WHERE d.id = p_decision
    )
    SELECT '绩效指标不齐' FROM (VALUES
        ('perf.min.QTY', '{QTY}'::text[]), ('perf.min.QUA', '{QUA}'), ('perf.min.TIM', '{TIM}'),
        ('perf.min.CST', '{CST}'), ('perf.min.outcome', '{ECO,SOC,ENV,SUS}'),
        ('perf.min.SAT', '{SAT}')) AS least (key, aspects)
     WHERE (SELECT count(*) FROM asked a WHERE a.aspect = ANY (least.aspects))
           < performance_number_on(least.key, (SELECT max(day) FROM asked))
     LIMIT 1
$$;

-- 审核通过: the lines are the project's indicators, all of them and no other.
CREATE FUNCTION performance_lines_rest(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH said AS (
        SELECT t.aspect, t.name, t.operator, t.value, t.wording, t.unit, t.weight
          FROM approvals_decision d JOIN performance_declaration s ON s.id = d.subject_id
          JOIN performance_target t ON t.project_id = s.project_id WHERE d.id = p_decision
    ), kept AS (
        SELECT l.aspect, l.name, l.operator, l.value, l.wording, l.unit, l.weight
          FROM approvals_decision d JOIN performance_targetline l ON l.declaration_id = d.subject_id
         WHERE d.id = p_decision
    )
    SELECT '审核通过的指标与填报的不一致'
     WHERE EXISTS (SELECT * FROM said EXCEPT SELECT * FROM kept)
        OR EXISTS (SELECT * FROM kept EXCEPT SELECT * FROM said)
$$;

-- No approved targets, no leading-group meeting.
CREATE FUNCTION performance_targets_rest(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '绩效目标未审核通过' FROM approvals_decision d
     WHERE d.id = p_decision AND (
        SELECT s.status FROM performance_declaration s
         WHERE s.project_id = d.subject_id ORDER BY s.number DESC LIMIT 1)
        IS DISTINCT FROM 'approved'
$$;
GRANT EXECUTE ON FUNCTION performance_number_on, performance_declaration_complete,
    performance_lines_rest, performance_targets_rest TO yichi_app;

INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('performance.declaration', 'submit', 'performance_declaration_complete'),
    ('performance.declaration', 'approve', 'performance_lines_rest'),
    ('projects.project', 'review_jointly', 'performance_targets_rest');
INSERT INTO approvals_incompatibleduties (case_kind, first, second) VALUES
    ('declaration', 'propose', 'compliance'),
    ('declaration', 'propose', 'department_review'),
    ('declaration', 'compliance', 'department_review');
