CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON performance_evaluation
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('performance.evaluation', 'draft');
CREATE TRIGGER subject_stands BEFORE UPDATE OR DELETE ON performance_evaluation
    FOR EACH ROW EXECUTE FUNCTION performance_subject_stands('draft:budget,spent,execution_score,self_total,self_grade,organized,analysis,deviation,intended_use review:review_total,review_grade');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON performance_evaluation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON performance_score
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER evaluation_begins BEFORE INSERT ON performance_evaluation
    FOR EACH ROW EXECUTE FUNCTION performance_monitoring_begins();

-- A score is written while the unit evaluates itself; the county adds its own while it reviews.
CREATE FUNCTION performance_score_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wanted bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.evaluation_id ELSE NEW.evaluation_id END;
    version bigint;
BEGIN
    SELECT e.declaration_id INTO version FROM performance_evaluation e
     WHERE e.id = wanted AND e.status = CASE TG_OP WHEN 'UPDATE' THEN 'review' ELSE 'draft' END
       FOR SHARE;
    IF NOT FOUND OR TG_OP = 'UPDATE'
       AND to_jsonb(NEW) - '{review_actual,review_score,review_note}'::text[]
           IS DISTINCT FROM to_jsonb(OLD) - '{review_actual,review_score,review_note}'::text[] THEN
        RAISE EXCEPTION '自评得分送审后不能改动，复评只写复评得分' USING ERRCODE = 'YC004';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM performance_targetline l
                    WHERE l.id = NEW.line_id AND l.declaration_id = version) THEN
        RAISE EXCEPTION '指标不属于本评价的绩效目标' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER score_stands BEFORE INSERT OR UPDATE OR DELETE ON performance_score
    FOR EACH ROW EXECUTE FUNCTION performance_score_stands();

CREATE FUNCTION performance_decimal_on(p_key text, p_day date) RETURNS numeric LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT r.setting::numeric FROM organizations_parameter r
     WHERE r.key = p_key AND r.valid_from <= p_day ORDER BY r.valid_from DESC LIMIT 1
$$;
CREATE FUNCTION performance_grade_of(p_total numeric, p_year integer) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN p_total >= performance_decimal_on('perf.grade.excellent', d.day) THEN 'excellent'
                WHEN p_total >= performance_decimal_on('perf.grade.good', d.day) THEN 'good'
                WHEN p_total >= performance_decimal_on('perf.grade.fair', d.day) THEN 'fair'
                ELSE 'poor' END
      FROM (SELECT make_date(p_year, 12, 31) AS day) AS d
$$;

-- 送复评: every indicator scored, the total their sum, the money the ledger's of that year.
CREATE FUNCTION performance_evaluation_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '指标没有逐项自评，或总分、资金数不符' FROM approvals_decision d
      JOIN performance_evaluation e ON e.id = d.subject_id
     WHERE d.id = p_decision AND (
        EXISTS (SELECT 1 FROM performance_targetline l
                 WHERE l.declaration_id = e.declaration_id AND NOT EXISTS (
                       SELECT 1 FROM performance_score s
                        WHERE s.evaluation_id = e.id AND s.line_id = l.id))
        OR e.self_total <> e.execution_score + (
            SELECT sum(s.score) FROM performance_score s WHERE s.evaluation_id = e.id)
        OR e.self_grade <> performance_grade_of(e.self_total, e.year)
        OR e.spent <> performance_paid_until(e.project_id, make_date(e.year, 12, 31)))
$$;
-- 复评: the county's total is the sum of its own points.
CREATE FUNCTION performance_review_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '复评没有逐项打分，或总分不符' FROM approvals_decision d
      JOIN performance_evaluation e ON e.id = d.subject_id
     WHERE d.id = p_decision AND (
        EXISTS (SELECT 1 FROM performance_score s
                 WHERE s.evaluation_id = e.id AND s.review_score IS NULL)
        OR e.review_total IS DISTINCT FROM e.execution_score + (
            SELECT sum(s.review_score) FROM performance_score s WHERE s.evaluation_id = e.id)
        OR e.review_grade <> performance_grade_of(e.review_total, e.year))
$$;
-- 结果应用: something follows, and what the sample picked was checked before.
CREATE FUNCTION performance_use_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '没有结果应用，或名单未抽取、抽中的未抽查' FROM approvals_decision d
      JOIN performance_evaluation e ON e.id = d.subject_id
     WHERE d.id = p_decision AND (
        NOT EXISTS (SELECT 1 FROM performance_resultuse u WHERE u.evaluation_id = e.id)
        OR EXISTS (
            SELECT 1 FROM performance_sampleframe f
              LEFT JOIN performance_sampledraw w ON w.frame_id = f.id
             WHERE e.number = ANY (f.numbers) AND f.prepared_at < d.at
               AND (w.id IS NULL OR e.number = ANY (w.picked) AND NOT EXISTS (
                    SELECT 1 FROM performance_spotcheck c WHERE c.evaluation_id = e.id))))
