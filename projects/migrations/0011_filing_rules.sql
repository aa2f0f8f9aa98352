CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON projects_filing
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('projects.filing', 'due');

-- A filing is made with the approval that it reports, and keeps its day for ever.
CREATE FUNCTION projects_filing_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving text[] := '{status,status_since}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '备案“%”不能删除', OLD.title USING ERRCODE = 'YC001';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
            RAISE EXCEPTION '备案“%”的事项、批准和应报日期不能更改', OLD.title
                USING ERRCODE = 'YC001';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.approved_on <> (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date OR NOT EXISTS (
        SELECT 1 FROM approvals_decision d
         WHERE d.id = NEW.decision_id AND d.subject_type = NEW.subject_type
           AND d.subject_id = NEW.subject_id
           AND d.transaction_id = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION '备案须随批准一并建立' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER filing_stands BEFORE INSERT OR UPDATE OR DELETE ON projects_filing
    FOR EACH ROW EXECUTE FUNCTION projects_filing_stands();

-- What was sent rests on the sender's step, on the server's day.
CREATE FUNCTION projects_filing_version_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM approvals_decision d
         WHERE d.id = NEW.decision_id AND d.subject_type = 'projects.filing'
           AND d.subject_id = NEW.filing_id AND d.action = 'send'
           AND d.transaction_id = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION '报送须随办理记录一并登记' USING ERRCODE = 'YC004';
    END IF;
    NEW.sent_on := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
    RETURN NEW;
END $$;
CREATE TRIGGER filing_version_follows BEFORE INSERT ON projects_filingversion
    FOR EACH ROW EXECUTE FUNCTION projects_filing_version_follows();
-- The digest is of the words that stand beside it.
ALTER TABLE projects_filingversion ADD CONSTRAINT filing_version_sha256_of_content
    CHECK (sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex'));

-- The receiver's mark: by the receiver's own step, about the latest that was sent.
CREATE FUNCTION projects_filing_receipt_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM projects_filingversion v
          JOIN approvals_decision d ON d.id = NEW.decision_id
           AND d.subject_type = 'projects.filing' AND d.subject_id = v.filing_id
           AND d.action = CASE WHEN NEW.is_received THEN 'receive' ELSE 'return' END
           AND d.transaction_id = pg_current_xact_id()::text::bigint
          JOIN organizations_post p ON p.id = d.post_id AND p.role = 'prefecture_clerk'
         WHERE v.id = NEW.version_id AND v.version = (
               SELECT max(w.version) FROM projects_filingversion w WHERE w.filing_id = v.filing_id)
    ) THEN
        RAISE EXCEPTION '收讫和退回由地（州）级受理登记' USING ERRCODE = 'YC004';
    END IF;
    NEW.received_on := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
    RETURN NEW;
END $$;
CREATE TRIGGER filing_receipt_follows BEFORE INSERT ON projects_filingreceipt
    FOR EACH ROW EXECUTE FUNCTION projects_filing_receipt_follows();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_filing
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_filingversion
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_filingversion
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_filingreceipt
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_filingreceipt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_filingversion, projects_filingreceipt FROM yichi_app;
REVOKE DELETE ON projects_filing FROM yichi_app;

CREATE FUNCTION projects_filing_version_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '缺报备文号或材料' WHERE NOT EXISTS (
        SELECT 1 FROM projects_filingversion v
         WHERE v.decision_id = p_decision AND v.letter_number <> '' AND cardinality(v.papers) > 0)
$$;
CREATE FUNCTION projects_filing_receipt_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '缺备案回执' WHERE NOT EXISTS (
        SELECT 1 FROM projects_filingreceipt r WHERE r.decision_id = p_decision)
$$;
-- An approved plan is to be reported (新扶贫领字〔2018〕76号 二(三)).
CREATE FUNCTION projects_plan_filed(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '没有建立备案事项' WHERE NOT EXISTS (
        SELECT 1 FROM projects_filing f WHERE f.decision_id = p_decision)
$$;
GRANT EXECUTE ON FUNCTION projects_filing_version_rests, projects_filing_receipt_rests,
    projects_plan_filed TO yichi_app;

INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.filing', 'send', 'projects_filing_version_rests'),
    ('projects.filing', 'receive', 'projects_filing_receipt_rests'),
    ('projects.filing', 'return', 'projects_filing_receipt_rests'),
    ('projects.annualplan', 'determine', 'projects_plan_filed');

-- Who reports does not receive.
INSERT INTO approvals_incompatibleduties (case_kind, first, second) VALUES
    ('filing', 'file', 'receive');
