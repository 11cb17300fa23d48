-- p0027: nodes count together what closes the gate or halts when it comes in a row, and show one after the other that answers
-- can be read.

ALTER TABLE rollcall.contract ADD COLUMN troubles_in_a_row bigint NOT NULL DEFAULT 0
    CONSTRAINT contract_troubles CHECK (troubles_in_a_row >= 0);
ALTER TABLE rollcall.contract ADD COLUMN unreadable_in_a_row bigint NOT NULL DEFAULT 0
    CONSTRAINT contract_unreadable CHECK (unreadable_in_a_row >= 0);

-- The epoch in which the node has read an answer with the keys that it has.
ALTER TABLE rollcall.nodes ADD COLUMN proven_epoch bigint NOT NULL DEFAULT 0
    CONSTRAINT nodes_proven_epoch CHECK (proven_epoch >= 0);
