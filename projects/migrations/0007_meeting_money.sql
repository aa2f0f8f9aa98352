-- What the meeting decided, what the project was given and what the ledger allocated are one;
-- later resolutions may give it more.
CREATE FUNCTION projects_allocation_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH decided AS (
        SELECT d.subject_id, d.amount, i.id AS item_id, i.meeting_id
          FROM approvals_decision d LEFT JOIN approvals_agendaitem i ON i.decision_id = d.id
         WHERE d.id = p_decision
    ), agreed AS (
        SELECT s.allotment_id, s.amount FROM projects_itemsource s, decided d
         WHERE s.item_id = d.item_id
    ), given AS (
        SELECT s.allotment_id, s.amount FROM projects_projectsource s, decided d
         WHERE s.project_id = d.subject_id
    ), allocated AS (
        SELECT t.allotment_id, e.amount
          FROM funds_voucher v JOIN funds_entry e ON e.voucher_id = v.id
          JOIN funds_account t ON t.id = e.destination_id
          JOIN projects_project p ON p.earmark_id = t.earmark_id
          JOIN decided d ON d.subject_id = p.id
         WHERE v.decision_id = p_decision AND v.kind = 'allocate'
    )
    SELECT '批准的资金来源、分配的凭证与会议议决的不一致' FROM decided
     WHERE amount IS DISTINCT FROM (SELECT sum(a.amount) FROM agreed a)
        OR EXISTS (SELECT * FROM agreed EXCEPT ALL SELECT * FROM given)
        OR EXISTS (SELECT * FROM agreed EXCEPT ALL SELECT * FROM allocated)
        OR EXISTS (SELECT * FROM allocated EXCEPT ALL SELECT * FROM agreed)
        OR meeting_id IS DISTINCT FROM (
            SELECT p.meeting_id FROM projects_project p WHERE p.id = decided.subject_id)
$$;

-- Whoever has, or had, a post in one of the places where it is built stands aside as well.
CREATE FUNCTION projects_places_untied(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH taking_part AS (
        SELECT d.post_id FROM approvals_decision d WHERE d.id = p_decision
        UNION
        SELECT n.post_id FROM approvals_agendaitem i
          JOIN approvals_meetingmember n ON n.meeting_id = i.meeting_id
         WHERE i.decision_id = p_decision AND n.checked_in_at IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM approvals_recusal r
                            WHERE r.item_id = i.id AND r.member_id = n.id)
    )
    SELECT '现任或曾任项目实施地点乡镇、村职务的成员没有回避'
      FROM approvals_decision d JOIN projects_projectplace l ON l.project_id = d.subject_id
      JOIN taking_part t ON approvals_is_tied(t.post_id, l.division_id, d.at)
     WHERE d.id = p_decision LIMIT 1
$$;

-- Money of a project comes from a resolution, not from a vote, which is the same duty; where the
-- project itself was decided on, it is what the members voted on.
CREATE FUNCTION projects_source_is_decided() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM projects_project p
          JOIN approvals_decision d ON d.cases @> ARRAY[('project:' || p.earmark_id)::varchar]
         WHERE p.id = NEW.project_id AND d.action = 'determine'
           AND d.transaction_id = pg_current_xact_id()::text::bigint
           AND (d.subject_type <> 'projects.project' OR EXISTS (
                SELECT 1 FROM approvals_agendaitem i JOIN projects_itemsource s ON s.item_id = i.id
                 WHERE i.decision_id = d.id AND s.allotment_id = NEW.allotment_id
                   AND s.amount = NEW.amount))
    ) THEN
        RAISE EXCEPTION '批准的资金来源没有经领导小组会议议决' USING ERRCODE = 'YC020';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER source_is_decided AFTER INSERT ON projects_projectsource
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION projects_source_is_decided();

GRANT EXECUTE ON FUNCTION projects_allocation_rests, projects_places_untied TO yichi_app;

INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.project', 'vote', 'projects_places_untied'),
    ('projects.project', 'determine', 'projects_allocation_rests'),
    ('projects.project', 'determine', 'projects_places_untied'),
    ('projects.project', 'defer', 'projects_places_untied'),
    ('projects.project', 'reject', 'projects_places_untied');
