-- What was due on a day that has passed was due on it: the calendar changes from tomorrow on.
CREATE FUNCTION organizations_calendar_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
BEGIN
    IF OLD.day <= today OR (TG_OP = 'UPDATE' AND NEW.day <= today) THEN
        RAISE EXCEPTION '工作日历只能更改今天以后的日子，% 不能更改', OLD.day USING ERRCODE = 'YC001';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER calendar_stands BEFORE UPDATE OR DELETE ON organizations_calendarday
    FOR EACH ROW EXECUTE FUNCTION organizations_calendar_stands();

-- A year may be entered late, but once: then its past days are what was entered.
CREATE FUNCTION organizations_calendar_year_once() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
    late date;
BEGIN
    SELECT a.day INTO late FROM added a
      JOIN organizations_calendarday d
        ON date_part('year', d.day) = date_part('year', a.day)
       AND d.id NOT IN (SELECT id FROM added)
     WHERE a.day <= today
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '工作日历只能更改今天以后的日子，% 不能补录', late USING ERRCODE = 'YC001';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER calendar_year_once AFTER INSERT ON organizations_calendarday
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION organizations_calendar_year_once();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON organizations_calendarday
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON organizations_historicalcalendarday
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON organizations_historicalcalendarday
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON organizations_historicalcalendarday FROM yichi_app;

-- The limits of the steps have become working days.
UPDATE organizations_parameter SET name = replace(name, '（天）', '（工作日）')
 WHERE key LIKE 'limit.%';
