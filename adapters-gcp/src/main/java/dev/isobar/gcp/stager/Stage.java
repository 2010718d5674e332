package dev.isobar.gcp.stager;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a stager is told, as JSON in the variable {@value #VARIABLE}.
 *
 * @param project whose bucket it is
 * @param location of the bucket
 * @param lake first part of the names of the lake's objects, with the last slash
 * @param job lake key of the {@link Work}
 * @param digest of that object, {@code sha256:…}
 * @param attempt first part of the lake keys of what this attempt leaves, with the last slash
 */
public record Stage(
        String project, String location, String bucket, String lake, String job, String digest, String attempt) {
    /** Where it is found. */
    public static final String VARIABLE = "ISOBAR_STAGE";

    /** Lake key, below {@link #attempt}, of what is written last. */
    public static final String DONE = "done.json";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /**
     * What the trainer needs.
     *
     * @param channels channel → object, or prefix of objects, that fill its folder
     * @param life tells this job from one that had its name before
     * @param request digest of what was asked for
     */
    public record Work(
            String name,
            String life,
            String request,
            Map<String, String> hyperparameters,
            Map<String, String> channels,
            String output,
            long timeoutMillis,
            Map<String, String> labels) {
        /** Sorts what has no order, so that one job is one text. */
        public Work {
            hyperparameters = new TreeMap<>(hyperparameters);
            channels = new TreeMap<>(channels);
            labels = new TreeMap<>(labels);
        }
    }

    /**
     * What an attempt left.
     *
     * @param exit the trainer's exit code
     * @param failure what it left in {@code output/failure}; empty for nothing
     * @param files lake keys below the attempt's prefix
     */
    public record Done(int exit, String failure, java.util.List<String> files) {}

    /** Where parts of uploads are, beside the lake: as the adapter has them, so that it lists what is left over. */
    String parts() {
        return lake.replaceFirst("lake/$", "parts/");
    }

    /** As text. */
    public String toJson() {
        return write(this);
    }

    /** Any of these records as text. */
    public static String write(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("records of text are writable", e);
        }
    }

    /** Any of these records of a text. */
    public static <T> T read(byte[] json, Class<T> type, String what) {
        try {
            return JSON.readValue(json, type);
        } catch (java.io.IOException e) {
            throw IsobarException.of(ErrorCode.CORRUPT, what + " cannot be read: " + e.getMessage())
                    .cause(e)
                    .build();
        }
    }
}
