-- 冲销处置收入: the receipt of a disposal is turned round with a step of the disposal, which brings
-- the asset back into the register until what it brought is booked again.
DROP TRIGGER subject_stands ON assets_disposal;
CREATE TRIGGER subject_stands BEFORE UPDATE OR DELETE ON assets_disposal
    FOR EACH ROW EXECUTE FUNCTION assets_subject_stands('draft:cause,way,reason,assessed_value,assessment_document,decided_on,opinion,minutes_files execution:disposed_on,sold_price,buyer,sale_document proceeds:voucher_id closed:voucher_id');

-- As before, with the key of this very booking: there may be another after a reversal.
CREATE OR REPLACE FUNCTION assets_proceeds_rest(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '处置收入没有入池，或资产没有退出台账' FROM approvals_decision d
      JOIN assets_disposal s ON s.id = d.subject_id
      JOIN assets_asset a ON a.id = s.asset_id
     WHERE d.id = p_decision AND (
        a.left_on IS DISTINCT FROM s.disposed_on
        OR s.sold_price > 0 AND NOT EXISTS (
            SELECT 1 FROM funds_voucher v
             WHERE v.id = s.voucher_id AND v.kind = 'receive' AND v.total = s.sold_price
               AND v.county_id = a.county_id AND v.key = 'disposal:' || s.id || ':' || d.id))
$$;

CREATE FUNCTION assets_proceeds_taken_back(p_decision bigint) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '处置收入没有冲销，或资产没有回到台账' FROM approvals_decision d
      JOIN assets_disposal s ON s.id = d.subject_id
      JOIN assets_asset a ON a.id = s.asset_id
     WHERE d.id = p_decision AND (
        a.left_on IS NOT NULL OR s.voucher_id IS NOT NULL
        OR EXISTS (
            SELECT 1 FROM approvals_decision b JOIN funds_voucher v ON v.county_id = a.county_id
                AND v.key IN ('disposal:' || s.id, 'disposal:' || s.id || ':' || b.id)
             WHERE b.subject_type = d.subject_type AND b.subject_id = s.id AND b.action = 'book'
               AND v.kind = 'receive'
               AND NOT EXISTS (SELECT 1 FROM funds_voucher r WHERE r.reverses_id = v.id)))
$$;

CREATE FUNCTION assets_reversed_with_its_disposal() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM assets_disposal s WHERE s.voucher_id = NEW.reverses_id) THEN
        RAISE EXCEPTION '资产处置的收入在该处置办理冲销' USING ERRCODE = 'YC020';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER reversed_with_its_disposal AFTER INSERT ON funds_voucher
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.reverses_id IS NOT NULL)
    EXECUTE FUNCTION assets_reversed_with_its_disposal();

-- As before, and an asset that left comes back with such a step alone, as it was.
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
        IF OLD.left_on IS NOT NULL AND (
            to_jsonb(NEW) - 'left_on' IS DISTINCT FROM to_jsonb(OLD) - 'left_on'
            OR NEW.left_on IS NOT NULL
            OR NOT EXISTS (
                SELECT 1 FROM assets_disposal s JOIN approvals_decision d
                    ON d.subject_type = 'assets.disposal' AND d.subject_id = s.id
                 WHERE s.asset_id = NEW.id AND d.action = 'take_back'
                   AND d.transaction_id = pg_current_xact_id()::text::bigint)) THEN
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

GRANT EXECUTE ON FUNCTION assets_proceeds_taken_back TO yichi_app;
INSERT INTO approvals_incompatibleduties (case_kind, first, second) VALUES
    ('disposal', 'receive', 'reverse');
INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('assets.disposal', 'take_back', 'assets_proceeds_taken_back');
