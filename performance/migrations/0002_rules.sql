-- The history of edits is append-only too.
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON performance_historicaltarget
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON performance_historicaltarget
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON performance_historicaltarget FROM yichi_app;
