package dev.isobar.aws.kinesis;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What Kinesis is told as an event's key. */
final class PartitionKey {
    private static final int LONGEST = 256;

    private PartitionKey() {}

    /** The key itself where Kinesis takes it (1 to 256 characters), else a digest of it: equal keys, equal partition keys. */
    static String of(String key) {
        if (!key.isEmpty() && key.length() <= LONGEST) {
            return key;
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return "sha256:" + HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
