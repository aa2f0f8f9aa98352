-- What IdleLayer says. Every column that pages filter by stands in PARTITION BY, so that the
-- planner filters before it counts.
CREATE VIEW projects_idlelayer AS
SELECT l.id, l.account_id, l.kind, l.county_id, l.division_id, l.allotment_id, l.project_id,
       l.voucher_id, l.since, least(l.amount, l.balance - l.newer) AS amount
  FROM (
    SELECT e.id, a.id AS account_id, a.kind, a.county_id,
           coalesce(p.division_id, a.county_id) AS division_id, a.allotment_id,
           p.id AS project_id, e.voucher_id, v.occurred_on AS since, e.amount, a.balance,
           coalesce(sum(e.amount) OVER (
               PARTITION BY a.id, a.kind, a.county_id, coalesce(p.division_id, a.county_id),
                            a.allotment_id, p.id
               ORDER BY v.occurred_on DESC, e.id DESC
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS newer
      FROM funds_account a
      JOIN funds_entry e ON e.destination_id = a.id
      JOIN funds_voucher v ON v.id = e.voucher_id
      LEFT JOIN projects_project p ON p.earmark_id = a.earmark_id
     WHERE a.balance > 0
       AND (a.kind = 'pool' AND v.kind IN ('receive', 'recover')
            OR a.kind = 'allocated' AND v.kind = 'allocate'
            OR a.kind = 'released' AND v.kind IN ('release', 'refund'))
       AND NOT EXISTS (SELECT 1 FROM funds_voucher r WHERE r.reverses_id = v.id)
  ) AS l
 WHERE l.newer < l.balance
UNION ALL
SELECT -s.id, NULL, 'surplus', s.county_id, s.division_id, NULL, s.id, NULL, s.since, s.amount
  FROM (
    SELECT p.id, p.county_id, p.division_id,
           coalesce((SELECT max(x.accepted_on) FROM projects_acceptance x
                      WHERE x.project_id = p.id AND x.stage = 'final'
                        AND x.conclusion <> 'rectify'),
                    (p.status_since AT TIME ZONE 'Asia/Shanghai')::date) AS since,
           (SELECT sum(a.balance) FROM funds_account a
             WHERE a.earmark_id = p.earmark_id AND a.kind IN ('allocated', 'released', 'paid'))
           - coalesce((SELECT x.audited_amount FROM projects_settlementaudit x
                        WHERE x.project_id = p.id AND p.status = 'settlement_review'
                        ORDER BY x.id DESC LIMIT 1),
                      (SELECT sum(a.balance) FROM funds_account a
                        WHERE a.earmark_id = p.earmark_id AND a.kind = 'paid'), 0) AS amount
      FROM projects_project p
     WHERE p.status IN ('settlement', 'settlement_review')
  ) AS s
 WHERE s.amount > 0;
REVOKE INSERT, UPDATE, DELETE ON projects_idlelayer FROM yichi_app;
