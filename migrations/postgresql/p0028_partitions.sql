-- p0028: what was put away is partitioned by batches: the first batch of a month begins a new range of batch numbers, and a
-- month of more than a range begins several. Rows are deleted inside; partitions stay. The working tables have none: each claim
-- would lock all their partitions, those of past years included (39 of them took 0.6 ms a record in place of 0.35).

-- Makes the partitions of a range of batch numbers, unless they are there: range n holds the numbers from n * 100,000 + 1 to
-- (n + 1) * 100,000. Records are numbered batch << 32 | line. Where it is not to wait, and something is at work on a whole table,
-- it makes none.
CREATE FUNCTION rollcall.make_partitions(of_range bigint, waits bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    last_batch CONSTANT bigint := (of_range + 1) * 100000;
    -- The last range ends with the numbers that a batch may have.
    beyond CONSTANT text := CASE WHEN last_batch > 2147483647 THEN 'MAXVALUE' ELSE ((last_batch + 1) << 32)::text END;
    patience CONSTANT text := current_setting('lock_timeout');
    parent text;
    partition text;
BEGIN
    -- Whoever writes waits for this one: longer than some milliseconds is for what cannot be done without.
    IF waits = 0 THEN PERFORM set_config('lock_timeout', '50ms', true); END IF;
    FOREACH parent IN ARRAY ARRAY['archived_records', 'archived_results', 'archived_attempts'] LOOP
        partition := parent || '_to_' || last_batch;
        CONTINUE WHEN to_regclass('rollcall.' || partition) IS NOT NULL;
        EXECUTE format('CREATE TABLE rollcall.%I (LIKE rollcall.%I INCLUDING ALL)', partition, parent);
        -- Attached, and not made in place: that waits for no reader.
        EXECUTE format(
            'ALTER TABLE rollcall.%I ATTACH PARTITION rollcall.%I FOR VALUES FROM (%s) TO (%s)',
            parent, partition, (of_range * 100000 + 1) << 32, beyond);
    END LOOP;
    PERFORM set_config('lock_timeout', patience, true);
EXCEPTION WHEN lock_not_available THEN
    PERFORM set_config('lock_timeout', patience, true);
END $$;

ALTER TABLE rollcall.archived_results DROP CONSTRAINT archived_results_record_id_fkey;
ALTER TABLE rollcall.archived_attempts DROP CONSTRAINT archived_attempts_record_id_fkey;

-- What is there becomes the first partition, which ends with the range of the last batch.
DO $$
DECLARE
    last_range CONSTANT bigint := (greatest(
        1, (SELECT last_batch FROM rollcall.ledger_position), (SELECT max(id) FROM rollcall.batches)) - 1) / 100000;
    suffix CONSTANT text := '_to_' || (last_range + 1) * 100000;
    parent text;
    key record;
BEGIN
    FOREACH parent IN ARRAY ARRAY['archived_records', 'archived_results', 'archived_attempts'] LOOP
        EXECUTE format('ALTER TABLE rollcall.%I RENAME TO %I', parent, parent || suffix);
        EXECUTE format(
            'CREATE TABLE rollcall.%I (LIKE rollcall.%I INCLUDING ALL EXCLUDING INDEXES) PARTITION BY RANGE (%I)',
            parent, parent || suffix, CASE parent WHEN 'archived_records' THEN 'id' ELSE 'record_id' END);
        -- Its one index is that of its key, whose name stays the partitioned table's.
        SELECT conname AS name, pg_get_constraintdef(oid) AS definition INTO STRICT key
        FROM pg_constraint WHERE conrelid = ('rollcall.' || parent || suffix)::regclass AND contype = 'p';
        EXECUTE format('ALTER TABLE rollcall.%I RENAME CONSTRAINT %I TO %I', parent || suffix, key.name, key.name || suffix);
        EXECUTE format('ALTER TABLE rollcall.%I ADD CONSTRAINT %I %s', parent, key.name, key.definition);
        EXECUTE format(
            'ALTER TABLE rollcall.%I ATTACH PARTITION rollcall.%I FOR VALUES FROM (0) TO (%s)',
            parent, parent || suffix,
            CASE WHEN last_range < 21474 THEN (((last_range + 1) * 100000 + 1) << 32)::text ELSE 'MAXVALUE' END);
    END LOOP;
    IF last_range < 21474 THEN PERFORM rollcall.make_partitions(last_range + 1, 1); END IF;
END $$;

ALTER TABLE rollcall.archived_results ADD FOREIGN KEY (record_id) REFERENCES rollcall.archived_records (id);
ALTER TABLE rollcall.archived_attempts ADD FOREIGN KEY (record_id) REFERENCES rollcall.archived_records (id);

-- Batches of one content are looked for newest first: without the number the server, which is told not to sort, read all.
DROP INDEX rollcall.batches_by_content;
CREATE INDEX batches_by_content ON rollcall.batches (content_digest, job, id);
