-- Who holds no post of his own in a division acts for nobody there.
CREATE FUNCTION organizations_serves(p_user bigint, p_division bigint, p_day date) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM organizations_post p
          JOIN organizations_user u ON u.id = p.user_id
          JOIN organizations_organization o ON o.id = p.organization_id
         WHERE p.user_id = p_user AND u.is_active AND p.accepted_at IS NOT NULL
           AND p.valid_from <= p_day AND (p.valid_until IS NULL OR p.valid_until >= p_day)
           AND o.division_id = p_division)
$$;
GRANT EXECUTE ON FUNCTION organizations_serves TO yichi_app;

-- A post is lent by its holder, for days that lie ahead of it and in it, to a colleague.
CREATE OR REPLACE FUNCTION organizations_delegation_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    lent record;
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
    longest integer;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '委派只能收回，不能删除' USING ERRCODE = 'YC001';
    END IF;
    SELECT p.*, o.division_id, u.is_active INTO lent
      FROM organizations_post p
      JOIN organizations_organization o ON o.id = p.organization_id
      JOIN organizations_user u ON u.id = p.user_id
     WHERE p.id = NEW.post_id;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.revoked_at IS NOT NULL OR NEW.revoked_at IS NULL
           OR to_jsonb(NEW) - 'revoked_at' - 'revoked_by_id'
              IS DISTINCT FROM to_jsonb(OLD) - 'revoked_at' - 'revoked_by_id' THEN
            RAISE EXCEPTION '委派已登记，只能收回一次' USING ERRCODE = 'YC001';
        END IF;
        IF NEW.revoked_by_id NOT IN (lent.user_id, NEW.delegate_id) THEN
            RAISE EXCEPTION '委派由岗位本人收回，或由代办人交回' USING ERRCODE = 'YC021';
        END IF;
        NEW.revoked_at := clock_timestamp();
        RETURN NEW;
    END IF;
    PERFORM demand_read_committed();
    PERFORM pg_advisory_xact_lock(hashtextextended('person:' || NEW.delegate_id, 0));
    IF NEW.revoked_at IS NOT NULL THEN
        RAISE EXCEPTION '委派登记时不能已经收回' USING ERRCODE = 'YC021';
    END IF;
    IF NEW.made_by_id <> lent.user_id THEN
        RAISE EXCEPTION '岗位只能由本人委派，代办的岗位不能再委派他人' USING ERRCODE = 'YC021';
    END IF;
    IF lent.role IN ('group_member', 'system_admin') THEN
        RAISE EXCEPTION '领导小组成员的表决和系统管理不能委派' USING ERRCODE = 'YC021';
    END IF;
    IF lent.user_id = NEW.delegate_id THEN
        RAISE EXCEPTION '不能委派给本人' USING ERRCODE = 'YC021';
    END IF;
    IF NEW.valid_from < today THEN
        RAISE EXCEPTION '代办日期不能倒填：% 早于今天 %', NEW.valid_from, today USING ERRCODE = 'YC021';
    END IF;
    SELECT p.setting::integer INTO longest FROM organizations_parameter p
     WHERE p.key = 'delegation.max_days' AND p.valid_from <= NEW.valid_from
     ORDER BY p.valid_from DESC LIMIT 1;
    longest := coalesce(longest, 90);
    IF NEW.valid_until - NEW.valid_from + 1 > longest THEN
        RAISE EXCEPTION '代办 % 天，最长 % 天', NEW.valid_until - NEW.valid_from + 1, longest
            USING ERRCODE = 'YC021';
    END IF;
    IF lent.accepted_at IS NULL OR NOT lent.is_active OR NEW.valid_from < lent.valid_from
       OR NEW.valid_until > lent.valid_until THEN
        RAISE EXCEPTION '代办期间须在岗位任职期间之内（任职 % 至 %）', lent.valid_from,
            coalesce(lent.valid_until::text, '今') USING ERRCODE = 'YC021';
    END IF;
    IF NOT organizations_serves(NEW.delegate_id, lent.division_id, NEW.valid_from) THEN
        RAISE EXCEPTION '代办人须在同一单位或同一区划任职' USING ERRCODE = 'YC021';
    END IF;
    IF EXISTS (SELECT 1 FROM organizations_post p WHERE p.user_id = NEW.delegate_id
                  AND p.role = 'system_admin'
                  AND daterange(p.valid_from, p.valid_until, '[]')
                      && daterange(NEW.valid_from, NEW.valid_until, '[]')) THEN
        RAISE EXCEPTION '系统管理员不能代办业务岗位' USING ERRCODE = 'YC021';
    END IF;
    NEW.made_at := clock_timestamp();
    RETURN NEW;
END $$;

-- The same seen from the other side: who acts for somebody is not made an administrator.
CREATE FUNCTION organizations_administrator_acts_for_nobody() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM demand_read_committed();
    PERFORM pg_advisory_xact_lock(hashtextextended('person:' || NEW.user_id, 0));
    IF EXISTS (SELECT 1 FROM organizations_delegation g
                WHERE g.delegate_id = NEW.user_id AND g.revoked_at IS NULL
                  AND daterange(g.valid_from, g.valid_until, '[]')
                      && daterange(NEW.valid_from, NEW.valid_until, '[]')) THEN
        RAISE EXCEPTION '该人员正在代办他人的岗位，不能任系统管理' USING ERRCODE = 'YC021';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER administrator_acts_for_nobody BEFORE INSERT ON organizations_post
    FOR EACH ROW WHEN (NEW.role = 'system_admin')
    EXECUTE FUNCTION organizations_administrator_acts_for_nobody();

