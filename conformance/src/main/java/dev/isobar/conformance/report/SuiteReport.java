package dev.isobar.conformance.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.capability.Capability;
import dev.isobar.capability.CapabilityReport;
import dev.isobar.capability.Limit;
import dev.isobar.capability.Port;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One suite against one platform.
 *
 * @param suite the test class
 * @param platform who was tested; null if the suite could not begin
 * @param problem why it could not begin; null if it did
 * @since 0.1
 */
public record SuiteReport(
        String suite, @Nullable Tested platform, @Nullable String problem, List<Outcome> outcomes) {
    /** The key under which a suite publishes whom it tests. */
    public static final String ENTRY = "isobar.conformance";

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /**
     * Whom a suite tests.
     *
     * @param against what stood for the service: {@code this machine}, {@code kinesis-local}, {@code AWS}
     */
    public record Tested(
            String adapter,
            Port port,
            String service,
            String against,
            Set<Capability> capabilities,
            Map<Limit, Long> limits) {
        /** A port of an adapter. */
        public static Tested of(CapabilityReport report, Port port, String against) {
            Set<Capability> own = new TreeSet<>(report.capabilities());
            own.removeIf(c -> c.port() != port);
            return new Tested(
                    report.adapter(),
                    port,
                    report.services().getOrDefault(port, ""),
                    against,
                    own,
                    new TreeMap<>(report.limits()));
        }

        /** As JSON. */
        public String toJson() {
            return write(this);
        }
    }

    /** How a promise was found. */
    public enum Result {
        KEPT,
        BROKEN,
        NOT_ASKED
    }

    /**
     * One promise.
     *
     * @param promise as a sentence of the suite
     * @param reason why it is broken or was not asked; empty if it is kept
     */
    public record Outcome(String promise, Result result, String reason) {}

    /** How many promises were found so. */
    public long count(Result result) {
        return outcomes.stream().filter(o -> o.result() == result).count();
    }

    /** As JSON. */
    public String toJson() {
        return write(this);
    }

    /** Reads what {@link #toJson} wrote. */
    public static SuiteReport fromJson(String json) throws JsonProcessingException {
        return JSON.readValue(json, SuiteReport.class);
    }

    static Tested tested(String json) throws JsonProcessingException {
        return JSON.readValue(json, Tested.class);
    }

    private static String write(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("records of texts are always writable", e);
        }
    }
}
