-- Whoever has, or had, a post where the project is built, or where it would be built after the
-- adjustment, stands aside.
CREATE FUNCTION projects_adjustment_untied(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH taking_part AS (
        SELECT d.post_id FROM approvals_decision d WHERE d.id = p_decision
        UNION
        SELECT n.post_id FROM approvals_agendaitem i
          JOIN approvals_meetingmember n ON n.meeting_id = i.meeting_id
         WHERE i.decision_id = p_decision AND n.checked_in_at IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM approvals_recusal r
                            WHERE r.item_id = i.id AND r.member_id = n.id)
    ), places AS (
        SELECT l.division_id, d.at FROM approvals_decision d
          JOIN projects_adjustment a ON a.id = d.subject_id
          JOIN projects_projectplace l ON l.project_id = a.project_id
         WHERE d.id = p_decision
        UNION
        SELECT wanted::bigint, d.at FROM approvals_decision d
          JOIN projects_adjustment a ON a.id = d.subject_id
         CROSS JOIN jsonb_array_elements(a.changes) AS c
         CROSS JOIN jsonb_array_elements_text(
                CASE WHEN c ->> 'name' = 'places' THEN c -> 'value' ELSE '[]' END) AS wanted
         WHERE d.id = p_decision
    )
    SELECT '现任或曾任项目实施地点乡镇、村职务的成员没有回避'
      FROM places p JOIN taking_part t ON approvals_is_tied(t.post_id, p.division_id, p.at)
     LIMIT 1
$$;
GRANT EXECUTE ON FUNCTION projects_adjustment_untied TO yichi_app;

INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.adjustment', 'vote', 'projects_adjustment_untied'),
    ('projects.adjustment', 'determine', 'projects_adjustment_untied'),
    ('projects.adjustment', 'defer', 'projects_adjustment_untied'),
    ('projects.adjustment', 'reject', 'projects_adjustment_untied');
