-- The last payments' paper of the acceptance bears the day that the county recorded.
CREATE FUNCTION projects_acceptance_agrees(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT format('验收表日期 %s 与登记的验收日期 %s 不符', p.dated_on, c.accepted_on)
      FROM approvals_decision d
      JOIN projects_paymentrequest r ON r.id = d.subject_id AND r.kind IN ('30', '40')
      JOIN projects_paymentpaper p ON p.request_id = r.id AND p.struck_at IS NULL
      JOIN projects_paymentpaperrule k ON k.id = p.rule_id AND k.code = 'acceptance'
      CROSS JOIN LATERAL (
          SELECT a.accepted_on FROM projects_acceptance a
            JOIN approvals_decision e ON e.id = a.decision_id
           WHERE a.project_id = r.project_id AND e.action = 'accept' ORDER BY a.id DESC LIMIT 1) c
     WHERE d.id = p_decision AND p.dated_on <> c.accepted_on
     ORDER BY p.id LIMIT 1
$$;
GRANT EXECUTE ON FUNCTION projects_acceptance_agrees TO yichi_app;
INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.paymentrequest', 'submit', 'projects_acceptance_agrees');
