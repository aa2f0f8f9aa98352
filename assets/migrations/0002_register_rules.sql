-- The register is kept for ever: what an asset is and where it comes from stands, the rest changes
-- with a reason in its history until it leaves.
CREATE FUNCTION assets_asset_stands() RETURNS trigger LANGUAGE plpgsql
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
        IF NEW.left_on IS NOT NULL THEN
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
CREATE TRIGGER asset_stands BEFORE INSERT OR UPDATE OR DELETE ON assets_asset
    FOR EACH ROW EXECUTE FUNCTION assets_asset_stands();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON assets_asset
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- When the transaction ends an asset has a value, and an operating one somebody who runs it.
CREATE FUNCTION assets_asset_is_whole() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM assets_assetvalue v
                    WHERE v.asset_id = NEW.id AND v.kind = 'initial') THEN
        RAISE EXCEPTION '资产 % 没有登记原值', NEW.number USING ERRCODE = 'YC020';
    END IF;
    IF NEW.asset_class = 'JY' AND NOT EXISTS (
        SELECT 1 FROM assets_operation o WHERE o.asset_id = NEW.id) THEN
        RAISE EXCEPTION '经营性资产 % 没有登记经营主体', NEW.number USING ERRCODE = 'YC020';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER asset_is_whole AFTER INSERT ON assets_asset
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION assets_asset_is_whole();

-- What was paid for a project, net of what came back; and what its assets are worth.
CREATE FUNCTION assets_paid_for(p_project bigint) RETURNS numeric LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(sum(a.balance), 0) FROM funds_account a
      JOIN projects_project p ON p.earmark_id = a.earmark_id
     WHERE p.id = p_project AND a.kind = 'paid'
$$;
CREATE FUNCTION assets_worth_of(p_project bigint) RETURNS numeric LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(sum(v.amount), 0) FROM assets_assetvalue v
      JOIN assets_asset s ON s.id = v.asset_id WHERE s.project_id = p_project
$$;

-- The assets of a project are never worth more than was paid for it; a later payment raises them
-- by a row that names its voucher; nothing is worth nothing.
CREATE FUNCTION assets_value_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    asset assets_asset;
    project projects_project;
    paid numeric;
BEGIN
    PERFORM demand_read_committed();
    SELECT * INTO asset FROM assets_asset s WHERE s.id = NEW.asset_id FOR UPDATE;
    IF asset.left_on IS NOT NULL THEN
        RAISE EXCEPTION '资产 % 已退出台账，原值不能更改', asset.number USING ERRCODE = 'YC001';
    END IF;
    IF (SELECT coalesce(sum(v.amount), 0) + NEW.amount FROM assets_assetvalue v
         WHERE v.asset_id = asset.id) <= 0 THEN
        RAISE EXCEPTION '资产 % 的原值须大于零', asset.number USING ERRCODE = 'YC004';
    END IF;
    IF asset.project_id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT * INTO project FROM projects_project p WHERE p.id = asset.project_id FOR NO KEY UPDATE;
    IF NEW.kind = 'initial' AND project.status <> 'asset_registration' THEN
        RAISE EXCEPTION '项目不在“资产登记”环节，不能登记资产' USING ERRCODE = 'YC004';
    END IF;
    IF NEW.kind = 'capitalised' AND NOT EXISTS (
        SELECT 1 FROM funds_voucher f JOIN funds_entry e ON e.voucher_id = f.id
          JOIN funds_account a ON a.id = e.destination_id
         WHERE f.id = NEW.voucher_id AND f.kind = 'pay' AND a.earmark_id = project.earmark_id) THEN
        RAISE EXCEPTION '资本化追加须对应本项目的支付凭证' USING ERRCODE = 'YC004';
    END IF;
    paid := assets_paid_for(project.id);
    IF assets_worth_of(project.id) + NEW.amount > paid THEN
        RAISE EXCEPTION '资产原值合计将超过项目已支付的 % 元', paid USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER value_stands BEFORE INSERT ON assets_assetvalue
    FOR EACH ROW EXECUTE FUNCTION assets_value_stands();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON assets_assetvalue
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON assets_assetvalue
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who runs an asset stands, but for being ended once, no later than its last day.
CREATE FUNCTION assets_operation_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '经营情况只能终止，不能删除' USING ERRCODE = 'YC001';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.ended_on IS NOT NULL THEN
            RAISE EXCEPTION '新登记的经营情况不能已终止' USING ERRCODE = 'YC004';
        END IF;
        PERFORM FROM assets_asset s WHERE s.id = NEW.asset_id AND s.left_on IS NULL
                                      AND s.asset_class <> 'DH' FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION '到户类或已退出台账的资产不登记经营情况' USING ERRCODE = 'YC004';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.ended_on IS NOT NULL OR NEW.ended_on > OLD.ends_on OR
       to_jsonb(NEW) - '{ended_on,end_reason}'::text[]
       IS DISTINCT FROM to_jsonb(OLD) - '{ended_on,end_reason}'::text[] THEN
        RAISE EXCEPTION '经营情况已登记，只能提前终止一次' USING ERRCODE = 'YC001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER operation_stands BEFORE INSERT OR UPDATE OR DELETE ON assets_operation
    FOR EACH ROW EXECUTE FUNCTION assets_operation_stands();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON assets_operation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION assets_nothing_left() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM projects_project p
      WHERE p.id = NEW.project_id AND p.status = 'asset_registration' FOR NO KEY UPDATE;
    IF NOT FOUND OR EXISTS (SELECT 1 FROM assets_asset s WHERE s.project_id = NEW.project_id) THEN
        RAISE EXCEPTION '项目不在“资产登记”环节或已登记资产，不能说明不形成资产'
            USING ERRCODE = 'YC004';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER nothing_left BEFORE INSERT ON assets_noassets
    FOR EACH ROW EXECUTE FUNCTION assets_nothing_left();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON assets_noassets
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON assets_noassets
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON assets_historicalasset
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON assets_historicalasset
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON assets_assetvalue, assets_noassets, assets_historicalasset FROM yichi_app;
REVOKE DELETE ON assets_asset, assets_operation FROM yichi_app;

-- A project is closed with assets worth what was paid for it, to the fen, or with the reason why
-- there are none; and what its last step recorded says the same.
CREATE FUNCTION assets_registered(p_decision bigint) RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    project bigint := (SELECT d.subject_id FROM approvals_decision d WHERE d.id = p_decision);
    worth numeric := assets_worth_of(project);
    paid numeric := assets_paid_for(project);
    said projects_assetstatement;
BEGIN
    IF worth > 0 AND worth <> paid THEN
        RETURN format('资产原值合计 %s 元，项目已支付 %s 元，两者不符', worth, paid);
    END IF;
    IF worth = 0 AND NOT EXISTS (SELECT 1 FROM assets_noassets n WHERE n.project_id = project) THEN
        RETURN '没有登记资产，也没有说明不形成资产的理由';
    END IF;
    SELECT * INTO said FROM projects_assetstatement a WHERE a.decision_id = p_decision;
    IF said.leaves_assets IS DISTINCT FROM (worth > 0)
       OR coalesce(said.original_value, 0) <> worth THEN
        RETURN '资产登记表与台账不符';
    END IF;
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION assets_paid_for, assets_worth_of, assets_registered TO yichi_app;
INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.project', 'register_assets', 'assets_registered');
