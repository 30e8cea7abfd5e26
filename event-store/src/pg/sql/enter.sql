-- Whose rows this transaction sees, and that it reads them in order from the
-- index made for it. Told to read the next thousand events of a tenant, a plan
-- that takes the tenant for a small one would rather fetch and sort all of them.
-- The penalties must not look like queries worth compiling.
-- $1 the tenant
SELECT
    set_config('tenantry.tenant', $1, true),
    set_config('enable_seqscan', 'off', true),
    set_config('enable_bitmapscan', 'off', true),
    set_config('jit', 'off', true)
