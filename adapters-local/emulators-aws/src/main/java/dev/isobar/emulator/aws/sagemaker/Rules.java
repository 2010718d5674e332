package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.state.Listing;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What SageMaker's model asks of members that occur in many requests, and how its lists are cut. */
final class Rules {
    static final Rule NAME = Rule.pattern(1, 63, "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}");
    static final Rule MODEL_NAME = Rule.pattern(1, 63, "[a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?");
    static final Rule ROLE = Rule.pattern(20, 2048, "arn:aws[a-z\\-]*:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+");
    static final Rule S3_URI = Rule.pattern(0, 1024, "(https|s3)://([^/]+)/?(.*)");
    static final Rule IMAGE = Rule.pattern(0, 255, "[\\S]+");
    static final Rule INSTANCE_TYPE = Rule.pattern(1, 64, "ml\\.[a-z0-9-]+\\.[a-z0-9-]+");
    static final Rule TAG_KEY = Rule.pattern(1, 128, "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)");
    static final Rule TAG_VALUE = Rule.pattern(0, 256, "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)");
    static final Rule ENVIRONMENT_KEY = Rule.pattern(0, 1024, "[a-zA-Z_][a-zA-Z0-9_]*");
    static final Rule TEXT_1024 = Rule.length(1024);

    private static final Rule NAME_CONTAINS = Rule.pattern(0, 63, "[a-zA-Z0-9\\-]+");
    /** What versions are in order by: as texts, 10 comes before 2. */
    static final String ORDER = "_Order";

    private static final Rule TOKEN = Rule.length(8192);

    private Rules() {}

    /** Now, as JSON 1.1 writes it: seconds with three decimals. */
    static double now() {
        return Instant.now().toEpochMilli() / 1000.0;
    }

    /** The tags of a request, checked. */
    static ArrayNode tags(Members in) {
        ArrayNode tags = JsonNodeFactory.instance.arrayNode();
        for (Members tag : in.objects("Tags", 0, 50)) {
            tags.addObject().put("Key", tag.text("Key", TAG_KEY)).put("Value", tag.text("Value", TAG_VALUE));
        }
        return tags;
    }

    /**
     * A page of a list, by the filters that all lists of SageMaker share.
     *
     * @param name the member that names a resource; those that came at the same time are in its order, unless they have a {@code _Order}
     * @param status the member that {@code StatusEquals} compares, or empty
     * @param ascending the order if none is asked for
     */
    static ObjectNode list(
            ObjectNode request,
            Stream<ObjectNode> documents,
            String name,
            String status,
            boolean ascending,
            String member,
            Function<ObjectNode, ObjectNode> summary) {
        Members in = Members.of(request);
        int limit = (int) in.numberOr("MaxResults", 10, 1, 100);
        String contains = Arns.key(in.textOr("NameContains", "", NAME_CONTAINS));
        String equals = in.textOr("StatusEquals", "", Rule.length(64));
        String sortBy = in.textOr("SortBy", "CreationTime", Rule.oneOf("Name", "CreationTime", "Status"));
        String order =
                in.textOr("SortOrder", ascending ? "Ascending" : "Descending", Rule.oneOf("Ascending", "Descending"));
        String token = in.optionalText("NextToken", TOKEN);
        double createdAfter = in.decimalOr("CreationTimeAfter", -1, 0);
        double createdBefore = in.decimalOr("CreationTimeBefore", Double.MAX_VALUE, 0);
        double modifiedAfter = in.decimalOr("LastModifiedTimeAfter", -1, 0);
        double modifiedBefore = in.decimalOr("LastModifiedTimeBefore", Double.MAX_VALUE, 0);
        in.check();
        List<ObjectNode> found = documents
                .filter(document -> Arns.key(document.path(name).asText()).contains(contains))
                .filter(document ->
                        equals.isEmpty() || document.path(status).asText().equals(equals))
                .filter(document -> between(document, "CreationTime", createdAfter, createdBefore))
                .filter(document -> !document.has("LastModifiedTime")
                        || between(document, "LastModifiedTime", modifiedAfter, modifiedBefore))
                .toList();
        String by = Map.of("Name", name, "Status", status).getOrDefault(sortBy, "CreationTime");
        Listing listing;
        try {
            String tie = found.stream().anyMatch(document -> document.has(ORDER)) ? ORDER : name;
            listing = Listing.of(found, by, tie, order.equals("Ascending"), limit, token);
        } catch (IllegalArgumentException e) {
            throw ServiceError.validation("Invalid NextToken");
        }
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        ArrayNode listed = out.putArray(member);
        listing.page().forEach(document -> listed.add(summary.apply(document)));
        if (listing.next() != null) {
            out.put("NextToken", listing.next());
        }
        return out;
    }

    /** Some members of a document. */
    static ObjectNode some(ObjectNode document, String... names) {
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        for (String name : names) {
            if (document.has(name)) {
                out.set(name, document.get(name));
            }
        }
        return out;
    }

    /** A document as it is described: without tags and what only the emulator needs. */
    static ObjectNode described(ObjectNode document) {
        ObjectNode out = document.deepCopy();
        out.remove(document.properties().stream()
                .map(Map.Entry::getKey)
                .filter(name -> name.startsWith("_"))
                .collect(Collectors.toSet()));
        return out;
    }

    private static boolean between(ObjectNode document, String name, double after, double before) {
        double time = document.path(name).asDouble();
        return time > after && time < before;
    }
}
