-- 报账材料: papers of a payment request, written while it is a draft, struck out but never changed.
CREATE FUNCTION projects_payment_paper_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
    r projects_paymentrequest;
    rule projects_paymentpaperrule;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '报账材料只能划去，不能删除' USING ERRCODE = 'YC001';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.struck_at IS NOT NULL
       OR to_jsonb(NEW) - 'struck_at' - 'struck_by_id'
          IS DISTINCT FROM to_jsonb(OLD) - 'struck_at' - 'struck_by_id') THEN
        RAISE EXCEPTION '报账材料已登记，只能划去一次' USING ERRCODE = 'YC001';
    END IF;
    SELECT * INTO r FROM projects_paymentrequest q
     WHERE q.id = NEW.request_id AND q.status = 'draft' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '拨付申请已送审，报账材料不能改动，须先退回' USING ERRCODE = 'YC004';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        NEW.struck_at := clock_timestamp();
        RETURN NEW;
    END IF;
    SELECT * INTO rule FROM projects_paymentpaperrule q WHERE q.id = NEW.rule_id;
    IF NEW.struck_at IS NOT NULL OR rule.kind <> r.kind
       OR rule.number_label <> '' AND btrim(NEW.number) = ''
       OR rule.on_paper <> (NEW.sha256 = '')
       OR rule.code = 'invoice' AND (NEW.amount IS NULL OR btrim(NEW.summary) = '')
       OR NEW.dated_on > today
       OR NEW.sha256 <> '' AND NOT EXISTS (
            SELECT 1 FROM approvals_evidence e
             WHERE e.sha256 = NEW.sha256 AND e.division_id = r.division_id) THEN
        RAISE EXCEPTION '报账材料“%”的编号、日期、文件或票面内容不全', rule.name
            USING ERRCODE = 'YC020';
    END IF;
    IF rule.code = 'invoice' THEN
        -- The same invoice typed in at once into two requests of a project: one waits.
        PERFORM pg_advisory_xact_lock(
            hashtextextended('invoice:' || r.project_id || ':' || NEW.number, 0));
        IF EXISTS (
            SELECT 1 FROM projects_paymentrequest q
             WHERE q.project_id = r.project_id AND q.status <> 'cancelled'
               AND (q.id <> r.id AND q.invoice_number = NEW.number OR EXISTS (
                    SELECT 1 FROM projects_paymentpaper p
                      JOIN projects_paymentpaperrule k ON k.id = p.rule_id
                     WHERE p.request_id = q.id AND p.struck_at IS NULL
                       AND k.code = 'invoice' AND p.number = NEW.number))) THEN
            RAISE EXCEPTION '发票 % 已在本项目的拨付申请中使用', NEW.number
                USING ERRCODE = 'YC020';
        END IF;
    END IF;
    NEW.recorded_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER payment_paper_stands BEFORE INSERT OR UPDATE OR DELETE ON projects_paymentpaper
    FOR EACH ROW EXECUTE FUNCTION projects_payment_paper_stands();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_paymentpaper
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_paymentpaperrule
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_paymentpaperrule
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_paymentpaperrule FROM yichi_app;
REVOKE DELETE ON projects_paymentpaper FROM yichi_app;

-- What was required on the day on which the request was last sent in, all there; the dates in
-- their order; the invoices cover what is asked.
CREATE FUNCTION projects_papers_rest(p_decision bigint) RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    r projects_paymentrequest;
    asked date;
    lacking text;
    invoices numeric;
BEGIN
    SELECT q.* INTO r FROM projects_paymentrequest q
      JOIN approvals_decision d ON d.subject_id = q.id WHERE d.id = p_decision;
    SELECT (coalesce(max(d.at), clock_timestamp()) AT TIME ZONE 'Asia/Shanghai')::date INTO asked FROM approvals_decision d
     WHERE d.subject_type = 'projects.paymentrequest' AND d.subject_id = r.id
       AND d.action = 'submit' AND d.id <= p_decision;
    SELECT string_agg(k.name, '、' ORDER BY k.position) INTO lacking
      FROM projects_paymentpaperrule k
     WHERE k.kind = r.kind AND k.is_required AND k.valid_from <= asked
       AND (k.valid_until IS NULL OR k.valid_until >= asked)
       AND NOT EXISTS (
            SELECT 1 FROM projects_paymentpaper p
              JOIN projects_paymentpaperrule q ON q.id = p.rule_id
             WHERE p.request_id = r.id AND p.struck_at IS NULL AND q.code = k.code);
    IF lacking IS NOT NULL THEN
        RETURN '缺少应附材料：' || lacking;
    END IF;
    SELECT string_agg(k.name, '、') INTO lacking
      FROM projects_paymentpaper p JOIN projects_paymentpaperrule k ON k.id = p.rule_id
     WHERE p.request_id = r.id AND p.struck_at IS NULL
       AND (p.dated_on > asked
            OR k.code IN ('invoice', 'measurement', 'commencement', 'supervision', 'acceptance')
           AND p.dated_on < (
                SELECT min(c.dated_on) FROM projects_paymentpaper c
                  JOIN projects_paymentpaperrule q ON q.id = c.rule_id
                 WHERE c.request_id = r.id AND c.struck_at IS NULL AND q.code = 'contract'));
    IF lacking IS NOT NULL THEN
        RETURN '材料日期顺序不对：' || lacking;
    END IF;
    SELECT coalesce(sum(p.amount), 0) INTO invoices
      FROM projects_paymentpaper p JOIN projects_paymentpaperrule k ON k.id = p.rule_id
     WHERE p.request_id = r.id AND p.struck_at IS NULL AND k.code = 'invoice';
    IF invoices < r.amount AND EXISTS (
        SELECT 1 FROM projects_paymentpaperrule k
         WHERE k.kind = r.kind AND k.code = 'invoice' AND k.is_required
           AND k.valid_from <= asked AND (k.valid_until IS NULL OR k.valid_until >= asked)) THEN
        RETURN format('发票合计 %s 元，少于本次申请 %s 元', invoices, r.amount);
    END IF;
    RETURN NULL;
END $$;

-- Each paper ticked by the last compliance review before this step.
CREATE FUNCTION projects_papers_seen(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '合规审查没有逐件核对：' || string_agg(k.name || ' ' || p.number, '、')
      FROM approvals_decision d
      JOIN projects_paymentpaper p ON p.request_id = d.subject_id AND p.struck_at IS NULL
      JOIN projects_paymentpaperrule k ON k.id = p.rule_id
     WHERE d.id = p_decision AND NOT EXISTS (
        SELECT 1 FROM approvals_decision c
         WHERE c.id = (SELECT max(e.id) FROM approvals_decision e
                        WHERE e.subject_type = d.subject_type AND e.subject_id = d.subject_id
                          AND e.action = 'pass_compliance' AND e.id < d.id)
           AND c.opinions @> jsonb_build_array(
                jsonb_build_object('code', 'paper_' || p.id, 'result', '已核对')))
    HAVING count(*) > 0
$$;
GRANT EXECUTE ON FUNCTION projects_papers_rest, projects_papers_seen TO yichi_app;
INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.paymentrequest', 'submit', 'projects_papers_rest'),
    ('projects.paymentrequest', 'release', 'projects_papers_rest'),
    ('projects.paymentrequest', 'release', 'projects_papers_seen');
