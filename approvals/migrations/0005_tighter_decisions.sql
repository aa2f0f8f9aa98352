-- What plain SQL of the application's role could still do with a decision: name no case at all,
-- choose its place in the trail, or be judged by a snapshot from before another's decision.

-- The rules below look at what others have committed; an older snapshot would not show it.
CREATE FUNCTION demand_read_committed() RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION '须在“读已提交”的事务中办理' USING ERRCODE = 'YC019';
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION demand_read_committed TO yichi_app;

CREATE OR REPLACE FUNCTION approvals_decision_stamp() RETURNS trigger LANGUAGE plpgsql
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
