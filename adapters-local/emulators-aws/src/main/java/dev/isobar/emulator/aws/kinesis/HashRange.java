package dev.isobar.emulator.aws.kinesis;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/** The hash keys of a shard, both ends included. */
record HashRange(BigInteger start, BigInteger end) {
    /** One more than the largest hash key. */
    static final BigInteger SPACE = BigInteger.ONE.shiftLeft(128);

    private static final ThreadLocal<MessageDigest> MD5 = ThreadLocal.withInitial(() -> {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Java without MD5", e);
        }
    });

    /** The hash key of a partition key. */
    static BigInteger hash(byte[] partitionKey) {
        return new BigInteger(1, MD5.get().digest(partitionKey));
    }

    /** The hash key of a partition key. */
    static BigInteger hash(String partitionKey) {
        return hash(partitionKey.getBytes(StandardCharsets.UTF_8));
    }

    /** Ranges of equal size; the last one takes what is left. */
    static List<HashRange> uniform(int count) {
        BigInteger size = SPACE.divide(BigInteger.valueOf(count));
        List<HashRange> ranges = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            BigInteger start = size.multiply(BigInteger.valueOf(i));
            ranges.add(new HashRange(start, (i == count - 1 ? SPACE : start.add(size)).subtract(BigInteger.ONE)));
        }
        return ranges;
    }

    static HashRange of(ObjectNode json) {
        return new HashRange(
                new BigInteger(json.path("StartingHashKey").asText()),
                new BigInteger(json.path("EndingHashKey").asText()));
    }

    /** As the service writes it. */
    void write(ObjectNode into) {
        into.put("StartingHashKey", start.toString());
        into.put("EndingHashKey", end.toString());
    }
}
