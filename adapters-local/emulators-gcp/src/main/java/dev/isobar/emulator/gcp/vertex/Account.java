package dev.isobar.emulator.gcp.vertex;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.Timestamp;
import dev.isobar.emulation.process.AccountTable;
import dev.isobar.emulation.process.ImageTable;
import io.grpc.Status;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the project and its region allow. The image table says what is not as usual: {@code "denied": ["aiplatform.customJobs.create"]}, {@code "quotas":
 * {"custom_model_training_cpus": 8}}. Whether the API was ever enabled, {@link dev.isobar.emulator.gcp.wire.Project} says, in front of it. Thread safe.
 */
final class Account {
    private static final Pattern NAME = Pattern.compile("projects/([^/]+)/locations/([^/]+)(?:/(.*))?");
    private static final Pattern LABEL_KEY = Pattern.compile("[\\p{Ll}\\p{Lo}][\\p{Ll}\\p{Lo}\\p{N}_-]{0,62}");
    private static final Pattern LABEL_VALUE = Pattern.compile("[\\p{Ll}\\p{Lo}\\p{N}_-]{0,63}");
    private static final int LABELS = 64;
    private static final int DISPLAY_NAME = 128;

    private final VertexSettings settings;
    private final AccountTable table;

    Account(VertexSettings settings, ImageTable images) {
        this.settings = settings;
        this.table = new AccountTable(images);
    }

    static Timestamp now() {
        Instant now = Instant.now();
        return Timestamp.newBuilder()
                .setSeconds(now.getEpochSecond())
                .setNanos(now.getNano() / 1_000 * 1_000)
                .build();
    }

    /** {@code projects/NUMBER/locations/LOCATION}. */
    String parent() {
        return "projects/" + VertexSettings.NUMBER + "/locations/" + settings.location();
    }

    /** Checks who asks for what where. Gives the name as the service writes it, with the project's number. */
    String allow(String permission, String field, String name) {
        Matcher parts = NAME.matcher(name);
        if (!parts.matches()) {
            throw Refused.field(field, "Invalid resource name: \"" + name + "\".");
        }
        if (!parts.group(2).equals(settings.location())) {
            throw Refused.field(
                    "name",
                    "The provided location ID doesn't match the endpoint. The valid location ID is `"
                            + settings.location() + "`.");
        }
        boolean denied =
                !parts.group(1).equals(settings.project()) && !parts.group(1).equals(VertexSettings.NUMBER);
        if (denied || table.denies(permission)) {
            throw Status.PERMISSION_DENIED
                    .withDescription("Permission '" + permission + "' denied on resource '//aiplatform.googleapis.com/"
                            + name + "' (or it may not exist).")
                    .asRuntimeException();
        }
        return parts.group(3) == null ? parent() : parent() + "/" + parts.group(3);
    }

    /** Refuses what would exceed a quota that the image table gives. */
    void within(String metric, long wanted) {
        JsonNode quota = table.section("quotas").path(metric);
        OptionalLong limit = quota.isNumber() ? OptionalLong.of(quota.asLong()) : OptionalLong.empty();
        if (limit.isPresent() && wanted > limit.getAsLong()) {
            throw Status.RESOURCE_EXHAUSTED
                    .withDescription(
                            "The following quota metrics exceed quota limits: aiplatform.googleapis.com/" + metric)
                    .asRuntimeException();
        }
    }

    static void displayName(String field, String name) {
        if (name.isEmpty() || name.length() > DISPLAY_NAME) {
            throw Refused.field(field, "Display name must be 1 to 128 characters long.");
        }
    }

    static void labels(String field, Map<String, String> labels) {
        if (labels.size() > LABELS) {
            throw Refused.field(field, "No more than 64 user labels can be associated with one resource.");
        }
        labels.forEach((key, value) -> {
            if (!LABEL_KEY.matcher(key).matches() || !LABEL_VALUE.matcher(value).matches()) {
                throw Refused.field(field, "Invalid label: \"" + key + "\": \"" + value + "\".");
            }
        });
    }

    /** CPUs of a machine type, such as 4 of {@code n1-standard-4}. */
    static long machine(String field, String type) {
        Matcher matcher = Pattern.compile("(?:n1|n2|n2d|e2|c2|c2d|c3|m1|a2|g2)-[a-z]+-(\\d+)g?")
                .matcher(type);
        if (!matcher.matches()) {
            throw Refused.field(field, "Machine type \"" + type + "\" is not supported.");
        }
        return Long.parseLong(matcher.group(1));
    }
}
