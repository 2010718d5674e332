package dev.isobar.server.tree;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A reader of Universal Binary JSON (draft 12), as far as XGBoost writes it. Gives maps, lists, strings, {@code Long}, {@code Double}, {@code Float},
 * {@code Boolean}, null, and for typed arrays {@code float[]}, {@code double[]}, {@code int[]} or {@code long[]}.
 *
 * <p>What a length claims is believed only if the bytes are there, so that the memory used is bounded by a small multiple of the input.
 */
final class Ubj {
    private static final int DEEPEST = 32;

    private final byte[] bytes;
    private final ByteBuffer in;
    private final String source;

    private Ubj(byte[] bytes, String source) {
        this.bytes = bytes;
        this.in = ByteBuffer.wrap(bytes);
        this.source = source;
    }

    /** Reads one document that fills all the bytes. */
    static @Nullable Object read(byte[] bytes, String source) {
        Ubj ubj = new Ubj(bytes, source);
        Object root = ubj.value(ubj.marker("a value"), 0);
        if (ubj.in.hasRemaining()) {
            throw ubj.corrupt(ubj.in.position(), ubj.in.remaining() + " bytes follow the end of the document");
        }
        return root;
    }

    private @Nullable Object value(byte type, int depth) {
        int at = in.position() - 1;
        return switch (type) {
            case 'Z' -> null;
            case 'T' -> Boolean.TRUE;
            case 'F' -> Boolean.FALSE;
            case 'i', 'U', 'I', 'l', 'L' -> integer(type, "an integer");
            case 'd' -> need(4, "a float32").getFloat();
            case 'D' -> need(8, "a float64").getDouble();
            case 'C' -> String.valueOf((char) (need(1, "a character").get() & 0x7f));
            case 'S' -> string("a string");
            case '[' -> array(depth + 1, at);
            case '{' -> object(depth + 1, at);
            default -> throw corrupt(at, "the type marker " + shown(type) + " is unknown");
        };
    }

    private Map<String, @Nullable Object> object(int depth, int at) {
        deep(depth, at);
        Map<String, @Nullable Object> map = new LinkedHashMap<>(4);
        long count = -1;
        byte type = 0;
        if (peek() == '$') {
            in.get();
            type = marker("a type");
        }
        if (peek() == '#') {
            in.get();
            count = count(type == 0 ? 2 : 1, "an object");
        } else if (type != 0) {
            throw corrupt(in.position(), "a typed object has no count");
        }
        for (long i = 0; count < 0 ? peek() != '}' : i < count; i++) {
            int keyAt = in.position();
            String key = string("a key");
            Object value = value(type == 0 ? marker("a value") : type, depth);
            if (map.containsKey(key)) {
                throw corrupt(keyAt, "the key '" + key + "' appears twice");
            }
            map.put(key, value);
        }
        if (count < 0) {
            in.get();
        }
        return map;
    }

    private Object array(int depth, int at) {
        deep(depth, at);
        byte type = 0;
        if (peek() == '$') {
            in.get();
            type = marker("a type");
        }
        if (peek() == '#') {
            in.get();
            return type == 0 ? counted(count(1, "an array"), depth) : typed(type, depth);
        }
        if (type != 0) {
            throw corrupt(in.position(), "a typed array has no count");
        }
        List<@Nullable Object> list = new ArrayList<>(4);
        while (peek() != ']') {
            list.add(value(marker("a value"), depth));
        }
        in.get();
        return list;
    }

    private List<@Nullable Object> counted(int count, int depth) {
        List<@Nullable Object> list = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            list.add(value(marker("a value"), depth));
        }
        return list;
    }

    private Object typed(byte type, int depth) {
        int at = in.position();
        switch (type) {
            case 'd' -> {
                float[] a = new float[count(4, "an array of float32")];
                in.asFloatBuffer().get(a);
                in.position(in.position() + 4 * a.length);
                return a;
            }
            case 'D' -> {
                double[] a = new double[count(8, "an array of float64")];
                in.asDoubleBuffer().get(a);
                in.position(in.position() + 8 * a.length);
                return a;
            }
            case 'l' -> {
                int[] a = new int[count(4, "an array of int32")];
                in.asIntBuffer().get(a);
                in.position(in.position() + 4 * a.length);
                return a;
            }
            case 'L' -> {
                long[] a = new long[count(8, "an array of int64")];
                in.asLongBuffer().get(a);
                in.position(in.position() + 8 * a.length);
                return a;
            }
            case 'i', 'U', 'I' -> {
                int[] a = new int[count(type == 'I' ? 2 : 1, "an array of small integers")];
                for (int i = 0; i < a.length; i++) {
                    a[i] = type == 'I' ? in.getShort() : type == 'U' ? in.get() & 0xff : in.get();
                }
                return a;
            }
            case 'S', '[', '{', 'C' -> {
                int count = count(1, "an array");
                List<@Nullable Object> list = new ArrayList<>(Math.min(count, 1024));
                for (int i = 0; i < count; i++) {
                    list.add(value(type, depth));
                }
                return list;
            }
            // Z, T and F take no bytes: a few of them could ask for any amount of memory.
            default -> throw corrupt(at, "an array of type " + shown(type) + " is not used by XGBoost");
        }
    }

    private long integer(byte type, String what) {
        return switch (type) {
            case 'i' -> need(1, what).get();
            case 'U' -> need(1, what).get() & 0xff;
            case 'I' -> need(2, what).getShort();
            case 'l' -> need(4, what).getInt();
            case 'L' -> need(8, what).getLong();
            default -> throw corrupt(in.position() - 1, "the marker of " + what + " is " + shown(type));
        };
    }

    private int count(int bytesEach, String what) {
        int at = in.position();
        long count = integer(marker("the length of " + what), "the length of " + what);
        if (count < 0 || count > in.remaining() / bytesEach) {
            throw corrupt(at, what + " claims a length of " + count + " with " + in.remaining() + " bytes left");
        }
        return (int) count;
    }

    private String string(String what) {
        int length = count(1, what);
        int at = in.position();
        try {
            String s = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes, at, length))
                    .toString();
            in.position(at + length);
            return s;
        } catch (CharacterCodingException e) {
            throw corrupt(at, what + " is not UTF-8");
        }
    }

    private byte peek() {
        if (!in.hasRemaining()) {
            throw corrupt(in.position(), "the bytes end inside an array or object");
        }
        return bytes[in.position()];
    }

    private byte marker(String what) {
        return need(1, what).get();
    }

    private ByteBuffer need(int count, String what) {
        if (in.remaining() < count) {
            throw corrupt(in.position(), "the bytes end inside " + what);
        }
        return in;
    }

    private void deep(int depth, int at) {
        if (depth > DEEPEST) {
            throw corrupt(at, "nesting is deeper than " + DEEPEST);
        }
    }

    private static String shown(byte type) {
        return type > ' ' && type < 0x7f ? "'" + (char) type + "'" : "0x" + Integer.toHexString(type & 0xff);
    }

    private IsobarException corrupt(int offset, String what) {
        return IsobarException.of(
                        ErrorCode.CORRUPT, "The model is not a readable UBJ document: at byte " + offset + ", " + what)
                .resource(source)
                .hint("Compare its digest with the registry's and fetch it again.")
                .build();
    }
}
