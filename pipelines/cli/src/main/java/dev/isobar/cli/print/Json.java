package dev.isobar.cli.print;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** Writes the one document of {@code --output json}. Thread safe. */
public final class Json {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    private Json() {}

    /** The document, indented, without a line break at its end. */
    public static String write(Object document) {
        try {
            return MAPPER.writeValueAsString(document);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an answer is always writable", e);
        }
    }

    /** Reads any JSON text; more than one value in it is an error. */
    public static JsonNode read(String text) throws JsonProcessingException {
        return MAPPER.reader()
                .with(com.fasterxml.jackson.databind.DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .readTree(text);
    }

    /** Reads a document of a known form; an unknown field is an error. */
    public static <T> T read(JsonNode document, Class<T> type) throws JsonProcessingException {
        return MAPPER.treeToValue(document, type);
    }

    /** As a tree. */
    static JsonNode tree(Object document) {
        return MAPPER.valueToTree(document);
    }
}
