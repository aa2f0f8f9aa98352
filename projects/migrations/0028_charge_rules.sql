-- How an item's sources are to be charged changes, as the sources do, until its meeting is over;
-- what was decided of a project comes with the decision and never changes.
CREATE TRIGGER part_of_meeting BEFORE INSERT OR UPDATE OR DELETE ON projects_itemcharge
    FOR EACH ROW EXECUTE FUNCTION approvals_meeting_part('preparing,open');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_itemcharge
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_projectcharge
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_projectcharge
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_projectcharge FROM yichi_app;

CREATE FUNCTION projects_charge_follows_decision() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM approvals_decision d
         WHERE d.id = NEW.decision_id AND d.subject_type = 'projects.project'
           AND d.subject_id = NEW.project_id AND d.action = 'determine'
           AND d.transaction_id = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION '资金分摊规则须随领导小组的审定一并登记' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER charge_follows_decision BEFORE INSERT ON projects_projectcharge
    FOR EACH ROW EXECUTE FUNCTION projects_charge_follows_decision();

-- The project is charged by the rule that the members voted on, and by no other.
CREATE FUNCTION projects_charge_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '资金分摊规则与会议议决的不一致'
      FROM approvals_decision d
      LEFT JOIN approvals_agendaitem i ON i.decision_id = d.id
      LEFT JOIN projects_itemcharge c ON c.item_id = i.id
      LEFT JOIN projects_projectcharge p ON p.decision_id = d.id
     WHERE d.id = p_decision AND (c.rule, c.reason) IS DISTINCT FROM (p.rule, p.reason)
$$;

-- Where shares were decided no source of a request bears less than its part, down to the fen,
-- while it still has money; what it has no more of the others bear. With the project locked, so
-- that two requests see each other.
CREATE FUNCTION projects_shares_hold(p_decision bigint) RETURNS text LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    r projects_paymentrequest;
    short text;
BEGIN
    SELECT q.* INTO r FROM approvals_decision d JOIN projects_paymentrequest q ON q.id = d.subject_id
     WHERE d.id = p_decision;
    IF r.status IN ('draft', 'cancelled') OR NOT EXISTS (
        SELECT 1 FROM projects_projectcharge c
         WHERE c.project_id = r.project_id AND c.rule = 'shares') THEN
        RETURN NULL;
    END IF;
    PERFORM FROM projects_project p WHERE p.id = r.project_id FOR NO KEY UPDATE;
    WITH approved AS (
        SELECT s.allotment_id, sum(s.amount) AS amount FROM projects_projectsource s
         WHERE s.project_id = r.project_id GROUP BY 1
    ), asked AS (
        SELECT s.allotment_id, sum(s.amount) AS amount
          FROM projects_paymentrequest q JOIN projects_paymentsource s ON s.request_id = q.id
         WHERE q.project_id = r.project_id
           AND q.status IN ('township_review', 'department_review', 'compliance', 'release')
         GROUP BY 1
    ), back AS (
        SELECT s.allotment_id, -sum(s.amount) AS amount
          FROM projects_projectsource s JOIN projects_adjustment a ON a.id = s.adjustment_id
         WHERE s.project_id = r.project_id AND s.amount < 0 AND a.status = 'recovery' GROUP BY 1
    ), standing AS (
        SELECT p.allotment_id, p.amount AS part, coalesce(s.amount, 0) AS own,
               coalesce(t.balance, 0) - coalesce(k.amount, 0) - coalesce(b.amount, 0) AS left_over
          FROM approved p
          JOIN projects_project j ON j.id = r.project_id
          LEFT JOIN projects_paymentsource s
            ON s.request_id = r.id AND s.allotment_id = p.allotment_id
          LEFT JOIN funds_account t ON t.earmark_id = j.earmark_id
               AND t.allotment_id = p.allotment_id AND t.kind = 'allocated'
          LEFT JOIN asked k ON k.allotment_id = p.allotment_id
          LEFT JOIN back b ON b.allotment_id = p.allotment_id
    )
    SELECT t.document_number INTO short FROM standing s
      JOIN funds_allotment t ON t.id = s.allotment_id
     WHERE s.own <= r.amount * s.part / (SELECT sum(part) FROM standing) - 0.01
       AND s.left_over > 0
     ORDER BY t.id LIMIT 1;
    RETURN CASE WHEN short IS NOT NULL THEN format('%s 没有按批复比例承担', short) END;
END $$;
GRANT EXECUTE ON FUNCTION projects_charge_rests, projects_shares_hold TO yichi_app;

INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.project', 'determine', 'projects_charge_rests'),
    ('projects.paymentrequest', 'submit', 'projects_shares_hold');
