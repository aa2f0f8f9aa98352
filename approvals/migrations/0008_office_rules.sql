-- The lives' tables are code: written by `migrate` as the owner, read by everybody else.
REVOKE INSERT, UPDATE, DELETE ON approvals_lawfulstep, approvals_stepproof FROM yichi_app;

-- What a decision says of its actor comes from the tables, not from the caller; it is a step
-- that the life has, taken where the subject stands.
CREATE OR REPLACE FUNCTION approvals_decision_stamp() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    held record;
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
    clash text;
    standing text;
    lawful approvals_lawfulstep;
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
    SELECT u.real_name, o.name AS unit, p.title, p.role, p.organization_id, p.user_id,
           h.real_name AS holder INTO held
      FROM organizations_post p
      JOIN organizations_user u ON u.id = NEW.by_id
      JOIN organizations_user h ON h.id = p.user_id
      JOIN organizations_organization o ON o.id = p.organization_id
      JOIN organizations_division d ON d.id = o.division_id
      JOIN organizations_division s ON s.id = NEW.division_id
     WHERE p.id = NEW.post_id AND u.is_active AND h.is_active
       AND (p.user_id = NEW.by_id OR EXISTS (
            SELECT 1 FROM organizations_delegation g
             WHERE g.post_id = p.id AND g.delegate_id = NEW.by_id AND g.revoked_at IS NULL
               AND g.valid_from <= today AND g.valid_until >= today))
       AND p.accepted_at IS NOT NULL
       AND p.valid_from <= today AND (p.valid_until IS NULL OR p.valid_until >= today)
       AND starts_with(s.path, d.path);
    IF NOT FOUND THEN
        RAISE EXCEPTION '办理人今天不在所填岗位上，或该岗位管不到本区划' USING ERRCODE = 'YC002';
    END IF;
    IF NEW.action = 'countersign' THEN
        IF NEW.from_status <> NEW.to_status OR NOT EXISTS (
            SELECT 1 FROM approvals_seat t
             WHERE t.subject_type = NEW.subject_type AND t.subject_id = NEW.subject_id
               AND t.status = NEW.from_status AND t.organization_id = held.organization_id
               AND t.role = held.role AND t.signature_id IS NULL
        ) THEN
            RAISE EXCEPTION '本单位没有待会签的席位' USING ERRCODE = 'YC004';
        END IF;
    ELSE
        SELECT * INTO lawful FROM approvals_lawfulstep l
         WHERE l.life = NEW.subject_type AND l.action = NEW.action
           AND l.from_status = NEW.from_status AND l.to_status = NEW.to_status
           AND l.role = held.role AND l.duty = NEW.duty;
        IF NOT FOUND THEN
            RAISE EXCEPTION '“%”在 % 环节没有由该岗位办理的“%”', NEW.subject_title,
                NEW.from_status, NEW.action USING ERRCODE = 'YC004';
        END IF;
        IF EXISTS (SELECT 1 FROM unnest(lawful.criteria) AS c
                    WHERE NOT NEW.opinions @> jsonb_build_array(jsonb_build_object('code', c))) THEN
            RAISE EXCEPTION '逐项意见不全' USING ERRCODE = 'YC004';
        END IF;
    END IF;
    EXECUTE format('SELECT status FROM public.%I WHERE id = $1 FOR UPDATE',
                   replace(NEW.subject_type, '.', '_')) INTO standing USING NEW.subject_id;
    IF standing IS DISTINCT FROM NEW.from_status THEN
        RAISE EXCEPTION '“%”已不在该环节', NEW.subject_title USING ERRCODE = 'YC004';
    END IF;
    -- Two posts of one person acting at once must see each other.
    PERFORM pg_advisory_xact_lock(hashtextextended('decide:' || who || ':' || k, 0))
       FROM unnest(NEW.cases) AS k, unnest(ARRAY[NEW.by_id, held.user_id]) AS who
      GROUP BY who, k ORDER BY who, k;
    -- Whoever acts for another brings along what both did.
    SELECT d.duty INTO clash
      FROM approvals_decision d
      JOIN organizations_post q ON q.id = d.post_id
      JOIN approvals_incompatibleduties i
        ON (i.first = NEW.duty AND i.second = d.duty) OR (i.second = NEW.duty AND i.first = d.duty)
     WHERE d.cases && NEW.cases
       AND (d.by_id IN (NEW.by_id, held.user_id) OR q.user_id IN (NEW.by_id, held.user_id))
       AND EXISTS (SELECT 1 FROM unnest(d.cases) AS k
                    WHERE k = ANY (NEW.cases) AND starts_with(k, i.case_kind || ':'))
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '不相容职责：同一人已在本事项中办理过 %，不能再办理 %', clash, NEW.duty
            USING ERRCODE = 'YC003';
    END IF;
    NEW.by_name := held.real_name;
    NEW.for_name := CASE WHEN held.user_id = NEW.by_id THEN '' ELSE held.holder END;
    NEW.by_unit := held.unit;
    NEW.by_title := held.title;
    NEW.at := clock_timestamp();
    NEW.transaction_id := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;

