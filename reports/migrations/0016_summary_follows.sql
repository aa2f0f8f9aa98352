-- The summary is made from the content when the row is written: no trigger sees it before.
CREATE OR REPLACE FUNCTION reports_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving text[] := '{status,status_since,summary}';
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION '月报、汇总和解锁已建立，只能随办理改变状态' USING ERRCODE = 'YC001';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION reports_version_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    checked text[] := '{checks,checked_at,decision_id,sealed_at,summary}';
    stands text;
BEGIN
    IF TG_OP = 'DELETE' OR OLD.sealed_at IS NOT NULL THEN
        RAISE EXCEPTION '已封存的月报不能更改，版本不能删除' USING ERRCODE = 'YC001';
    END IF;
    IF (NEW.monthly_id, NEW.rollup_id, NEW.number, NEW.reason, NEW.unlock_id) IS DISTINCT FROM
       (OLD.monthly_id, OLD.rollup_id, OLD.number, OLD.reason, OLD.unlock_id) THEN
        RAISE EXCEPTION '版本的归属、序号和更正事由不能更改' USING ERRCODE = 'YC001';
    END IF;
    SELECT status INTO stands FROM reports_monthlyreturn WHERE id = NEW.monthly_id
    UNION ALL SELECT status FROM reports_rollup WHERE id = NEW.rollup_id;
    IF stands <> 'draft' AND to_jsonb(NEW) - checked IS DISTINCT FROM to_jsonb(OLD) - checked THEN
        RAISE EXCEPTION '已送审的月报不能重新取数，须先退回' USING ERRCODE = 'YC004';
    END IF;
    IF NEW.sealed_at IS NULL AND NEW.decision_id IS NULL THEN
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - checked IS DISTINCT FROM to_jsonb(OLD) - checked
       OR NOT reports_taken_now(NEW.monthly_id, NEW.rollup_id, '{seal}', NEW.decision_id) THEN
        RAISE EXCEPTION '月报只能由签发人随办理记录封存，封存的就是送审的' USING ERRCODE = 'YC004';
    END IF;
    IF NEW.monthly_id IS NOT NULL AND NEW.ledger_sequence > 0 AND NOT EXISTS (
        SELECT 1 FROM funds_voucher v JOIN reports_monthlyreturn r ON r.division_id = v.county_id
         WHERE r.id = NEW.monthly_id AND v.sequence = NEW.ledger_sequence
           AND v.digest = NEW.ledger_head
    ) THEN
        RAISE EXCEPTION '月报的链首与凭证链不符，不能封存' USING ERRCODE = 'YC004';
    END IF;
    NEW.sealed_at := clock_timestamp();
    RETURN NEW;
END $$;
