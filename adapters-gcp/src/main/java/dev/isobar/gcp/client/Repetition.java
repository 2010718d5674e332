package dev.isobar.gcp.client;

import com.google.api.gax.retrying.RetrySettings;
import java.time.Duration;

/**
 * How calls to a service are repeated, by the service's own client.
 *
 * @param firstWait before the second attempt; doubled before each further one
 * @param longestWait between two attempts
 * @param longestCall what an attempt may take
 */
public record Repetition(Duration firstWait, Duration longestWait, Duration longestCall) {
    /** Until a time is over in all; a call that may take no time is made once. */
    public RetrySettings within(Duration patience) {
        if (patience.isZero()) {
            return once();
        }
        Duration call = patience.compareTo(longestCall) < 0 ? patience : longestCall;
        return settings(call).setTotalTimeoutDuration(patience).build();
    }

    /** Not at all. */
    public RetrySettings once() {
        return settings(longestCall)
                .setTotalTimeoutDuration(longestCall)
                .setMaxAttempts(1)
                .build();
    }

    private RetrySettings.Builder settings(Duration call) {
        return RetrySettings.newBuilder()
                .setInitialRetryDelayDuration(firstWait)
                .setRetryDelayMultiplier(2)
                .setMaxRetryDelayDuration(longestWait)
                .setInitialRpcTimeoutDuration(call)
                .setRpcTimeoutMultiplier(1)
                .setMaxRpcTimeoutDuration(call);
    }
}
