package dev.isobar.aws.sagemaker;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.sagemaker.SageMakerClient;
import software.amazon.awssdk.services.sagemaker.model.Tag;

/** Labels as tags. What Isobar itself notes begins with {@code isobar:}, so that no label can be mistaken for it. */
final class ResourceTags {
    /** What the port calls the resource. */
    static final String NAME = "isobar:name";
    /** The adapter instance that made it. */
    static final String INSTANCE = "isobar:instance";

    private static final String OWN = "isobar:";
    private static final int MOST = 45;
    // TagKey and TagValue of the API's model.
    private static final Pattern KEY = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{1,128}");
    private static final Pattern VALUE = Pattern.compile("[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{0,256}");

    private ResourceTags() {}

    /** Tags of labels and of what Isobar notes. */
    static List<Tag> of(Map<String, String> labels, Map<String, String> own) {
        Map<String, String> all = new TreeMap<>(labels);
        all.putAll(own);
        List<Tag> tags = new ArrayList<>();
        all.forEach((k, v) -> tags.add(Tag.builder().key(k).value(v).build()));
        return tags;
    }

    /** All tags by key. */
    static Map<String, String> map(Collection<Tag> tags) {
        Map<String, String> map = new TreeMap<>();
        tags.forEach(t -> map.put(t.key(), t.value()));
        return map;
    }

    /** Those tags that are labels. */
    static Map<String, String> labels(Map<String, String> tags) {
        Map<String, String> labels = new TreeMap<>(tags);
        labels.keySet().removeIf(k -> k.startsWith(OWN) || k.startsWith("aws:"));
        return Map.copyOf(labels);
    }

    /** Asks for the tags of a resource. */
    static Map<String, String> read(SageMakerClient client, String arn) {
        Map<String, String> tags = new TreeMap<>();
        client.listTagsPaginator(r -> r.resourceArn(arn)).stream().forEach(page -> tags.putAll(map(page.tags())));
        return tags;
    }

    /** Refuses labels that SageMaker would not take. */
    static void check(String port, String operation, String resource, Map<String, String> labels) {
        if (labels.size() > MOST) {
            throw refused(port, operation, resource, labels.size() + " labels are more than " + MOST);
        }
        labels.forEach((key, value) -> {
            if (!KEY.matcher(key).matches() || key.startsWith(OWN) || key.startsWith("aws:")) {
                throw refused(port, operation, resource, "the label '" + key + "' cannot be the key of a tag");
            }
            if (!VALUE.matcher(value).matches()) {
                throw refused(
                        port,
                        operation,
                        resource,
                        "the label '" + key + "' has a value that no tag can have: " + value);
            }
        });
    }

    private static IsobarException refused(String port, String operation, String resource, String why) {
        return IsobarException.of(ErrorCode.INVALID_ARGUMENT, "Labels are kept as tags, and " + why)
                .at(port, operation)
                .resource(resource)
                .hint(
                        "Tags have letters, digits, spaces and _ . : / = + - @; keys up to 128 of them, values up to 256.")
                .build();
    }
}
