-- The disposal of an asset goes up to the township, and the distribution of its income counts as
-- done, only after their notices in the village.
CREATE OR REPLACE FUNCTION publicity_notice_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH taken AS (
        SELECT d.subject_type, d.subject_id, d.at,
               CASE WHEN d.subject_type = 'projects.adjustment' THEN 'N13'
                    WHEN d.subject_type = 'assets.distribution' THEN 'N11'
                    WHEN d.subject_type = 'assets.disposal' THEN 'N14'
                    WHEN d.action = 'submit' THEN 'N01'
                    WHEN d.action = 'review_jointly' THEN 'N03'
                    ELSE 'N02' END AS code,
               coalesce((
                   SELECT max(b.at) FROM approvals_decision b
                    WHERE b.subject_type = d.subject_type AND b.subject_id = d.subject_id
                      AND b.to_status = d.from_status AND b.from_status <> b.to_status
                      AND b.action <> 'withdraw' AND b.id < d.id
                      AND d.action <> 'review_jointly'), '-infinity') AS came
          FROM approvals_decision d WHERE d.id = p_decision
           AND NOT EXISTS (
               SELECT 1 FROM projects_adjustment a
                WHERE d.subject_type = 'projects.adjustment' AND a.id = d.subject_id
                  AND NOT a.kinds && ARRAY['content', 'place', 'scale', 'money']::varchar[]
                  AND NOT EXISTS (
                      SELECT 1 FROM jsonb_array_elements(a.changes) row
                       WHERE coalesce(row ->> 'name', '') NOT IN
                             ('planned_start', 'planned_end', 'implementing_unit',
                              'implementing_unit_code', 'owner_name', 'owner_title', 'status')))
    )
    SELECT '公示未发布、未张贴、未满期，或有未答复的异议' FROM taken
     WHERE NOT EXISTS (
        SELECT 1 FROM publicity_notice n
          JOIN publicity_noticetype t ON t.id = n.type_id AND t.code = taken.code
          JOIN publicity_posting p ON p.notice_id = n.id
         WHERE n.subject_type = taken.subject_type AND n.subject_id = taken.subject_id
           AND n.recorded_at BETWEEN taken.came AND taken.at AND p.recorded_at <= taken.at
           AND p.ends_on < (taken.at AT TIME ZONE 'Asia/Shanghai')::date
           AND NOT EXISTS (SELECT 1 FROM publicity_notice l
                            WHERE l.supersedes_id = n.id AND l.recorded_at <= taken.at)
           AND NOT EXISTS (SELECT 1 FROM publicity_objection v
                            WHERE v.voids_id = n.id AND v.status_since <= taken.at))
        OR EXISTS (
        SELECT 1 FROM publicity_objection o JOIN publicity_notice n ON n.id = o.notice_id
         WHERE n.subject_type = taken.subject_type AND n.subject_id = taken.subject_id
           AND o.registered_at <= taken.at
           AND (o.status <> 'answered' OR o.status_since > taken.at))
$$;
INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('assets.distribution', 'complete', 'publicity_notice_rests'),
    ('assets.disposal', 'submit', 'publicity_notice_rests');
