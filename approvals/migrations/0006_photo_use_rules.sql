CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON approvals_photouse
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON approvals_photouse
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON approvals_photouse FROM yichi_app;
