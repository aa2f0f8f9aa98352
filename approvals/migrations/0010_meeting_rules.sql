-- What the members saw is kept word for word, under the digest that their votes carry.
CREATE FUNCTION approvals_version_says() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.digest IS DISTINCT FROM encode(sha256(convert_to(NEW.text, 'UTF8')), 'hex') THEN
        RAISE EXCEPTION '议题内容与其摘要不符' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_says BEFORE INSERT ON approvals_agendaversion
    FOR EACH ROW EXECUTE FUNCTION approvals_version_says();
CREATE TRIGGER part_of_meeting BEFORE INSERT ON approvals_agendaversion
    FOR EACH ROW EXECUTE FUNCTION approvals_meeting_part('preparing,open');
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON approvals_agendaversion
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON approvals_agendaversion
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON approvals_agendaversion FROM yichi_app;

-- Whether somebody held, on a day or before, a post in the township or village that a thing is for.
-- What is for the county as a whole ties nobody.
CREATE FUNCTION approvals_is_tied(p_post bigint, p_place bigint, p_on timestamptz) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM organizations_post mine
          JOIN organizations_post held ON held.user_id = mine.user_id
          JOIN organizations_organization o ON o.id = held.organization_id
          JOIN organizations_division d ON d.id = o.division_id
          JOIN organizations_division place ON place.id = p_place
         WHERE mine.id = p_post AND held.valid_from <= (p_on AT TIME ZONE 'Asia/Shanghai')::date
           AND d.level IN ('township', 'village')
           AND place.level IN ('township', 'village')
           AND (starts_with(place.path, d.path) OR starts_with(d.path, place.path)))
$$;

-- The division of the thing itself, whatever a decision about it says.
CREATE FUNCTION approvals_division_of(p_type text, p_id bigint) RETURNS bigint LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found bigint;
BEGIN
    EXECUTE format('SELECT division_id FROM public.%I WHERE id = $1', replace(p_type, '.', '_'))
       INTO found USING p_id;
    RETURN found;
END $$;

-- A seat on the roster is one person's; who voted or stood aside was there.
CREATE FUNCTION approvals_member_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.meeting_id, NEW.post_id) IS DISTINCT FROM (OLD.meeting_id, OLD.post_id) THEN
        RAISE EXCEPTION '应到名单上的席位不能换人' USING ERRCODE = 'YC001';
    END IF;
    IF OLD.checked_in_at IS NOT NULL AND (NEW.checked_in_at, NEW.checked_in_by_id)
       IS DISTINCT FROM (OLD.checked_in_at, OLD.checked_in_by_id) AND (
       EXISTS (SELECT 1 FROM approvals_vote v WHERE v.member_id = NEW.id) OR
       EXISTS (SELECT 1 FROM approvals_recusal r WHERE r.member_id = NEW.id)) THEN
        RAISE EXCEPTION '已表决或登记回避的成员不能撤销签到' USING ERRCODE = 'YC001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER member_stands BEFORE UPDATE ON approvals_meetingmember
    FOR EACH ROW EXECUTE FUNCTION approvals_member_stands();

-- An item stays the item that it is; what is withdrawn or decided stays so; its outcome comes
-- with the step that its subject takes in the same transaction.
CREATE FUNCTION approvals_item_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.meeting_id, NEW.subject_type, NEW.subject_id, NEW.title)
       IS DISTINCT FROM (OLD.meeting_id, OLD.subject_type, OLD.subject_id, OLD.title)
       OR OLD.is_removed OR OLD.outcome <> '' THEN
        RAISE EXCEPTION '议题已议决或撤出，不能更改' USING ERRCODE = 'YC001';
    END IF;
    IF NEW.outcome <> '' AND NOT EXISTS (
        SELECT 1 FROM approvals_decision d
         WHERE d.id = NEW.decision_id AND d.subject_type = NEW.subject_type
           AND d.subject_id = NEW.subject_id AND d.duty = 'determine' AND d.action <> 'vote'
           AND d.transaction_id = pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION '决议须随议题所议事项的办理一并登记' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER item_stands BEFORE UPDATE ON approvals_agendaitem
    FOR EACH ROW EXECUTE FUNCTION approvals_item_stands();

-- Standing aside is said while the meeting sits, and before the vote.
DROP TRIGGER part_of_meeting ON approvals_recusal;
CREATE TRIGGER part_of_meeting BEFORE INSERT ON approvals_recusal
    FOR EACH ROW EXECUTE FUNCTION approvals_meeting_part('open');
CREATE FUNCTION approvals_recusal_counts() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM approvals_agendaitem i
          JOIN approvals_meetingmember n ON n.meeting_id = i.meeting_id AND n.id = NEW.member_id
         WHERE i.id = NEW.item_id
           AND NOT EXISTS (SELECT 1 FROM approvals_vote v
                            WHERE v.item_id = i.id AND v.member_id = n.id AND v.digest = i.digest)
    ) THEN
        RAISE EXCEPTION '不是本次会议的成员，或已对本议题表决，不能登记回避' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recusal_counts BEFORE INSERT ON approvals_recusal
    FOR EACH ROW EXECUTE FUNCTION approvals_recusal_counts();

