package dev.isobar.workload;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Tells a server what to serve. A JSON object in the lake, found by its key ({@value #KEY_VARIABLE}) and checked by its digest
 * ({@value #DIGEST_VARIABLE}).
 *
 * @param spec lake key of the pipeline's spec as canonical JSON
 * @param specVersion what that spec must hash to
 * @param model lake key of the model's bytes
 * @param modelDigest {@code sha256:…} that those bytes must have
 * @param namespace of the online store, with states under {@link #stateKey} and {@link #PARTITION_KEY}
 * @param predictions stream that every prediction is logged to before it is answered
 * @since 0.1
 */
public record ServingDescriptor(
        String endpoint,
        String deployment,
        String runId,
        String spec,
        String specVersion,
        String model,
        String modelDigest,
        int modelVersion,
        String namespace,
        String predictions) {
    /** Environment variable with the lake key of a descriptor. */
    public static final String KEY_VARIABLE = "ISOBAR_DESCRIPTOR";

    /** Environment variable with the digest of a descriptor's bytes, {@code sha256:…}. */
    public static final String DIGEST_VARIABLE = "ISOBAR_DESCRIPTOR_DIGEST";

    /** Key in the online store of what holds for every key of the partition. */
    public static final String PARTITION_KEY = "p:0";

    private static final ObjectMapper MAPPER = JsonMapper.builder().build();

    /** Key in the online store of an entity key's state. */
    public static String stateKey(String key) {
        return "k:" + key;
    }

    /** The entity key whose state stands under a key of the online store. */
    public static String entityKey(String stateKey) {
        return stateKey.substring(2);
    }

    /** What {@link #modelDigest} and {@value #DIGEST_VARIABLE} say of bytes: {@code sha256:} and 64 hexadecimal digits. */
    public static String digest(byte[] bytes) {
        try {
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** As JSON. */
    public byte[] toJson() {
        try {
            return MAPPER.writeValueAsBytes(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of texts is always writable", e);
        }
    }

    /** Reads what {@link #toJson} wrote; {@code CORRUPT} if it is something else. */
    public static ServingDescriptor fromJson(byte[] json) {
        try {
            return MAPPER.readValue(new String(json, StandardCharsets.UTF_8), ServingDescriptor.class);
        } catch (JsonProcessingException e) {
            throw IsobarException.of(ErrorCode.CORRUPT, "This is not a serving descriptor: " + e.getOriginalMessage())
                    .cause(e)
                    .build();
        }
    }
}
