CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON assets_handover
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('assets.handover', 'draft');
CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON assets_disposal
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('assets.disposal', 'draft');
CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON assets_distribution
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('assets.distribution', 'draft');
CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON assets_stocktake
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('assets.stocktake', 'counting');

-- What was put into a life stands. The trigger names what comes later, `status:column,column` for
-- each status from which it comes, parted by blanks; everything else never changes.
CREATE FUNCTION assets_subject_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving text[] := '{status,status_since}';
    part text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '% 不能删除，可以作废', TG_TABLE_NAME USING ERRCODE = 'YC001';
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
CREATE TRIGGER subject_stands BEFORE UPDATE OR DELETE ON assets_handover
    FOR EACH ROW EXECUTE FUNCTION assets_subject_stands('draft:papers');
CREATE TRIGGER subject_stands BEFORE UPDATE OR DELETE ON assets_disposal
    FOR EACH ROW EXECUTE FUNCTION assets_subject_stands('draft:cause,way,reason,assessed_value,assessment_document,decided_on,opinion,minutes_files execution:disposed_on,sold_price,buyer,sale_document proceeds:voucher_id');
CREATE TRIGGER subject_stands BEFORE UPDATE OR DELETE ON assets_distribution
    FOR EACH ROW EXECUTE FUNCTION assets_subject_stands('draft:held_on,due,present,in_favour,minutes_files');
CREATE TRIGGER subject_stands BEFORE UPDATE OR DELETE ON assets_stocktake
    FOR EACH ROW EXECUTE FUNCTION assets_subject_stands('-:');

-- A life begins with an asset that is in the register, in the asset's own place.
CREATE FUNCTION assets_begins_with_asset() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM assets_asset a
      WHERE a.id = NEW.asset_id AND a.left_on IS NULL AND a.asset_class <> 'DH'
        AND a.division_id = NEW.division_id FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '资产不在台账、属到户类，或区划不符' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER begins_with_asset BEFORE INSERT ON assets_disposal
    FOR EACH ROW EXECUTE FUNCTION assets_begins_with_asset();
CREATE TRIGGER begins_with_asset BEFORE INSERT ON assets_distribution
    FOR EACH ROW EXECUTE FUNCTION assets_begins_with_asset();

-- 移交: the assets of one project and one owner, on one open sheet at most.
CREATE FUNCTION assets_handover_part() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    sheet assets_handover;
    wanted bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.handover_id ELSE NEW.handover_id END;
BEGIN
    SELECT * INTO sheet FROM assets_handover h WHERE h.id = wanted AND h.status = 'draft' FOR SHARE;
    IF NOT FOUND OR TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION '移交单已签署，资产清单不能改动' USING ERRCODE = 'YC004';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    PERFORM FROM assets_asset a
      WHERE a.id = NEW.asset_id AND a.project_id = sheet.project_id AND a.left_on IS NULL
        AND a.asset_class <> 'DH' AND a.owner_name = sheet.receiver_name
        AND a.owner_level = sheet.receiver_level FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '资产不属于本项目、已退出台账，或产权人与接收方不符' USING ERRCODE = 'YC004';
    END IF;
    IF EXISTS (SELECT 1 FROM assets_handoveritem i JOIN assets_handover h ON h.id = i.handover_id
                WHERE i.asset_id = NEW.asset_id AND i.handover_id <> NEW.handover_id
                  AND h.status IN ('draft', 'receipt', 'supervision')) THEN
        RAISE EXCEPTION '资产已在另一份未办结的移交单上' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER part_of_handover BEFORE INSERT OR UPDATE OR DELETE ON assets_handoveritem
    FOR EACH ROW EXECUTE FUNCTION assets_handover_part();

CREATE FUNCTION assets_handover_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '移交单没有资产，或产权人与接收方不符' FROM approvals_decision d
      JOIN assets_handover h ON h.id = d.subject_id
     WHERE d.id = p_decision AND (
        NOT EXISTS (SELECT 1 FROM assets_handoveritem i WHERE i.handover_id = h.id)
        OR EXISTS (SELECT 1 FROM assets_handoveritem i JOIN assets_asset a ON a.id = i.asset_id
                    WHERE i.handover_id = h.id AND (a.left_on IS NOT NULL
                          OR a.owner_name <> h.receiver_name)))
$$;

-- 收益: what was distributed is never more than what came in for the asset and the year.
CREATE FUNCTION assets_income_of(p_asset bigint, p_year integer) RETURNS numeric LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(sum(i.amount), 0) FROM assets_income i
     WHERE i.asset_id = p_asset AND i.year = p_year
$$;
CREATE FUNCTION assets_distributed_of(p_asset bigint, p_year integer) RETURNS numeric
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(sum(l.amount), 0) FROM assets_distributionline l
      JOIN assets_distribution d ON d.id = l.distribution_id
     WHERE d.asset_id = p_asset AND d.year = p_year AND d.status IN ('notice', 'closed')
