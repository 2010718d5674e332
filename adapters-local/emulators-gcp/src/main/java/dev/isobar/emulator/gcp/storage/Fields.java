package dev.isobar.emulator.gcp.storage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A partial answer: {@code fields=nextPageToken,items(name,size)}. Who asks for too little must get too little here too.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api#partial-response">partial response</a>
 */
final class Fields {
    private final String text;
    private int at;

    private Fields(String text) {
        this.text = text;
    }

    /** A tree of names; an empty one stands for all that is there. */
    private record Tree(Map<String, Tree> children) {
        static Tree empty() {
            return new Tree(new LinkedHashMap<>());
        }
    }

    /** Keeps what was asked for; all if nothing was said. */
    static ObjectNode keep(ObjectNode answer, @Nullable String fields) {
        if (fields == null || fields.isEmpty()) {
            return answer;
        }
        Fields parser = new Fields(fields);
        Tree tree = parser.list();
        if (parser.at < fields.length()) {
            throw StorageError.invalid("Invalid field selection " + fields);
        }
        prune(answer, tree);
        return answer;
    }

    private Tree list() {
        Tree tree = Tree.empty();
        do {
            path(tree);
        } while (take(','));
        return tree;
    }

    private void path(Tree parent) {
        int start = at;
        while (at < text.length() && "(),/".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String name = text.substring(start, at);
        if (name.isEmpty()) {
            throw StorageError.invalid("Invalid field selection " + text);
        }
        Tree child = parent.children().computeIfAbsent(name, n -> Tree.empty());
        if (take('/')) {
            path(child);
        } else if (take('(')) {
            child.children().putAll(list().children());
            if (!take(')')) {
                throw StorageError.invalid("Invalid field selection " + text);
            }
        }
    }

    private boolean take(char wanted) {
        if (at < text.length() && text.charAt(at) == wanted) {
            at++;
            return true;
        }
        return false;
    }

    private static void prune(JsonNode node, Tree tree) {
        if (tree.children().isEmpty() || tree.children().containsKey("*")) {
            return;
        }
        if (node instanceof ArrayNode array) {
            array.forEach(each -> prune(each, tree));
        } else if (node instanceof ObjectNode object) {
            object.retain(Set.copyOf(tree.children().keySet()));
            object.fields().forEachRemaining(field -> {
                Tree child = tree.children().get(field.getKey());
                if (child != null) {
                    prune(field.getValue(), child);
                }
            });
        }
    }
}
