CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON publicity_objection
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('publicity.objection', 'received');

-- What was objected stands as it was heard; what is found comes with its step, once.
CREATE FUNCTION publicity_objection_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_later text[] := '{status,status_since,investigating_unit,conclusion,measures,remedy,answered_on,voids_id}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '异议 % 不能删除', OLD.receipt USING ERRCODE = 'YC001';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF (NEW.investigating_unit, NEW.conclusion, NEW.measures, NEW.remedy) <> ('', '', '', '')
           OR NEW.answered_on IS NOT NULL OR NEW.voids_id IS NOT NULL THEN
            RAISE EXCEPTION '新登记的异议还没有调查结论' USING ERRCODE = 'YC004';
        END IF;
        NEW.registered_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - found_later IS DISTINCT FROM to_jsonb(OLD) - found_later THEN
        RAISE EXCEPTION '异议 % 已登记，内容不能更改', OLD.receipt USING ERRCODE = 'YC001';
    END IF;
    IF OLD.status = NEW.status AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD) THEN
        RAISE EXCEPTION '异议 % 的调查结论只能随答复登记', OLD.receipt USING ERRCODE = 'YC004';
    END IF;
    IF NEW.status = 'investigating' AND NEW.investigating_unit = '' THEN
        RAISE EXCEPTION '异议 % 没有写明调查单位', OLD.receipt USING ERRCODE = 'YC004';
    END IF;
    IF NEW.status = 'answered' AND
       (NEW.conclusion = '' OR NEW.measures = '' OR NEW.remedy = '' OR NEW.answered_on IS NULL) THEN
        RAISE EXCEPTION '异议 % 的答复不完整', OLD.receipt USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER objection_stands BEFORE INSERT OR UPDATE OR DELETE ON publicity_objection
    FOR EACH ROW EXECUTE FUNCTION publicity_objection_stands();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON publicity_objection
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE DELETE ON publicity_objection FROM yichi_app;

-- Who put a project forward does not look into what is held against it.
INSERT INTO approvals_incompatibleduties (case_kind, first, second)
    VALUES ('project', 'propose', 'investigate');

-- A project goes on only after its notice: published since it came to the step, posted, its days
-- run, not void, and no objection left open. It holds for whoever writes past the program, too.
CREATE FUNCTION publicity_notice_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH taken AS (
        SELECT d.subject_type, d.subject_id, d.at,
               CASE d.action WHEN 'submit' THEN 'N01' ELSE 'N02' END AS code,
               coalesce((
                   SELECT max(b.at) FROM approvals_decision b
                    WHERE b.subject_type = d.subject_type AND b.subject_id = d.subject_id
                      AND b.to_status = d.from_status AND b.from_status <> b.to_status
                      AND b.action <> 'withdraw' AND b.id < d.id), '-infinity') AS came
          FROM approvals_decision d WHERE d.id = p_decision
    )
    SELECT '公示未发布、未张贴、未满期，或有未答复的异议' FROM taken
     WHERE NOT EXISTS (
        SELECT 1 FROM publicity_notice n
          JOIN publicity_noticetype t ON t.id = n.type_id AND t.code = taken.code
          JOIN publicity_posting p ON p.notice_id = n.id
         WHERE n.subject_type = taken.subject_type AND n.subject_id = taken.subject_id
           AND n.recorded_at BETWEEN taken.came AND taken.at AND p.recorded_at <= taken.at
           AND p.ends_on < (taken.at AT TIME ZONE 'Asia/Shanghai')::date
           AND NOT EXISTS (SELECT 1 FROM publicity_notice l
                            WHERE l.supersedes_id = n.id AND l.recorded_at <= taken.at)
           AND NOT EXISTS (SELECT 1 FROM publicity_objection v
                            WHERE v.voids_id = n.id AND v.status_since <= taken.at))
        OR EXISTS (
        SELECT 1 FROM publicity_objection o JOIN publicity_notice n ON n.id = o.notice_id
         WHERE n.subject_type = taken.subject_type AND n.subject_id = taken.subject_id
           AND o.registered_at <= taken.at
           AND (o.status <> 'answered' OR o.status_since > taken.at))
$$;
GRANT EXECUTE ON FUNCTION publicity_notice_rests TO yichi_app;
INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.project', 'submit', 'publicity_notice_rests'),
    ('projects.project', 'resubmit', 'publicity_notice_rests');
