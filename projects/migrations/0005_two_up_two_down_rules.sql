CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_feedbackitem
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_feedbackitem
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_feedbackitem FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_answer
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_answer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_answer FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_projectversion
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_projectversion
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_projectversion FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON projects_differencereading
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_differencereading
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON projects_differencereading FROM yichi_app;

-- What an item gives out of each allotment changes only until its meeting is over.
CREATE TRIGGER part_of_meeting BEFORE INSERT OR UPDATE OR DELETE ON projects_itemsource
    FOR EACH ROW EXECUTE FUNCTION approvals_meeting_part('preparing,open');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON projects_itemsource
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Every step rests on its own evidence, also when somebody writes past the program.
CREATE FUNCTION projects_village_meeting_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '缺村民代表会议记录、纪要原件或照片' WHERE NOT EXISTS (
        SELECT 1 FROM projects_villagemeeting m
         WHERE m.decision_id = p_decision AND m.minutes_file <> '' AND cardinality(m.photos) > 0)
$$;
CREATE FUNCTION projects_letter_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '缺反馈意见书或逐条意见' WHERE NOT EXISTS (
        SELECT 1 FROM projects_feedback f JOIN projects_feedbackitem i ON i.feedback_id = f.id
         WHERE f.decision_id = p_decision)
$$;
CREATE FUNCTION projects_answers_rest(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '反馈意见没有逐条答复' FROM approvals_decision d
     WHERE d.id = p_decision AND (
        NOT EXISTS (SELECT 1 FROM projects_revision r WHERE r.decision_id = d.id)
        OR EXISTS (
            SELECT 1 FROM projects_feedbackitem i
             WHERE i.feedback_id = (SELECT max(f.id) FROM projects_feedback f
                                     WHERE f.project_id = d.subject_id)
               AND NOT EXISTS (SELECT 1 FROM projects_answer a
                                 JOIN projects_revision r ON r.id = a.revision_id
                                WHERE r.decision_id = d.id AND a.item_id = i.id)))
$$;
CREATE FUNCTION projects_version_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '没有留存上报文本' WHERE NOT EXISTS (
        SELECT 1 FROM projects_projectversion v WHERE v.decision_id = p_decision)
$$;
CREATE FUNCTION projects_differences_rest(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '签署人没有打开“一上”与“二上”的对照' FROM approvals_decision d
     WHERE d.id = p_decision AND NOT EXISTS (
        SELECT 1 FROM projects_differencereading r
         WHERE r.user_id = d.by_id AND r.version_id = (
            SELECT max(v.id) FROM projects_projectversion v
             WHERE v.project_id = d.subject_id AND v.round = 2))
$$;
CREATE FUNCTION projects_seats_rest(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '没有设会审单位' WHERE NOT EXISTS (
        SELECT 1 FROM approvals_seat t WHERE t.stay_id = p_decision)
$$;
GRANT EXECUTE ON FUNCTION projects_village_meeting_rests, projects_letter_rests,
    projects_answers_rest, projects_version_rests, projects_differences_rest, projects_seats_rest
    TO yichi_app;

INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.project', 'record_meeting', 'projects_village_meeting_rests'),
    ('projects.project', 'submit', 'projects_version_rests'),
    ('projects.project', 'feed_back', 'projects_letter_rests'),
    ('projects.project', 'revise', 'projects_answers_rest'),
    ('projects.project', 'resubmit', 'projects_version_rests'),
    ('projects.project', 'appraise_again', 'projects_differences_rest'),
    ('projects.project', 'appraise_again', 'projects_seats_rest'),
    ('projects.project', 'review_jointly', 'approvals_unsigned_seats'),
    ('projects.project', 'vote', 'approvals_vote_rests'),
    ('projects.project', 'determine', 'approvals_resolution_rests'),
    ('projects.project', 'defer', 'approvals_resolution_rests'),
    ('projects.project', 'reject', 'approvals_resolution_rests');
