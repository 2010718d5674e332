package dev.isobar.aws.kinesis;

import dev.isobar.platform.managed.ResourceNames;

/** What Kinesis is told as an event's key. */
final class PartitionKey {
    private static final int LONGEST = 256;

    private PartitionKey() {}

    /** The key itself where Kinesis takes it (1 to 256 characters), else a digest of it: equal keys, equal partition keys. */
    static String of(String key) {
        if (!key.isEmpty() && key.length() <= LONGEST) {
            return key;
        }
        return "sha256:" + ResourceNames.sha256(key);
    }
}
