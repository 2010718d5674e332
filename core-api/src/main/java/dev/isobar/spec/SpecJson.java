package dev.isobar.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Canonical JSON of a spec and the hashes over it. Canonical means: names sorted, no white space, UTF-8, nulls written, numbers in Java's shortest
 * round-trip form. Thread safe.
 *
 * <p>The hash is a Merkle tree: an object hashes its sorted names with its children's hashes, an array its children's hashes in order, a scalar
 * its JSON text. So every node has a hash of its own, and a changed alert threshold leaves the hash of features and streams as it was.
 *
 * @since 0.1
 */
public final class SpecJson {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .configure(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY, true)
            .configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true)
            .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, true)
            // Every name is written, nulls too: one that is missing was lost, and zero is not what it said.
            .configure(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES, true)
            .configure(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES, true)
            .configure(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, true)
            .build();

    private SpecJson() {}

    /** The canonical JSON of a spec. */
    public static String write(PipelineSpec spec) {
        try {
            return MAPPER.writeValueAsString(canonical(MAPPER.valueToTree(spec)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a spec is always writable", e);
        }
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws IsobarException {@code INVALID_PIPELINE} if the text is not a spec
     */
    public static PipelineSpec read(String json) {
        PipelineSpec spec;
        try {
            spec = MAPPER.readValue(json, PipelineSpec.class);
        } catch (JsonProcessingException e) {
            throw notASpec(e.getOriginalMessage(), e);
        }
        if (spec == null) {
            throw notASpec("it is null", null);
        }
        return spec;
    }

    /** The pipeline's version: 64 hexadecimal digits. */
    public static String version(PipelineSpec spec) {
        return hash((Object) spec);
    }

    /** The Merkle hash of a node of a spec, an expression, a view, a whole pipeline: 64 hexadecimal digits. */
    public static String hash(Object node) {
        return HexFormat.of().formatHex(merkle(MAPPER.valueToTree(node)));
    }

    private static IsobarException notASpec(String why, @Nullable Exception cause) {
        return IsobarException.of(ErrorCode.INVALID_PIPELINE, "This is not a pipeline spec: " + why)
                .hint("Specs are written by `isobar plan NAME --output json` of the same version of Isobar.")
                .cause(cause)
                .build();
    }

    private static byte[] merkle(JsonNode node) {
        MessageDigest sha = sha256();
        if (node.isObject()) {
            sha.update((byte) '{');
            TreeMap<String, JsonNode> sorted = new TreeMap<>();
            node.fields().forEachRemaining(e -> sorted.put(e.getKey(), e.getValue()));
            sorted.forEach((name, child) -> {
                sha.update(name.getBytes(StandardCharsets.UTF_8));
                sha.update((byte) 0);
                sha.update(merkle(child));
            });
        } else if (node.isArray()) {
            sha.update((byte) '[');
            node.forEach(child -> sha.update(merkle(child)));
        } else {
            sha.update((byte) '=');
            sha.update(node.toString().getBytes(StandardCharsets.UTF_8));
        }
        return sha.digest();
    }

    // valueToTree keeps the order in which properties were met; canonical form wants names sorted at every level.
    private static JsonNode canonical(JsonNode node) {
        if (node.isObject()) {
            ObjectNode sorted = MAPPER.createObjectNode();
            TreeMap<String, JsonNode> children = new TreeMap<>();
            node.fields().forEachRemaining(e -> children.put(e.getKey(), canonical(e.getValue())));
            children.forEach(sorted::set);
            return sorted;
        }
        if (node.isArray()) {
            var array = MAPPER.createArrayNode();
            node.forEach(child -> array.add(canonical(child)));
            return array;
        }
        return node;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
