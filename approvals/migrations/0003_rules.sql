-- Refuses any change to the rows of an append-only table, the owner's too.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% 只能追加，不能修改或删除', TG_TABLE_NAME USING ERRCODE = 'YC001';
END $$;

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON approvals_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON approvals_decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON approvals_evidence
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON approvals_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON approvals_meeting
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON approvals_meeting
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A post may be accepted once and ended once; everything else about it stands for life.
CREATE FUNCTION organizations_post_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '岗位任职只能卸任，不能删除' USING ERRCODE = 'YC001';
    END IF;
    IF (NEW.user_id, NEW.role, NEW.organization_id, NEW.title, NEW.valid_from,
        NEW.appointment_document, NEW.predecessor_id)
       IS DISTINCT FROM
       (OLD.user_id, OLD.role, OLD.organization_id, OLD.title, OLD.valid_from,
        OLD.appointment_document, OLD.predecessor_id)
       OR (OLD.accepted_at IS NOT NULL AND NEW.accepted_at IS DISTINCT FROM OLD.accepted_at)
       OR (OLD.valid_until IS NOT NULL AND
           (NEW.valid_until, NEW.end_reason) IS DISTINCT FROM (OLD.valid_until, OLD.end_reason)) THEN
        RAISE EXCEPTION '岗位任职已登记，只能确认接任一次、卸任一次' USING ERRCODE = 'YC001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER post_stands BEFORE UPDATE OR DELETE ON organizations_post
    FOR EACH ROW EXECUTE FUNCTION organizations_post_stands();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON organizations_post
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The rules below look at what others have committed; an older snapshot would not show it.
CREATE FUNCTION demand_read_committed() RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION '须在“读已提交”的事务中办理' USING ERRCODE = 'YC019';
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION demand_read_committed TO yichi_app;

-- What a decision says of its actor comes from the tables, not from the caller.
CREATE FUNCTION approvals_decision_stamp() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    held record;
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
    clash text;
BEGIN
    PERFORM demand_read_committed();
    -- A case without a name matches nothing, and so would stand beside every rule.
    IF array_position(NEW.cases, NULL) IS NOT NULL THEN
        RAISE EXCEPTION '办理记录的案件不能为空' USING ERRCODE = 'YC004';
    END IF;
    -- The trail is read by number: nobody chooses his own.
    IF NEW.id IS DISTINCT FROM currval(pg_get_serial_sequence('approvals_decision', 'id')) THEN
        RAISE EXCEPTION '办理记录的编号由数据库给出' USING ERRCODE = 'YC004';
    END IF;
    SELECT u.real_name, o.name AS unit, p.title INTO held
      FROM organizations_post p
      JOIN organizations_user u ON u.id = p.user_id
      JOIN organizations_organization o ON o.id = p.organization_id
      JOIN organizations_division d ON d.id = o.division_id
      JOIN organizations_division s ON s.id = NEW.division_id
     WHERE p.id = NEW.post_id AND p.user_id = NEW.by_id AND u.is_active
       AND p.accepted_at IS NOT NULL
       AND p.valid_from <= today AND (p.valid_until IS NULL OR p.valid_until >= today)
       AND starts_with(s.path, d.path);
    IF NOT FOUND THEN
        RAISE EXCEPTION '办理人今天不在所填岗位上，或该岗位管不到本区划' USING ERRCODE = 'YC002';
    END IF;
    -- Two posts of one person acting at once must see each other.
    PERFORM pg_advisory_xact_lock(hashtextextended('decide:' || NEW.by_id || ':' || k, 0))
       FROM unnest(NEW.cases) AS k ORDER BY k;
    SELECT d.duty INTO clash
      FROM approvals_decision d
      JOIN approvals_incompatibleduties i
        ON (i.first = NEW.duty AND i.second = d.duty) OR (i.second = NEW.duty AND i.first = d.duty)
     WHERE d.by_id = NEW.by_id AND d.cases && NEW.cases
       AND EXISTS (SELECT 1 FROM unnest(d.cases) AS k
                    WHERE k = ANY (NEW.cases) AND starts_with(k, i.case_kind || ':'))
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '不相容职责：同一人已在本事项中办理过 %，不能再办理 %', clash, NEW.duty
            USING ERRCODE = 'YC003';
    END IF;
    NEW.by_name := held.real_name;
    NEW.by_unit := held.unit;
    NEW.by_title := held.title;
    NEW.at := clock_timestamp();
    NEW.transaction_id := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER decision_stamp BEFORE INSERT ON approvals_decision
    FOR EACH ROW EXECUTE FUNCTION approvals_decision_stamp();

