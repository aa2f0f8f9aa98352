-- What is sent and what was received are bytes with their digest, written once.
ALTER TABLE reports_delivery ADD CONSTRAINT delivery_sha256_of_body
    CHECK (sha256 = encode(sha256(convert_to(body, 'UTF8')), 'hex'));
ALTER TABLE reports_receiveddelivery ADD CONSTRAINT received_sha256_of_body
    CHECK (sha256 = encode(sha256(convert_to(body, 'UTF8')), 'hex'));
ALTER TABLE reports_unitkey ADD CONSTRAINT unit_key_id_of_key
    CHECK (key_id = left(encode(sha256(decode(public_key, 'hex')), 'hex'), 16));

-- A duty of the step that reports: of that version's unit, to the unit that it is reported to.
CREATE FUNCTION reports_delivery_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM reports_returndispatch s
          JOIN reports_returnversion v ON v.id = s.version_id
          LEFT JOIN reports_monthlyreturn r ON r.id = v.monthly_id
          LEFT JOIN reports_rollup u ON u.id = v.rollup_id
          JOIN reports_addressee a ON a.id = NEW.addressee_id
         WHERE s.id = NEW.dispatch_id AND a.division_id = s.to_id
           AND NEW.sender_id = coalesce(r.division_id, u.division_id)
           AND reports_taken_now(v.monthly_id, v.rollup_id, '{send}', s.decision_id)
    ) THEN
        RAISE EXCEPTION '待送月报只能随上报列入' USING ERRCODE = 'YC004';
    END IF;
    NEW.queued_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER delivery_follows BEFORE INSERT ON reports_delivery
    FOR EACH ROW EXECUTE FUNCTION reports_delivery_follows();

CREATE FUNCTION reports_delivery_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moving text[] := '{attempts,next_at,last_error}';
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - moving IS DISTINCT FROM to_jsonb(OLD) - moving THEN
        RAISE EXCEPTION '待送月报已列入，不能更改或删除' USING ERRCODE = 'YC001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER delivery_stands BEFORE UPDATE OR DELETE ON reports_delivery
    FOR EACH ROW EXECUTE FUNCTION reports_delivery_stands();

-- A receipt speaks of the envelope that was sent, with a key of the unit that it went to.
CREATE FUNCTION reports_delivery_receipt_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM reports_delivery d
          JOIN reports_addressee a ON a.id = d.addressee_id
          JOIN reports_unitkey k ON k.id = NEW.key_id
         WHERE d.id = NEW.delivery_id AND k.division_id = a.division_id
           AND NEW.text::jsonb ->> 'envelope' = d.sha256
    ) THEN
        RAISE EXCEPTION '回执与所送报文不符' USING ERRCODE = 'YC004';
    END IF;
    NEW.stored_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER delivery_receipt_follows BEFORE INSERT ON reports_deliveryreceipt
    FOR EACH ROW EXECUTE FUNCTION reports_delivery_receipt_follows();

-- A key is ended once; whose it is and what it is never changes.
CREATE FUNCTION reports_unit_key_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.valid_until IS NOT NULL
       OR to_jsonb(NEW) - 'valid_until' IS DISTINCT FROM to_jsonb(OLD) - 'valid_until' THEN
        RAISE EXCEPTION '签名公钥只能停用一次，不能更改或删除' USING ERRCODE = 'YC001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER unit_key_stands BEFORE UPDATE OR DELETE ON reports_unitkey
    FOR EACH ROW EXECUTE FUNCTION reports_unit_key_stands();

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON reports_deliveryreceipt
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON reports_receiveddelivery
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_deliveryreceipt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_receiveddelivery
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_delivery
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON reports_unitkey
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON reports_deliveryreceipt, reports_receiveddelivery FROM yichi_app;
REVOKE DELETE ON reports_delivery, reports_unitkey, reports_addressee FROM yichi_app;
