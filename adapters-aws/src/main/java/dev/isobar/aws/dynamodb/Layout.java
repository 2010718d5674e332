package dev.isobar.aws.dynamodb;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * How one incarnation of a namespace lies in the table. Version v of a key's state is in slot v mod 2, so that a version that is being written never
 * covers the one that is to be seen; what exceeds an item is in chunks named by their write; an index of keys, so that listing them reads no state.
 *
 * @param name the namespace
 * @param incarnation the header's
 */
record Layout(String name, long incarnation) {
    /** Of a state, in one item: DynamoDB's limit is 400 KB with names and keys. */
    static final int CHUNK_BYTES = 350 << 10;

    static final String VERSION = "stateVersion";
    static final String WRITE = "writeNumber";
    static final String CHUNKS = "chunkCount";
    static final String BYTES = "stateBytes";

    /** All partition keys. */
    List<String> partitions() {
        return List.of(slot(0), slot(1), index(), chunks());
    }

    String slot(long version) {
        return name + "/" + incarnation + "/" + (version & 1);
    }

    String index() {
        return name + "/" + incarnation + "/keys";
    }

    String chunks() {
        return name + "/" + incarnation + "/chunks";
    }

    /** A sort key may not be empty, a key may. */
    static String sort(String key) {
        return "=" + key;
    }

    static String chunkPrefix(String key) {
        return sort(key) + "#";
    }

    static String chunkSort(String key, long write, int number) {
        return chunkPrefix(key) + String.format(Locale.ROOT, "%019d#%05d", write, number);
    }

    /** Whether a chunk's sort key that starts with this key's prefix is of this key, not of a longer one. */
    static boolean isChunkOf(String sort, String key) {
        return sort.length() == chunkPrefix(key).length() + 25;
    }

    static long writeOfChunk(String sort) {
        return Long.parseLong(sort.substring(sort.length() - 25, sort.length() - 6));
    }

    /** A state's items: head, chunks, and for a new key the index. */
    List<Map<String, AttributeValue>> items(String key, long version, long write, byte[] bytes) {
        List<Map<String, AttributeValue>> items = new ArrayList<>();
        int inline = Math.min(bytes.length, CHUNK_BYTES);
        int count = chunkCount(bytes.length);
        for (int i = 0; i < count; i++) {
            int from = inline + i * CHUNK_BYTES;
            Map<String, AttributeValue> chunk = new HashMap<>(OnlineTable.key(chunks(), chunkSort(key, write, i)));
            chunk.put(WRITE, number(write));
            chunk.put(BYTES, slice(bytes, from, Math.min(bytes.length, from + CHUNK_BYTES)));
            items.add(chunk);
        }
        Map<String, AttributeValue> head = new HashMap<>(OnlineTable.key(slot(version), sort(key)));
        head.put(VERSION, number(version));
        head.put(WRITE, number(write));
        head.put(CHUNKS, number(count));
        head.put(BYTES, slice(bytes, 0, inline));
        items.add(head);
        if (version == 1) {
            Map<String, AttributeValue> entry = new HashMap<>(OnlineTable.key(index(), sort(key)));
            entry.put(WRITE, number(write));
            items.add(entry);
        }
        return items;
    }

    List<Map<String, AttributeValue>> chunkKeys(String key, Chunks chunks) {
        List<Map<String, AttributeValue>> keys = new ArrayList<>();
        for (int i = 0; i < chunks.count(); i++) {
            keys.add(OnlineTable.key(chunks(), chunkSort(key, chunks.write(), i)));
        }
        return keys;
    }

    static int chunkCount(int length) {
        return length <= CHUNK_BYTES ? 0 : (length - 1) / CHUNK_BYTES;
    }

    private static AttributeValue slice(byte[] bytes, int from, int to) {
        return AttributeValue.fromB(
                from == 0 && to == bytes.length
                        ? SdkBytes.fromByteArrayUnsafe(bytes)
                        : SdkBytes.fromByteArrayUnsafe(java.util.Arrays.copyOfRange(bytes, from, to)));
    }

    static AttributeValue number(long value) {
        return AttributeValue.fromN(Long.toString(value));
    }

    static long number(Map<String, AttributeValue> item, String name) {
        return Long.parseLong(attribute(item, name).n());
    }

    static String sortOf(Map<String, AttributeValue> item) {
        return attribute(item, OnlineTable.SORT).s();
    }

    static AttributeValue attribute(Map<String, AttributeValue> item, String name) {
        AttributeValue value = item.get(name);
        if (value == null) {
            throw IsobarException.of(ErrorCode.CORRUPT, "An item of the online table has no " + name)
                    .hint("Somebody else has written to it. Remove that item.")
                    .build();
        }
        return value;
    }

    /** Where the rest of a state is. */
    record Chunks(long write, int count) {}

    /** What is in one slot. */
    record Head(long version, long write, int chunkCount, byte[] bytes) {
        static @Nullable Head of(@Nullable Map<String, AttributeValue> item) {
            if (item == null) {
                return null;
            }
            // a writer asks for all but the bytes
            AttributeValue bytes = item.get(BYTES);
            return new Head(
                    number(item, VERSION),
                    number(item, WRITE),
                    Math.toIntExact(number(item, CHUNKS)),
                    bytes == null ? new byte[0] : bytes.b().asByteArrayUnsafe());
        }

        @Nullable
        Chunks chunks() {
            return chunkCount == 0 ? null : new Chunks(write, chunkCount);
        }
    }
}