-- A status never changes without the decision that changed it, in the same transaction.
-- The table's trigger names its life, e.g. 'projects.project', and its starting status.
CREATE FUNCTION approvals_status_follows_decision() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> TG_ARGV[1] THEN
            RAISE EXCEPTION '新建的%只能处于“%”', TG_ARGV[0], TG_ARGV[1] USING ERRCODE = 'YC004';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.status IS DISTINCT FROM OLD.status AND NOT EXISTS (
        SELECT 1 FROM approvals_decision d
         WHERE d.subject_type = TG_ARGV[0] AND d.subject_id = NEW.id
           AND d.from_status = OLD.status AND d.to_status = NEW.status
           AND d.transaction_id = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION '状态只能随办理记录改变：% 由 % 到 %', TG_ARGV[0], OLD.status, NEW.status
            USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;

-- One person, one case, never both (新扶贫领字〔2018〕76号 二(五): each authority its own duty).

INSERT INTO approvals_incompatibleduties (case_kind, first, second) VALUES
    ('project', 'propose', 'township_review'),
    ('project', 'propose', 'appraise'),
    ('project', 'propose', 'joint_review'),
    ('project', 'propose', 'determine'),
    ('project', 'propose', 'accept'),
    ('project', 'propose', 'compliance'),
    ('project', 'propose', 'release'),
    ('project', 'propose', 'pay'),
    ('project', 'township_review', 'appraise'),
    ('project', 'township_review', 'joint_review'),
    ('project', 'township_review', 'determine'),
    ('project', 'appraise', 'joint_review'),
    ('project', 'appraise', 'determine'),
    ('project', 'appraise', 'compliance'),
    ('project', 'joint_review', 'determine'),
    ('project', 'determine', 'compliance'),
    ('project', 'determine', 'release'),
    ('project', 'determine', 'pay'),
    ('project', 'implement', 'accept'),
    ('project', 'accept', 'settle'),
    ('payment', 'apply', 'department_review'),
    ('payment', 'apply', 'compliance'),
    ('payment', 'apply', 'release'),
    ('payment', 'apply', 'pay'),
    ('payment', 'department_review', 'compliance'),
    ('payment', 'department_review', 'release'),
    ('payment', 'department_review', 'pay'),
    ('payment', 'compliance', 'release'),
    ('payment', 'compliance', 'pay'),
    ('payment', 'release', 'pay'),
    ('payment', 'pay', 'reverse'),
    ('month', 'request_reopening', 'reopen');

REVOKE UPDATE, DELETE ON approvals_decision, approvals_evidence, approvals_meeting FROM yichi_app;
REVOKE INSERT, UPDATE, DELETE ON approvals_incompatibleduties FROM yichi_app;
REVOKE DELETE ON organizations_post, organizations_user FROM yichi_app;

-- The history of edits is append-only too.
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON organizations_historicaldivision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON organizations_historicaldivision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON organizations_historicaldivision FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON organizations_historicalorganization
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON organizations_historicalorganization
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON organizations_historicalorganization FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON organizations_historicaluser
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON organizations_historicaluser
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON organizations_historicaluser FROM yichi_app;
