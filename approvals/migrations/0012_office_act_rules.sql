-- 加签、转办、催办 are made by somebody in a post of his own, or lent to him, about a thing that
-- stands where he says; the clock is the database's.
CREATE FUNCTION approvals_role_over(p_user bigint, p_post bigint, p_path text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.role
      FROM organizations_post p
      JOIN organizations_user u ON u.id = p_user
      JOIN organizations_user h ON h.id = p.user_id
      JOIN organizations_organization o ON o.id = p.organization_id
      JOIN organizations_division d ON d.id = o.division_id,
           LATERAL (SELECT (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date AS today) t
     WHERE p.id = p_post AND u.is_active AND h.is_active AND p.accepted_at IS NOT NULL
       AND p.valid_from <= t.today AND (p.valid_until IS NULL OR p.valid_until >= t.today)
       AND starts_with(p_path, d.path)
       AND (p.user_id = p_user OR organizations_serves(p_user, o.division_id, t.today) AND EXISTS (
            SELECT 1 FROM organizations_delegation g
             WHERE g.post_id = p.id AND g.delegate_id = p_user AND g.revoked_at IS NULL
               AND g.valid_from <= t.today AND g.valid_until >= t.today))
$$;

CREATE FUNCTION approvals_office_act() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    standing text;
    path text;
    held text;
    target text;
    opened bigint;
BEGIN
    PERFORM demand_read_committed();
    NEW.at := clock_timestamp();
    IF TG_TABLE_NAME = 'approvals_seat' THEN
        IF NEW.signature_id IS NOT NULL THEN
            RAISE EXCEPTION '会签席位设立时不能已经签署' USING ERRCODE = 'YC004';
        END IF;
        -- Set by the very decision that brings the subject to the step.
        SELECT d.post_id INTO opened FROM approvals_decision d
         WHERE d.id = NEW.stay_id AND d.subject_type = NEW.subject_type
           AND d.subject_id = NEW.subject_id AND d.by_id = NEW.by_id
           AND d.to_status = NEW.status AND d.from_status <> d.to_status
           AND d.transaction_id = pg_current_xact_id()::text::bigint;
        IF FOUND THEN
            NEW.by_post_id := opened;
            RETURN NEW;
        END IF;
    END IF;
    EXECUTE format('SELECT s.status, d.path FROM public.%I s'
                   ' JOIN public.organizations_division d ON d.id = s.division_id'
                   ' WHERE s.id = $1 FOR UPDATE OF s', replace(NEW.subject_type, '.', '_'))
       INTO standing, path USING NEW.subject_id;
    IF standing IS DISTINCT FROM NEW.status OR NEW.stay_id IS DISTINCT FROM approvals_stay_of(
        NEW.subject_type, NEW.subject_id, NEW.status, 9223372036854775807) THEN
        RAISE EXCEPTION '事项已不在该环节' USING ERRCODE = 'YC004';
    END IF;
    held := approvals_role_over(NEW.by_id, NEW.by_post_id, path);
    IF held IS NULL OR held = 'system_admin' THEN
        RAISE EXCEPTION '办理人今天不在所填岗位上，或该岗位管不到本区划' USING ERRCODE = 'YC002';
    END IF;
    IF TG_TABLE_NAME = 'approvals_reminder' THEN
        NEW.day := (NEW.at AT TIME ZONE 'Asia/Shanghai')::date;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM approvals_lawfulstep l
                    WHERE l.life = NEW.subject_type AND l.from_status = NEW.status
                      AND l.is_forward AND l.role = held) THEN
        RAISE EXCEPTION '该岗位没有本环节的步骤' USING ERRCODE = 'YC002';
    END IF;
    IF TG_TABLE_NAME = 'approvals_assignment' THEN
        SELECT approvals_role_over(p.user_id, p.id, path) INTO target
          FROM organizations_post p WHERE p.id = NEW.post_id;
        IF target IS NULL OR NOT EXISTS (
            SELECT 1 FROM approvals_lawfulstep l JOIN approvals_lawfulstep m
                ON m.life = l.life AND m.from_status = l.from_status AND m.action = l.action
             WHERE l.life = NEW.subject_type AND l.from_status = NEW.status AND l.is_forward
               AND l.role = held AND m.role = target) THEN
            RAISE EXCEPTION '转交的岗位没有本环节的步骤，或管不到本区划' USING ERRCODE = 'YC002';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER office_act BEFORE INSERT ON approvals_seat
    FOR EACH ROW EXECUTE FUNCTION approvals_office_act();
CREATE TRIGGER office_act BEFORE INSERT ON approvals_assignment
    FOR EACH ROW EXECUTE FUNCTION approvals_office_act();
CREATE TRIGGER office_act BEFORE INSERT ON approvals_reminder
    FOR EACH ROW EXECUTE FUNCTION approvals_office_act();
GRANT EXECUTE ON FUNCTION approvals_role_over TO yichi_app;

-- A step that was handed over is the named post's, as long as somebody holds that post.
CREATE FUNCTION approvals_decision_is_theirs() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    handed record;
    since timestamptz;
BEGIN
    SELECT a.post_id, a.at, p.role, u.real_name, d.path INTO handed
      FROM approvals_assignment a
      JOIN organizations_post p ON p.id = a.post_id
      JOIN organizations_user u ON u.id = p.user_id
      JOIN organizations_division d ON d.id = NEW.division_id
     WHERE a.subject_type = NEW.subject_type AND a.subject_id = NEW.subject_id
       AND a.status = NEW.from_status
     ORDER BY a.id DESC LIMIT 1;
    IF NOT FOUND OR handed.post_id = NEW.post_id OR NEW.action IN ('countersign', 'withdraw') THEN
        RETURN NEW;
    END IF;
    EXECUTE format('SELECT status_since FROM public.%I WHERE id = $1',
                   replace(NEW.subject_type, '.', '_')) INTO since USING NEW.subject_id;
    IF handed.at >= since
       AND approvals_role_over((SELECT p.user_id FROM organizations_post p WHERE p.id = handed.post_id),
                               handed.post_id, handed.path) IS NOT NULL
       AND EXISTS (SELECT 1 FROM approvals_lawfulstep l
                    WHERE l.life = NEW.subject_type AND l.action = NEW.action
                      AND l.from_status = NEW.from_status AND l.role = handed.role) THEN
        RAISE EXCEPTION '本步已转办给%', handed.real_name USING ERRCODE = 'YC002';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decision_theirs BEFORE INSERT ON approvals_decision
    FOR EACH ROW EXECUTE FUNCTION approvals_decision_is_theirs();

-- In every life a step forward waits for the seats of its stay.
CREATE FUNCTION approvals_decision_waited() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    lacking text;
BEGIN
    IF EXISTS (SELECT 1 FROM approvals_lawfulstep l
                WHERE l.life = NEW.subject_type AND l.action = NEW.action
                  AND l.from_status = NEW.from_status AND l.to_status = NEW.to_status
                  AND l.is_forward) THEN
        lacking := approvals_unsigned_seats(NEW.id);
        IF lacking IS NOT NULL THEN
            RAISE EXCEPTION '“%”不能成立：%', NEW.action_label, lacking USING ERRCODE = 'YC020';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER decision_waited AFTER INSERT ON approvals_decision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION approvals_decision_waited();

-- Nobody signs what he himself asked for, nor for two units.
CREATE OR REPLACE FUNCTION approvals_seat_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    signed record;
    other text;
BEGIN
    IF TG_OP = 'DELETE' OR OLD.signature_id IS NOT NULL OR
       to_jsonb(NEW) - 'signature_id' IS DISTINCT FROM to_jsonb(OLD) - 'signature_id' THEN
        RAISE EXCEPTION '会签席位只能签署一次，不能更改或撤销' USING ERRCODE = 'YC001';
    END IF;
    SELECT d.by_id, p.user_id INTO signed
      FROM approvals_decision d JOIN organizations_post p ON p.id = d.post_id
     WHERE d.id = NEW.signature_id AND d.subject_type = NEW.subject_type
       AND d.subject_id = NEW.subject_id AND d.from_status = NEW.status
       AND p.organization_id = NEW.organization_id AND p.role = NEW.role
       AND d.transaction_id = pg_current_xact_id()::text::bigint;
    IF NOT FOUND THEN
        RAISE EXCEPTION '会签须由席位单位自己签署' USING ERRCODE = 'YC004';
    END IF;
    IF NEW.by_id IN (signed.by_id, signed.user_id) OR EXISTS (
        SELECT 1 FROM organizations_post p
         WHERE p.id = NEW.by_post_id AND p.user_id IN (signed.by_id, signed.user_id)) THEN
        RAISE EXCEPTION '会签是本人或委派人请求的，不能自己签署' USING ERRCODE = 'YC003';
    END IF;
    SELECT o.name INTO other
      FROM approvals_seat t
      JOIN organizations_organization o ON o.id = t.organization_id
      JOIN approvals_decision e ON e.id = t.signature_id
      JOIN organizations_post q ON q.id = e.post_id
     WHERE t.id <> NEW.id AND t.subject_type = NEW.subject_type AND t.subject_id = NEW.subject_id
       AND t.status = NEW.status AND t.stay_id IS NOT DISTINCT FROM NEW.stay_id
       AND (e.by_id IN (signed.by_id, signed.user_id) OR q.user_id IN (signed.by_id, signed.user_id))
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '同一人已代表%会签，不能再代表另一单位会签', other USING ERRCODE = 'YC003';
    END IF;
    RETURN NEW;
END $$;
