REVOKE INSERT, UPDATE, DELETE ON reports_checkrule FROM yichi_app;
INSERT INTO reports_checkrule (code, is_hint, is_waivable) VALUES
    ('issued_received', false, true),
    ('received_allocated', false, true),
    ('allocated_released', false, true),
    ('released_paid', false, true),
    ('projects_released', false, true),
    ('retention', false, true),
    ('unspent', false, true),
    ('counts', false, true),
    ('accepted', false, true),
    ('dates', false, true),
    ('people', false, true),
    ('sum_funds', false, false),
    ('sum_paid', false, true),
    ('sum_released', false, true),
    ('sum_allocated', false, true),
    ('sum_types', false, true),
    ('sum_townships', false, true),
    ('cumulative', false, true),
    ('previous', false, true),
    ('scope', false, true),
    ('chain', false, false),
    ('head', false, false),
    ('extends', false, false),
    ('same', false, false),
    ('late', false, true),
    ('closed', false, true),
    ('bank', false, true),
    ('ledgers', false, true),
    ('drafts', false, true),
    ('unpaid', true, true),
    ('targets', false, true),
    ('notices', false, true),
    ('responsible', false, true),
    ('negative', false, true),
    ('progress', true, true),
    ('prepaid', true, true),
    ('overrun', true, true),
    ('overdue', true, true),
    ('settling', true, true);

-- What is sealed was looked at in the same transaction, by every check; what a check found that
-- is no hint was let pass in writing by a second person, where it may be.
CREATE FUNCTION reports_seal_checked(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN v.checked_at IS NULL OR v.checked_at < transaction_timestamp()
            THEN '签发前没有运行核对'
        ELSE '核对“' || k.code || '”不符，没有放行' END
      FROM reports_returnversion v CROSS JOIN reports_checkrule k
      LEFT JOIN LATERAL (
           SELECT (c ->> 'count')::bigint AS found FROM jsonb_array_elements(v.checks) c
            WHERE c ->> 'code' = k.code LIMIT 1) r ON true
     WHERE v.decision_id = p_decision AND v.monthly_id IS NOT NULL
       AND (v.checked_at IS NULL OR v.checked_at < transaction_timestamp()
            OR r.found IS NULL
            OR r.found > 0 AND NOT k.is_hint AND NOT (k.is_waivable AND EXISTS (
                SELECT 1 FROM reports_checkwaiver w
                 WHERE w.version_id = v.id AND w.code = k.code AND w.agreed_by_id IS NOT NULL)))
     ORDER BY k.id LIMIT 1
$$;
GRANT EXECUTE ON FUNCTION reports_seal_checked TO yichi_app;
INSERT INTO approvals_stepproof (life, action, function)
VALUES ('reports.monthlyreturn', 'seal', 'reports_seal_checked');

-- When it was looked at is the server's to say.
CREATE FUNCTION reports_checks_stamp() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.checks, NEW.checked_at) IS DISTINCT FROM (OLD.checks, OLD.checked_at)
       AND NEW.checked_at IS NOT NULL THEN
        NEW.checked_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER checks_stamp BEFORE UPDATE ON reports_returnversion
    FOR EACH ROW EXECUTE FUNCTION reports_checks_stamp();