-- A vote: with the meeting held open until it is written, by a present member who neither stands
-- aside nor has to, on the words that are kept.
CREATE TRIGGER part_of_meeting BEFORE INSERT ON approvals_vote
    FOR EACH ROW EXECUTE FUNCTION approvals_meeting_part('open');
CREATE OR REPLACE FUNCTION approvals_vote_counts() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    item approvals_agendaitem;
    voter bigint;
BEGIN
    SELECT * INTO item FROM approvals_agendaitem i WHERE i.id = NEW.item_id;
    SELECT n.post_id INTO voter FROM approvals_meetingmember n
     WHERE n.id = NEW.member_id AND n.meeting_id = item.meeting_id AND n.checked_in_at IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM approvals_recusal r
                        WHERE r.item_id = item.id AND r.member_id = n.id);
    IF voter IS NULL OR item.is_removed OR item.outcome <> '' OR item.digest <> NEW.digest
       OR NOT EXISTS (SELECT 1 FROM approvals_agendaversion w
                       WHERE w.item_id = item.id AND w.digest = NEW.digest)
       OR NOT EXISTS (
            SELECT 1 FROM approvals_decision d
             WHERE d.id = NEW.decision_id AND d.post_id = voter AND d.action = 'vote'
               AND d.subject_type = item.subject_type AND d.subject_id = item.subject_id
               AND d.transaction_id = pg_current_xact_id()::text::bigint) THEN
        RAISE EXCEPTION '未到会、已回避或议题内容已变，表决无效' USING ERRCODE = 'YC004';
    END IF;
    IF approvals_is_tied(voter, approvals_division_of(item.subject_type, item.subject_id), now()) THEN
        RAISE EXCEPTION '表决人现任或曾任本议题所在乡镇、村的职务，须回避' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;

-- A vote moves no money, though it is taken in the same duty as the resolution.
CREATE OR REPLACE FUNCTION approvals_vote_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '没有相应的表决' FROM approvals_decision d
     WHERE d.id = p_decision AND (d.amount IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM approvals_vote v WHERE v.decision_id = p_decision))
$$;

-- Why these present are no quorum; the share is a parameter, 2/3 or 0.66, more than half the floor.
CREATE FUNCTION approvals_lacks_quorum(p_meeting bigint) RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    due integer; present integer; part numeric; whole numeric;
BEGIN
    SELECT count(*), count(n.checked_in_at) INTO due, present
      FROM approvals_meetingmember n WHERE n.meeting_id = p_meeting;
    SELECT split_part(p.setting, '/', 1), nullif(split_part(p.setting, '/', 2), '')
      INTO part, whole FROM organizations_parameter p, approvals_meeting m
     WHERE p.key = 'meeting.quorum' AND m.id = p_meeting AND p.valid_from <= m.held_on
     ORDER BY p.valid_from DESC LIMIT 1;
    IF part IS NULL OR present * coalesce(whole, 1) < due * part OR present * 2 <= due THEN
        RETURN format('应到 %s 人，实到 %s 人，不足法定人数', due, present);
    END IF;
    RETURN NULL;
END $$;

-- What a resolution rests on: an item of a meeting that closed with a quorum, signed by a member
-- who took part in it, with the outcome that its votes come to. Where more than half of the roster
-- stands aside or is absent the item can only wait.
CREATE OR REPLACE FUNCTION approvals_resolution_rests(p_decision bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    item approvals_agendaitem;
    decided approvals_decision;
    lacking text; wanted text; place bigint;
    due integer; eligible integer; in_favour integer; against integer;
BEGIN
    SELECT * INTO item FROM approvals_agendaitem i WHERE i.decision_id = p_decision;
    IF NOT FOUND THEN
        RETURN '没有经领导小组会议议决';
    END IF;
    SELECT * INTO decided FROM approvals_decision d WHERE d.id = p_decision;
    IF NOT EXISTS (SELECT 1 FROM approvals_meeting m
                    WHERE m.id = item.meeting_id AND m.status = 'closed') THEN
        RETURN '会议没有闭会';
    END IF;
    lacking := approvals_lacks_quorum(item.meeting_id);
    IF lacking IS NOT NULL THEN
        RETURN lacking;
    END IF;
    place := approvals_division_of(item.subject_type, item.subject_id);
    IF EXISTS (SELECT 1 FROM approvals_meetingmember n
                WHERE n.meeting_id = item.meeting_id AND n.checked_in_at IS NOT NULL
                  AND NOT EXISTS (SELECT 1 FROM approvals_recusal r
                                   WHERE r.item_id = item.id AND r.member_id = n.id)
                  AND approvals_is_tied(n.post_id, place, decided.at)) THEN
        RETURN '有须回避的成员没有登记回避';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM approvals_meetingmember n
                    WHERE n.meeting_id = item.meeting_id AND n.post_id = decided.post_id
                      AND n.checked_in_at IS NOT NULL
                      AND NOT EXISTS (SELECT 1 FROM approvals_recusal r
                                       WHERE r.item_id = item.id AND r.member_id = n.id)) THEN
        RETURN '签署决议的不是参加本议题的到会成员';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM approvals_agendaversion w
                    WHERE w.item_id = item.id AND w.digest = item.digest) THEN
        RETURN '没有留存议题内容';
    END IF;
    SELECT count(*), count(*) FILTER (WHERE takes_part),
           count(*) FILTER (WHERE takes_part AND choice = 'agree'),
           count(*) FILTER (WHERE takes_part AND choice = 'reject')
      INTO due, eligible, in_favour, against
      FROM (SELECT n.checked_in_at IS NOT NULL AND r.id IS NULL AS takes_part, v.choice
              FROM approvals_meetingmember n
              LEFT JOIN approvals_recusal r ON r.member_id = n.id AND r.item_id = item.id
              LEFT JOIN approvals_vote v ON v.member_id = n.id AND v.item_id = item.id
                                        AND v.digest = item.digest
             WHERE n.meeting_id = item.meeting_id) AS roster;
    wanted := CASE WHEN eligible * 2 < due THEN 'deferred'
                   WHEN in_favour * 2 > eligible AND item.is_amended THEN 'amended'
                   WHEN in_favour * 2 > eligible THEN 'agreed'
                   WHEN against * 2 > eligible THEN 'rejected' ELSE 'deferred' END;
    IF item.outcome <> wanted OR decided.action <> (CASE wanted
           WHEN 'deferred' THEN 'defer' WHEN 'rejected' THEN 'reject' ELSE 'determine' END) THEN
        RETURN format('到会可表决 %s 人（应到 %s 人），同意 %s 票、不同意 %s 票，与决议不符',
                      eligible, due, in_favour, against);
    END IF;
    IF decided.action <> 'determine' AND decided.amount IS NOT NULL THEN
        RETURN '没有同意的议题不能分配资金';
    END IF;
    RETURN NULL;
