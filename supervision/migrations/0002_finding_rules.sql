CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON supervision_finding
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('supervision.finding', 'registered');

-- What was put into a life stands. The trigger names what comes later, `status:column,column` for
-- each status from which it comes, parted by blanks; everything else never changes.
CREATE FUNCTION supervision_subject_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving text[] := '{status,status_since}';
    part text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '% 终身留存，不能删除', TG_TABLE_NAME USING ERRCODE = 'YC001';
    END IF;
    FOREACH part IN ARRAY string_to_array(TG_ARGV[0], ' ') LOOP
        IF split_part(part, ':', 1) = OLD.status THEN
            moving := moving || string_to_array(split_part(part, ':', 2), ',');
        END IF;
    END LOOP;
    IF to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION '% 在“%”环节不能改动这些内容', TG_TABLE_NAME, OLD.status
            USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER subject_stands BEFORE UPDATE OR DELETE ON supervision_finding
    FOR EACH ROW EXECUTE FUNCTION supervision_subject_stands('registered:term,due_on,to_recover assigned:measures rectifying:result,result_papers');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON supervision_finding
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A new problem is only registered: its rectification is not begun, its clock is the server's, it
-- lies in the county, and the unit acts over the place.
CREATE FUNCTION supervision_finding_begins() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.term, NEW.measures, NEW.result) <> ('', '', '') OR NEW.due_on IS NOT NULL
       OR NEW.to_recover <> 0 OR NEW.result_papers <> '{}' THEN
        RAISE EXCEPTION '新登记的问题尚未交办' USING ERRCODE = 'YC004';
    END IF;
    NEW.registered_at := clock_timestamp();
    IF NEW.found_on > (NEW.registered_at AT TIME ZONE 'Asia/Shanghai')::date THEN
        RAISE EXCEPTION '发现日期在今天之后' USING ERRCODE = 'YC014';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM organizations_division c, organizations_division d,
                      organizations_organization o JOIN organizations_division u ON u.id = o.division_id
         WHERE c.id = NEW.county_id AND c.level = 'county' AND d.id = NEW.division_id
           AND o.id = NEW.responsible_unit_id AND starts_with(d.path, c.path)
           AND starts_with(d.path, u.path)) THEN
        RAISE EXCEPTION '问题不在本县，或责任部门不管辖事项所在的区划' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER finding_begins BEFORE INSERT ON supervision_finding
    FOR EACH ROW EXECUTE FUNCTION supervision_finding_begins();

-- 追回: by a voucher of the county that brought money back, found after the problem, not reversed;
-- never more than the problem asks for, nor more than the voucher holds.
CREATE FUNCTION supervision_recovered(p_finding bigint) RETURNS numeric LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(sum(r.amount), 0) FROM supervision_recovery r
     WHERE r.finding_id = p_finding AND r.struck_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM funds_voucher v WHERE v.reverses_id = r.voucher_id)
$$;
CREATE FUNCTION supervision_recovery_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    finding supervision_finding;
    voucher funds_voucher;
    used numeric;
