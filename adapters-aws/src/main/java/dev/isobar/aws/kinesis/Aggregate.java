package dev.isobar.aws.kinesis;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * Several events in one Kinesis record, in the form of the Kinesis Producer Library, which the Client Library, Lambda's and Flink's readers take apart by
 * themselves: four magic bytes, the protocol buffer {@code AggregatedRecord}, and the MD5 of that message. Source: {@code aggregation-format.md} of
 * awslabs/amazon-kinesis-producer. All events of one of our aggregates have one key, so that what the key's order needs is stored as a whole or not at
 * all; each is an {@link dev.isobar.event.EventEnvelope}.
 */
final class Aggregate {
    private static final byte[] MAGIC = {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2};
    private static final int DIGEST_BYTES = 16;
    private static final int KEY_TABLE = 1 << 3 | 2;
    private static final int RECORDS = 3 << 3 | 2;
    private static final int KEY_INDEX = 1 << 3;
    private static final int DATA = 3 << 3 | 2;

    private Aggregate() {}

    /** Where one of the records inside lies. */
    record Part(String partitionKey, int from, int to) {}

    /** How many bytes one more event adds at most. */
    static int cost(byte[] event) {
        return event.length + 14;
    }

    /** How many bytes an aggregate takes beside its events, at most. */
    static int overhead(int keyBytes) {
        return MAGIC.length + DIGEST_BYTES + 6 + keyBytes;
    }

    /** One record of these events of one partition key. */
    static byte[] encode(String partitionKey, List<byte[]> events) {
        byte[] key = partitionKey.getBytes(StandardCharsets.UTF_8);
        int size = MAGIC.length + DIGEST_BYTES + 1 + varintBytes(key.length) + key.length;
        for (byte[] event : events) {
            int inner = 3 + varintBytes(event.length) + event.length;
            size += 1 + varintBytes(inner) + inner;
        }
        byte[] out = new byte[size];
        System.arraycopy(MAGIC, 0, out, 0, MAGIC.length);
        int at = MAGIC.length;
        out[at++] = KEY_TABLE;
        at = varint(out, at, key.length);
        System.arraycopy(key, 0, out, at, key.length);
        at += key.length;
        for (byte[] event : events) {
            out[at++] = RECORDS;
            at = varint(out, at, 3 + varintBytes(event.length) + event.length);
            out[at++] = KEY_INDEX;
            out[at++] = 0;
            out[at++] = DATA;
            at = varint(out, at, event.length);
            System.arraycopy(event, 0, out, at, event.length);
            at += event.length;
        }
        System.arraycopy(md5(out, MAGIC.length, at), 0, out, at, DIGEST_BYTES);
        return out;
    }

    /** Whether a record's data claims to be an aggregate. */
    static boolean is(byte[] data) {
        if (data.length < MAGIC.length + DIGEST_BYTES) {
            return false;
        }
        for (int i = 0; i < MAGIC.length; i++) {
            if (data[i] != MAGIC[i]) {
                return false;
            }
        }
        return true;
    }

    /** What is inside; {@code CORRUPT} if the digest or the form does not fit. */
    static List<Part> parts(byte[] data, String where) {
        int end = data.length - DIGEST_BYTES;
        byte[] digest = md5(data, MAGIC.length, end);
        for (int i = 0; i < DIGEST_BYTES; i++) {
            if (digest[i] != data[end + i]) {
                throw corrupt(where + " does not match its digest");
            }
        }
        List<String> keys = new ArrayList<>();
        List<int[]> records = new ArrayList<>();
        Cursor in = new Cursor(data, MAGIC.length, end, where);
        while (in.at < in.end) {
            int tag = in.varint();
            int from = in.skip(tag);
            if (tag == KEY_TABLE) {
                keys.add(new String(data, from, in.at - from, StandardCharsets.UTF_8));
            } else if (tag == RECORDS) {
                records.add(new int[] {from, in.at});
            }
        }
        List<Part> parts = new ArrayList<>(records.size());
        for (int[] record : records) {
            parts.add(part(new Cursor(data, record[0], record[1], where), keys));
        }
        return parts;
    }

    private static Part part(Cursor in, List<String> keys) {
        int key = -1;
        int from = -1;
        int to = -1;
        while (in.at < in.end) {
            int tag = in.varint();
            if (tag == KEY_INDEX) {
                key = in.varint();
            } else {
                int begin = in.skip(tag);
                if (tag == DATA) {
                    from = begin;
                    to = in.at;
                }
            }
        }
        if (from < 0 || key < 0 || key >= keys.size()) {
            throw corrupt(in.where + " holds a record without data or key");
        }
        return new Part(keys.get(key), from, to);
    }

    /** Reads the few wire types there are. */
    private static final class Cursor {
        private final byte[] data;
        private final int end;
        private final String where;
        private int at;

        Cursor(byte[] data, int from, int end, String where) {
            this.data = data;
            this.at = from;
            this.end = end;
            this.where = where;
        }

        int varint() {
            int value = 0;
            for (int shift = 0; shift < 35; shift += 7) {
                if (at >= end) {
                    throw corrupt(where + " ends early");
                }
                byte b = data[at++];
                value |= (b & 0x7F) << shift;
                if (b >= 0) {
                    return value;
                }
            }
            throw corrupt(where + " holds a number that is too long");
        }

        /** Moves behind a field and returns where its content began. */
        int skip(int tag) {
            int length = switch (tag & 7) {
                case 2 -> varint();
                case 1 -> 8;
                case 5 -> 4;
                default -> 0;
            };
            int from = at;
            if ((tag & 7) == 0) {
                varint();
            } else if (length < 0 || length > end - at) {
                throw corrupt(where + " ends early");
            } else {
                at += length;
            }
            return from;
        }
    }

    private static IsobarException corrupt(String message) {
        return IsobarException.of(ErrorCode.CORRUPT, message)
                .hint("Start a reader behind this position to go on without it.")
                .build();
    }

    private static int varintBytes(int value) {
        int bytes = 1;
        for (int rest = value >>> 7; rest != 0; rest >>>= 7) {
            bytes++;
        }
        return bytes;
    }

    private static int varint(byte[] out, int from, int value) {
        int at = from;
        int rest = value;
        while (rest >>> 7 != 0) {
            out[at++] = (byte) (rest & 0x7F | 0x80);
            rest >>>= 7;
        }
        out[at++] = (byte) rest;
        return at;
    }

    private static byte[] md5(byte[] bytes, int from, int to) {
        try {
            MessageDigest digest = MessageDigest.getInstance("MD5");
            digest.update(bytes, from, to - from);
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }
}
