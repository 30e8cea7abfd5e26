-- One tenant's log in the shape of the table `events` of postgres-es, for
-- whoever still reads that table. Nothing can be written to it.
--
-- Events that were imported are what they were; fields that the rules renamed
-- have their new names. Later ones have the names they would have had. Streams
-- that began here go by their UUID. What is personal and sealed is null.
--
-- Run this as a login that may act as tenantry_owner, and grant SELECT on
-- postgres_es.events to whoever needs it: readers see this tenant alone.
BEGIN;
CREATE SCHEMA IF NOT EXISTS postgres_es AUTHORIZATION tenantry_owner;
SET LOCAL ROLE tenantry_owner;

-- A number of so many bytes, the highest first.
CREATE OR REPLACE FUNCTION postgres_es.number(data bytea, at integer, bytes integer)
RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    number numeric := 0;
BEGIN
    FOR place IN at .. at + bytes - 1 LOOP
        number := number * 256 + get_byte(data, place);
    END LOOP;
    RETURN number;
END
$$;

-- A number that says its sign by its highest bit.
CREATE OR REPLACE FUNCTION postgres_es.signed(data bytea, at integer, bytes integer)
RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN postgres_es.number(data, at, bytes)
    - CASE WHEN get_byte(data, at) > 127 THEN trunc(2::numeric ^ (8 * bytes)) ELSE 0 END;

-- An IEEE 754 number of 8 bytes.
CREATE OR REPLACE FUNCTION postgres_es.double(data bytea, at integer)
RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    head integer := get_byte(data, at) * 256 + get_byte(data, at + 1);
    exponent integer := (head & 32767) >> 4;
    fraction numeric := (head & 15) * 2::numeric ^ 48 + postgres_es.number(data, at + 2, 6);
    magnitude double precision;
BEGIN
    IF exponent = 2047 THEN
        RETURN NULL;
    ELSIF exponent = 0 THEN
        magnitude := fraction::double precision * 2::double precision ^ (-1074);
    ELSE
        magnitude := (fraction + 2::numeric ^ 52)::double precision
            * 2::double precision ^ (exponent - 1075);
    END IF;
    RETURN CASE WHEN head > 32767 THEN -magnitude ELSE magnitude END;
END
$$;