BEGIN
    PERFORM demand_read_committed();
    SELECT * INTO finding FROM supervision_finding f WHERE f.id = NEW.finding_id FOR UPDATE;
    IF finding.status <> 'rectifying' THEN
        RAISE EXCEPTION '问题不在整改中，不能登记或划销追回资金' USING ERRCODE = 'YC004';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.struck_at IS NOT NULL
           OR to_jsonb(NEW) - '{struck_at,struck_by_id,strike_reason}'::text[]
              IS DISTINCT FROM to_jsonb(OLD) - '{struck_at,struck_by_id,strike_reason}'::text[] THEN
            RAISE EXCEPTION '追回资金只能划销一次，不能改动' USING ERRCODE = 'YC001';
        END IF;
        RETURN NEW;
    END IF;
    -- Two problems draw on one voucher one after the other.
    PERFORM pg_advisory_xact_lock(hashtextextended('recovery:' || NEW.voucher_id, 0));
    SELECT * INTO voucher FROM funds_voucher v WHERE v.id = NEW.voucher_id;
    IF voucher.kind NOT IN ('recover', 'refund', 'return') OR voucher.county_id <> finding.county_id
       OR voucher.occurred_on < finding.found_on OR NEW.struck_at IS NOT NULL
       OR EXISTS (SELECT 1 FROM funds_voucher v WHERE v.reverses_id = voucher.id) THEN
        RAISE EXCEPTION '追回资金须有本县发现问题之后的退回、收回结余或上缴凭证' USING ERRCODE = 'YC017';
    END IF;
    SELECT coalesce(sum(r.amount), 0) INTO used FROM supervision_recovery r
     WHERE r.voucher_id = NEW.voucher_id AND r.struck_at IS NULL;
    IF used + NEW.amount > voucher.total THEN
        RAISE EXCEPTION '追回合计 % 超过凭证金额 %', used + NEW.amount, voucher.total
            USING ERRCODE = 'YC012';
    END IF;
    used := supervision_recovered(NEW.finding_id);
    IF used + NEW.amount > finding.to_recover THEN
        RAISE EXCEPTION '追回合计 % 超过应追回金额 %', used + NEW.amount, finding.to_recover
            USING ERRCODE = 'YC012';
    END IF;
    NEW.recorded_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER recovery_stands BEFORE INSERT OR UPDATE ON supervision_recovery
    FOR EACH ROW EXECUTE FUNCTION supervision_recovery_stands();
CREATE TRIGGER refuse_delete BEFORE DELETE ON supervision_recovery
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- 督办: seen once.
CREATE FUNCTION supervision_escalation_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.seen_at IS NOT NULL OR to_jsonb(NEW) - '{seen_at,seen_by_id}'::text[]
       IS DISTINCT FROM to_jsonb(OLD) - '{seen_at,seen_by_id}'::text[] THEN
        RAISE EXCEPTION '督办只能阅示一次，不能改动' USING ERRCODE = 'YC001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER escalation_stands BEFORE UPDATE ON supervision_escalation
    FOR EACH ROW EXECUTE FUNCTION supervision_escalation_stands();
CREATE TRIGGER refuse_delete BEFORE DELETE ON supervision_escalation
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON supervision_findingprogress
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON supervision_accountability
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON supervision_transfer
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON supervision_findingprogress
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON supervision_recovery
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON supervision_accountability
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON supervision_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON supervision_escalation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE DELETE ON supervision_finding, supervision_recovery, supervision_escalation FROM yichi_app;
REVOKE UPDATE, DELETE ON supervision_findingprogress, supervision_accountability,
    supervision_transfer FROM yichi_app;

-- Whoever puts it right does not say that it is; whoever asks for it is not the one who does it.
INSERT INTO approvals_incompatibleduties (case_kind, first, second) VALUES
    ('finding', 'implement', 'examine'),
    ('finding', 'sign', 'implement');

-- A step of the unit is taken by a post of the unit; the review by the post that is named.
CREATE FUNCTION supervision_step_by_right(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '须由责任部门或指定的复核岗位办理' FROM approvals_decision d
      JOIN supervision_finding f ON f.id = d.subject_id
      JOIN organizations_post p ON p.id = d.post_id
     WHERE d.id = p_decision
       AND NOT CASE WHEN d.action IN ('plan', 'apply')
                    THEN p.organization_id = f.responsible_unit_id AND p.role = f.rectifier
                    ELSE p.role = f.reviewer END
$$;
CREATE FUNCTION supervision_recovery_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '应追回的资金没有凭证' FROM approvals_decision d
      JOIN supervision_finding f ON f.id = d.subject_id
     WHERE d.id = p_decision AND supervision_recovered(f.id) <> f.to_recover
$$;
GRANT EXECUTE ON FUNCTION supervision_recovered, supervision_step_by_right,
    supervision_recovery_rests TO yichi_app;
INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('supervision.finding', 'plan', 'supervision_step_by_right'),
    ('supervision.finding', 'apply', 'supervision_step_by_right'),
    ('supervision.finding', 'apply', 'supervision_recovery_rests'),
    ('supervision.finding', 'close', 'supervision_step_by_right'),
    ('supervision.finding', 'close', 'supervision_recovery_rests'),
    ('supervision.finding', 'return', 'supervision_step_by_right');
