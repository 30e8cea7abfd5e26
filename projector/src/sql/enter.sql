-- Whose rows this transaction sees, and that it looks them up by the index made
-- for it: plans are kept, and must not be those of a table that was empty when
-- they were made. The penalties must not look like queries worth compiling.
-- $1 the tenant
SELECT
    set_config('tenantry.tenant', $1, true),
    set_config('enable_seqscan', 'off', true),
    set_config('enable_bitmapscan', 'off', true),
    set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true),
    set_config('enable_sort', 'off', true),
    set_config('enable_incremental_sort', 'off', true),
    set_config('jit', 'off', true)
