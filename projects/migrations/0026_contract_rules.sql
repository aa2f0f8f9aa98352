-- What was recorded of contracts and progress is never deleted; the start of work, and the ways of
-- procurement, never change; the history of the others neither.
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_contract
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_progressreport
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_qualitycheck
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_commencement
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_commencement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_procurementway
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_historicalcontract
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_historicalcontract
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_historicalprogressreport
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_historicalprogressreport
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE DELETE ON projects_contract, projects_progressreport, projects_qualitycheck FROM yichi_app;
REVOKE UPDATE, DELETE ON projects_commencement, projects_procurementway,
    projects_historicalcontract, projects_historicalprogressreport FROM yichi_app;

-- GB 32100-2015: the eighteenth character follows from the other seventeen.
CREATE FUNCTION projects_credit_code_holds(p_code text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT sum((strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', substr(p_code, n, 1)) - 1)
               * (ARRAY[1,3,9,27,19,26,16,17,20,29,25,13,8,24,10,30,28,1])[n]) % 31 = 0
      FROM generate_series(1, 18) AS n
$$;

-- What stands of a request: asked for, released or paid, less what was paid back.
CREATE FUNCTION projects_claim(r projects_paymentrequest) RETURNS numeric
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN r.status IN ('draft', 'cancelled') THEN 0
        WHEN r.status NOT IN ('refunded', 'withdrawn') THEN r.amount
        WHEN r.pay_voucher_id IS NULL THEN 0
        ELSE r.amount - (
            SELECT coalesce(sum(v.total), 0) FROM funds_voucher v
             WHERE v.refers_to_id = r.pay_voucher_id AND v.kind = 'refund'
               AND NOT EXISTS (SELECT 1 FROM funds_voucher x WHERE x.reverses_id = v.id))
    END
$$;

-- A contract: of an approved project, within its plan, with papers that were really uploaded.
-- Once money was asked for on it, only a supplementary agreement changes it; while money is asked
-- for it is not cancelled. The project is locked, so that two contracts see each other.
CREATE FUNCTION projects_contract_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    p projects_project;
    share record;
    way projects_procurementway;
    total numeric;
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
    cancelling text[] := '{cancelled_by_id,cancelled_at,cancel_reason}';
    supplemented text[] := '{price,ends_on,supervision_unit,papers}';
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
        IF EXISTS (SELECT 1 FROM projects_paymentrequest r WHERE r.contract_id = OLD.id
                      AND r.status NOT IN ('draft', 'cancelled'))
           AND to_jsonb(NEW) - supplemented IS DISTINCT FROM to_jsonb(OLD) - supplemented THEN
            RAISE EXCEPTION '已按合同 % 申请拨付，承包单位和条款不能更改', OLD.number
                USING ERRCODE = 'YC004';
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
CREATE TRIGGER contract_stands BEFORE INSERT OR UPDATE OR DELETE ON projects_contract
    FOR EACH ROW EXECUTE FUNCTION projects_contract_stands();

-- Advances, progress, final and retention payments go to the party of a contract of the project.
CREATE FUNCTION projects_payment_follows_contract() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c projects_contract;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.status <> 'draft' THEN
        IF NEW.contract_id IS DISTINCT FROM OLD.contract_id THEN
            RAISE EXCEPTION '拨付申请 % 已送审，合同不能改动，须先退回', OLD.number
                USING ERRCODE = 'YC004';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.contract_id IS NULL THEN
        IF NEW.kind IN ('10', '20', '30', '40') THEN
            RAISE EXCEPTION '预付款、进度款、竣工款和质保金须按合同支付' USING ERRCODE = 'YC022';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.kind = '50' THEN
        RAISE EXCEPTION '到户补助不按合同支付' USING ERRCODE = 'YC022';
    END IF;
    SELECT * INTO c FROM projects_contract x WHERE x.id = NEW.contract_id FOR SHARE;
    IF c.project_id <> NEW.project_id OR c.cancelled_at IS NOT NULL
       OR (c.contractor_name, c.bank, c.account, c.number) IS DISTINCT FROM
          (NEW.payee_name, NEW.payee_bank, NEW.payee_account, NEW.contract_number) THEN
        RAISE EXCEPTION '收款人须是本项目合同 % 的承包（供货）单位', c.number
            USING ERRCODE = 'YC022';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_follows_contract BEFORE INSERT OR UPDATE OF project_id, contract_id, kind,
    payee_name, payee_bank, payee_account, contract_number ON projects_paymentrequest
    FOR EACH ROW EXECUTE FUNCTION projects_payment_follows_contract();

-- Why a request on a contract goes beyond what may be paid on it, with the project locked.
CREATE FUNCTION projects_contract_exceeded(r projects_paymentrequest) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c projects_contract;
    audited numeric;
    accepted date;
    alone boolean;
    others numeric;
    room numeric;
    held numeric;
    asked numeric;
    retained numeric;
    advanced numeric;
    share record;
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
BEGIN
    SELECT * INTO c FROM projects_contract x WHERE x.id = r.contract_id;
    IF c.cancelled_at IS NOT NULL
       OR (c.contractor_name, c.bank, c.account, c.number) IS DISTINCT FROM
          (r.payee_name, r.payee_bank, r.payee_account, r.contract_number) THEN
        RETURN '收款人不是合同的承包（供货）单位，或合同已作废';
    END IF;
    SELECT s.audited_amount INTO audited FROM projects_settlement s
     WHERE s.project_id = r.project_id ORDER BY s.id DESC LIMIT 1;
    SELECT count(*) = 1 INTO alone FROM projects_contract x
     WHERE x.project_id = r.project_id AND x.cancelled_at IS NULL;
    SELECT coalesce(sum(q.claim) FILTER (WHERE q.contract_id IS DISTINCT FROM c.id), 0),
           coalesce(sum(q.claim) FILTER (WHERE q.contract_id = c.id), 0),
           coalesce(sum(q.claim) FILTER (WHERE q.contract_id = c.id AND q.kind = '40'), 0),
           coalesce(sum(q.claim) FILTER (WHERE q.contract_id = c.id AND q.kind = '10'), 0)
      INTO others, asked, retained, advanced
      FROM (SELECT x.contract_id, x.kind,
                   projects_claim(x) AS claim
              FROM projects_paymentrequest x WHERE x.project_id = r.project_id) AS q;
    room := CASE WHEN audited IS NULL THEN c.price
                 WHEN alone THEN greatest(audited - others, 0)
                 ELSE least(c.price, greatest(audited - others, 0)) END;
    held := round(CASE WHEN audited IS NOT NULL AND alone THEN room ELSE c.price END
                  * c.retention_percent / 100, 2);
    IF asked > room THEN
        RETURN format('超过合同可支付的 %s 元', in_yuan(room));
    END IF;
    IF r.kind <> '40' AND asked - retained > room - held THEN
        RETURN format('须留质保金 %s 元', in_yuan(held));
    END IF;
    IF r.kind = '10' THEN
        share := projects_share_on('pay.prepay_max', c.signed_on);
        IF share.part IS NULL OR advanced * share.whole > c.price * share.part THEN
            RETURN '预付款超过合同价的上限';
        END IF;
    END IF;
    IF r.kind = '40' THEN
        SELECT a.accepted_on INTO accepted FROM projects_acceptance a
          JOIN approvals_decision d ON d.id = a.decision_id
         WHERE a.project_id = r.project_id AND d.action = 'accept' ORDER BY a.id DESC LIMIT 1;
        IF accepted IS NULL OR today < accepted + make_interval(months => c.retention_months) THEN
            RETURN '质保期未满';
        END IF;
        IF retained > held THEN
            RETURN format('超过留存的质保金 %s 元', in_yuan(held));
        END IF;
        IF EXISTS (SELECT 1 FROM projects_qualitycheck q WHERE q.project_id = r.project_id
                      AND q.problem <> '' AND q.rectified_on IS NULL) THEN
            RETURN '质量问题尚未整改';
        END IF;
    END IF;
    RETURN NULL;
END $$;

-- 项目管理费: of each year, level and group of the county's money at most its share of what came
-- in; the county's own money has no such cap.
CREATE FUNCTION projects_fee_exceeded(r projects_paymentrequest) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    share record;
    row record;
    came_in numeric;
    charged numeric;
BEGIN
    share := projects_share_on('project.mgmt_fee_cap',
                               (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date);
    FOR row IN
        SELECT DISTINCT t.county_id, t.fund_year, t.level, k."group"
          FROM projects_paymentsource s JOIN funds_allotment t ON t.id = s.allotment_id
          JOIN funds_fundcategory k ON k.id = t.category_id
         WHERE s.request_id = r.id AND t.level <> 'L4'
    LOOP
        SELECT -coalesce(sum(a.balance), 0) INTO came_in
          FROM funds_account a JOIN funds_allotment t ON t.id = a.allotment_id
          JOIN funds_fundcategory k ON k.id = t.category_id
         WHERE a.kind = 'outside' AND t.county_id = row.county_id AND t.fund_year = row.fund_year
           AND t.level = row.level AND k."group" = row."group";
        SELECT coalesce(sum(projects_claim(x) * s.amount / x.amount), 0) INTO charged
          FROM projects_paymentsource s
          JOIN projects_paymentrequest x ON x.id = s.request_id
          JOIN funds_allotment t ON t.id = s.allotment_id
          JOIN funds_fundcategory k ON k.id = t.category_id
         WHERE x.kind = '60' AND t.county_id = row.county_id AND t.fund_year = row.fund_year
           AND t.level = row.level AND k."group" = row."group";
        IF share.part IS NULL OR round(charged, 2) * share.whole > came_in * share.part THEN
            RETURN format('项目管理费合计 %s 元，超过到账 %s 元的上限',
                          in_yuan(round(charged, 2)), in_yuan(came_in));
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- The caps hold when the step is committed: what is asked of one project waits here for each
-- other, and what is charged to one county's fees too. The county's book is not the application's
-- to lock, so the function is the owner's.
CREATE FUNCTION projects_caps_hold(p_decision bigint) RETURNS text LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    r projects_paymentrequest;
    d approvals_decision;
    lacking text;
BEGIN
    SELECT * INTO d FROM approvals_decision x WHERE x.id = p_decision;
    SELECT * INTO r FROM projects_paymentrequest x WHERE x.id = d.subject_id;
    IF d.action IN ('release', 'pay') AND d.amount <> r.amount THEN
        RETURN '办理的金额与申请金额不符';
    END IF;
    -- What came back or was cancelled in the same transaction asks for nothing.
    IF d.action = 'pay' OR r.status IN ('draft', 'cancelled') THEN
        RETURN NULL;
    END IF;
    PERFORM FROM projects_project p WHERE p.id = r.project_id FOR NO KEY UPDATE;
    IF r.kind = '60' THEN
        PERFORM ledger_lock_book(p.county_id) FROM projects_project p WHERE p.id = r.project_id;
        lacking := projects_fee_exceeded(r);
        IF lacking IS NOT NULL THEN
            RETURN lacking;
        END IF;
    END IF;
    IF r.contract_id IS NOT NULL THEN
        RETURN projects_contract_exceeded(r);
    END IF;
    RETURN CASE WHEN r.kind IN ('10', '20', '30', '40') THEN '没有合同' END;
END $$;
GRANT EXECUTE ON FUNCTION projects_credit_code_holds, projects_claim, projects_contract_exceeded,
    projects_fee_exceeded, projects_caps_hold TO yichi_app;

INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.paymentrequest', 'submit', 'projects_caps_hold'),
    ('projects.paymentrequest', 'pass_compliance', 'projects_caps_hold'),
    ('projects.paymentrequest', 'release', 'projects_caps_hold'),
    ('projects.paymentrequest', 'pay', 'projects_caps_hold');

-- Work begins, then it is reported month by month; cumulative figures fall, and a month that was
-- reported changes, only with a word on it.
CREATE FUNCTION projects_commencement_counts() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM projects_project p WHERE p.id = NEW.project_id AND p.status = 'implementation'
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '项目不在组织实施，不能登记开工' USING ERRCODE = 'YC004';
    END IF;
    IF NEW.started_on > (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date THEN
        RAISE EXCEPTION '开工日期 % 在今天之后', NEW.started_on USING ERRCODE = 'YC014';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER commencement_counts BEFORE INSERT ON projects_commencement
    FOR EACH ROW EXECUTE FUNCTION projects_commencement_counts();

CREATE FUNCTION projects_progress_counts() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    begun date;
    before projects_progressreport;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '进度不能删除' USING ERRCODE = 'YC001';
    END IF;
    IF TG_OP = 'UPDATE' AND ((NEW.project_id, NEW.month, NEW.recorded_by_id, NEW.recorded_at)
       IS DISTINCT FROM (OLD.project_id, OLD.month, OLD.recorded_by_id, OLD.recorded_at)
       OR NOT NEW.photos @> OLD.photos) THEN
        RAISE EXCEPTION '进度的项目、月份和照片不能更改' USING ERRCODE = 'YC001';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.percent, NEW.invested) = (OLD.percent, OLD.invested) THEN
        RETURN NEW;  -- photos or words are added
    END IF;
    PERFORM FROM projects_project p WHERE p.id = NEW.project_id AND p.status = 'implementation'
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '项目不在组织实施，不能登记进度' USING ERRCODE = 'YC004';
    END IF;
    SELECT s.started_on INTO begun FROM projects_commencement s
     WHERE s.project_id = NEW.project_id;
    IF begun IS NULL OR NEW.month < date_trunc('month', begun)::date
       OR NEW.month > (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date THEN
        RAISE EXCEPTION '还没有登记开工，或月份早于开工、还没有到' USING ERRCODE = 'YC014';
    END IF;
    SELECT * INTO before FROM projects_progressreport r
     WHERE r.project_id = NEW.project_id AND r.id <> NEW.id ORDER BY r.month DESC LIMIT 1;
    IF before.month >= NEW.month THEN
        RAISE EXCEPTION '已登记 % 的进度，更早的月份不能再登记或更改', before.month
            USING ERRCODE = 'YC014';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        before := OLD;
    END IF;
    IF (NEW.invested < before.invested OR NEW.percent < before.percent)
       AND btrim(NEW.correction) = '' THEN
        RAISE EXCEPTION '累计完成投资或形象进度减少，须写更正说明' USING ERRCODE = 'YC022';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER progress_counts BEFORE INSERT OR UPDATE OR DELETE ON projects_progressreport
    FOR EACH ROW EXECUTE FUNCTION projects_progress_counts();

-- What was found stands; that it was put right is written once.
CREATE FUNCTION projects_quality_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving text[] := '{rectified_on,rectification,rectified_by_id}';
BEGIN
    IF TG_OP = 'DELETE' OR OLD.rectified_on IS NOT NULL
       OR to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION '质量检查只能登记一次整改，不能更改' USING ERRCODE = 'YC001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER quality_stands BEFORE UPDATE OR DELETE ON projects_qualitycheck
    FOR EACH ROW EXECUTE FUNCTION projects_quality_stands();
