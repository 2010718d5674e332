package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.state.Documents;
import dev.isobar.emulation.state.Listing;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.util.List;
import java.util.Optional;

/**
 * {@code Search} for training jobs, by filters that must all hold: on top-level members and on tags ({@code Tags.KEY}), with Equals, NotEquals, Contains, Exists
 * and NotExists. Other resources, nested filters and sub-expressions are refused. The service's index follows a change after a moment; this one has none.
 *
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Search.html">Search</a>
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Filter.html">Filter</a>
 */
final class TrainingJobSearch {
    private static final String TAGS = "Tags.";
    private static final Rule FILTER_NAME = Rule.pattern(1, 255, ".+");
    private static final Rule FILTER_VALUE = Rule.pattern(1, 1024, ".+");
    private static final Rule OPERATOR = Rule.oneOf("Equals", "NotEquals", "Contains", "Exists", "NotExists");

    private final Documents jobs;

    TrainingJobSearch(Documents jobs) {
        this.jobs = jobs;
    }

    /** One condition. */
    private record Condition(String name, String operator, String value) {
        boolean holds(ObjectNode job) {
            Optional<String> found = found(job);
            return switch (operator) {
                case "Equals" -> found.filter(value::equals).isPresent();
                case "NotEquals" -> found.filter(value::equals).isEmpty();
                case "Contains" -> found.filter(f -> f.contains(value)).isPresent();
                case "Exists" -> found.isPresent();
                default -> found.isEmpty();
            };
        }

        private Optional<String> found(ObjectNode job) {
            if (!name.startsWith(TAGS)) {
                return Optional.of(job.path(name)).filter(JsonNode::isValueNode).map(JsonNode::asText);
            }
            for (JsonNode tag : job.path("_Tags")) {
                if (tag.path("Key").asText().equals(name.substring(TAGS.length()))) {
                    return Optional.of(tag.path("Value").asText());
                }
            }
            return Optional.empty();
        }
    }

    ObjectNode search(ObjectNode request) {
        Members in = Members.of(request);
        String resource = in.text("Resource", Rule.length(64));
        Members expression = in.optionalObject("SearchExpression");
        List<Condition> conditions = expression.objects("Filters", 1, 20).stream()
                .map(filter -> new Condition(
                        filter.text("Name", FILTER_NAME),
                        filter.textOr("Operator", "Equals", OPERATOR),
                        filter.textOr("Value", "", FILTER_VALUE)))
                .toList();
        int limit = (int) in.numberOr("MaxResults", 10, 1, 100);
        String order = in.textOr("SortOrder", "Descending", Rule.oneOf("Ascending", "Descending"));
        String token = in.optionalText("NextToken", Rule.length(8192));
        in.check();
        if (!resource.equals("TrainingJob")
                || expression.has("NestedFilters")
                || expression.has("SubExpressions")
                || in.has("SortBy")) {
            throw ServiceError.validation(
                    "This emulator searches for TrainingJob only, by Filters, in order of creation");
        }
        List<ObjectNode> found = jobs.all().stream()
                .filter(job -> conditions.stream().allMatch(c -> c.holds(job)))
                .toList();
        Listing listing;
        try {
            listing = Listing.of(found, "CreationTime", "TrainingJobName", order.equals("Ascending"), limit, token);
        } catch (IllegalArgumentException e) {
            throw ServiceError.validation("Invalid NextToken");
        }
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        ArrayNode results = out.putArray("Results");
        for (ObjectNode job : listing.page()) {
            ObjectNode described = Rules.described(job);
            described.set("Tags", job.path("_Tags"));
            results.addObject().set("TrainingJob", described);
        }
        if (listing.next() != null) {
            out.put("NextToken", listing.next());
        }
        return out;
    }
}
