-- Bulk rows for measuring. Templates are rows that the demonstration made by the services.

CREATE OR REPLACE FUNCTION bench_next(p_table text) RETURNS bigint LANGUAGE sql AS
$$ SELECT nextval(pg_get_serial_sequence(p_table, 'id')) $$;

-- The demonstration's first decision of a duty stands model for all that the bench makes.
CREATE TABLE IF NOT EXISTS bench_model AS
SELECT DISTINCT ON (d.duty) d.duty, d.id AS decision_id
  FROM approvals_decision d JOIN organizations_division v ON v.id = d.division_id
 WHERE v.path LIKE '%/652826000000/%' AND d.duty IN ('determine', 'release', 'pay')
 ORDER BY d.duty, d.id;

CREATE OR REPLACE FUNCTION bench_move(
    p_kind text, p_duty text, p_subject text, p_id bigint, p_earmark bigint,
    p_allotments bigint[], p_amounts numeric[], p_day date
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    d approvals_decision;
    v funds_voucher;
BEGIN
    SELECT a.* INTO d FROM bench_model m JOIN approvals_decision a ON a.id = m.decision_id
     WHERE m.duty = p_duty;
    d.id := bench_next('approvals_decision');
    d.subject_type := p_subject;
    d.subject_id := p_id;
    d.cases := ARRAY['project:' || p_earmark]
        || CASE WHEN p_duty = 'determine' THEN '{}' ELSE ARRAY['payment:' || p_id] END;
    d.amount := (SELECT sum(x) FROM unnest(p_amounts) AS x);
    d.at := clock_timestamp();
    d.transaction_id := pg_current_xact_id()::text::bigint;
    INSERT INTO approvals_decision SELECT d.*;
    v := ledger_post(
        (SELECT county_id FROM funds_earmark WHERE id = p_earmark), p_kind, 'decision:' || d.id, p_day,
        p_kind || ' 测量项目 ' || p_earmark, 'BENCH-' || p_id, '测量收款单位', '{}',
        d.by_id, d.post_id, d.id, NULL, NULL, p_allotments,
        ARRAY(SELECT p_earmark FROM unnest(p_allotments)), p_amounts);
    RETURN v.id;
END $$;

-- Projects like the demonstration's first one; spread over the villages and statuses or not.
CREATE OR REPLACE PROCEDURE bench_projects(p_county bigint, p_count int, p_mark text, p_spread boolean)
LANGUAGE plpgsql AS $$
DECLARE
    villages bigint[];
    model projects_project;
    late text[] := '{implementation,implementation,implementation,acceptance,settlement,asset_registration,closed,closed}';
    early text[] := '{draft,village_notice,township_review,county_appraisal,feedback,revision,second_appraisal,joint_review,determination}';
BEGIN
    SELECT array_agg(id) INTO villages FROM organizations_division
     WHERE path LIKE '%/652826000000/%' AND level = 'village';
    SELECT * INTO model FROM projects_project
     WHERE county_id = p_county AND status = 'implementation' ORDER BY id LIMIT 1;
    WITH marks AS (
        INSERT INTO funds_earmark (county_id, code, title)
        SELECT p_county, p_mark || lpad(i::text, 6, '0'), p_mark || '测量项目' || i || '号蓄水池'
          FROM generate_series(1, p_count) AS i
        RETURNING id, code, title
    ), numbered AS (SELECT *, row_number() OVER (ORDER BY id)::int AS i FROM marks)
    INSERT INTO projects_project
    SELECT (jsonb_populate_record(model, jsonb_build_object(
        'id', bench_next('projects_project'), 'code', m.code, 'earmark_id', m.id, 'name', m.title,
        'rank', NULL,
        'pinyin', 'celiangxiangmu' || m.i || 'haoxushuichi clxm' || m.i || 'hxsc',
        'division_id', CASE WHEN p_spread THEN villages[1 + m.i % array_length(villages, 1)]
                            ELSE model.division_id END,
        'status', CASE WHEN NOT p_spread THEN 'implementation'
                       WHEN m.i % 10 = 0 THEN early[1 + m.i / 10 % 9] ELSE late[1 + m.i % 8] END,
        'status_since', now() - (m.i % 40) * interval '1 day'))).*
      FROM numbered m;
    COMMIT;
END $$;

CREATE OR REPLACE FUNCTION bench_request(p_project bigint, p_number text, p_amount numeric,
    p_status text, p_allotments bigint[], p_amounts numeric[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    r projects_paymentrequest;
BEGIN
    SELECT q.* INTO r FROM projects_paymentrequest q JOIN bench_paid b ON b.id = q.id;
    r.id := bench_next('projects_paymentrequest');
    r.project_id := p_project;
    SELECT division_id INTO r.division_id FROM projects_project WHERE id = p_project;
    r.number := p_number;
    r.amount := p_amount;
    r.status := p_status;
    r.status_since := now();
    r.release_voucher_id := NULL;
    r.pay_voucher_id := NULL;
    INSERT INTO projects_paymentrequest SELECT r.*;
    INSERT INTO projects_paymentsource (request_id, allotment_id, amount)
    SELECT r.id, a, x FROM unnest(p_allotments, p_amounts) AS t (a, x);
    RETURN r.id;
END $$;

CREATE TABLE IF NOT EXISTS bench_paid AS
SELECT r.id FROM projects_paymentrequest r JOIN projects_project p ON p.id = r.project_id
 JOIN bench_model m ON m.duty = 'pay' JOIN approvals_decision d ON d.id = m.decision_id AND d.subject_id = r.id
 WHERE r.status = 'paid' LIMIT 1;

-- So much released to each project, and requests that wait for payment.
CREATE OR REPLACE PROCEDURE bench_open_requests(
    p_mark text, p_allotment bigint, p_each int, p_amount numeric, p_released numeric)
LANGUAGE plpgsql AS $$
DECLARE
    p record;
    r bigint;
BEGIN
    FOR p IN SELECT id, earmark_id, code FROM projects_project WHERE starts_with(code, p_mark) ORDER BY id LOOP
        r := bench_move('allocate', 'determine', 'projects.project', p.id, p.earmark_id,
                        ARRAY[p_allotment], ARRAY[p_released], current_date);
        r := bench_move('release', 'release', 'bench', p.id, p.earmark_id,
                        ARRAY[p_allotment], ARRAY[p_released], current_date);
        INSERT INTO funds_account (county_id, kind, allotment_id, earmark_id, balance, floor)
        SELECT county_id, 'paid', allotment_id, earmark_id, 0, 0 FROM funds_account
         WHERE earmark_id = p.earmark_id AND kind = 'released';
        PERFORM bench_request(p.id, p.code || '-' || i, p_amount, 'payment',
                              ARRAY[p_allotment], ARRAY[p_amount])
           FROM generate_series(1, p_each) AS i;
        -- A row updated thousands of times in one transaction drags its old versions along.
        COMMIT;
    END LOOP;
END $$;

-- Allocate, release and pay from two sources each, until there are so many entries.
CREATE OR REPLACE PROCEDURE bench_history(p_mark text, p_allotments bigint[], p_entries bigint)
LANGUAGE plpgsql AS $$
DECLARE
    p record;
    r bigint;
    v bigint;
    made bigint := (SELECT count(*) FROM funds_entry);
    funded int;
    rounds int;
    day date := date_trunc('month', current_date)::date;
    day_of_project date;
BEGIN
    SELECT count(*) INTO funded FROM projects_project
     WHERE starts_with(code, p_mark) AND status IN ('implementation', 'acceptance', 'settlement', 'asset_registration', 'closed');
    rounds := greatest(1, ceil(((p_entries - made)::numeric / funded / 2 - 1) / 2));
    FOR p IN SELECT id, earmark_id, code FROM projects_project
              WHERE starts_with(code, p_mark)
                AND status IN ('implementation', 'acceptance', 'settlement', 'asset_registration', 'closed')
              ORDER BY id LOOP
        EXIT WHEN made >= p_entries;
        day_of_project := day - (p.id % 28)::int;  -- in a month that is open
        v := bench_move('allocate', 'determine', 'projects.project', p.id, p.earmark_id, p_allotments,
                        ARRAY[100000.00 * greatest(10, rounds), 50000.00 * greatest(10, rounds)],
                        day_of_project);
        FOR i IN 1..rounds LOOP
            r := bench_request(p.id, p.code || '-Z' || lpad(i::text, 3, '0'), 150000.00, 'paid',
                               p_allotments, ARRAY[100000.00, 50000.00]);
            v := bench_move('release', 'release', 'projects.paymentrequest', r, p.earmark_id, p_allotments,
                            ARRAY[100000.00, 50000.00], day_of_project);
            UPDATE projects_paymentrequest SET release_voucher_id = v WHERE id = r;
            v := bench_move('pay', 'pay', 'projects.paymentrequest', r, p.earmark_id, p_allotments,
                            ARRAY[100000.00, 50000.00], day_of_project);
            UPDATE projects_paymentrequest SET pay_voucher_id = v WHERE id = r;
        END LOOP;
        made := made + 2 + 4 * rounds;
        COMMIT;
    END LOOP;
END $$;
