package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.state.Documents;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Tags of any resource, which its document keeps in {@code _Tags}. Thread safe.
 *
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AddTags.html">AddTags</a>
 */
final class Tags {
    private static final Rule ARN = Rule.pattern(0, 256, "arn:aws[a-z-]*:sagemaker:[a-z0-9-]*:[0-9]{12}:.+");
    private static final int MAX = 50;

    private final Arns arns;
    private final Map<String, Documents> families;

    /** @param families documents by the kind in their ARN */
    Tags(Arns arns, Map<String, Documents> families) {
        this.arns = arns;
        this.families = Map.copyOf(families);
    }

    ObjectNode add(ObjectNode request) {
        Members in = Members.of(request);
        String arn = in.text("ResourceArn", ARN);
        ArrayNode added = Rules.tags(in);
        in.check();
        ObjectNode document = change(arn, tags -> {
            added.forEach(
                    tag -> tags.put(tag.path("Key").asText(), tag.path("Value").asText()));
            if (tags.size() > MAX) {
                throw ServiceError.validation("A resource has " + MAX + " tags at most");
            }
        });
        return answer(document);
    }

    ObjectNode list(ObjectNode request) {
        Members in = Members.of(request);
        String arn = in.text("ResourceArn", ARN);
        in.check();
        String local = arns.local(arn);
        return answer(family(local, arn).get(key(local)).orElseThrow(() -> missing(arn)));
    }

    ObjectNode delete(ObjectNode request) {
        Members in = Members.of(request);
        String arn = in.text("ResourceArn", ARN);
        List<String> keys = in.texts("TagKeys", 1, MAX, Rules.TAG_KEY);
        in.check();
        change(arn, tags -> keys.forEach(tags::remove));
        return JsonNodeFactory.instance.objectNode();
    }

    private ObjectNode change(String arn, Consumer<Map<String, String>> change) {
        String local = arns.local(arn);
        return family(local, arn)
                .update(key(local), document -> {
                    Map<String, String> tags = new TreeMap<>();
                    for (JsonNode tag : document.path("_Tags")) {
                        tags.put(tag.path("Key").asText(), tag.path("Value").asText());
                    }
                    change.accept(tags);
                    ArrayNode kept = document.putArray("_Tags");
                    tags.forEach(
                            (key, value) -> kept.addObject().put("Key", key).put("Value", value));
                })
                .orElseThrow(() -> missing(arn));
    }

    private Documents family(String local, String arn) {
        Documents family = families.get(local.substring(0, Math.max(0, local.indexOf('/'))));
        if (family == null) {
            throw missing(arn);
        }
        return family;
    }

    private static String key(String local) {
        return local.substring(local.indexOf('/') + 1);
    }

    private static ObjectNode answer(ObjectNode document) {
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        out.set("Tags", document.withArray("_Tags"));
        return out;
    }

    private static ServiceError missing(String arn) {
        return ServiceError.validation("Requested resource not found: " + arn);
    }
}
