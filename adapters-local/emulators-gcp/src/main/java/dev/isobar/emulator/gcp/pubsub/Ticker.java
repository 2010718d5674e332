package dev.isobar.emulator.gcp.pubsub;

import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** What time it is for an emulator: publish times, deadlines, retention and expiry go by it. */
@FunctionalInterface
public interface Ticker {
    /** The machine's clock. */
    Ticker SYSTEM = () -> {
        Instant now = Instant.now();
        return TimeUnit.SECONDS.toMicros(now.getEpochSecond()) + now.getNano() / 1_000;
    };

    /** Microseconds since the epoch; never goes back. */
    long micros();
}
