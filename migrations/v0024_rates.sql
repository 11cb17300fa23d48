-- v0024: a runner says how fast its batches go.

-- Records finished per second, by batch: `12=11.8 14=0.5`.
ALTER TABLE runner ADD COLUMN rates TEXT CONSTRAINT runner_rates CHECK (rates <> '');
