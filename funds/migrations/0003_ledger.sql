-- The ledger's one door. The application's role may read the tables and execute the four
-- functions granted at the end; it may write none of them.

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON funds_voucher
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON funds_voucher
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON funds_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON funds_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON funds_account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON funds_book
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Hot rows: leave room on the page so that an update need not touch the indexes.
ALTER TABLE funds_book SET (fillfactor = 10);
ALTER TABLE funds_numberseries SET (fillfactor = 10);
ALTER TABLE funds_account SET (fillfactor = 60);
ALTER TABLE funds_voucher
    ADD CONSTRAINT voucher_text_is_nfc CHECK (memo IS NFC NORMALIZED AND document IS NFC NORMALIZED
                                              AND counterparty IS NFC NORMALIZED);

-- The tag of money that has moved stands for ever.
CREATE FUNCTION funds_allotment_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM demand_read_committed();
    IF EXISTS (SELECT 1 FROM funds_account a WHERE a.allotment_id = OLD.id) THEN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION '指标 % 已有资金往来，不能删除', OLD.document_number USING ERRCODE = 'YC001';
        END IF;
        IF (NEW.county_id, NEW.document_number, NEW.level, NEW.category_id, NEW.fund_year, NEW.amount)
           IS DISTINCT FROM
           (OLD.county_id, OLD.document_number, OLD.level, OLD.category_id, OLD.fund_year, OLD.amount) THEN
            RAISE EXCEPTION '指标 % 已有资金往来，县、文号、级次、类别、年度和金额不能再改', OLD.document_number
                USING ERRCODE = 'YC001';
        END IF;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER allotment_stands BEFORE UPDATE OR DELETE ON funds_allotment
    FOR EACH ROW EXECUTE FUNCTION funds_allotment_stands();

CREATE FUNCTION funds_earmark_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.county_id, NEW.code) IS DISTINCT FROM (OLD.county_id, OLD.code) THEN
        RAISE EXCEPTION '项目编号 % 一经启用不能更改', OLD.code USING ERRCODE = 'YC001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER earmark_stands BEFORE UPDATE OR DELETE ON funds_earmark
    FOR EACH ROW EXECUTE FUNCTION funds_earmark_stands();

CREATE TRIGGER status_follows_decision BEFORE INSERT OR UPDATE ON funds_month
    FOR EACH ROW EXECUTE FUNCTION approvals_status_follows_decision('funds.month', 'open');

