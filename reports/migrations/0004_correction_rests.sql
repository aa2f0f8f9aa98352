-- A correction may be sealed in the very transaction that began it: its version tells itself by
-- the reason that the decision gives.
CREATE OR REPLACE FUNCTION reports_correction_rests(p_decision bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '缺更正的版本' WHERE NOT EXISTS (
        SELECT 1 FROM approvals_decision d JOIN reports_returnversion v
            ON v.monthly_id = d.subject_id AND d.subject_type = 'reports.monthlyreturn'
            OR v.rollup_id = d.subject_id AND d.subject_type = 'reports.rollup'
         WHERE d.id = p_decision AND v.number > 0 AND v.reason = d.comment
           AND v.computed_at >= d.at - interval '1 hour')
$$;
REVOKE DELETE ON reports_ledgerdifference FROM yichi_app;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_ledgerdifference
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
