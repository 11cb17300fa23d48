-- v0012: what steers a runner stands in tables of its own.
--
-- Until now a runner found in actions that an operator had acted, where an operator wanted a batch's results, and whether
-- somebody had been told that a re-run waits. From here on actions is history, for people only.

-- What operators ask of a runner, written together with what they did. A runner acts on those that are made while it runs:
-- at its start it reads everything anew anyway. So none is made from what actions holds, and only the last ones are kept.
CREATE TABLE runner_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    -- look: at the batch, or at all. renew: settings, jobs and keys, too, and open the gate: the cause is said to be fixed.
    kind TEXT NOT NULL CONSTRAINT runner_requests_kind CHECK (kind IN ('look', 'renew')),
    batch_id INTEGER REFERENCES batches (id),
    -- For the log: what was done, and by whom.
    action TEXT NOT NULL CONSTRAINT runner_requests_action CHECK (action IN (
        'start', 'pause', 'resume', 'cancel', 'rerun', 'resolve', 'results', 'doctor', 'resume_after_restore')),
    user TEXT NOT NULL
) STRICT;

-- Folders, besides the job's own, in which operators wanted a batch's results: written anew with each of its ends.
CREATE TABLE result_folders (
    batch_id INTEGER NOT NULL REFERENCES batches (id),
    folder TEXT NOT NULL CONSTRAINT result_folders_folder CHECK (folder <> ''),
    named_at INTEGER NOT NULL,
    PRIMARY KEY (batch_id, folder)
) STRICT, WITHOUT ROWID;

INSERT INTO result_folders
SELECT batch_id, detail, min(at) FROM actions
WHERE action = 'results' AND batch_id IS NOT NULL AND detail <> '' GROUP BY batch_id, detail;

-- Batches whose records a job would send again and may not before an operator agrees, who has been told so.
CREATE TABLE waiting_reruns (
    batch_id INTEGER PRIMARY KEY REFERENCES batches (id),
    since INTEGER NOT NULL
) STRICT;

-- An operator's re-run settles it.
INSERT INTO waiting_reruns
SELECT batch_id, at FROM actions AS told
WHERE action = 'rerun_waits' AND batch_id IS NOT NULL
  AND id = (
    SELECT max(id) FROM actions
    WHERE actions.batch_id = told.batch_id AND action IN ('rerun_waits', 'rerun'));