$$;
CREATE FUNCTION assets_income_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM demand_read_committed();
    PERFORM FROM assets_asset a WHERE a.id = NEW.asset_id AND a.asset_class <> 'DH' FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '到户类资产不登记收益' USING ERRCODE = 'YC004';
    END IF;
    IF NEW.received_on > (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date THEN
        RAISE EXCEPTION '到账日期在今天之后' USING ERRCODE = 'YC014';
    END IF;
    IF NEW.reverses_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM assets_income i
         WHERE i.id = NEW.reverses_id AND i.asset_id = NEW.asset_id AND i.year = NEW.year
           AND i.amount = -NEW.amount AND i.reverses_id IS NULL) THEN
        RAISE EXCEPTION '冲销须与原登记同一资产、年度，金额相反' USING ERRCODE = 'YC004';
    END IF;
    IF assets_income_of(NEW.asset_id, NEW.year) + NEW.amount
       < assets_distributed_of(NEW.asset_id, NEW.year) THEN
        RAISE EXCEPTION '冲销后收益少于已分配的金额' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER income_stands BEFORE INSERT ON assets_income
    FOR EACH ROW EXECUTE FUNCTION assets_income_stands();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON assets_income
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A line is the plan's while it is drawn up, for a use that is allowed on the day.
CREATE FUNCTION assets_distribution_part() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wanted bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.distribution_id ELSE NEW.distribution_id END;
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
BEGIN
    PERFORM FROM assets_distribution d WHERE d.id = wanted AND d.status = 'draft' FOR SHARE;
    IF NOT FOUND OR TG_OP = 'UPDATE' AND NEW.distribution_id <> OLD.distribution_id THEN
        RAISE EXCEPTION '分配方案已议定，明细不能改动' USING ERRCODE = 'YC004';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM assets_incomeuse u
                    WHERE u.id = NEW.use_id AND u.is_allowed AND u.valid_from <= today
                      AND (u.valid_until IS NULL OR u.valid_until >= today)) THEN
        RAISE EXCEPTION '收益不得用于这一用途' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER part_of_distribution BEFORE INSERT OR UPDATE OR DELETE ON assets_distributionline
    FOR EACH ROW EXECUTE FUNCTION assets_distribution_part();

CREATE FUNCTION assets_distribution_rests(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '没有分配明细，或超过该年度实收的收益' FROM approvals_decision d
      JOIN assets_distribution s ON s.id = d.subject_id
     WHERE d.id = p_decision AND (
        NOT EXISTS (SELECT 1 FROM assets_distributionline l WHERE l.distribution_id = s.id)
        OR assets_distributed_of(s.asset_id, s.year) > assets_income_of(s.asset_id, s.year))
$$;

-- 处置: what it brought stands in the pool as the receipt of this very decision.
CREATE FUNCTION assets_proceeds_rest(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '处置收入没有入池，或资产没有退出台账' FROM approvals_decision d
      JOIN assets_disposal s ON s.id = d.subject_id
      JOIN assets_asset a ON a.id = s.asset_id
     WHERE d.id = p_decision AND (
        a.left_on IS DISTINCT FROM s.disposed_on
        OR s.sold_price > 0 AND NOT EXISTS (
            SELECT 1 FROM funds_voucher v
             WHERE v.id = s.voucher_id AND v.kind = 'receive' AND v.total = s.sold_price
               AND v.county_id = a.county_id AND v.key = 'disposal:' || s.id))
$$;

-- As before, and an asset leaves with the last step of its disposal.
CREATE OR REPLACE FUNCTION assets_asset_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '资产 % 不能删除', OLD.number USING ERRCODE = 'YC001';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.left_on IS NOT NULL THEN
            RAISE EXCEPTION '新登记的资产不能已退出台账' USING ERRCODE = 'YC004';
        END IF;
        IF NEW.project_id IS NOT NULL THEN
            -- Locked, so that the project is not closed between this look and the commit.
            PERFORM FROM projects_project p
              WHERE p.id = NEW.project_id AND p.status = 'asset_registration'
                AND p.county_id = NEW.county_id FOR NO KEY UPDATE;
            IF NOT FOUND THEN
                RAISE EXCEPTION '项目不在“资产登记”环节，不能登记资产' USING ERRCODE = 'YC004';
            END IF;
        END IF;
    ELSE
        IF OLD.left_on IS NOT NULL THEN
            RAISE EXCEPTION '资产 % 已退出台账，不能更改', OLD.number USING ERRCODE = 'YC001';
        END IF;
        IF NEW.left_on IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM assets_disposal s
              JOIN approvals_decision d ON d.subject_type = 'assets.disposal' AND d.subject_id = s.id
             WHERE s.asset_id = NEW.id AND d.action = 'book' AND s.disposed_on = NEW.left_on
               AND d.transaction_id = pg_current_xact_id()::text::bigint) THEN
            RAISE EXCEPTION '资产 % 只能随处置退出台账', OLD.number USING ERRCODE = 'YC004';
        END IF;
        IF (NEW.number, NEW.county_id, NEW.year, NEW.sequence, NEW.project_id, NEW.asset_class,
            NEW.earlier_project, NEW.registered_by_id, NEW.registered_at)
           IS DISTINCT FROM
           (OLD.number, OLD.county_id, OLD.year, OLD.sequence, OLD.project_id, OLD.asset_class,
            OLD.earlier_project, OLD.registered_by_id, OLD.registered_at) THEN
            RAISE EXCEPTION '资产 % 的编号、项目和类别不能更改', OLD.number USING ERRCODE = 'YC001';
        END IF;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM organizations_division d JOIN organizations_division c
                      ON c.id = NEW.county_id
                    WHERE d.id = NEW.division_id AND starts_with(d.path, c.path)) THEN
        RAISE EXCEPTION '资产坐落不在本县' USING ERRCODE = 'YC004';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM assets_assettype t
                    WHERE t.id = NEW.type_id AND t.asset_class = NEW.asset_class) THEN
        RAISE EXCEPTION '资产子类不属于所选类别' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;