END $$;

-- A meeting begins with the whole group called and nobody else, and a chair.
CREATE FUNCTION approvals_roster_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH meeting AS (
        SELECT m.* FROM approvals_decision d JOIN approvals_meeting m ON m.id = d.subject_id
         WHERE d.id = p_decision
    ), called AS (
        SELECT n.post_id, n.is_chair FROM approvals_meetingmember n, meeting m
         WHERE n.meeting_id = m.id
    ), in_office AS (
        SELECT p.id FROM meeting m
          JOIN organizations_organization o ON o.division_id = m.division_id
          JOIN organizations_post p ON p.organization_id = o.id
          JOIN organizations_user u ON u.id = p.user_id
         WHERE p.role = 'group_member' AND u.is_active AND p.accepted_at IS NOT NULL
           AND p.valid_from <= m.held_on
           AND (p.valid_until IS NULL OR p.valid_until >= m.held_on)
    )
    SELECT '应到名单与现任领导小组成员不符，或没有主持人'
     WHERE NOT EXISTS (SELECT 1 FROM called WHERE is_chair)
        OR EXISTS (SELECT post_id FROM called EXCEPT SELECT id FROM in_office)
        OR EXISTS (SELECT id FROM in_office EXCEPT SELECT post_id FROM called)
$$;

-- And ends under its chair's hand, with every item decided and its numbers as they were.
CREATE FUNCTION approvals_closing_rests(p_decision bigint) RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    decided approvals_decision;
    meeting approvals_meeting;
    lacking text;
    due integer; present integer;
BEGIN
    SELECT * INTO decided FROM approvals_decision d WHERE d.id = p_decision;
    SELECT * INTO meeting FROM approvals_meeting m WHERE m.id = decided.subject_id;
    lacking := approvals_lacks_quorum(meeting.id);
    IF lacking IS NOT NULL THEN
        RETURN lacking;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM approvals_meetingmember n
                    WHERE n.meeting_id = meeting.id AND n.post_id = decided.post_id
                      AND n.is_chair AND n.checked_in_at IS NOT NULL) THEN
        RETURN '不是由到会的主持人闭会';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM approvals_agendaitem i
                    WHERE i.meeting_id = meeting.id AND NOT i.is_removed)
       OR EXISTS (SELECT 1 FROM approvals_agendaitem i
                   WHERE i.meeting_id = meeting.id AND NOT i.is_removed AND i.outcome = '') THEN
        RETURN '有议题没有议决';
    END IF;
    SELECT count(*), count(n.checked_in_at) INTO due, present
      FROM approvals_meetingmember n WHERE n.meeting_id = meeting.id;
    IF (meeting.members_due, meeting.members_present, meeting.chair)
       IS DISTINCT FROM (due, present, decided.by_name) THEN
        RETURN '应到、实到人数或主持人与签到不符';
    END IF;
    RETURN NULL;
END $$;

GRANT EXECUTE ON FUNCTION approvals_is_tied, approvals_division_of, approvals_lacks_quorum,
    approvals_roster_rests, approvals_closing_rests TO yichi_app;

INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('approvals.meeting', 'open_meeting', 'approvals_roster_rests'),
    ('approvals.meeting', 'close_meeting', 'approvals_closing_rests');