-- The decision that brought a subject to a status, before decision `p_before`; taking back is no
-- arrival. NULL for one that never moved.
CREATE FUNCTION approvals_stay_of(p_type text, p_id bigint, p_status text, p_before bigint)
RETURNS bigint LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT max(e.id) FROM approvals_decision e
     WHERE e.subject_type = p_type AND e.subject_id = p_id AND e.id < p_before
       AND e.to_status = p_status AND e.from_status <> e.to_status AND e.action <> 'withdraw'
$$;
GRANT EXECUTE ON FUNCTION approvals_stay_of TO yichi_app;

-- What the stamp leaves open. Fires after it, by its name.
CREATE FUNCTION approvals_decision_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    held record;
    latest approvals_decision;
BEGIN
    SELECT p.user_id, p.organization_id, p.role, o.division_id INTO held
      FROM organizations_post p JOIN organizations_organization o ON o.id = p.organization_id
     WHERE p.id = NEW.post_id;
    IF held.user_id <> NEW.by_id AND NOT organizations_serves(
        NEW.by_id, held.division_id, (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date) THEN
        RAISE EXCEPTION '代办人今天在同一区划没有自己的岗位，不能代办' USING ERRCODE = 'YC002';
    END IF;
    -- A signature is an opinion: it takes no other duty and moves no money.
    IF NEW.action = 'countersign' AND (NEW.duty <> 'countersign' OR NEW.amount IS NOT NULL
        OR NOT EXISTS (
            SELECT 1 FROM approvals_seat t
             WHERE t.subject_type = NEW.subject_type AND t.subject_id = NEW.subject_id
               AND t.status = NEW.from_status AND t.organization_id = held.organization_id
               AND t.role = held.role AND t.signature_id IS NULL
               AND t.stay_id IS NOT DISTINCT FROM approvals_stay_of(
                   NEW.subject_type, NEW.subject_id, NEW.from_status, NEW.id))) THEN
        RAISE EXCEPTION '本单位没有待会签的席位' USING ERRCODE = 'YC004';
    END IF;
    -- Taken back: the latest step, by whoever took it or by whose post it was.
    IF NEW.action = 'withdraw' THEN
        SELECT * INTO latest FROM approvals_decision d
         WHERE d.subject_type = NEW.subject_type AND d.subject_id = NEW.subject_id
           AND d.id < NEW.id
         ORDER BY d.id DESC LIMIT 1;
        IF latest.id IS NULL OR latest.from_status <> NEW.to_status
           OR latest.to_status <> NEW.from_status OR latest.duty <> NEW.duty
           OR latest.post_id <> NEW.post_id OR NEW.by_id NOT IN (latest.by_id, held.user_id)
           OR NEW.amount IS NOT NULL THEN
            RAISE EXCEPTION '只有上一步的办理人可以撤回上一步' USING ERRCODE = 'YC004';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decision_stands BEFORE INSERT ON approvals_decision
    FOR EACH ROW EXECUTE FUNCTION approvals_decision_stands();

-- A seat is signed once, by its unit, with a decision of the same step; nobody signs for two.
CREATE OR REPLACE FUNCTION approvals_seat_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    other text;
BEGIN
    IF TG_OP = 'DELETE' OR OLD.signature_id IS NOT NULL OR
       to_jsonb(NEW) - 'signature_id' IS DISTINCT FROM to_jsonb(OLD) - 'signature_id' THEN
        RAISE EXCEPTION '会签席位只能签署一次，不能更改或撤销' USING ERRCODE = 'YC001';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM approvals_decision d JOIN organizations_post p ON p.id = d.post_id
         WHERE d.id = NEW.signature_id AND d.subject_type = NEW.subject_type
           AND d.subject_id = NEW.subject_id AND d.from_status = NEW.status
           AND p.organization_id = NEW.organization_id AND p.role = NEW.role
           AND d.transaction_id = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION '会签须由席位单位自己签署' USING ERRCODE = 'YC004';
    END IF;
    SELECT o.name INTO other
      FROM approvals_seat t
      JOIN organizations_organization o ON o.id = t.organization_id
      JOIN approvals_decision e ON e.id = t.signature_id
      JOIN organizations_post q ON q.id = e.post_id
      JOIN approvals_decision d ON d.id = NEW.signature_id
      JOIN organizations_post p ON p.id = d.post_id
     WHERE t.id <> NEW.id AND t.subject_type = NEW.subject_type AND t.subject_id = NEW.subject_id
       AND t.status = NEW.status AND t.stay_id IS NOT DISTINCT FROM NEW.stay_id
       AND (e.by_id IN (d.by_id, p.user_id) OR q.user_id IN (d.by_id, p.user_id))
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '同一人已代表%会签，不能再代表另一单位会签', other USING ERRCODE = 'YC003';
    END IF;
    RETURN NEW;
END $$;
