package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which local command stands for which image: a JSON file, read anew for each question, so that a change takes effect at once.
 *
 * <pre>{@code
 * {"images": {"IMAGE": {"command": ["java", "-jar", "/x.jar"], "environment": {"K": "V"}}},
 *  "quotas": {"ml.p3.2xlarge": 1},
 *  "roles": ["arn:aws:iam::000000000000:role/isobar"]}
 * }</pre>
 *
 * <p>{@code quotas} (instances per type; without a word 0 for accelerators, 20 for others) and {@code roles} (those that SageMaker can assume;
 * without a word all) stand for what an account has. Thread safe.
 */
final class ImageTable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int USUAL_QUOTA = 20;

    private final Path file;

    /** A command and what it finds in its environment. */
    record Image(List<String> command, Map<String, String> environment) {}

    ImageTable(Path file) {
        this.file = file;
    }

    Path file() {
        return file;
    }

    Optional<Image> find(String name) throws IOException {
        JsonNode image = read().path("images").path(name);
        if (image.isMissingNode()) {
            return Optional.empty();
        }
        List<String> command = new ArrayList<>();
        image.path("command").forEach(word -> command.add(word.asText()));
        if (command.isEmpty()) {
            throw new IOException("The image " + name + " has no command in " + file);
        }
        Map<String, String> environment = new LinkedHashMap<>();
        image.path("environment")
                .properties()
                .forEach(entry ->
                        environment.put(entry.getKey(), entry.getValue().asText()));
        return Optional.of(new Image(command, environment));
    }

    /** How many instances of a type the account may have. */
    long quota(String instanceType) throws IOException {
        JsonNode quota = read().path("quotas").path(instanceType);
        if (quota.isNumber()) {
            return quota.asLong();
        }
        return instanceType.matches("ml\\.(p|g|trn|inf|dl)\\d.*") ? 0 : USUAL_QUOTA;
    }

    /** Whether SageMaker can assume a role. */
    boolean assumable(String role) throws IOException {
        JsonNode roles = read().path("roles");
        if (roles.isMissingNode()) {
            return true;
        }
        for (JsonNode known : roles) {
            if (known.asText().equals(role)) {
                return true;
            }
        }
        return false;
    }

    private JsonNode read() throws IOException {
        return Files.exists(file) ? JSON.readTree(file.toFile()) : JSON.createObjectNode();
    }
}
