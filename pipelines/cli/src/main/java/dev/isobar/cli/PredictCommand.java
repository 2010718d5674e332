package dev.isobar.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.cli.print.Json;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.runtime.result.PredictResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code isobar predict}. */
@Command(
        name = "predict",
        description = "Asks a live endpoint for predictions; the server computes the features itself.")
final class PredictCommand extends Task {
    private static final String HINT =
            "Give columns as COLUMN=VALUE ..., or --instance '{\"COLUMN\":\"VALUE\"}', or --file FILE with a JSON array or one object a line.";

    @Parameters(index = "0", paramLabel = "NAME", description = "The endpoint.")
    @SuppressWarnings("NullAway.Init")
    String endpoint;

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "COLUMN=VALUE",
            description = "One instance, column by column.")
    List<String> columns = new ArrayList<>();

    @Option(names = "--instance", paramLabel = "JSON", description = "One instance as a JSON object; repeatable.")
    List<String> instances = new ArrayList<>();

    @Option(
            names = "--file",
            paramLabel = "FILE",
            description = "Instances: a JSON array, {\"instances\": [...]}, or one object a line.")
    @Nullable
    Path file;

    @Override
    Answer answer() {
        List<Map<String, Object>> all = new ArrayList<>();
        if (!columns.isEmpty()) {
            all.add(pairs());
        }
        for (String text : instances) {
            all.add(object(parse(text, "--instance"), "--instance"));
        }
        Path from = file;
        if (from != null) {
            all.addAll(read(host().cwd().resolve(from)));
        }
        if (all.isEmpty()) {
            throw wrong("There is nothing to predict", "isobar predict " + endpoint);
        }
        PredictResult result = ask(i -> i.predict(endpoint, all));
        return Answer.done(result, () -> summaries().predict(result));
    }

    private Map<String, Object> pairs() {
        Map<String, Object> row = new LinkedHashMap<>();
        for (String pair : columns) {
            int equals = pair.indexOf('=');
            if (equals <= 0) {
                throw wrong("'" + pair + "' is not COLUMN=VALUE", "isobar predict " + endpoint);
            }
            if (row.put(pair.substring(0, equals), pair.substring(equals + 1)) != null) {
                throw wrong("Column '" + pair.substring(0, equals) + "' is given twice", "isobar predict " + endpoint);
            }
        }
        return row;
    }

    private static List<Map<String, Object>> read(Path path) {
        String text;
        try {
            text = Files.readString(path, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw wrong(
                    "The file with instances cannot be read: "
                            + IsobarException.io("reading it", e).getMessage(),
                    path.toString());
        }
        List<Map<String, Object>> rows = new ArrayList<>();
        if (text.startsWith("[") || !text.contains("\n") || parses(text)) {
            JsonNode whole = parse(text, path.toString());
            JsonNode list = whole.has("instances") ? whole.get("instances") : whole;
            if (list.isArray()) {
                list.forEach(n -> rows.add(object(n, path.toString())));
            } else {
                rows.add(object(list, path.toString()));
            }
            return rows;
        }
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            if (!line.isBlank()) {
                String place = path + ":" + number;
                rows.add(object(parse(line, place), place));
            }
        }
        return rows;
    }

    private static boolean parses(String text) {
        try {
            Json.read(text);
            return true;
        } catch (JsonProcessingException e) {
            return false; // then it is read line by line, which says what is wrong and where
        }
    }

    private static JsonNode parse(String text, String place) {
        try {
            return Json.read(text);
        } catch (JsonProcessingException e) {
            throw wrong("This is not JSON: " + e.getOriginalMessage(), place);
        }
    }

    private static Map<String, Object> object(JsonNode node, String place) {
        if (!(node instanceof ObjectNode object)) {
            throw wrong("An instance is a JSON object, not " + node, place);
        }
        Map<String, Object> row = new LinkedHashMap<>();
        object.properties().forEach(e -> {
            JsonNode v = e.getValue();
            if (!v.isNull()) {
                row.put(
                        e.getKey(),
                        v.isBoolean()
                                ? (Object) v.booleanValue()
                                : v.isNumber() ? v.numberValue() : v.isTextual() ? v.textValue() : v.toString());
            }
        });
        return row;
    }

    private static IsobarException wrong(String message, String place) {
        return IsobarException.of(ErrorCode.INVALID_ARGUMENT, message)
                .resource(place)
                .hint(HINT)
                .build();
    }
}
