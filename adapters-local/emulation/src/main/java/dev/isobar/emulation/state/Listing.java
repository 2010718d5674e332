package dev.isobar.emulation.state;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One page of documents in an order. A token names the last document that was given, so that what is added or removed between two pages neither
 * repeats nor hides another one.
 *
 * @param next where the next page begins, or null
 */
public record Listing(List<ObjectNode> page, @Nullable String next) {
    /**
     * Cuts a page.
     *
     * @param sortBy the member to sort by; those that are equal come by {@code name}
     * @throws IllegalArgumentException if the token is none that was given
     */
    public static Listing of(
            List<ObjectNode> documents,
            String sortBy,
            String name,
            boolean ascending,
            int limit,
            @Nullable String token) {
        Comparator<ObjectNode> order = Comparator.comparing(
                        (ObjectNode document) -> document.path(sortBy), Listing::compare)
                .thenComparing(document -> document.path(name), Listing::compare);
        if (!ascending) {
            order = order.reversed();
        }
        List<ObjectNode> sorted = documents.stream().sorted(order).toList();
        int from = 0;
        if (token != null) {
            ObjectNode last = decoded(token, sortBy, name);
            while (from < sorted.size() && order.compare(sorted.get(from), last) <= 0) {
                from++;
            }
        }
        int to = Math.min(from + limit, sorted.size());
        List<ObjectNode> page = sorted.subList(from, to);
        return new Listing(page, to < sorted.size() ? encoded(page.get(page.size() - 1), sortBy, name) : null);
    }

    private static int compare(JsonNode left, JsonNode right) {
        return left.isNumber() && right.isNumber()
                ? Double.compare(left.asDouble(), right.asDouble())
                : left.asText().compareTo(right.asText());
    }

    private static String encoded(ObjectNode document, String sortBy, String name) {
        String text = (document.path(sortBy).isNumber() ? "n" : "t")
                + document.path(sortBy).asText() + "\n" + document.path(name).asText();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static ObjectNode decoded(String token, String sortBy, String name) {
        String text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
        int end = text.indexOf('\n');
        if (end < 1) {
            throw new IllegalArgumentException("Not a token: " + token);
        }
        ObjectNode last = JsonNodeFactory.instance.objectNode();
        String value = text.substring(1, end);
        if (text.charAt(0) == 'n') {
            last.put(sortBy, Double.parseDouble(value));
        } else {
            last.put(sortBy, value);
        }
        last.put(name, text.substring(end + 1));
        return last;
    }
}