-- A length-prefixed field of the canonical byte string (a netstring; NULL is '-,').
CREATE FUNCTION ledger_field(v text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN v IS NULL THEN '-,' ELSE octet_length(v) || ':' || v || ',' END $$;

CREATE FUNCTION ledger_digest(v text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT encode(sha256(convert_to(v, 'UTF8')), 'hex') $$;

-- An amount as people read it.
CREATE FUNCTION in_yuan(v numeric) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT to_char(v, 'FM9,999,999,999,999,990.00') $$;

-- The book of a county, locked; made on first use.
CREATE FUNCTION ledger_lock_book(p_county bigint) RETURNS funds_book LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    book funds_book;
BEGIN
    SELECT * INTO book FROM funds_book WHERE county_id = p_county FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO funds_book (county_id, sequence, head, balance)
        SELECT d.id, 0, ledger_digest('YICHI-BOOK-1:' || d.code), 0
          FROM organizations_division d WHERE d.id = p_county AND d.level = 'county'
            ON CONFLICT DO NOTHING;
        SELECT * INTO book FROM funds_book WHERE county_id = p_county FOR UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION '专账按县设立，区划编号 % 不是县', p_county USING ERRCODE = 'YC011';
        END IF;
    END IF;
    RETURN book;
END $$;

CREATE FUNCTION ledger_post(
    p_county bigint, p_kind text, p_key text, p_occurred_on date,
    p_memo text, p_document text, p_counterparty text, p_evidence text[],
    p_by bigint, p_post bigint, p_decision bigint, p_refers_to bigint, p_reverses bigint,
    p_allotments bigint[], p_earmarks bigint[], p_amounts numeric[]
) RETURNS funds_voucher LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    book funds_book;
    v funds_voucher;
    first funds_voucher;
    original funds_voucher;
    held record;
    decided record;
    a funds_allotment;
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
    from_kind text;
    to_kind text;
    duty text;
    roles text[];
    label text;
    related text;
    pot bigint;
    canonical text;
    lines text := '';
    n int := coalesce(array_length(p_allotments, 1), 0);
    i int;
    mark_code text;
    source_id bigint;
    destination_id bigint;
    sources bigint[] := '{}';
    destinations bigint[] := '{}';
    into_ledger int;  -- +1 when the kind brings money into the dedicated account, -1 when out of it
    available numeric;
    undone numeric;
BEGIN
    -- 1. What was asked, in one canonical string, so that a key means one request for ever.
    p_memo := normalize(p_memo, NFC);
    p_document := normalize(coalesce(p_document, ''), NFC);
    p_counterparty := normalize(coalesce(p_counterparty, ''), NFC);
    p_evidence := coalesce(p_evidence, '{}');
    PERFORM demand_read_committed();
    IF coalesce(p_key, '') = '' THEN
        RAISE EXCEPTION '入账须带入账键' USING ERRCODE = 'YC011';
    END IF;
    -- The keys of decisions are not to be used up by anything else.
    IF starts_with(p_key, 'decision:') AND p_key IS DISTINCT FROM 'decision:' || p_decision THEN
        RAISE EXCEPTION '入账键 % 不是这次办理的', p_key USING ERRCODE = 'YC011';
    END IF;
    IF p_kind = 'reverse' THEN
        -- The database copies the original; the caller's lines, if any, do not count.
        SELECT array_agg(s.allotment_id ORDER BY e.line),
               array_agg(coalesce(s.earmark_id, t.earmark_id) ORDER BY e.line),
               array_agg(e.amount ORDER BY e.line), count(*)
          INTO p_allotments, p_earmarks, p_amounts, n
          FROM funds_entry e JOIN funds_account s ON s.id = e.source_id
          JOIN funds_account t ON t.id = e.destination_id
         WHERE e.voucher_id = p_reverses;
    END IF;
    IF n = 0 OR n > 200 OR n <> array_length(p_amounts, 1) OR n <> array_length(p_earmarks, 1) THEN
        RAISE EXCEPTION '一张凭证须有 1 至 200 行分录' USING ERRCODE = 'YC011';
    END IF;
    FOR i IN 1..n LOOP
        IF p_amounts[i] IS NULL OR p_amounts[i] <= 0 OR p_amounts[i] >= 1e16
           OR p_amounts[i] <> round(p_amounts[i], 2) THEN
            RAISE EXCEPTION '金额须为正数，最多两位小数：%', p_amounts[i] USING ERRCODE = 'YC012';
        END IF;
        p_amounts[i] := p_amounts[i]::numeric(18, 2);
        lines := lines || ledger_field(p_allotments[i]::text) || ledger_field(p_earmarks[i]::text)
              || ledger_field(p_amounts[i]::text);
    END LOOP;
    v.body_digest := ledger_digest('YICHI-REQUEST-1' || chr(10)
        || ledger_field(p_county::text) || ledger_field(p_kind)
        || ledger_field(to_char(p_occurred_on, 'YYYY-MM-DD'))
        || ledger_field(p_memo) || ledger_field(p_document) || ledger_field(p_counterparty)
        || ledger_field(array_to_string(p_evidence, ',')) || ledger_field(p_by::text)
        || ledger_field(p_refers_to::text) || ledger_field(p_reverses::text) || lines);

    -- 2. One lock for the county: everything below sees the last word.
    book := ledger_lock_book(p_county);
    SELECT * INTO first FROM funds_voucher WHERE key = p_key;
    IF FOUND THEN
        IF first.body_digest = v.body_digest THEN
            RETURN first;
        END IF;
        RAISE EXCEPTION '入账键 % 已用于凭证 %-%，内容不同', p_key, first.year, first.number
            USING ERRCODE = 'YC013';
    END IF;

    -- 3. The day.
    IF p_occurred_on IS NULL OR p_occurred_on > today THEN
        RAISE EXCEPTION '业务日期 % 在今天（%）之后', p_occurred_on, today USING ERRCODE = 'YC014';
    END IF;
    IF p_occurred_on < date '2000-01-01' THEN
        RAISE EXCEPTION '业务日期 % 太早', p_occurred_on USING ERRCODE = 'YC014';
    END IF;
    IF p_occurred_on <= book.closed_through THEN
        RAISE EXCEPTION '% 已结账（结账至 %），请记入以后的月份', to_char(p_occurred_on, 'YYYY年MM月'),
            book.closed_through USING ERRCODE = 'YC015';
    END IF;
    v.posted_at := clock_timestamp();
    IF v.posted_at < book.last_posted_at - interval '5 minutes' THEN
        RAISE EXCEPTION '服务器时钟早于上一张凭证（%），不能入账', book.last_posted_at
            USING ERRCODE = 'YC016';
    END IF;
    v.posted_at := greatest(v.posted_at, book.last_posted_at);

    -- 4. The person, as the tables know them today.
    SELECT u.real_name, o.name AS unit, p.title, p.role INTO held
      FROM organizations_post p
      JOIN organizations_user u ON u.id = p.user_id
      JOIN organizations_organization o ON o.id = p.organization_id
      JOIN organizations_division d ON d.id = o.division_id
      JOIN organizations_division c ON c.id = p_county
     WHERE p.id = p_post AND p.user_id = p_by AND u.is_active AND p.accepted_at IS NOT NULL
       AND p.valid_from <= today AND (p.valid_until IS NULL OR p.valid_until >= today)
       AND starts_with(c.path, d.path);
    IF NOT FOUND THEN
        RAISE EXCEPTION '经办人今天不在所填岗位上，或该岗位管不到本县' USING ERRCODE = 'YC002';
    END IF;

    -- 5. The kind: its two accounts, and what it must rest on.
    SELECT k.label, k.from_kind, k.to_kind, k.duty, k.roles, k.into_ledger
      INTO label, from_kind, to_kind, duty, roles, into_ledger
      FROM (VALUES ('receive', '到账',  'outside',   'pool',      NULL,               '{finance_clerk}'::text[],  1),
                   ('allocate', '分配', 'pool',      'allocated', 'determine',        '{group_member}',           0),
                   ('release', '核拨',  'allocated', 'released',  'release',          '{finance_head}',           0),
                   ('pay', '支付',      'released',  'paid',      'pay',              '{treasury_clerk}',        -1),
                   ('refund', '退回',   'paid',      'released',  'refund',           '{treasury_clerk}',         1),
                   ('withdraw', '收回核拨', 'released',  'allocated', 'withdraw_release', '{finance_head}',           0),
                   ('recover', '收回结余',  'allocated', 'pool',      'settle',           '{finance_reviewer}',       0),
                   ('return', '上缴',   'pool',      'returned',  NULL,               '{finance_head}',          -1),
                   ('reverse', '红字冲销',  '',          '',          NULL,       '{finance_reviewer,finance_head}',  0))
           AS k (kind, label, from_kind, to_kind, duty, roles, into_ledger)
     WHERE k.kind = p_kind;
    IF NOT FOUND THEN
        RAISE EXCEPTION '没有“%”这种凭证', p_kind USING ERRCODE = 'YC011';
    END IF;
    IF held.role <> ALL (roles) THEN
        RAISE EXCEPTION '“%”不由这一岗位办理（%）', label, held.title USING ERRCODE = 'YC002';
    END IF;
    IF p_kind = 'reverse' THEN
        SELECT * INTO original FROM funds_voucher WHERE id = p_reverses;
        IF NOT FOUND OR original.county_id <> p_county THEN
            RAISE EXCEPTION '找不到要冲销的凭证' USING ERRCODE = 'YC017';
        END IF;
        IF original.kind = 'reverse' THEN
            RAISE EXCEPTION '红字凭证不能再冲销' USING ERRCODE = 'YC017';
        END IF;
        IF EXISTS (SELECT 1 FROM funds_voucher r WHERE r.reverses_id = p_reverses) THEN
            RAISE EXCEPTION '凭证 %-% 已冲销过一次', original.year, original.number USING ERRCODE = 'YC017';
        END IF;
        IF EXISTS (SELECT 1 FROM funds_voucher r WHERE r.refers_to_id = p_reverses
                      AND NOT EXISTS (SELECT 1 FROM funds_voucher x WHERE x.reverses_id = r.id)) THEN
            RAISE EXCEPTION '凭证 %-% 已有退回或收回，须先冲销那些凭证', original.year, original.number
                USING ERRCODE = 'YC017';
        END IF;
        IF original.by_id = p_by THEN
            RAISE EXCEPTION '冲销须由原经办人以外的人办理' USING ERRCODE = 'YC003';
        END IF;
        IF original.decision_id IS NOT NULL THEN
            duty := 'reverse';
        END IF;
        into_ledger := CASE original.kind WHEN 'receive' THEN -1 WHEN 'pay' THEN 1 WHEN 'refund' THEN -1
                                          WHEN 'return' THEN 1 ELSE 0 END;
    END IF;
    v.total := (SELECT sum(x) FROM unnest(p_amounts) AS x);
    IF duty IS NOT NULL THEN
        SELECT d.by_id, d.post_id, d.duty, d.amount, d.cases, d.subject_id, d.transaction_id INTO decided
          FROM approvals_decision d WHERE d.id = p_decision;
        IF NOT FOUND OR decided.transaction_id <> pg_current_xact_id()::text::bigint
           OR decided.by_id <> p_by OR decided.post_id <> p_post OR decided.duty <> duty THEN
            RAISE EXCEPTION '“%”须与相应的办理记录在同一事务中入账', label USING ERRCODE = 'YC018';
        END IF;
        IF decided.amount IS DISTINCT FROM v.total THEN
            RAISE EXCEPTION '入账金额 % 元与办理记录的金额 % 元不一致', in_yuan(v.total), in_yuan(decided.amount)
                USING ERRCODE = 'YC018';
        END IF;
        FOR i IN 1..n LOOP
            IF ('project:' || p_earmarks[i]) = ANY (decided.cases) IS NOT TRUE THEN
                RAISE EXCEPTION '办理记录不是关于这个项目的' USING ERRCODE = 'YC018';
            END IF;
        END LOOP;
        -- The separation of duties is held case by case: a decision may not leave its case out.
        IF p_kind IN ('release', 'pay', 'refund', 'withdraw')
           AND ('payment:' || decided.subject_id) = ANY (decided.cases) IS NOT TRUE
           OR p_kind = 'reverse' AND NOT EXISTS (SELECT 1 FROM approvals_decision o
                 WHERE o.id = original.decision_id AND o.cases <@ decided.cases) THEN
            RAISE EXCEPTION '办理记录没有写明它所属的拨付申请' USING ERRCODE = 'YC018';
        END IF;
    ELSIF p_decision IS NOT NULL THEN
        RAISE EXCEPTION '“%”不依据办理记录', label USING ERRCODE = 'YC018';
    END IF;
    IF p_kind IN ('refund', 'withdraw') THEN
        SELECT * INTO original FROM funds_voucher WHERE id = p_refers_to;
        IF NOT FOUND OR original.county_id <> p_county
           OR original.kind <> (CASE p_kind WHEN 'refund' THEN 'pay' ELSE 'release' END)
           OR EXISTS (SELECT 1 FROM funds_voucher r WHERE r.reverses_id = p_refers_to) THEN
            RAISE EXCEPTION '“%”须引用一张未冲销的原凭证', label USING ERRCODE = 'YC017';
        END IF;
        FOR i IN 1..n LOOP
            SELECT coalesce(sum(CASE WHEN e.voucher_id = p_refers_to THEN e.amount ELSE -e.amount END), 0)
              INTO undone
              FROM funds_entry e JOIN funds_account s ON s.id = e.source_id
              JOIN funds_voucher w ON w.id = e.voucher_id
             WHERE s.allotment_id = p_allotments[i] AND s.earmark_id IS NOT DISTINCT FROM p_earmarks[i]
               AND (w.id = p_refers_to OR (w.refers_to_id = p_refers_to AND NOT EXISTS
                    (SELECT 1 FROM funds_voucher x WHERE x.reverses_id = w.id)));
            -- All lines of one source together: two halves that fit are too much as a whole.
            IF undone < (SELECT sum(x) FROM unnest(p_allotments, p_earmarks, p_amounts) AS t (o, m, x)
                          WHERE o = p_allotments[i] AND m IS NOT DISTINCT FROM p_earmarks[i]) THEN
                RAISE EXCEPTION '原凭证在这一来源上可退 % 元，本次 % 元', in_yuan(undone), in_yuan(p_amounts[i])
                    USING ERRCODE = 'YC017';
            END IF;
        END LOOP;
    END IF;
    IF p_occurred_on < original.occurred_on THEN
        RAISE EXCEPTION '业务日期 % 早于原凭证的 %', p_occurred_on, original.occurred_on
            USING ERRCODE = 'YC014';
    END IF;

    -- 6. The balances. The CHECK on the account is what refuses an overdraft.
    lines := '';
    FOR i IN 1..n LOOP
        SELECT * INTO a FROM funds_allotment WHERE id = p_allotments[i] AND county_id = p_county;
        IF NOT FOUND THEN
            RAISE EXCEPTION '指标不属于本县' USING ERRCODE = 'YC011';
        END IF;
        IF p_kind = 'receive' THEN
            -- Until its first receipt an allotment may be corrected: not between here and the commit.
            SELECT * INTO a FROM funds_allotment WHERE id = p_allotments[i] FOR SHARE;
        END IF;
        mark_code := NULL;
        IF p_earmarks[i] IS NOT NULL THEN
            SELECT code INTO mark_code FROM funds_earmark WHERE id = p_earmarks[i] AND county_id = p_county;
            IF NOT FOUND THEN
                RAISE EXCEPTION '项目不属于本县' USING ERRCODE = 'YC011';
            END IF;
        END IF;
        IF p_kind = 'reverse' THEN
            SELECT e.destination_id, e.source_id, t.kind, s.kind
              INTO source_id, destination_id, from_kind, to_kind
              FROM funds_entry e JOIN funds_account s ON s.id = e.source_id
              JOIN funds_account t ON t.id = e.destination_id
             WHERE e.voucher_id = p_reverses AND e.line = i;
        ELSE
            source_id := ledger_account(p_county, from_kind, a, p_earmarks[i]);
            destination_id := ledger_account(p_county, to_kind, a, p_earmarks[i]);
        END IF;
        IF p_kind = 'pay' THEN
            -- Who released money of this project and source that is still unpaid does not pay from
            -- it, whichever request he names.
            pot := source_id;
            SELECT min(r.year || '-' || r.number) INTO related
              FROM funds_entry e JOIN funds_voucher r ON r.id = e.voucher_id
              JOIN approvals_decision d ON d.id = r.decision_id
             WHERE e.destination_id = pot AND r.kind = 'release' AND r.by_id = p_by
               AND NOT EXISTS (SELECT 1 FROM funds_voucher x WHERE x.reverses_id = r.id)
               AND r.total > (
                   SELECT coalesce(sum(CASE w.kind WHEN 'refund' THEN -w.total ELSE w.total END), 0)
                     FROM approvals_decision wd JOIN funds_voucher w ON w.decision_id = wd.id
                    WHERE wd.subject_type = d.subject_type AND wd.subject_id = d.subject_id
                      AND w.kind IN ('pay', 'refund', 'withdraw')
                      AND NOT EXISTS (SELECT 1 FROM funds_voucher x WHERE x.reverses_id = w.id));
            IF related IS NOT NULL THEN
                RAISE EXCEPTION '不相容职责：凭证 % 由同一人核拨，尚未支付', related USING ERRCODE = 'YC003';
            END IF;
        END IF;
        BEGIN
            UPDATE funds_account SET balance = balance - p_amounts[i] WHERE id = source_id;
        EXCEPTION WHEN check_violation THEN
            SELECT c.balance - c.floor INTO available FROM funds_account c WHERE c.id = source_id;
            RAISE EXCEPTION '%：% 可用 % 元，本次 % 元，差 % 元', a.document_number,
                CASE from_kind WHEN 'outside' THEN '指标尚未到账的余额' WHEN 'pool' THEN '资金池'
                     WHEN 'allocated' THEN '已分配未核拨' WHEN 'released' THEN '已核拨未支付'
                     WHEN 'paid' THEN '已支付' ELSE '已上缴' END,
                in_yuan(available), in_yuan(p_amounts[i]), in_yuan(p_amounts[i] - available)
                USING ERRCODE = 'YC010';
        END;
        UPDATE funds_account SET balance = balance + p_amounts[i] WHERE id = destination_id;
        sources := sources || source_id;
        destinations := destinations || destination_id;
        lines := lines || ledger_field(i::text) || ledger_field(from_kind) || ledger_field(to_kind)
              || ledger_field(p_allotments[i]::text) || ledger_field(a.document_number)
              || ledger_field(p_earmarks[i]::text) || ledger_field(mark_code)
              || ledger_field(p_amounts[i]::text);
    END LOOP;

    -- 7. Number, chain, rows.
    v.year := extract(year FROM p_occurred_on);
    INSERT INTO funds_numberseries AS s (county_id, year, last_number) VALUES (p_county, v.year, 1)
        ON CONFLICT (county_id, year) DO UPDATE SET last_number = s.last_number + 1
        RETURNING last_number INTO v.number;
    v.sequence := book.sequence + 1;
    v.balance_after := book.balance + into_ledger * v.total;
    v.previous_digest := book.head;
    canonical := 'YICHI-VOUCHER-1' || chr(10)
        || ledger_field((SELECT code FROM organizations_division WHERE id = p_county))
        || ledger_field(v.year::text) || ledger_field(v.number::text) || ledger_field(v.sequence::text)
        || ledger_field(p_kind) || ledger_field(p_key) || ledger_field(v.body_digest)
        || ledger_field(to_char(p_occurred_on, 'YYYY-MM-DD'))
        || ledger_field(to_char(v.posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
        || ledger_field(v.total::text) || ledger_field(v.balance_after::text)
        || ledger_field(p_memo) || ledger_field(p_document) || ledger_field(p_counterparty)
        || ledger_field(p_by::text) || ledger_field(held.real_name) || ledger_field(held.unit)
        || ledger_field(held.title) || ledger_field(p_decision::text)
        || ledger_field(p_refers_to::text) || ledger_field(p_reverses::text)
        || ledger_field(cardinality(p_evidence)::text)
        || coalesce((SELECT string_agg(ledger_field(x), '' ORDER BY o)
                       FROM unnest(p_evidence) WITH ORDINALITY AS t (x, o)), '')
        || ledger_field(n::text) || lines || ledger_field(v.previous_digest);
    v.digest := ledger_digest(canonical);
    INSERT INTO funds_voucher (county_id, year, number, sequence, kind, key, body_digest, occurred_on,
        posted_at, total, balance_after, memo, document, counterparty, evidence, by_id, post_id,
        by_name, by_unit, by_title, decision_id, refers_to_id, reverses_id, hash_version,
        previous_digest, digest)
    VALUES (p_county, v.year, v.number, v.sequence, p_kind, p_key, v.body_digest, p_occurred_on,
        v.posted_at, v.total, v.balance_after, p_memo, p_document, p_counterparty, p_evidence, p_by, p_post,
        held.real_name, held.unit, held.title, p_decision, p_refers_to, p_reverses, 1,
        v.previous_digest, v.digest)
    RETURNING * INTO v;
    INSERT INTO funds_entry (voucher_id, line, source_id, destination_id, amount)
    SELECT v.id, o, sources[o], destinations[o], x
      FROM unnest(p_amounts) WITH ORDINALITY AS t (x, o);
    UPDATE funds_book SET sequence = v.sequence, head = v.digest, balance = v.balance_after,
        last_posted_at = v.posted_at WHERE county_id = p_county;
    RETURN v;
END $$;

-- The account of a kind, made on first use. Called with the book locked.
CREATE FUNCTION ledger_account(p_county bigint, p_kind text, p_allotment funds_allotment, p_earmark bigint)
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_id bigint;
    mark bigint := CASE WHEN p_kind IN ('outside', 'pool', 'returned') THEN NULL ELSE p_earmark END;
BEGIN
    IF p_kind IN ('allocated', 'released', 'paid') AND mark IS NULL THEN
        RAISE EXCEPTION '这种凭证须写明项目' USING ERRCODE = 'YC011';
    END IF;
    IF mark IS NULL THEN
        SELECT id INTO found_id FROM funds_account
         WHERE allotment_id = p_allotment.id AND earmark_id IS NULL AND kind = p_kind;
    ELSE
        SELECT id INTO found_id FROM funds_account
         WHERE allotment_id = p_allotment.id AND earmark_id = mark AND kind = p_kind;
    END IF;
    IF found_id IS NULL THEN
        INSERT INTO funds_account (county_id, kind, allotment_id, earmark_id, balance, floor)
        VALUES (p_county, p_kind, p_allotment.id, mark, 0,
                CASE p_kind WHEN 'outside' THEN -p_allotment.amount ELSE 0 END)
        RETURNING id INTO found_id;
    END IF;
    RETURN found_id;
END $$;

-- Many receipts at once, for a sheet of them. Posted one by one in one transaction, each would
-- leave a version of the book and of two accounts that every later one walks past: 20,000 took
-- minutes. Here the book, the numbers and the accounts are written once for each call.
-- The vouchers are the same as those of ledger_post; verify_ledger knows no difference.
CREATE FUNCTION ledger_receive_many(
    p_county bigint, p_by bigint, p_post bigint, p_keys text[], p_occurred_on date[], p_memos text[],
    p_documents text[], p_counterparties text[], p_allotments bigint[], p_amounts numeric[]
) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    book funds_book;
    v funds_voucher;
    known funds_voucher;
    held record;
    tag funds_allotment;
    moved record;
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
    county_code text := (SELECT code FROM organizations_division WHERE id = p_county);
    n int := coalesce(cardinality(p_keys), 0);
    i int;
    posted int := 0;
    numbers jsonb := '{}';   -- year → last number given
    sums jsonb := '{}';      -- allotment → received in this call
    documents jsonb := '{}'; -- allotment → its document number
    outsides jsonb := '{}';  -- allotment → its account outside
    pools jsonb := '{}';     -- allotment → its account in the pool
    place text;
    available numeric;
BEGIN
    PERFORM demand_read_committed();
    IF n = 0 OR n > 1000 OR n <> ALL (ARRAY[cardinality(p_occurred_on), cardinality(p_memos),
        cardinality(p_documents), cardinality(p_counterparties), cardinality(p_allotments),
        cardinality(p_amounts)]) OR array_position(p_allotments, NULL) IS NOT NULL THEN
        RAISE EXCEPTION '一次登记 1 至 1000 笔到账' USING ERRCODE = 'YC011';
    END IF;
    book := ledger_lock_book(p_county);
    SELECT u.real_name, o.name AS unit, p.title INTO held
      FROM organizations_post p
      JOIN organizations_user u ON u.id = p.user_id
      JOIN organizations_organization o ON o.id = p.organization_id
      JOIN organizations_division d ON d.id = o.division_id
      JOIN organizations_division c ON c.id = p_county
     WHERE p.id = p_post AND p.user_id = p_by AND u.is_active AND p.accepted_at IS NOT NULL
       AND p.valid_from <= today AND (p.valid_until IS NULL OR p.valid_until >= today)
       AND starts_with(c.path, d.path) AND p.role = 'finance_clerk';
    IF NOT FOUND THEN
        RAISE EXCEPTION '到账由财政记账岗登记' USING ERRCODE = 'YC002';
    END IF;
    IF clock_timestamp() < book.last_posted_at - interval '5 minutes' THEN
        RAISE EXCEPTION '服务器时钟早于上一张凭证（%），不能入账', book.last_posted_at
            USING ERRCODE = 'YC016';
    END IF;
    FOR tag IN SELECT * FROM funds_allotment WHERE id = ANY (p_allotments) AND county_id = p_county
                ORDER BY id FOR SHARE LOOP
        place := tag.id::text;
        documents := documents || jsonb_build_object(place, tag.document_number);
        outsides := outsides || jsonb_build_object(place, ledger_account(p_county, 'outside', tag, NULL));
        pools := pools || jsonb_build_object(place, ledger_account(p_county, 'pool', tag, NULL));
    END LOOP;

    FOR i IN 1..n LOOP
        place := p_allotments[i]::text;
        IF NOT documents ? place THEN
            RAISE EXCEPTION '指标不属于本县' USING ERRCODE = 'YC011';
        END IF;
        IF coalesce(p_keys[i], '') = '' OR starts_with(p_keys[i], 'decision:') THEN
            RAISE EXCEPTION '入账须带自己的入账键' USING ERRCODE = 'YC011';
        END IF;
        IF p_amounts[i] IS NULL OR p_amounts[i] <= 0 OR p_amounts[i] >= 1e16
           OR p_amounts[i] <> round(p_amounts[i], 2) THEN
            RAISE EXCEPTION '金额须为正数，最多两位小数：%', p_amounts[i] USING ERRCODE = 'YC012';
        END IF;
        IF p_occurred_on[i] IS NULL OR p_occurred_on[i] > today OR p_occurred_on[i] < date '2000-01-01' THEN
            RAISE EXCEPTION '业务日期 % 太早，或在今天（%）之后', p_occurred_on[i], today USING ERRCODE = 'YC014';
        END IF;
        IF p_occurred_on[i] <= book.closed_through THEN
            RAISE EXCEPTION '% 已结账（结账至 %），请记入以后的月份', to_char(p_occurred_on[i], 'YYYY年MM月'),
                book.closed_through USING ERRCODE = 'YC015';
        END IF;
        v.total := p_amounts[i]::numeric(18, 2);
        v.memo := normalize(p_memos[i], NFC);
        v.document := normalize(coalesce(p_documents[i], ''), NFC);
        v.counterparty := normalize(coalesce(p_counterparties[i], ''), NFC);
        v.body_digest := ledger_digest('YICHI-REQUEST-1' || chr(10)
            || ledger_field(p_county::text) || ledger_field('receive')
            || ledger_field(to_char(p_occurred_on[i], 'YYYY-MM-DD'))
            || ledger_field(v.memo) || ledger_field(v.document) || ledger_field(v.counterparty)
            || ledger_field('') || ledger_field(p_by::text) || ledger_field(NULL) || ledger_field(NULL)
            || ledger_field(place) || ledger_field(NULL) || ledger_field(v.total::text));
        SELECT * INTO known FROM funds_voucher WHERE key = p_keys[i];
        IF FOUND THEN
            IF known.body_digest = v.body_digest THEN
                CONTINUE;
            END IF;
            RAISE EXCEPTION '入账键 % 已用于凭证 %-%，内容不同', p_keys[i], known.year, known.number
                USING ERRCODE = 'YC013';
        END IF;
        v.year := extract(year FROM p_occurred_on[i]);
        IF NOT numbers ? v.year::text THEN
            INSERT INTO funds_numberseries (county_id, year, last_number) VALUES (p_county, v.year, 0)
                ON CONFLICT DO NOTHING;
            numbers := numbers || (SELECT jsonb_build_object(year::text, last_number)
                                     FROM funds_numberseries WHERE county_id = p_county AND year = v.year);
        END IF;
        v.number := (numbers ->> v.year::text)::int + 1;
        numbers := numbers || jsonb_build_object(v.year::text, v.number);
        sums := sums || jsonb_build_object(place, coalesce((sums ->> place)::numeric, 0) + v.total);
        v.sequence := book.sequence + 1;
        v.posted_at := greatest(clock_timestamp(), book.last_posted_at);
        v.balance_after := book.balance + v.total;
        v.previous_digest := book.head;
        v.digest := ledger_digest('YICHI-VOUCHER-1' || chr(10)
            || ledger_field(county_code) || ledger_field(v.year::text) || ledger_field(v.number::text)
            || ledger_field(v.sequence::text) || ledger_field('receive') || ledger_field(p_keys[i])
            || ledger_field(v.body_digest) || ledger_field(to_char(p_occurred_on[i], 'YYYY-MM-DD'))
            || ledger_field(to_char(v.posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
            || ledger_field(v.total::text) || ledger_field(v.balance_after::text)
            || ledger_field(v.memo) || ledger_field(v.document) || ledger_field(v.counterparty)
            || ledger_field(p_by::text) || ledger_field(held.real_name) || ledger_field(held.unit)
            || ledger_field(held.title) || ledger_field(NULL) || ledger_field(NULL) || ledger_field(NULL)
            || ledger_field('0') || ledger_field('1')
            || ledger_field('1') || ledger_field('outside') || ledger_field('pool') || ledger_field(place)
            || ledger_field(documents ->> place) || ledger_field(NULL) || ledger_field(NULL)
            || ledger_field(v.total::text) || ledger_field(v.previous_digest));
        INSERT INTO funds_voucher (county_id, year, number, sequence, kind, key, body_digest, occurred_on,
            posted_at, total, balance_after, memo, document, counterparty, evidence, by_id, post_id,
            by_name, by_unit, by_title, hash_version, previous_digest, digest)
        VALUES (p_county, v.year, v.number, v.sequence, 'receive', p_keys[i], v.body_digest,
            p_occurred_on[i], v.posted_at, v.total, v.balance_after, v.memo, v.document, v.counterparty,
            '{}', p_by, p_post, held.real_name, held.unit, held.title, 1, v.previous_digest, v.digest)
        RETURNING id INTO v.id;
        INSERT INTO funds_entry (voucher_id, line, source_id, destination_id, amount)
        VALUES (v.id, 1, (outsides ->> place)::bigint, (pools ->> place)::bigint, v.total);
        book.sequence := v.sequence;
        book.head := v.digest;
        book.balance := v.balance_after;
        book.last_posted_at := v.posted_at;
        posted := posted + 1;
    END LOOP;

    FOR moved IN SELECT key AS place, value::numeric AS amount FROM jsonb_each_text(sums) ORDER BY key LOOP
        BEGIN
            UPDATE funds_account SET balance = balance - moved.amount
             WHERE id = (outsides ->> moved.place)::bigint;
        EXCEPTION WHEN check_violation THEN
            SELECT a.balance - a.floor INTO available FROM funds_account a
             WHERE a.id = (outsides ->> moved.place)::bigint;
            RAISE EXCEPTION '%：指标尚未到账的余额 可用 % 元，本次 % 元，差 % 元', documents ->> moved.place,
                in_yuan(available), in_yuan(moved.amount), in_yuan(moved.amount - available)
                USING ERRCODE = 'YC010';
        END;
        UPDATE funds_account SET balance = balance + moved.amount
         WHERE id = (pools ->> moved.place)::bigint;
    END LOOP;
    UPDATE funds_numberseries SET last_number = (numbers ->> year::text)::int
     WHERE county_id = p_county AND numbers ? year::text;
    UPDATE funds_book SET sequence = book.sequence, head = book.head, balance = book.balance,
        last_posted_at = book.last_posted_at WHERE county_id = p_county;
    RETURN posted;
END $$;

-- Months are closed in order; a closed month takes no voucher.
CREATE FUNCTION ledger_close_month(p_county bigint, p_first_day date, p_decision bigint)
RETURNS date LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    book funds_book := ledger_lock_book(p_county);
    last_day date := (p_first_day + interval '1 month' - interval '1 day')::date;
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
BEGIN
    PERFORM ledger_demand_month_decision(p_county, p_first_day, p_decision, 'close');
    IF last_day > today THEN
        RAISE EXCEPTION '% 还没有结束，不能结账', to_char(p_first_day, 'YYYY年MM月') USING ERRCODE = 'YC015';
    END IF;
    IF book.closed_through >= last_day THEN
        RAISE EXCEPTION '% 已经结账', to_char(p_first_day, 'YYYY年MM月') USING ERRCODE = 'YC015';
    END IF;
    IF book.closed_through IS NOT NULL AND book.closed_through <> p_first_day - 1 THEN
        RAISE EXCEPTION '须按月依次结账，上次结账至 %', book.closed_through USING ERRCODE = 'YC015';
    END IF;
    UPDATE funds_book SET closed_through = last_day WHERE county_id = p_county;
    RETURN last_day;
END $$;

CREATE FUNCTION ledger_reopen_month(p_county bigint, p_first_day date, p_decision bigint)
RETURNS date LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    book funds_book := ledger_lock_book(p_county);
    last_day date := (p_first_day + interval '1 month' - interval '1 day')::date;
BEGIN
    PERFORM ledger_demand_month_decision(p_county, p_first_day, p_decision, 'reopen');
    IF book.closed_through IS DISTINCT FROM last_day THEN
        RAISE EXCEPTION '只能反结账最后一个已结账的月份（结账至 %）', book.closed_through
            USING ERRCODE = 'YC015';
    END IF;
    UPDATE funds_book SET closed_through = p_first_day - 1 WHERE county_id = p_county;
    RETURN p_first_day - 1;
END $$;

CREATE FUNCTION ledger_demand_month_decision(
    p_county bigint, p_first_day date, p_decision bigint, p_duty text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM demand_read_committed();
    IF NOT EXISTS (
        SELECT 1 FROM approvals_decision d
          JOIN funds_month m ON m.id = d.subject_id AND d.subject_type = 'funds.month'
          JOIN organizations_post p ON p.id = d.post_id
          JOIN organizations_organization o ON o.id = p.organization_id
          JOIN organizations_division h ON h.id = o.division_id
          JOIN organizations_division c ON c.id = p_county
         WHERE d.id = p_decision AND d.duty = p_duty AND m.division_id = p_county
           AND m.first_day = p_first_day AND d.transaction_id = pg_current_xact_id()::text::bigint
           AND 'month:' || m.id = ANY (d.cases) AND starts_with(c.path, h.path)
           AND p.role = CASE p_duty WHEN 'close' THEN 'finance_reviewer' ELSE 'finance_head' END
           AND (p_duty = 'close' OR EXISTS (
                SELECT 1 FROM approvals_decision r
                 WHERE r.subject_type = 'funds.month' AND r.subject_id = m.id
                   AND r.duty = 'request_reopening' AND r.by_id <> d.by_id
                   AND r.id > ALL (SELECT x.id FROM approvals_decision x
                                    WHERE x.subject_type = 'funds.month' AND x.subject_id = m.id
                                      AND (x.duty = 'close' OR x.duty = 'reopen' AND x.id <> d.id))))
    ) THEN
        RAISE EXCEPTION '结账与反结账须与办理记录在同一事务中，由相应岗位办理，反结账须先由他人申请'
            USING ERRCODE = 'YC018';
    END IF;
END $$;

REVOKE INSERT, UPDATE, DELETE, TRUNCATE
    ON funds_account, funds_book, funds_numberseries, funds_voucher, funds_entry FROM yichi_app;
REVOKE DELETE ON funds_allotment, funds_earmark, funds_month FROM yichi_app;
REVOKE ALL ON FUNCTION ledger_post, ledger_receive_many, ledger_close_month, ledger_reopen_month, ledger_lock_book,
    ledger_account, ledger_demand_month_decision FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_post, ledger_receive_many, ledger_close_month, ledger_reopen_month TO yichi_app;
GRANT EXECUTE ON FUNCTION ledger_field, ledger_digest TO yichi_app, yichi_audit;

-- Plans are kept for the life of a connection. One made while a table was nearly empty would read
-- the whole of it for ever after, so the ledger's functions never plan to.
ALTER FUNCTION ledger_post SET enable_seqscan = off;
ALTER FUNCTION ledger_receive_many SET enable_seqscan = off;
ALTER FUNCTION ledger_account SET enable_seqscan = off;
ALTER FUNCTION ledger_lock_book SET enable_seqscan = off;
ALTER FUNCTION approvals_decision_stamp SET enable_seqscan = off;
ALTER FUNCTION approvals_status_follows_decision SET enable_seqscan = off;

-- The history of edits is append-only too.
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON funds_historicalallotment
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON funds_historicalallotment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON funds_historicalallotment FROM yichi_app;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON funds_historicalearmark
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON funds_historicalearmark
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON funds_historicalearmark FROM yichi_app;
