-- p0028: what was put away is partitioned by batches: the first batch of a month begins a new range of batch numbers, and a
-- month of more than a range begins several. Rows are deleted inside; partitions stay. The working tables have none: each claim
-- would lock all their partitions, those of past years included (39 of them took 0.6 ms a record in place of 0.35).

-- Makes the partitions of a range of batch numbers, unless they are there: range n holds the numbers from n * 100,000 + 1 to
-- (n + 1) * 100,000. Records are numbered batch << 32 | line.
CREATE FUNCTION rollcall.make_partitions(of_range bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    last_batch CONSTANT bigint := (of_range + 1) * 100000;
    parent text;
    partition text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['archived_records', 'archived_results', 'archived_attempts'] LOOP
        partition := parent || '_to_' || last_batch;
        CONTINUE WHEN to_regclass('rollcall.' || partition) IS NOT NULL;
        EXECUTE format('CREATE TABLE rollcall.%I (LIKE rollcall.%I INCLUDING ALL)', partition, parent);
        -- Attached, and not made in place: that waits for no reader.
        EXECUTE format(
            'ALTER TABLE rollcall.%I ATTACH PARTITION rollcall.%I FOR VALUES FROM (%s) TO (%s)',
            parent, partition, (of_range * 100000 + 1) << 32, (last_batch + 1) << 32);
    END LOOP;
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
    index record;
BEGIN
    FOREACH parent IN ARRAY ARRAY['archived_records', 'archived_results', 'archived_attempts'] LOOP
        EXECUTE format('ALTER TABLE rollcall.%I RENAME TO %I', parent, parent || suffix);
        EXECUTE format(
            'CREATE TABLE rollcall.%I (LIKE rollcall.%I INCLUDING ALL EXCLUDING INDEXES) PARTITION BY RANGE (%I)',
            parent, parent || suffix, CASE parent WHEN 'archived_records' THEN 'id' ELSE 'record_id' END);
        -- The partitioned table's indexes have the names that were this one's.
        FOR index IN
            SELECT relname AS name, pg_get_indexdef(indexrelid) AS definition, (
                SELECT pg_get_constraintdef(pg_constraint.oid) FROM pg_constraint WHERE conindid = indexrelid AND contype = 'p'
            ) AS key
            FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
            WHERE indrelid = ('rollcall.' || parent || suffix)::regclass
        LOOP
            EXECUTE format('ALTER INDEX rollcall.%I RENAME TO %I', index.name, index.name || suffix);
            IF index.key IS NULL THEN
                EXECUTE replace(index.definition, ' ON rollcall.' || parent || suffix, ' ON rollcall.' || parent);
            ELSE
                EXECUTE format('ALTER TABLE rollcall.%I ADD CONSTRAINT %I %s', parent, index.name, index.key);
            END IF;
        END LOOP;
        EXECUTE format(
            'ALTER TABLE rollcall.%I ATTACH PARTITION rollcall.%I FOR VALUES FROM (0) TO (%s)',
            parent, parent || suffix, ((last_range + 1) * 100000 + 1) << 32);
    END LOOP;
    PERFORM rollcall.make_partitions(last_range + 1);
END $$;

ALTER TABLE rollcall.archived_results ADD FOREIGN KEY (record_id) REFERENCES rollcall.archived_records (id);
ALTER TABLE rollcall.archived_attempts ADD FOREIGN KEY (record_id) REFERENCES rollcall.archived_records (id);