-- When the transaction ends: the subject moved with the decision, and every proof is there.
CREATE FUNCTION approvals_decision_rests() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    proof text;
    lacking text;
    standing text;
BEGIN
    FOR proof IN SELECT s.function FROM approvals_stepproof s
                  WHERE s.life = NEW.subject_type AND s.action = NEW.action LOOP
        EXECUTE format('SELECT public.%I($1)', proof) INTO lacking USING NEW.id;
        IF lacking IS NOT NULL THEN
            RAISE EXCEPTION '“%”不能成立：%', NEW.action_label, lacking USING ERRCODE = 'YC020';
        END IF;
    END LOOP;
    IF NEW.from_status <> NEW.to_status AND NOT EXISTS (
        SELECT 1 FROM approvals_decision d
         WHERE d.subject_type = NEW.subject_type AND d.subject_id = NEW.subject_id
           AND d.id > NEW.id
    ) THEN
        EXECUTE format('SELECT status FROM public.%I WHERE id = $1',
                       replace(NEW.subject_type, '.', '_')) INTO standing USING NEW.subject_id;
        IF standing IS DISTINCT FROM NEW.to_status THEN
            RAISE EXCEPTION '办理记录没有随状态一并登记' USING ERRCODE = 'YC004';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER decision_rests AFTER INSERT ON approvals_decision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION approvals_decision_rests();

-- A seat is signed once, by its unit, with a decision of the same step.
CREATE FUNCTION approvals_seat_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
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
    RETURN NEW;
END $$;
CREATE TRIGGER seat_stands BEFORE UPDATE OR DELETE ON approvals_seat
    FOR EACH ROW EXECUTE FUNCTION approvals_seat_stands();

-- A step forward is a lie while a seat of the present stay is unsigned.
CREATE FUNCTION approvals_unsigned_seats(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '待' || string_agg(o.name, '、') || '会签'
      FROM approvals_decision d
      JOIN approvals_seat t ON t.subject_type = d.subject_type AND t.subject_id = d.subject_id
                           AND t.status = d.from_status
      JOIN organizations_organization o ON o.id = t.organization_id
     WHERE d.id = p_decision AND d.to_status <> d.from_status
       AND t.signature_id IS NULL
       AND t.stay_id IS NOT DISTINCT FROM (
           SELECT max(e.id) FROM approvals_decision e
            WHERE e.subject_type = d.subject_type AND e.subject_id = d.subject_id AND e.id < d.id
              AND e.to_status = d.from_status AND e.from_status <> e.to_status
              AND e.action <> 'withdraw')
    HAVING count(*) > 0
$$;

CREATE FUNCTION organizations_delegation_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    lent organizations_post;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '委派只能收回，不能删除' USING ERRCODE = 'YC001';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.revoked_at IS NOT NULL OR
       to_jsonb(NEW) - 'revoked_at' IS DISTINCT FROM to_jsonb(OLD) - 'revoked_at') THEN
        RAISE EXCEPTION '委派已登记，只能收回一次' USING ERRCODE = 'YC001';
    END IF;
    IF TG_OP = 'INSERT' THEN
        SELECT * INTO lent FROM organizations_post p WHERE p.id = NEW.post_id;
        IF lent.role IN ('group_member', 'system_admin') THEN
            RAISE EXCEPTION '领导小组成员的表决和系统管理不能委派' USING ERRCODE = 'YC021';
        END IF;
        IF lent.user_id = NEW.delegate_id THEN
            RAISE EXCEPTION '不能委派给本人' USING ERRCODE = 'YC021';
        END IF;
        IF EXISTS (SELECT 1 FROM organizations_post p WHERE p.user_id = NEW.delegate_id
                      AND p.role = 'system_admin'
                      AND daterange(p.valid_from, p.valid_until, '[]')
                          && daterange(NEW.valid_from, NEW.valid_until, '[]')) THEN
            RAISE EXCEPTION '系统管理员不能代办业务岗位' USING ERRCODE = 'YC021';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER delegation_stands BEFORE INSERT OR UPDATE OR DELETE ON organizations_delegation
    FOR EACH ROW EXECUTE FUNCTION organizations_delegation_stands();

