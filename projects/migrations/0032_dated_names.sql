CREATE TRIGGER refuse_renaming BEFORE UPDATE ON projects_projecttype
    FOR EACH ROW EXECUTE FUNCTION refuse_renaming();
