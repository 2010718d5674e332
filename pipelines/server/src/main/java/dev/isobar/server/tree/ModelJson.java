package dev.isobar.server.tree;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads XGBoost's JSON model into the same values as {@link Ubj}; arrays of numbers become {@link Numbers}. */
final class ModelJson {
    private static final int DEEPEST = 32;
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    private ModelJson() {}

    /**
     * An array of numbers in both readings of its text: rounding a decimal to double and then to float is not the same as rounding it once.
     */
    record Numbers(float[] floats, double[] doubles) {}

    static @Nullable Object read(byte[] bytes, String source) {
        try (JsonParser parser = FACTORY.createParser(bytes)) {
            Object root = value(parser, parser.nextToken(), 0, source);
            if (parser.nextToken() != null) {
                throw corrupt(parser, source, "something follows the end of the document", null);
            }
            return root;
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            long at = e.getLocation() == null ? -1 : e.getLocation().getByteOffset();
            throw corrupt(at, source, e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw corrupt(-1, source, e.toString(), e);
        }
    }

    private static @Nullable Object value(JsonParser p, @Nullable JsonToken token, int depth, String source)
            throws IOException {
        if (token == null) {
            throw corrupt(p, source, "the text ends early", null);
        }
        if (depth > DEEPEST) {
            throw corrupt(p, source, "nesting is deeper than " + DEEPEST, null);
        }
        return switch (token) {
            case START_OBJECT -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>(4);
                for (String key = p.nextFieldName(); key != null; key = p.nextFieldName()) {
                    map.put(key, value(p, p.nextToken(), depth + 1, source));
                }
                if (p.currentToken() != JsonToken.END_OBJECT) {
                    throw corrupt(p, source, "an object is not closed", null);
                }
                yield map;
            }
            case START_ARRAY -> array(p, depth, source);
            case VALUE_STRING -> p.getText();
            case VALUE_NUMBER_INT -> number(p).longValue();
            case VALUE_NUMBER_FLOAT -> p.getDoubleValue();
            case VALUE_TRUE -> Boolean.TRUE;
            case VALUE_FALSE -> Boolean.FALSE;
            case VALUE_NULL -> null;
            default -> throw corrupt(p, source, "an unexpected " + token, null);
        };
    }

    private static Number number(JsonParser p) throws IOException {
        return p.getLongValue();
    }

    private static Object array(JsonParser p, int depth, String source) throws IOException {
        JsonToken token = p.nextToken();
        if (token == null || !token.isNumeric()) {
            List<@Nullable Object> list = new ArrayList<>(4);
            for (; token != JsonToken.END_ARRAY; token = p.nextToken()) {
                list.add(value(p, token, depth + 1, source));
            }
            return list;
        }
        float[] floats = new float[16];
        double[] doubles = new double[16];
        int n = 0;
        for (; token != JsonToken.END_ARRAY; token = p.nextToken()) {
            if (token == null || !token.isNumeric()) {
                throw corrupt(p, source, "an array of numbers holds something else", null);
            }
            if (n == floats.length) {
                floats = Arrays.copyOf(floats, 2 * n);
                doubles = Arrays.copyOf(doubles, 2 * n);
            }
            // From the text, once for each width: Jackson may keep the first reading and narrow it.
            String text = p.getText();
            floats[n] = Float.parseFloat(text);
            doubles[n++] = Double.parseDouble(text);
        }
        return new Numbers(Arrays.copyOf(floats, n), Arrays.copyOf(doubles, n));
    }

    private static IsobarException corrupt(JsonParser p, String source, String what, @Nullable Throwable cause) {
        return corrupt(p.currentLocation().getByteOffset(), source, what, cause);
    }

    private static IsobarException corrupt(long offset, String source, String what, @Nullable Throwable cause) {
        return IsobarException.of(
                        ErrorCode.CORRUPT, "The model is not a readable JSON document: at byte " + offset + ", " + what)
                .resource(source)
                .hint("Compare its digest with the registry's and fetch it again.")
                .cause(cause)
                .build();
    }
}