-- Meetings: the agenda is the secretary's until it closes, then everything stands.
DROP TRIGGER refuse_change ON approvals_meeting;
GRANT UPDATE ON approvals_meeting TO yichi_app;
CREATE FUNCTION approvals_meeting_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '会议只能取消，不能删除' USING ERRCODE = 'YC001';
    END IF;
    IF OLD.status IN ('closed', 'cancelled') THEN
        RAISE EXCEPTION '会议已闭会或取消，不能更改' USING ERRCODE = 'YC001';
    END IF;
    IF (NEW.division_id, NEW.recorded_by_id, NEW.recorded_at)
       IS DISTINCT FROM (OLD.division_id, OLD.recorded_by_id, OLD.recorded_at) THEN
        RAISE EXCEPTION '会议的县（市）和会务人不能更改' USING ERRCODE = 'YC001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER meeting_stands BEFORE UPDATE OR DELETE ON approvals_meeting
    FOR EACH ROW EXECUTE FUNCTION approvals_meeting_stands();
CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON approvals_meeting
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('approvals.meeting', 'preparing');

-- Roster, agenda, recusals and votes belong to a meeting that is not over.
CREATE FUNCTION approvals_meeting_part() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    part jsonb := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END);
    meeting bigint := part ->> 'meeting_id';
    open_at text[] := string_to_array(TG_ARGV[0], ',');
BEGIN
    IF meeting IS NULL THEN
        SELECT i.meeting_id INTO meeting FROM approvals_agendaitem i
         WHERE i.id = (part ->> 'item_id')::bigint;
    END IF;
    PERFORM FROM approvals_meeting m WHERE m.id = meeting AND m.status = ANY (open_at) FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '会议不在可以登记的环节' USING ERRCODE = 'YC004';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER part_of_meeting BEFORE INSERT OR DELETE ON approvals_meetingmember
    FOR EACH ROW EXECUTE FUNCTION approvals_meeting_part('preparing');
CREATE TRIGGER changes_in_meeting BEFORE UPDATE ON approvals_meetingmember
    FOR EACH ROW EXECUTE FUNCTION approvals_meeting_part('preparing,open');
CREATE TRIGGER part_of_meeting BEFORE INSERT OR UPDATE ON approvals_agendaitem
    FOR EACH ROW EXECUTE FUNCTION approvals_meeting_part('preparing,open');
CREATE TRIGGER leaves_meeting BEFORE DELETE ON approvals_agendaitem
    FOR EACH ROW EXECUTE FUNCTION approvals_meeting_part('preparing');
CREATE TRIGGER part_of_meeting BEFORE INSERT ON approvals_recusal
    FOR EACH ROW EXECUTE FUNCTION approvals_meeting_part('preparing,open');

