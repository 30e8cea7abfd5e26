-- Asks for a past, or for the one that there is of the same moment: it is kept for
-- as long as somebody wants it, and says who asked for it, and why. One that has
-- expired, or is about to, is left alone: its rows may be going already.
-- $1 tenant, $2 the past's id if it is new, $3 position, $4 who asks, $5 why,
-- $6 until when it is kept
INSERT INTO log.pasts AS past
    (tenant_id, past_id, position, requested_by, reason, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, position) DO UPDATE SET
    expires_at = greatest(past.expires_at, excluded.expires_at),
    reason = CASE
        WHEN strpos(
            '; ' || past.requested_by || ': ' || past.reason || '; ',
            '; ' || excluded.requested_by || ': ' || excluded.reason || '; '
        ) > 0 THEN past.reason
        ELSE past.reason || '; ' || excluded.requested_by || ': ' || excluded.reason
    END
WHERE past.expires_at > clock_timestamp() + interval '1 minute'
RETURNING past.past_id
