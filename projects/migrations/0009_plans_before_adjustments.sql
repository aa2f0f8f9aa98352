-- An approved plan: every project in it determined, and written down as it was determined; what
-- an adjustment gives or takes later is no part of it.
CREATE OR REPLACE FUNCTION projects_plan_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
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
                     WHERE s.project_id = i.project_id AND s.adjustment_id IS NULL
                    EXCEPT SELECT c.allotment_id, c.amount FROM projects_planitemsource c
                            WHERE c.item_id = i.id)
                   UNION ALL
                   (SELECT c.allotment_id, c.amount FROM projects_planitemsource c
                     WHERE c.item_id = i.id
                    EXCEPT SELECT s.allotment_id, s.amount FROM projects_projectsource s
                            WHERE s.project_id = i.project_id AND s.adjustment_id IS NULL)))
            THEN '计划资金与批准金额不符'
        END
      FROM approvals_decision d WHERE d.id = p_decision
$$;
