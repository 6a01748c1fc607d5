//! What every Cairn process needs: configuration, telemetry, audit log, health, shutdown, the system clock
