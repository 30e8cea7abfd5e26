-- Forgets a version of a read model, whose table is gone.
-- $1 its consumer
WITH places AS (
    DELETE FROM log.checkpoints WHERE consumer = $1
),
failures AS (
    DELETE FROM log.consumer_failures WHERE consumer = $1
),
pasts AS (
    DELETE FROM log.past_tables WHERE consumer = $1
),
quarantine AS (
    DELETE FROM log.quarantined_streams WHERE consumer IN ($1, $1 || '.building')
),
builds AS (
    DELETE FROM log.builds WHERE consumer = $1
)
DELETE FROM log.read_tables WHERE consumer = $1
