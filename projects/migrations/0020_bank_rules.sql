-- What the bank paid, and which payment step it is: written once.
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_bankline
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_bankline
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_bankmatch
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_bankmatch
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_bankline, projects_bankmatch FROM yichi_app;

-- A line stands for the payment voucher that the request has now, to the fen, to the account.
CREATE FUNCTION projects_bank_match_rests() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM projects_bankline b
          JOIN projects_paymentrequest r ON r.id = NEW.request_id
          JOIN projects_project p ON p.id = r.project_id
          JOIN funds_voucher v ON v.id = r.pay_voucher_id AND v.decision_id = NEW.decision_id
         WHERE b.id = NEW.line_id AND b.county_id = p.county_id AND b.amount = r.amount
           AND b.account = r.payee_account AND b.payee = r.payee_name) THEN
        RAISE EXCEPTION '银行付款与拨付申请的支付凭证不符' USING ERRCODE = 'YC020';
    END IF;
    NEW.at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER bank_match_rests BEFORE INSERT ON projects_bankmatch
    FOR EACH ROW EXECUTE FUNCTION projects_bank_match_rests();
