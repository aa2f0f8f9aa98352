-- 送复评: the budget is what stands approved, the points for execution follow from it.
CREATE OR REPLACE FUNCTION performance_evaluation_rests(p_decision bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
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
        OR e.spent <> performance_paid_until(e.project_id, make_date(e.year, 12, 31))
        OR e.budget <> (SELECT coalesce(sum(s.amount), 0) FROM projects_projectsource s
                         WHERE s.project_id = e.project_id)
        OR e.execution_score <> round(
            performance_decimal_on('perf.weight.execution', make_date(e.year, 12, 31))
            * least(e.spent, e.budget) / e.budget, 2))
$$;

-- 结果应用: something follows, by somebody else than who checked; and not before the list of the
-- county and year is fixed, drawn, and what it picked is checked.
CREATE OR REPLACE FUNCTION performance_use_rests(p_decision bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN NOT EXISTS (SELECT 1 FROM performance_resultuse u WHERE u.evaluation_id = e.id)
        THEN '没有结果应用'
        WHEN NOT EXISTS (
            SELECT 1 FROM performance_sampleframe f
             WHERE f.county_id = p.county_id AND f.year = e.year AND f.prepared_at < d.at)
        THEN '本年度抽查名单尚未固定'
        WHEN EXISTS (
            SELECT 1 FROM performance_sampleframe f
              LEFT JOIN performance_sampledraw w ON w.frame_id = f.id
             WHERE e.number = ANY (f.numbers) AND f.prepared_at < d.at
               AND (w.id IS NULL OR e.number = ANY (w.picked) AND NOT EXISTS (
                    SELECT 1 FROM performance_spotcheck c WHERE c.evaluation_id = e.id)))
        THEN '名单未抽取，或抽中的未抽查'
        WHEN EXISTS (SELECT 1 FROM performance_spotcheck c
                      WHERE c.evaluation_id = e.id AND c.checked_by_id = d.by_id)
        THEN '登记抽查结果的人不能决定结果应用'
        END
      FROM approvals_decision d
      JOIN performance_evaluation e ON e.id = d.subject_id
      JOIN projects_project p ON p.id = e.project_id
     WHERE d.id = p_decision
$$;

-- The list is every reviewed evaluation of the county and year, in order, and drawn on a later
-- day, so that nobody knows the seed when it is fixed.
CREATE OR REPLACE FUNCTION performance_frame_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.draw_on <= (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date THEN
        RAISE EXCEPTION '抽取日期须在固定名单之后' USING ERRCODE = 'YC004';
    END IF;
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
