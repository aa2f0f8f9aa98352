-- A contract: of an approved project, within its plan, with papers that were really uploaded.
-- Once money was asked for on it, only a supplementary agreement changes it, and where it is paid
-- to only a paper that was not there before; while money is asked for it is not cancelled. The
-- project is locked, so that two contracts see each other.
CREATE OR REPLACE FUNCTION projects_contract_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    p projects_project;
    share record;
    way projects_procurementway;
    total numeric;
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
    cancelling text[] := '{cancelled_by_id,cancelled_at,cancel_reason}';
    supplemented text[] := '{price,ends_on,supervision_unit,bank,account,papers}';
    asked_on boolean;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '合同 % 不能删除，可以作废', OLD.number USING ERRCODE = 'YC001';
    END IF;
    SELECT * INTO p FROM projects_project x WHERE x.id = NEW.project_id FOR NO KEY UPDATE;
    IF TG_OP = 'INSERT' THEN
        IF p.status NOT IN ('result_feedback', 'implementation', 'acceptance', 'settlement',
                            'preliminary_acceptance', 'rectification', 'settlement_review',
                            'asset_registration') OR NEW.cancelled_at IS NOT NULL THEN
            RAISE EXCEPTION '项目 % 未经审定或已办结，不能登记合同', p.code USING ERRCODE = 'YC004';
        END IF;
    ELSE
        IF OLD.cancelled_at IS NOT NULL THEN
            RAISE EXCEPTION '合同 % 已作废，不能更改', OLD.number USING ERRCODE = 'YC001';
        END IF;
        IF (NEW.project_id, NEW.division_id, NEW.recorded_by_id, NEW.recorded_at) IS DISTINCT FROM
           (OLD.project_id, OLD.division_id, OLD.recorded_by_id, OLD.recorded_at) THEN
            RAISE EXCEPTION '合同 % 的项目和登记人不能更改', OLD.number USING ERRCODE = 'YC001';
        END IF;
        IF NEW.cancelled_at IS NOT NULL THEN
            IF to_jsonb(NEW) - cancelling IS DISTINCT FROM to_jsonb(OLD) - cancelling
               OR EXISTS (SELECT 1 FROM projects_paymentrequest r WHERE r.contract_id = OLD.id
                             AND (r.status NOT IN ('cancelled', 'withdrawn')
                                  OR r.pay_voucher_id IS NOT NULL)) THEN
                RAISE EXCEPTION '已按合同 % 申请或支付，不能作废', OLD.number
                    USING ERRCODE = 'YC004';
            END IF;
            RETURN NEW;
        END IF;
        asked_on := EXISTS (SELECT 1 FROM projects_paymentrequest r WHERE r.contract_id = OLD.id
                               AND r.status NOT IN ('draft', 'cancelled'));
        IF asked_on AND to_jsonb(NEW) - supplemented IS DISTINCT FROM
                        to_jsonb(OLD) - supplemented THEN
            RAISE EXCEPTION '已按合同 % 申请拨付，承包单位和条款不能更改', OLD.number
                USING ERRCODE = 'YC004';
        END IF;
        IF asked_on AND (NEW.bank, NEW.account) IS DISTINCT FROM (OLD.bank, OLD.account)
           AND NEW.papers <@ OLD.papers THEN
            RAISE EXCEPTION '合同 % 更正收款账户，须附账户变更函', OLD.number
                USING ERRCODE = 'YC022';
        END IF;
    END IF;
    IF NEW.division_id <> p.division_id THEN
        RAISE EXCEPTION '合同须与项目同一区划' USING ERRCODE = 'YC004';
    END IF;
    share := projects_share_on('plan.over_invest_reapprove', today);
    SELECT coalesce(sum(c.price), 0) + NEW.price INTO total FROM projects_contract c
     WHERE c.project_id = NEW.project_id AND c.cancelled_at IS NULL AND c.id <> NEW.id;
    IF total * share.whole > p.total_investment * (share.whole + share.part) THEN
        RAISE EXCEPTION '合同价合计 % 元，超过批准的总投资 % 元太多，须先办理项目调整',
            in_yuan(total), in_yuan(p.total_investment) USING ERRCODE = 'YC010';
    END IF;
    share := projects_share_on('pay.retention_max', NEW.signed_on);
    IF share.part IS NULL OR NEW.retention_percent * share.whole > share.part * 100 THEN
        RAISE EXCEPTION '质保金比例 % 高于上限', NEW.retention_percent USING ERRCODE = 'YC022';
    END IF;
    SELECT * INTO way FROM projects_procurementway w WHERE w.id = NEW.way_id;
    share := projects_share_on('bidding.' || NEW.subject, NEW.signed_on);
    IF NOT way.is_bidding AND btrim(NEW.way_reason) = ''
       AND NEW.price * share.whole >= share.part THEN
        RAISE EXCEPTION '达到招标限额而未招标，须写明理由' USING ERRCODE = 'YC022';
    END IF;
    IF btrim(NEW.code_note) = '' AND NOT projects_credit_code_holds(NEW.contractor_code) THEN
        RAISE EXCEPTION '统一社会信用代码 % 的校验位不符', NEW.contractor_code
            USING ERRCODE = 'YC022';
    END IF;
    IF cardinality(NEW.papers) = 0 OR EXISTS (
        SELECT 1 FROM unnest(NEW.papers) AS paper
         WHERE NOT EXISTS (SELECT 1 FROM approvals_evidence e WHERE e.sha256 = paper)) THEN
        RAISE EXCEPTION '缺合同原件' USING ERRCODE = 'YC022';
    END IF;
    RETURN NEW;
END $$;

-- 报账材料: papers of a payment request, written while it is a draft, struck out but never changed.
CREATE OR REPLACE FUNCTION projects_payment_paper_stands() RETURNS trigger LANGUAGE plpgsql
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
        -- The same invoice typed in at once into two requests of a project: one waits. An invoice
        -- for which nothing is paid any more is free again.
        PERFORM pg_advisory_xact_lock(
            hashtextextended('invoice:' || r.project_id || ':' || NEW.number, 0));
        IF EXISTS (
            SELECT 1 FROM projects_paymentrequest q
             WHERE q.project_id = r.project_id AND q.status <> 'cancelled'
               AND NOT (q.status = 'withdrawn' AND projects_claim(q) = 0)
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

-- What was sent in stands, the value of the work with it.
CREATE OR REPLACE FUNCTION projects_payment_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '拨付申请 % 不能删除，可以作废', OLD.number USING ERRCODE = 'YC001';
    END IF;
    IF (NEW.number, NEW.project_id, NEW.division_id, NEW.requested_by_id)
       IS DISTINCT FROM (OLD.number, OLD.project_id, OLD.division_id, OLD.requested_by_id)
       OR OLD.status <> 'draft' AND
       (NEW.kind, NEW.amount, NEW.payee_name, NEW.payee_bank, NEW.payee_account, NEW.contract_number,
        NEW.invoice_number, NEW.progress, NEW.work_done, NEW.households,
        NEW.basis)
       IS DISTINCT FROM
       (OLD.kind, OLD.amount, OLD.payee_name, OLD.payee_bank, OLD.payee_account, OLD.contract_number,
        OLD.invoice_number, OLD.progress, OLD.work_done, OLD.households,
        OLD.basis) THEN
        RAISE EXCEPTION '拨付申请 % 已送审，内容不能改动，须先退回', OLD.number USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
