package dev.isobar.emulator.gcp.bigquery;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The objects of Cloud Storage that jobs read, over its own interface. Thread safe. */
final class Objects {
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;

    private final @Nullable URI storage;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** Those of a Cloud Storage at an address; null for one in which there is nothing. */
    Objects(@Nullable URI storage) {
        this.storage = storage;
    }

    /** Copies an object's content to a file; false if there is no such object. */
    boolean copy(String bucket, String object, Path to) throws IOException {
        if (storage == null) {
            return false;
        }
        URI content = storage.resolve("/download/storage/v1/b/" + bucket + "/o/"
                + URLEncoder.encode(object, StandardCharsets.UTF_8).replace("+", "%20") + "?alt=media");
        try {
            HttpResponse<Path> answer =
                    http.send(HttpRequest.newBuilder(content).build(), HttpResponse.BodyHandlers.ofFile(to));
            if (answer.statusCode() != OK && answer.statusCode() != NOT_FOUND) {
                throw new IOException("Cloud Storage answered " + answer.statusCode() + " for " + content);
            }
            return answer.statusCode() == OK;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while reading " + content, e);
        }
    }
}
