-- What was published stands: content, number, check code. A version is superseded by another row.
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON publicity_notice
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON publicity_notice FROM yichi_app;

CREATE FUNCTION publicity_notice_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before publicity_notice;
    last integer;
BEGIN
    PERFORM demand_read_committed();
    IF NEW.is_migrated THEN
        RAISE EXCEPTION '新发布的公示须保存内容' USING ERRCODE = 'YC004';
    END IF;
    IF jsonb_typeof(NEW.content) IS DISTINCT FROM 'array' OR jsonb_array_length(NEW.content) = 0 THEN
        RAISE EXCEPTION '公示没有内容' USING ERRCODE = 'YC004';
    END IF;
    -- Numbers of a county are given one after another.
    PERFORM FROM organizations_division WHERE id = NEW.county_id FOR NO KEY UPDATE;
    IF NEW.published_at > clock_timestamp() THEN
        RAISE EXCEPTION '发布时间在现在之后' USING ERRCODE = 'YC004';
    END IF;
    SELECT n.* INTO before FROM publicity_notice n
      JOIN publicity_noticetype t ON t.id = n.type_id
     WHERE n.subject_type = NEW.subject_type AND n.subject_id = NEW.subject_id
       AND t.code = (SELECT code FROM publicity_noticetype WHERE id = NEW.type_id)
     ORDER BY n.version DESC LIMIT 1;
    IF before.id IS NOT NULL THEN
        IF (NEW.supersedes_id, NEW.version, NEW.number, NEW.county_id, NEW.year, NEW.sequence)
           IS DISTINCT FROM
           (before.id, before.version + 1, before.number, before.county_id, before.year,
            before.sequence) THEN
            RAISE EXCEPTION '公示 % 的下一版须接在第%版之后', before.number, before.version
                USING ERRCODE = 'YC004';
        END IF;
    ELSE
        SELECT coalesce(max(n.sequence), 0) INTO last FROM publicity_notice n
         WHERE n.county_id = NEW.county_id AND n.year = NEW.year;
        IF NEW.sequence <> last + 1 OR NEW.supersedes_id IS NOT NULL THEN
            RAISE EXCEPTION '公示编号须逐一连续：本年下一个是 %', last + 1 USING ERRCODE = 'YC004';
        END IF;
    END IF;
    NEW.recorded_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER notice_follows BEFORE INSERT ON publicity_notice
    FOR EACH ROW EXECUTE FUNCTION publicity_notice_follows();

-- A posting is proved by two photos that were shown for it and for nothing else.
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON publicity_posting
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON publicity_posting
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON publicity_posting FROM yichi_app;

CREATE FUNCTION publicity_posting_is_proved() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    hung record;
    proofs integer;
BEGIN
    SELECT n.number, n.version, n.division_id, t.min_days,
           (n.published_at AT TIME ZONE 'Asia/Shanghai')::date AS published_on,
           EXISTS (SELECT FROM publicity_notice l WHERE l.supersedes_id = n.id) AS is_superseded
      INTO hung
      FROM publicity_notice n JOIN publicity_noticetype t ON t.id = n.type_id
     WHERE n.id = NEW.notice_id;
    IF hung.is_superseded THEN
        RAISE EXCEPTION '公示 % 第%版已由新版替代', hung.number, hung.version USING ERRCODE = 'YC004';
    END IF;
    IF NEW.posted_on < hung.published_on
       OR NEW.posted_on > (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date THEN
        RAISE EXCEPTION '张贴日期须在发布之日 % 至今天之间', hung.published_on USING ERRCODE = 'YC004';
    END IF;
    IF (hung.min_days IS NULL) <> (NEW.ends_on IS NULL)
       OR NEW.ends_on < NEW.posted_on + hung.min_days THEN
        RAISE EXCEPTION '公示期不得少于 % 天', hung.min_days USING ERRCODE = 'YC004';
    END IF;
    SELECT count(*) INTO proofs
      FROM approvals_photouse u
      JOIN approvals_evidence e ON e.sha256 = u.sha256 AND e.division_id = hung.division_id
     WHERE u.sha256 IN (NEW.near_photo, NEW.far_photo)
       AND e.content_type IN ('image/jpeg', 'image/png')
       AND u.shown_for = left(format('公示 %s 第%s版 %s', hung.number, hung.version, NEW.place), 160);
    IF proofs <> 2 THEN
        RAISE EXCEPTION '张贴须有近景、远景两张照片，且只用于本次张贴' USING ERRCODE = 'YC004';
    END IF;
    NEW.recorded_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER posting_is_proved BEFORE INSERT ON publicity_posting
    FOR EACH ROW EXECUTE FUNCTION publicity_posting_is_proved();

-- Nothing comes down before its time, but what another version has replaced.
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON publicity_takedown
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON publicity_takedown
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON publicity_takedown FROM yichi_app;

CREATE FUNCTION publicity_take_down_is_due() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    hung record;
BEGIN
    SELECT p.posted_on, p.ends_on,
           EXISTS (SELECT FROM publicity_notice l WHERE l.supersedes_id = p.notice_id) AS is_superseded
      INTO hung FROM publicity_posting p WHERE p.id = NEW.posting_id;
    IF NEW.taken_down_on > (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date
       OR NEW.taken_down_on < hung.posted_on
       OR NOT hung.is_superseded AND (hung.ends_on IS NULL OR NEW.taken_down_on < hung.ends_on) THEN
        RAISE EXCEPTION '公示未满期，不能撤下' USING ERRCODE = 'YC004';
    END IF;
    NEW.recorded_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER take_down_is_due BEFORE INSERT ON publicity_takedown
    FOR EACH ROW EXECUTE FUNCTION publicity_take_down_is_due();
