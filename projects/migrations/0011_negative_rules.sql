-- The rules, what was found and what was said of it are append-only.
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_negativerule
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_negativerule
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_negativehit
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_negativehit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_negativereview
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_negativereview
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_negativewaiver
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_negativerule, projects_negativehit, projects_negativereview
    FROM yichi_app;
REVOKE DELETE ON projects_negativewaiver FROM yichi_app;

-- Who confirms an answer of each stage (`SECOND_PERSON` in projects/negative.py).
CREATE FUNCTION projects_second_person(p_stage text) RETURNS text[] LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE p_stage
        WHEN 'record_meeting' THEN '{township_reviewer,project_reviewer}'::text[]
        WHEN 'appraise_again' THEN '{project_reviewer}'
        WHEN 'check_prohibited' THEN '{project_reviewer}'
        WHEN 'check_assets' THEN '{project_reviewer}'
        WHEN 'appraise' THEN '{project_reviewer}'
        WHEN 'pass_compliance' THEN '{finance_reviewer,finance_head}'
        ELSE '{}' END
$$;

CREATE FUNCTION projects_negative_hit_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM approvals_decision d
         WHERE d.id = NEW.decision_id AND d.subject_type = NEW.subject_type
           AND d.subject_id = NEW.subject_id AND d.division_id = NEW.division_id
           AND d.action = NEW.stage
           AND d.transaction_id = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION '命中须随首次核查一并登记' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER negative_hit_stands BEFORE INSERT ON projects_negativehit
    FOR EACH ROW EXECUTE FUNCTION projects_negative_hit_stands();

-- A second pair of eyes: another person, in a post of today, for himself or lent to him, and not
-- in the name of who answered first.
CREATE FUNCTION projects_negative_review_stamp() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
    held record;
    first record;
BEGIN
    SELECT h.stage, s.path, d.by_id, q.user_id AS holder INTO first
      FROM projects_negativehit h
      JOIN approvals_decision d ON d.id = h.decision_id
      JOIN organizations_post q ON q.id = d.post_id
      JOIN organizations_division s ON s.id = h.division_id
     WHERE h.id = NEW.hit_id;
    SELECT p.user_id INTO held
      FROM organizations_post p
      JOIN organizations_user u ON u.id = NEW.by_id
      JOIN organizations_user o ON o.id = p.user_id
      JOIN organizations_organization n ON n.id = p.organization_id
      JOIN organizations_division v ON v.id = n.division_id
     WHERE p.id = NEW.post_id AND u.is_active AND o.is_active
       AND p.role = ANY (projects_second_person(first.stage))
       AND (p.user_id = NEW.by_id OR EXISTS (
            SELECT 1 FROM organizations_delegation g
             WHERE g.post_id = p.id AND g.delegate_id = NEW.by_id AND g.revoked_at IS NULL
               AND g.valid_from <= today AND g.valid_until >= today))
       AND p.accepted_at IS NOT NULL
       AND p.valid_from <= today AND (p.valid_until IS NULL OR p.valid_until >= today)
       AND starts_with(first.path, v.path);
    IF NOT FOUND THEN
        RAISE EXCEPTION '复核人今天不在应复核的岗位上，或该岗位管不到本区划' USING ERRCODE = 'YC002';
    END IF;
    IF ARRAY[NEW.by_id, held.user_id] && ARRAY[first.by_id, first.holder] THEN
        RAISE EXCEPTION '首次核查与复核须由两人办理' USING ERRCODE = 'YC003';
    END IF;
    NEW.at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER negative_review_stamp BEFORE INSERT ON projects_negativereview
    FOR EACH ROW EXECUTE FUNCTION projects_negative_review_stamp();

-- A waiver is open to its authors as a draft; then only its steps write into it.
CREATE FUNCTION projects_waiver_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '豁免不能删除，可以作废' USING ERRCODE = 'YC001';
    END IF;
    IF (NEW.project_id, NEW.division_id, NEW.proposed_by_id, NEW.proposed_at)
       IS DISTINCT FROM (OLD.project_id, OLD.division_id, OLD.proposed_by_id, OLD.proposed_at)
       OR OLD.status <> 'draft' AND
       (NEW.rule_id, NEW.reason, NEW.valid_from, NEW.valid_until)
       IS DISTINCT FROM (OLD.rule_id, OLD.reason, OLD.valid_from, OLD.valid_until) THEN
        RAISE EXCEPTION '豁免已提请审定，内容不能改动' USING ERRCODE = 'YC004';
    END IF;
    IF NEW.meeting_id IS DISTINCT FROM OLD.meeting_id
       AND (OLD.status, NEW.status) <> ('determination', 'approved') THEN
        RAISE EXCEPTION '豁免的审定会议随审定登记' USING ERRCODE = 'YC004';
    END IF;
    IF (NEW.notice_number, NEW.published_on) IS DISTINCT FROM (OLD.notice_number, OLD.published_on)
       AND (OLD.status, NEW.status) <> ('approved', 'published') THEN
        RAISE EXCEPTION '豁免的公告随“登记公告”登记' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER waiver_stands BEFORE UPDATE OR DELETE ON projects_negativewaiver
    FOR EACH ROW EXECUTE FUNCTION projects_waiver_stands();
CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON projects_negativewaiver
    FOR EACH ROW EXECUTE FUNCTION
        approvals_status_follows_decision('projects.negativewaiver', 'draft');

-- The latest wording of each rule of the regime that counts on a day.
CREATE FUNCTION projects_rules_on(p_day date) RETURNS SETOF projects_negativerule
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT DISTINCT ON (r.code) r.*
      FROM projects_negativerule r
     WHERE r.valid_from <= p_day AND (r.valid_until IS NULL OR r.valid_until >= p_day)
       AND r.regime = (SELECT p.setting FROM organizations_parameter p
                        WHERE p.key = 'negative.regime' AND p.valid_from <= p_day
                        ORDER BY p.valid_from DESC LIMIT 1)
     ORDER BY r.code, r.valid_from DESC
$$;

CREATE FUNCTION projects_waived(p_project bigint, p_rule bigint, p_day date) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM projects_negativewaiver w
          JOIN projects_negativerule let ON let.id = w.rule_id
          JOIN projects_negativerule r ON r.code = let.code AND r.regime = let.regime
         WHERE r.id = p_rule AND w.project_id = p_project AND w.status = 'published'
           AND w.published_on <= p_day AND w.valid_from <= p_day AND w.valid_until >= p_day)
$$;

CREATE FUNCTION projects_project_of(p_life text, p_id bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE p_life WHEN 'projects.project' THEN p_id
        WHEN 'projects.adjustment' THEN
            (SELECT a.project_id FROM projects_adjustment a WHERE a.id = p_id)
        ELSE (SELECT p.project_id FROM projects_paymentrequest p WHERE p.id = p_id) END
$$;

-- What of a subject is looked through for words (`texts_of` in projects/negative.py).
CREATE FUNCTION projects_scanned_text(p_life text, p_id bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE p_life
        WHEN 'projects.paymentrequest' THEN (
            SELECT concat_ws(' ', p.basis, p.payee_name)
              FROM projects_paymentrequest p WHERE p.id = p_id)
        WHEN 'projects.adjustment' THEN (
            SELECT coalesce(string_agg(line ->> 'after', ' '), '')
              FROM projects_adjustment a, jsonb_array_elements(a.changes) AS line
             WHERE a.id = p_id AND line ->> 'name' IN
                   ('name', 'content', 'subsidy_standard', 'linkage_note', 'work_items'))
        ELSE (
            SELECT concat_ws(' ', p.name, p.content, p.subsidy_standard, p.linkage_note,
                   (SELECT string_agg(w.name || ' ' || w.unit, ' ')
                      FROM projects_workitem w WHERE w.project_id = p.id))
              FROM projects_project p WHERE p.id = p_id)
        END
$$;

-- Whether the subject has gone on, forward or back, between two decisions about it.
CREATE FUNCTION projects_moved_between(p_life text, p_id bigint, p_from bigint, p_to bigint)
RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM approvals_decision e
         WHERE e.subject_type = p_life AND e.subject_id = p_id
           AND e.id > p_from AND e.id < p_to AND e.from_status <> e.to_status)
$$;

-- A check answers every rule of its day; where words were found it says why they do not matter
-- and leaves them to a second person. Words are looked for at the commit of the check itself:
-- later the text may be another, and so it may be when the same transaction took it back.
CREATE FUNCTION projects_negative_rests(p_decision bigint) RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    d approvals_decision;
    today date;
    project bigint;
    lacking text;
BEGIN
    SELECT * INTO d FROM approvals_decision WHERE id = p_decision;
    today := (d.at AT TIME ZONE 'Asia/Shanghai')::date;
    project := projects_project_of(d.subject_type, d.subject_id);
    IF NOT EXISTS (SELECT 1 FROM projects_rules_on(today)) THEN
        RETURN '负面清单没有装载生效条目';
    END IF;
    SELECT string_agg(r.text, '、') INTO lacking FROM projects_rules_on(today) r
     WHERE NOT d.opinions @> jsonb_build_array(
               jsonb_build_object('code', r.code, 'result', '不涉及'))
       AND NOT (projects_waived(project, r.id, today)
                AND d.opinions @> jsonb_build_array(
                    jsonb_build_object('code', r.code, 'result', '按豁免办理')));
    IF lacking IS NOT NULL THEN
        RETURN '负面清单没有逐条核查：' || lacking;
    END IF;
    IF d.action IN ('appraise_again', 'appraise') AND NOT d.opinions @>
       '[{"code": "science"}, {"code": "compliance"}, {"code": "feasibility"}]' THEN
        RETURN '科学性、合规性、可行性没有逐项论证';
    END IF;
    SELECT string_agg(r.text, '、') INTO lacking
      FROM projects_negativehit h JOIN projects_negativerule r ON r.id = h.rule_id
     WHERE h.decision_id = d.id AND NOT EXISTS (
        SELECT 1 FROM jsonb_array_elements(d.opinions) AS o
         WHERE o ->> 'code' = r.code AND btrim(o ->> 'text') <> '');
    IF lacking IS NOT NULL THEN
        RETURN '命中提示词而没有写明说明：' || lacking;
    END IF;
    IF d.transaction_id IS DISTINCT FROM pg_current_xact_id_if_assigned()::text::bigint
       OR EXISTS (SELECT 1 FROM approvals_decision e
                   WHERE e.subject_type = d.subject_type AND e.subject_id = d.subject_id
                     AND e.id > d.id AND e.to_status IN ('draft', 'revision')) THEN
        RETURN NULL;
    END IF;
    SELECT string_agg(r.text, '、') INTO lacking FROM projects_rules_on(today) r
     WHERE EXISTS (
            SELECT 1 FROM unnest(r.keywords) AS word
             WHERE strpos(projects_scanned_text(d.subject_type, d.subject_id), word) > 0)
       AND NOT projects_waived(project, r.id, today)
       AND NOT EXISTS (
            SELECT 1 FROM projects_negativehit h
             WHERE h.subject_type = d.subject_type AND h.subject_id = d.subject_id
               AND h.rule_id = r.id
               AND (h.decision_id = d.id OR d.action = 'register_assets'
                    AND h.decision_id < d.id AND NOT projects_moved_between(
                        d.subject_type, d.subject_id, h.decision_id, d.id)));
    IF lacking IS NOT NULL THEN
        RETURN '文中有提示词而没有登记命中：' || lacking;
    END IF;
    RETURN NULL;
END $$;

-- No step forward while a hit of this stay is unconfirmed, or confirmed as “涉及” and not waived.
CREATE FUNCTION projects_hits_confirmed(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '负面清单命中未经第二人确认不涉及：' || string_agg(r.text, '、')
      FROM approvals_decision d
      JOIN projects_negativehit h ON h.subject_type = d.subject_type
                                 AND h.subject_id = d.subject_id AND h.decision_id < d.id
      JOIN projects_negativerule r ON r.id = h.rule_id
      LEFT JOIN projects_negativereview v ON v.hit_id = h.id
     WHERE d.id = p_decision
       AND v.conclusion IS DISTINCT FROM 'not_involved'
       AND NOT projects_moved_between(d.subject_type, d.subject_id, h.decision_id, d.id)
       AND NOT projects_waived(projects_project_of(d.subject_type, d.subject_id), r.id,
                               (d.at AT TIME ZONE 'Asia/Shanghai')::date)
    HAVING count(*) > 0
$$;

-- 办公室复核: the members vote and agree only to what the office has checked in this stay.
CREATE FUNCTION projects_office_check_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '领导小组办公室尚未复核负面清单' FROM approvals_decision d
     WHERE d.id = p_decision AND NOT EXISTS (
        SELECT 1 FROM approvals_decision c
         WHERE c.subject_type = d.subject_type AND c.subject_id = d.subject_id
           AND c.action = 'check_prohibited' AND c.id < d.id
           AND NOT projects_moved_between(d.subject_type, d.subject_id, c.id, d.id))
$$;
GRANT EXECUTE ON FUNCTION projects_second_person, projects_rules_on, projects_waived,
    projects_project_of, projects_scanned_text, projects_moved_between, projects_negative_rests,
    projects_hits_confirmed, projects_office_check_rests TO yichi_app;

INSERT INTO approvals_incompatibleduties (case_kind, first, second) VALUES
    ('waiver', 'propose', 'determine');
INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.project', 'record_meeting', 'projects_negative_rests'),
    ('projects.project', 'appraise_again', 'projects_negative_rests'),
    ('projects.project', 'check_prohibited', 'projects_negative_rests'),
    ('projects.project', 'check_assets', 'projects_negative_rests'),
    ('projects.project', 'register_assets', 'projects_negative_rests'),
    ('projects.paymentrequest', 'pass_compliance', 'projects_negative_rests'),
    ('projects.adjustment', 'appraise', 'projects_negative_rests'),
    ('projects.project', 'submit', 'projects_hits_confirmed'),
    ('projects.project', 'review_jointly', 'projects_hits_confirmed'),
    ('projects.project', 'vote', 'projects_hits_confirmed'),
    ('projects.project', 'determine', 'projects_hits_confirmed'),
    ('projects.project', 'register_assets', 'projects_hits_confirmed'),
    ('projects.paymentrequest', 'release', 'projects_hits_confirmed'),
    ('projects.adjustment', 'approve', 'projects_hits_confirmed'),
    ('projects.project', 'vote', 'projects_office_check_rests'),
    ('projects.project', 'determine', 'projects_office_check_rests'),
    ('projects.negativewaiver', 'vote', 'approvals_vote_rests'),
    ('projects.negativewaiver', 'determine', 'approvals_resolution_rests'),
    ('projects.negativewaiver', 'defer', 'approvals_resolution_rests'),
    ('projects.negativewaiver', 'reject', 'approvals_resolution_rests');
