-- p0026: nodes may share the folders that files are dropped in and results are written to.

-- What all nodes that live have alike; NULL before the first one.
ALTER TABLE rollcall.contract ADD COLUMN folders_shared bigint
    CONSTRAINT contract_folders_shared CHECK (folders_shared IN (0, 1));

-- The due times of schedules where folders are shared: one node has each.
CREATE TABLE rollcall.schedule_runs (
    job text NOT NULL CONSTRAINT schedule_runs_job CHECK (job <> ''),
    due bigint NOT NULL,
    -- The schedule that it was due by.
    times text NOT NULL,
    node_id bigint NOT NULL REFERENCES rollcall.nodes (id),
    taken_at bigint NOT NULL,
    -- NULL: its files have not all been taken in; another node does it when the lease of the one that has it ends.
    finished_at bigint,
    CONSTRAINT schedule_runs_key PRIMARY KEY (job, due)
);