-- 清查: a line for an asset of the county, with the quantity of the book; counted while the sheet is.
CREATE FUNCTION assets_stocktake_part() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '清查明细不能删除' USING ERRCODE = 'YC001';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.stocktake_id, NEW.asset_id, NEW.book_quantity)
       IS DISTINCT FROM (OLD.stocktake_id, OLD.asset_id, OLD.book_quantity) THEN
        RAISE EXCEPTION '清查的资产和账面数不能更改' USING ERRCODE = 'YC001';
    END IF;
    PERFORM FROM assets_stocktake s WHERE s.id = NEW.stocktake_id AND s.status = 'counting' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '清查不在盘点环节' USING ERRCODE = 'YC004';
    END IF;
    IF TG_OP = 'INSERT' AND NOT EXISTS (
        SELECT 1 FROM assets_asset a JOIN assets_stocktake s ON s.division_id = a.county_id
         WHERE a.id = NEW.asset_id AND s.id = NEW.stocktake_id AND a.left_on IS NULL
           AND a.asset_class <> 'DH' AND a.quantity = NEW.book_quantity) THEN
        RAISE EXCEPTION '不是本县在册的资产，或账面数不符' USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER part_of_stocktake BEFORE INSERT OR UPDATE OR DELETE ON assets_stocktakeline
    FOR EACH ROW EXECUTE FUNCTION assets_stocktake_part();
CREATE FUNCTION assets_counted(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '还有资产没有盘点' FROM approvals_decision d
     WHERE d.id = p_decision AND (
        NOT EXISTS (SELECT 1 FROM assets_stocktakeline l WHERE l.stocktake_id = d.subject_id)
        OR EXISTS (SELECT 1 FROM assets_stocktakeline l
                    WHERE l.stocktake_id = d.subject_id AND l.counted_quantity IS NULL))
$$;

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON assets_inspection
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON assets_inspection
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON assets_income
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON assets_handover
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON assets_handoveritem
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON assets_disposal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON assets_distribution
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON assets_distributionline
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON assets_stocktake
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON assets_stocktakeline
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON assets_inspection, assets_income FROM yichi_app;
REVOKE DELETE ON assets_handover, assets_disposal, assets_distribution, assets_stocktake,
    assets_stocktakeline FROM yichi_app;
GRANT EXECUTE ON FUNCTION assets_handover_rests, assets_income_of, assets_distributed_of,
    assets_distribution_rests, assets_proceeds_rest, assets_counted TO yichi_app;

-- Nobody signs twice.
INSERT INTO approvals_incompatibleduties (case_kind, first, second) VALUES
    ('handover', 'implement', 'receive'),
    ('handover', 'implement', 'department_review'),
    ('handover', 'receive', 'department_review'),
    ('disposal', 'propose', 'township_review'),
    ('disposal', 'propose', 'department_review'),
    ('disposal', 'propose', 'compliance'),
    ('disposal', 'propose', 'investigate'),
    ('disposal', 'township_review', 'department_review'),
    ('disposal', 'township_review', 'compliance'),
    ('disposal', 'department_review', 'compliance'),
    ('disposal', 'implement', 'compliance'),
    ('disposal', 'compliance', 'receive'),
    ('distribution', 'propose', 'township_review'),
    ('distribution', 'propose', 'investigate'),
    ('stocktake', 'implement', 'department_review');
INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('assets.handover', 'hand_over', 'assets_handover_rests'),
    ('assets.handover', 'receive', 'assets_handover_rests'),
    ('assets.handover', 'supervise', 'assets_handover_rests'),
    ('assets.distribution', 'decide', 'assets_distribution_rests'),
    ('assets.disposal', 'book', 'assets_proceeds_rest'),
    ('assets.stocktake', 'submit', 'assets_counted'),
    ('assets.stocktake', 'close', 'assets_counted');