-- A vote: by a present member of this meeting who is not recused, on what the item now is,
-- resting on that member's own decision about the item's subject.
CREATE FUNCTION approvals_vote_counts() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM approvals_agendaitem i
          JOIN approvals_meeting m ON m.id = i.meeting_id
          JOIN approvals_meetingmember n ON n.meeting_id = m.id AND n.id = NEW.member_id
          JOIN approvals_decision d ON d.id = NEW.decision_id AND d.post_id = n.post_id
           AND d.subject_type = i.subject_type AND d.subject_id = i.subject_id AND d.action = 'vote'
           AND d.transaction_id = pg_current_xact_id()::text::bigint
         WHERE i.id = NEW.item_id AND m.status = 'open' AND n.checked_in_at IS NOT NULL
           AND NOT i.is_removed AND i.outcome = '' AND i.digest = NEW.digest
           AND NOT EXISTS (SELECT 1 FROM approvals_recusal r
                            WHERE r.item_id = i.id AND r.member_id = n.id)
    ) THEN
        RAISE EXCEPTION '未到会、已回避或议题内容已变，表决无效' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vote_counts BEFORE INSERT ON approvals_vote
    FOR EACH ROW EXECUTE FUNCTION approvals_vote_counts();

CREATE FUNCTION approvals_vote_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '没有相应的表决' WHERE NOT EXISTS (
        SELECT 1 FROM approvals_vote v WHERE v.decision_id = p_decision)
$$;

-- What a decision of the meeting rests on: an item that it closed, a quorum of those who need
-- not stand aside, and more than half of the present for it.
CREATE FUNCTION approvals_resolution_rests(p_decision bigint) RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    item approvals_agendaitem;
    meeting approvals_meeting;
    due integer; present integer; in_favour integer; percent integer;
BEGIN
    SELECT * INTO item FROM approvals_agendaitem i WHERE i.decision_id = p_decision;
    IF NOT FOUND THEN
        RETURN '没有经领导小组会议议决';
    END IF;
    SELECT * INTO meeting FROM approvals_meeting m WHERE m.id = item.meeting_id;
    IF meeting.status <> 'closed' THEN
        RETURN '会议没有闭会';
    END IF;
    SELECT count(*), count(n.checked_in_at) INTO due, present
      FROM approvals_meetingmember n WHERE n.meeting_id = meeting.id;
    SELECT p.setting::integer INTO percent FROM organizations_parameter p
     WHERE p.key = 'meeting.quorum_percent' AND p.valid_from <= meeting.held_on
     ORDER BY p.valid_from DESC LIMIT 1;
    IF present * 100 < due * coalesce(percent, 66) OR present * 2 <= due THEN
        RETURN format('应到 %s 人，实到 %s 人，不足法定人数', due, present);
    END IF;
    IF item.outcome IN ('agreed', 'amended') THEN
        SELECT count(*) INTO present FROM approvals_meetingmember n
         WHERE n.meeting_id = meeting.id AND n.checked_in_at IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM approvals_recusal r
                            WHERE r.item_id = item.id AND r.member_id = n.id);
        SELECT count(*) INTO in_favour FROM approvals_vote v
         WHERE v.item_id = item.id AND v.digest = item.digest AND v.choice = 'agree';
        IF in_favour * 2 <= present THEN
            RETURN format('同意 %s 票，未过到会可表决 %s 人的半数', in_favour, present);
        END IF;
    END IF;
    RETURN NULL;
END $$;

GRANT EXECUTE ON FUNCTION approvals_unsigned_seats, approvals_vote_rests,
    approvals_resolution_rests TO yichi_app;

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON approvals_assignment
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON approvals_assignment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON approvals_reminder
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON approvals_reminder
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON approvals_recusal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON approvals_recusal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON approvals_vote
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON approvals_vote
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON approvals_seat
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON approvals_agendaitem
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON organizations_delegation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON approvals_assignment, approvals_reminder, approvals_recusal,
    approvals_vote FROM yichi_app;
REVOKE DELETE ON approvals_seat, approvals_meeting, organizations_delegation FROM yichi_app;
