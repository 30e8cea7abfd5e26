-- Notes where the personal data of people is.
-- $1 tenants, $2 data subjects, $3 positions
INSERT INTO log.personal_data (tenant_id, subject_id, position)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[])
