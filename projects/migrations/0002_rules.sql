CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON projects_project
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('projects.project', 'draft');
CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON projects_paymentrequest
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('projects.paymentrequest', 'draft');

-- What reviewers and the meeting were shown stays as it was; the text is open only while the
-- village or the township works on it.
CREATE FUNCTION projects_project_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving text[] := '{status,status_since,meeting_id}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '项目 % 不能删除', OLD.code USING ERRCODE = 'YC001';
    END IF;
    IF (NEW.code, NEW.county_id, NEW.division_id, NEW.earmark_id, NEW.proposed_by_id, NEW.proposed_at)
       IS DISTINCT FROM
       (OLD.code, OLD.county_id, OLD.division_id, OLD.earmark_id, OLD.proposed_by_id, OLD.proposed_at) THEN
        RAISE EXCEPTION '项目 % 的编号、县、申报单位和申报人不能更改', OLD.code USING ERRCODE = 'YC001';
    END IF;
    IF OLD.meeting_id IS NOT NULL AND NEW.meeting_id IS DISTINCT FROM OLD.meeting_id THEN
        RAISE EXCEPTION '项目 % 的审定会议不能更改', OLD.code USING ERRCODE = 'YC001';
    END IF;
    IF OLD.status NOT IN ('draft', 'revision')
       AND to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION '项目 % 已上报，内容不能改动，须先退回', OLD.code USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER project_stands BEFORE UPDATE OR DELETE ON projects_project
    FOR EACH ROW EXECUTE FUNCTION projects_project_stands();

CREATE FUNCTION projects_payment_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '拨付申请 % 不能删除，可以作废', OLD.number USING ERRCODE = 'YC001';
    END IF;
    IF (NEW.number, NEW.project_id, NEW.division_id, NEW.requested_by_id)
       IS DISTINCT FROM (OLD.number, OLD.project_id, OLD.division_id, OLD.requested_by_id)
       OR OLD.status <> 'draft' AND
       (NEW.kind, NEW.amount, NEW.payee_name, NEW.payee_bank, NEW.payee_account, NEW.contract_number,
        NEW.invoice_number, NEW.progress, NEW.households, NEW.basis)
       IS DISTINCT FROM
       (OLD.kind, OLD.amount, OLD.payee_name, OLD.payee_bank, OLD.payee_account, OLD.contract_number,
        OLD.invoice_number, OLD.progress, OLD.households, OLD.basis) THEN
        RAISE EXCEPTION '拨付申请 % 已送审，内容不能改动，须先退回', OLD.number USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_stands BEFORE UPDATE OR DELETE ON projects_paymentrequest
    FOR EACH ROW EXECUTE FUNCTION projects_payment_stands();

CREATE FUNCTION projects_payment_source_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.request_id <> OLD.request_id THEN
        RAISE EXCEPTION '资金来源不能改属另一份申请' USING ERRCODE = 'YC001';
    END IF;
    PERFORM FROM projects_paymentrequest r
      WHERE r.id = coalesce(NEW.request_id, OLD.request_id) AND r.status = 'draft'
        FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '拨付申请已送审，资金来源不能改动，须先退回' USING ERRCODE = 'YC004';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER payment_source_stands BEFORE INSERT OR UPDATE OR DELETE ON projects_paymentsource
    FOR EACH ROW EXECUTE FUNCTION projects_payment_source_stands();

CREATE FUNCTION projects_part_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.project_id <> OLD.project_id THEN
        RAISE EXCEPTION '不能改属另一个项目' USING ERRCODE = 'YC001';
    END IF;
    -- Locked, so that the project is not sent in between this look and the commit.
    PERFORM FROM projects_project p
      WHERE p.id = coalesce(NEW.project_id, OLD.project_id) AND p.status IN ('draft', 'revision')
        FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '项目已上报，实施地点和工程量不能改动，须先退回' USING ERRCODE = 'YC004';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER part_stands BEFORE INSERT OR UPDATE OR DELETE ON projects_projectplace
    FOR EACH ROW EXECUTE FUNCTION projects_part_stands();
CREATE TRIGGER part_stands BEFORE INSERT OR UPDATE OR DELETE ON projects_workitem
    FOR EACH ROW EXECUTE FUNCTION projects_part_stands();

-- Sources of a project come from the decision of the meeting, in its transaction.
CREATE FUNCTION projects_source_follows_decision() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM approvals_decision d
         WHERE d.subject_type = 'projects.project' AND d.subject_id = NEW.project_id
           AND d.duty = 'determine' AND d.transaction_id = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION '批准的资金来源须随领导小组的审定一并登记' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER source_follows_decision BEFORE INSERT ON projects_projectsource
    FOR EACH ROW EXECUTE FUNCTION projects_source_follows_decision();

-- What a step recorded, and what the meeting approved, is append-only.
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_villagemeeting
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_villagemeeting
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_villagemeeting FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_feedback
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_feedback
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_feedback FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_revision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_revision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_revision FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_completion
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_completion
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_completion FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_acceptance
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_acceptance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_acceptance FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_settlement
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_settlement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_settlement FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_assetstatement
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_assetstatement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_assetstatement FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_projectsource
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_projectsource
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_projectsource FROM yichi_app;

-- The history of edits is append-only too.
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_historicalproject
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_historicalproject
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_historicalproject FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_historicalprojectplace
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_historicalprojectplace
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_historicalprojectplace FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_historicalworkitem
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_historicalworkitem
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_historicalworkitem FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_historicalpaymentrequest
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_historicalpaymentrequest
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_historicalpaymentrequest FROM yichi_app;
REVOKE DELETE ON projects_project, projects_paymentrequest FROM yichi_app;