$$;

CREATE FUNCTION performance_use_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM approvals_decision d
         WHERE d.subject_type = 'performance.evaluation' AND d.subject_id = NEW.evaluation_id
           AND d.action = 'apply' AND d.transaction_id = pg_current_xact_id()::text::bigint) THEN
        RAISE EXCEPTION '结果应用只随决定写入' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER use_stands BEFORE INSERT ON performance_resultuse
    FOR EACH ROW EXECUTE FUNCTION performance_use_stands();

-- The list is every reviewed evaluation of the county and year, in order.
CREATE FUNCTION performance_frame_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.numbers::text[] IS DISTINCT FROM (
        SELECT array_agg(e.number::text ORDER BY e.number COLLATE "C")
          FROM performance_evaluation e
          JOIN organizations_division d ON d.id = e.division_id
          JOIN organizations_division c ON c.id = NEW.county_id AND starts_with(d.path, c.path)
         WHERE e.year = NEW.year AND e.status IN ('result_use', 'closed')) THEN
        RAISE EXCEPTION '抽查名单须为本县本年度全部已复评项目' USING ERRCODE = 'YC004';
    END IF;
    NEW.prepared_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER frame_stands BEFORE INSERT ON performance_sampleframe
    FOR EACH ROW EXECUTE FUNCTION performance_frame_stands();

-- What is picked is what anybody gets from the seed: SHA-256 of seed, line feed and number.
CREATE FUNCTION performance_draw_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    frame performance_sampleframe;
    part text[];
    wanted integer;
BEGIN
    SELECT * INTO frame FROM performance_sampleframe f WHERE f.id = NEW.frame_id;
    part := string_to_array(frame.ratio, '/');
    wanted := ceil(cardinality(frame.numbers) * part[1]::numeric / coalesce(part[2], '1')::numeric);
    IF frame.draw_on > (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date THEN
        RAISE EXCEPTION '未到抽取日期' USING ERRCODE = 'YC014';
    END IF;
    IF NEW.picked::text[] IS DISTINCT FROM ARRAY(
        SELECT n::text FROM unnest(frame.numbers) AS n
         ORDER BY encode(sha256(convert_to(NEW.seed || E'\n' || n, 'UTF8')), 'hex') COLLATE "C"
         LIMIT wanted) THEN
        RAISE EXCEPTION '抽中名单与种子不符' USING ERRCODE = 'YC004';
    END IF;
    NEW.drawn_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER draw_stands BEFORE INSERT ON performance_sampledraw
    FOR EACH ROW EXECUTE FUNCTION performance_draw_stands();

CREATE FUNCTION performance_check_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM performance_evaluation e JOIN performance_sampledraw w
            ON e.number = ANY (w.picked)
         WHERE e.id = NEW.evaluation_id AND e.status = 'result_use'
           AND NEW.grade = performance_grade_of(NEW.total, e.year)) THEN
        RAISE EXCEPTION '只抽查抽中、尚未应用结果的项目，等级由得分确定' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_stands BEFORE INSERT ON performance_spotcheck
    FOR EACH ROW EXECUTE FUNCTION performance_check_stands();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY '{resultuse,resultdone,sampleframe,sampledraw,spotcheck}'::text[] LOOP
        EXECUTE format('CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON performance_%s'
            ' FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON performance_%s'
            ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format('REVOKE UPDATE, DELETE ON performance_%s FROM yichi_app', name);
    END LOOP;
END $$;
REVOKE UPDATE, DELETE ON performance_resultusekind FROM yichi_app;
GRANT EXECUTE ON FUNCTION performance_decimal_on, performance_grade_of,
    performance_evaluation_rests, performance_review_rests, performance_use_rests TO yichi_app;

INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('performance.evaluation', 'submit', 'performance_evaluation_rests'),
    ('performance.evaluation', 'review', 'performance_review_rests'),
    ('performance.evaluation', 'apply', 'performance_use_rests');
INSERT INTO approvals_incompatibleduties (case_kind, first, second) VALUES
    ('evaluation', 'fill_in', 'examine'),
    ('evaluation', 'fill_in', 'sign'),
    ('evaluation', 'examine', 'sign');
