//! What every process shares: configuration, telemetry, health, shutdown, credentials, database pools.
