package dev.isobar.server.http;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Paths and what they mean, by method. Configured routes win over built-in ones of the same path. Immutable. */
final class Routes {
    private final Map<String, Route> gets = new HashMap<>();
    private final Map<String, Route> posts = new HashMap<>();
    private final List<Plain> plain = new ArrayList<>();
    private final @Nullable Scorer scorer;

    /** A path that takes plain JSON. */
    private record Plain(byte[] path, Route route) {}

    /** @param scorer null while there is none */
    Routes(ServerConfiguration c, @Nullable Scorer scorer) {
        this.scorer = scorer;
        gets.put(c.livenessRoute(), Route.AZURE_LIVENESS);
        gets.put(c.readinessRoute(), Route.AZURE_READINESS);
        gets.put("/ping", Route.PING);
        gets.put("/v2", Route.V2_SERVER);
        gets.put("/v2/health/live", Route.V2_LIVE);
        gets.put("/v2/health/ready", Route.V2_READY);
        gets.put("/isobar/v1/status", Route.STATUS);
        gets.put("/metrics", Route.METRICS);
        gets.put(c.healthRoute(), Route.VERTEX_HEALTH);
        posts.put("/invocations", Route.INVOCATIONS);
        posts.put(c.scoringRoute(), Route.AZURE_SCORE);
        posts.put(c.predictRoute(), Route.VERTEX_PREDICT);
        posts.forEach((path, route) -> plain.add(new Plain(path.getBytes(StandardCharsets.UTF_8), route)));
        if (scorer == null) {
            return;
        }
        String model = "/v2/models/" + scorer.modelName();
        for (String path : new String[] {model, model + "/versions/" + scorer.modelVersion()}) {
            gets.put(path, Route.V2_MODEL);
            gets.put(path + "/ready", Route.V2_MODEL_READY);
            posts.put(path + "/infer", Route.V2_INFER);
        }
    }

    /** @throws Refusal 404 or 405, saying which routes there are */
    Route find(boolean post, boolean get, String uri) {
        Route route = lookup(post, get, uri);
        String path = uri;
        if (route == null) {
            path = path(uri);
            route = lookup(post, get, path);
        }
        if (route != null) {
            return route;
        }
        if (gets.containsKey(path) || posts.containsKey(path)) {
            throw new Refusal(
                    405,
                    "INVALID_ARGUMENT",
                    "This route does not take that method.",
                    "Use " + allowed(path) + " " + path + ".");
        }
        if (scorer == null) {
            if (path.startsWith("/v2/models/")) {
                throw Refusal.loading();
            }
            throw new Refusal(
                    404,
                    "NOT_FOUND",
                    "No such route: " + RequestReader.shorten(path, 200) + ".",
                    "POST /invocations scores.");
        }
        if (path.startsWith("/v2/models/")) {
            throw new Refusal(
                    404,
                    "NOT_FOUND",
                    "No such model or version: " + RequestReader.shorten(path, 200) + ".",
                    "This server has /v2/models/" + scorer.modelName() + "/versions/" + scorer.modelVersion() + ".");
        }
        throw new Refusal(
                404,
                "NOT_FOUND",
                "No such route: " + RequestReader.shorten(path, 200) + ".",
                "POST /invocations scores; GET /v2/models/" + scorer.modelName() + " describes the model.");
    }

    /** Which route that scores plain JSON these bytes are the path of; null if they are none's, as they stand. */
    @Nullable
    Route plain(byte[] b, int from, int to) {
        for (Plain p : plain) {
            if (Arrays.equals(b, from, to, p.path, 0, p.path.length)) {
                return p.route;
            }
        }
        return null;
    }

    /** The methods of a path, for the header {@code Allow}; empty if there is no such path. */
    String allowed(String path) {
        String get = gets.containsKey(path) ? "GET, HEAD" : "";
        return posts.containsKey(path) ? get + (get.isEmpty() ? "POST" : ", POST") : get;
    }

    static String path(String uri) {
        try {
            return new QueryStringDecoder(uri).path();
        } catch (IllegalArgumentException e) {
            throw Refusal.badRequest("The path cannot be decoded: " + e.getMessage() + ".", "Encode it as UTF-8.");
        }
    }

    private @Nullable Route lookup(boolean post, boolean get, String path) {
        return post ? posts.get(path) : get ? gets.get(path) : null;
    }
}