-- The value that begins at a byte, and where the next one does.
CREATE OR REPLACE FUNCTION postgres_es.unpack(
    data bytea, INOUT at integer, OUT value jsonb
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    tag integer := get_byte(data, at);
    length integer;
    name text;
    names text[] := '{}';
    item jsonb;
    items jsonb[] := '{}';
BEGIN
    at := at + 1;
    value := 'null';
    IF tag < 128 THEN
        value := to_jsonb(tag);
    ELSIF tag >= 224 THEN
        value := to_jsonb(tag - 256);
    ELSIF tag = 194 OR tag = 195 THEN
        value := to_jsonb(tag = 195);
    ELSIF tag = 203 THEN
        value := coalesce(to_jsonb(postgres_es.double(data, at)), 'null');
        at := at + 8;
    ELSIF tag BETWEEN 204 AND 207 THEN
        length := 1 << (tag - 204);
        value := to_jsonb(postgres_es.number(data, at, length));
        at := at + length;
    ELSIF tag BETWEEN 208 AND 211 THEN
        length := 1 << (tag - 208);
        value := to_jsonb(postgres_es.signed(data, at, length));
        at := at + length;
    ELSIF tag BETWEEN 160 AND 191 OR tag BETWEEN 217 AND 219 THEN
        length := tag - 160;
        IF tag >= 217 THEN
            length := postgres_es.number(data, at, 1 << (tag - 217))::integer;
            at := at + (1 << (tag - 217));
        END IF;
        value := to_jsonb(convert_from(substr(data, at + 1, length), 'UTF8'));
        at := at + length;
    ELSIF tag BETWEEN 144 AND 159 OR tag = 220 OR tag = 221 THEN
        length := tag - 144;
        IF tag >= 220 THEN
            length := postgres_es.number(data, at, 2 << (tag - 220))::integer;
            at := at + (2 << (tag - 220));
        END IF;
        FOR place IN 1 .. length LOOP
            SELECT u.at, u.value INTO at, item FROM postgres_es.unpack(data, at) AS u;
            items := array_append(items, item);
        END LOOP;
        value := to_jsonb(items);
    ELSIF tag BETWEEN 128 AND 143 OR tag = 222 OR tag = 223 THEN
        length := tag - 128;
        IF tag >= 222 THEN
            length := postgres_es.number(data, at, 2 << (tag - 222))::integer;
            at := at + (2 << (tag - 222));
        END IF;
        FOR place IN 1 .. length LOOP
            SELECT u.at, u.value #>> '{}' INTO at, name FROM postgres_es.unpack(data, at) AS u;
            SELECT u.at, u.value INTO at, item FROM postgres_es.unpack(data, at) AS u;
            names := array_append(names, name);
            items := array_append(items, item);
        END LOOP;
        SELECT coalesce(jsonb_object_agg(u.name, u.item), '{}') INTO value
        FROM unnest(names, items) AS u (name, item);
    ELSIF tag BETWEEN 199 AND 201 OR tag BETWEEN 212 AND 216 THEN
        -- Extensions: 80 is a personal value that lies open, others are sealed.
        IF tag <= 201 THEN
            length := postgres_es.number(data, at, 1 << (tag - 199))::integer;
            at := at + (1 << (tag - 199));
        ELSE
            length := 1 << (tag - 212);
        END IF;
        IF get_byte(data, at) = 80 THEN
            SELECT u.value INTO value FROM postgres_es.unpack(
                data, at + 2 + CASE get_byte(data, at + 1) WHEN 1 THEN 16 ELSE 0 END
            ) AS u;
        END IF;
        at := at + 1 + length;
    ELSIF tag BETWEEN 196 AND 198 THEN
        length := postgres_es.number(data, at, 1 << (tag - 196))::integer;
        at := at + (1 << (tag - 196));
        value := to_jsonb(encode(substr(data, at + 1, length), 'base64'));
        at := at + length;
    END IF;
END
$$;

CREATE OR REPLACE VIEW postgres_es.events WITH (security_barrier) AS
SELECT
    coalesce(stream.source_type, event.stream_type) AS aggregate_type,
    coalesce(stream.source_id, event.stream_id::text) AS aggregate_id,
    event.version AS sequence,
    coalesce(origin.value ->> 'event', alike.value ->> 'event', split_part(event.type, '.', 2))
        AS event_type,
    coalesce(origin.value ->> 'version', event.schema_version || '.0') AS event_version,
    CASE coalesce(origin.value, alike.value) ->> 'form'
        WHEN 'tagged' THEN jsonb_build_object(
            coalesce(origin.value, alike.value) ->> 'tag', fields.value)
        WHEN 'value' THEN jsonb_build_object(
            coalesce(origin.value, alike.value) ->> 'tag', fields.value -> 'value')
        WHEN 'unit' THEN to_jsonb(coalesce(origin.value, alike.value) ->> 'tag')
        ELSE fields.value
    END::json AS payload,
    coalesce(origin.value -> 'metadata', '{}')::json AS metadata
FROM log.events AS event
LEFT JOIN log.imported_streams AS stream
    ON stream.tenant_id = event.tenant_id AND stream.stream_id = event.stream_id
-- Nothing is appended to the payload so that it is fetched and unpacked once,
-- not for every byte that is looked at.
CROSS JOIN LATERAL postgres_es.unpack(event.payload || ''::bytea, 0) AS fields
LEFT JOIN LATERAL (
    SELECT u.value -> 'imported' AS value
    FROM postgres_es.unpack(event.metadata, 0) AS u
    WHERE event.metadata IS NOT NULL
) AS origin ON true
-- How an imported event of the same name was written.
LEFT JOIN LATERAL (
    SELECT import.names -> event.type AS value
    FROM log.imported_histories AS import
    WHERE import.tenant_id = event.tenant_id
) AS alike ON true
WHERE event.tenant_id = :tenant;
COMMIT;
