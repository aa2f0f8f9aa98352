ALTER TABLE reports_auditsheet ADD CONSTRAINT audit_sheet_sha256_of_content
    CHECK (sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex'));

-- The moment and the unit are not the caller's to choose; whoever signs holds the post today.
CREATE FUNCTION reports_audit_row_stamp() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM organizations_post p
          JOIN organizations_user u ON u.id = p.user_id
          JOIN organizations_organization o ON o.id = p.organization_id
          JOIN organizations_division d ON d.id = o.division_id
          JOIN organizations_division c ON c.id = NEW.county_id
         WHERE p.role IN ('auditor', 'discipline_inspector') AND u.is_active
           AND p.accepted_at IS NOT NULL AND p.valid_from <= today
           AND (p.valid_until IS NULL OR p.valid_until >= today) AND starts_with(c.path, d.path)
           AND (p.user_id = NEW.by_id OR EXISTS (
                SELECT 1 FROM organizations_delegation g
                 WHERE g.post_id = p.id AND g.delegate_id = NEW.by_id
                   AND g.revoked_at IS NULL AND today BETWEEN g.valid_from AND g.valid_until))
    ) THEN
        RAISE EXCEPTION '取证和审计导出由审计、纪检监察办理' USING ERRCODE = 'YC002';
    END IF;
    NEW.at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER row_stamp BEFORE INSERT ON reports_auditsheet
    FOR EACH ROW EXECUTE FUNCTION reports_audit_row_stamp();
CREATE TRIGGER row_stamp BEFORE INSERT ON reports_exportrecord
    FOR EACH ROW EXECUTE FUNCTION reports_audit_row_stamp();

CREATE FUNCTION reports_audit_sheet_number() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.number <> 1 + (SELECT count(*) FROM reports_auditsheet s
                           WHERE s.county_id = NEW.county_id AND s.year = NEW.year) THEN
        RAISE EXCEPTION '取证单逐号编排' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sheet_number BEFORE INSERT ON reports_auditsheet
    FOR EACH ROW EXECUTE FUNCTION reports_audit_sheet_number();

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON reports_auditsheet
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_auditsheet
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON reports_exportrecord
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_exportrecord
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON reports_auditsheet, reports_exportrecord FROM yichi_app;
