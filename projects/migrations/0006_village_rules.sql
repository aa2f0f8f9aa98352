-- A share of heads as its parameter says it on a day: 2/3, or 0.66.
CREATE FUNCTION projects_share_on(p_key text, p_day date, OUT part numeric, OUT whole numeric)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT split_part(p.setting, '/', 1)::numeric,
           coalesce(nullif(split_part(p.setting, '/', 2), '')::numeric, 1)
      FROM organizations_parameter p
     WHERE p.key = p_key AND p.valid_from <= p_day
     ORDER BY p.valid_from DESC LIMIT 1
$$;

-- The villagers' meeting counts by the shares of its own day; more than half stays the floor
-- of the table's own rule.
CREATE FUNCTION projects_village_meeting_counts() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    quorum record := projects_share_on('village_meeting.quorum', NEW.held_on);
    majority record := projects_share_on('village_meeting.majority', NEW.held_on);
BEGIN
    IF quorum.part IS NULL OR majority.part IS NULL THEN
        RAISE EXCEPTION '% 还没有生效的到会和同意比例', NEW.held_on USING ERRCODE = 'YC022';
    END IF;
    IF NEW.present * quorum.whole < NEW.due * quorum.part THEN
        RAISE EXCEPTION '实到 % 人，不足应到 % 人的 %/%', NEW.present, NEW.due, quorum.part,
            quorum.whole USING ERRCODE = 'YC022';
    END IF;
    IF NEW.in_favour * majority.whole <= NEW.present * majority.part THEN
        RAISE EXCEPTION '同意 % 人，未过实到 % 人的 %/%', NEW.in_favour, NEW.present, majority.part,
            majority.whole USING ERRCODE = 'YC022';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER village_meeting_counts BEFORE INSERT ON projects_villagemeeting
    FOR EACH ROW EXECUTE FUNCTION projects_village_meeting_counts();

-- 一上 rests on the four analyses, and on papers that were really uploaded; its photos prove
-- this project and no other.
CREATE OR REPLACE FUNCTION projects_village_meeting_rests(p_decision bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    meeting projects_villagemeeting;
    project projects_project;
BEGIN
    SELECT * INTO meeting FROM projects_villagemeeting m WHERE m.decision_id = p_decision;
    IF NOT FOUND OR cardinality(meeting.photos) = 0 OR NOT EXISTS (
        SELECT 1 FROM approvals_evidence e WHERE e.sha256 = meeting.minutes_file) THEN
        RETURN '缺村民代表会议记录、纪要原件或照片';
    END IF;
    IF EXISTS (
        SELECT 1 FROM unnest(meeting.photos) AS photo
         WHERE NOT EXISTS (
            SELECT 1 FROM approvals_photouse u
             WHERE u.sha256 = photo AND u.subject_type = 'projects.project'
               AND u.subject_id = meeting.project_id)) THEN
        RETURN '会议照片不是本项目的，或没有登记使用';
    END IF;
    SELECT * INTO project FROM projects_project p WHERE p.id = meeting.project_id;
    IF '' IN (btrim(project.causes), btrim(project.resources), btrim(project.funding),
              btrim(project.needs)) THEN
        RETURN '致贫原因、资源禀赋、资金保障、脱贫需求分析不全';
    END IF;
    RETURN NULL;
END $$;

-- Several steps may lie in one transaction, so each looks only at what came before it.
CREATE FUNCTION projects_letter_before(p_project bigint, p_decision bigint) RETURNS projects_feedback
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT f FROM projects_feedback f
     WHERE f.project_id = p_project AND f.decision_id < p_decision
     ORDER BY f.decision_id DESC LIMIT 1
$$;

CREATE OR REPLACE FUNCTION projects_answers_rest(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '反馈意见没有逐条答复' FROM approvals_decision d
     WHERE d.id = p_decision AND (
        NOT EXISTS (SELECT 1 FROM projects_revision r WHERE r.decision_id = d.id)
        OR EXISTS (
            SELECT 1 FROM projects_feedbackitem i
             WHERE i.feedback_id = (projects_letter_before(d.subject_id, d.id)).id
               AND NOT EXISTS (SELECT 1 FROM projects_answer a
                                 JOIN projects_revision r ON r.id = a.revision_id
                                WHERE r.decision_id = d.id AND a.item_id = i.id)))
$$;

-- 二上: what was adopted left a trace in the text that the letter was about.
CREATE FUNCTION projects_adopted_leaves_a_trace(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '反馈意见填了采纳，但二上文本没有任何修改'
      FROM projects_projectversion v
     WHERE v.decision_id = p_decision
       AND EXISTS (
            SELECT 1 FROM projects_answer a
             WHERE a.adoption IN ('adopted', 'partly')
               AND a.revision_id = (
                    SELECT r.id FROM projects_revision r
                     WHERE r.project_id = v.project_id AND r.decision_id < v.decision_id
                     ORDER BY r.decision_id DESC LIMIT 1))
       AND v.content = (
            SELECT s.content FROM projects_projectversion s
             WHERE s.project_id = v.project_id
               AND s.decision_id
                   < (projects_letter_before(v.project_id, v.decision_id)).decision_id
             ORDER BY s.id DESC LIMIT 1)
$$;

CREATE OR REPLACE FUNCTION projects_differences_rest(p_decision bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '签署人没有打开“一上”与“二上”的对照' FROM approvals_decision d
     WHERE d.id = p_decision AND NOT EXISTS (
        SELECT 1 FROM projects_differencereading r
         WHERE r.user_id = d.by_id AND r.version_id = (
            SELECT max(v.id) FROM projects_projectversion v
             WHERE v.project_id = d.subject_id AND v.round = 2 AND v.decision_id < d.id))
$$;
GRANT EXECUTE ON FUNCTION projects_share_on, projects_letter_before,
    projects_adopted_leaves_a_trace TO yichi_app;
INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.project', 'resubmit', 'projects_adopted_leaves_a_trace');
