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
                available, moved.amount, moved.amount - available USING ERRCODE = 'YC010';
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
REVOKE ALL ON FUNCTION ledger_receive_many FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_receive_many TO yichi_app;

-- Plans are kept for the life of a connection. One made while a table was nearly empty would read
-- the whole of it for ever after, so the ledger's functions never plan to.
ALTER FUNCTION ledger_post SET enable_seqscan = off;
ALTER FUNCTION ledger_receive_many SET enable_seqscan = off;
ALTER FUNCTION ledger_account SET enable_seqscan = off;
ALTER FUNCTION ledger_lock_book SET enable_seqscan = off;
ALTER FUNCTION approvals_decision_stamp SET enable_seqscan = off;
ALTER FUNCTION approvals_status_follows_decision SET enable_seqscan = off;
