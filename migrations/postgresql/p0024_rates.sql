-- p0024: what v0024 is to SQLite.

ALTER TABLE rollcall.runner ADD COLUMN rates text CONSTRAINT runner_rates CHECK (rates <> '');
