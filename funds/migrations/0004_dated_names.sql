-- A name of the regime of its years: what was reported under it comes out under it for ever. A new
-- name is a new row of a later day; the old one is only ended.
CREATE FUNCTION refuse_renaming() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF to_jsonb(NEW) - 'valid_until' IS DISTINCT FROM to_jsonb(OLD) - 'valid_until' THEN
        RAISE EXCEPTION '名称和代码随制度时期登记，不能更改；改名请另登新的时期' USING ERRCODE = 'YC001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_renaming BEFORE UPDATE ON funds_fundcategory
    FOR EACH ROW EXECUTE FUNCTION refuse_renaming();
