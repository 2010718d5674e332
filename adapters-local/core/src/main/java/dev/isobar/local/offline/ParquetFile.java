package dev.isobar.local.offline;

import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes a Parquet file: PLAIN values, definition levels as bits, one page per column and row group, not compressed. Appending a row copies its words into column buffers and
 * nothing else, which costs a tenth of DuckDB's way through a temporary table; the file is larger for it. A row group is written when it is full, so memory is bounded. Not thread safe.
 *
 * <p>Format: https://github.com/apache/parquet-format, version 2.12: {@code parquet.thrift}, {@code Encodings.md}, {@code LogicalTypes.md}.
 */
final class ParquetFile implements AutoCloseable {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final byte[] MAGIC = {'P', 'A', 'R', '1'};
    private static final long CANONICAL_NAN = 0x7ff8000000000000L;
    private static final int GROUP_ROWS = 122_880;
    private static final long GROUP_BYTES = 64L << 20;

    private static final int RLE = 3;

    private final FileOutputStream out;
    private final Column[] columns;
    private final List<Group> groups = new ArrayList<>();
    private long position;
    private long rows;
    private int inGroup;
    private long textBytes;

    /** A written row group. */
    private record Group(long rows, List<Chunk> chunks) {}

    /** A written column chunk. */
    private record Chunk(long offset, long bytes, boolean ordered, long min, long max) {}

    /** One column of the row group that is being filled. */
    private static final class Column {
        private final Field field;
        private final int width;
        private byte[] values;
        private int length;
        private byte[] levels = new byte[GROUP_ROWS >> 3];
        private boolean nulls;
        private int bits;
        private long min = Long.MAX_VALUE;
        private long max = Long.MIN_VALUE;

        Column(Field field) {
            this.field = field;
            this.width = switch (field.type()) {
                case INT32 -> 4;
                case INT64, FLOAT64, TIMESTAMP, LOCAL_TIMESTAMP -> 8;
                case STRING, BOOL -> 0;
            };
            this.values = new byte[1 << 12];
        }

        /** Physical type. */
        int type() {
            return switch (field.type()) {
                case BOOL -> 0;
                case INT32 -> 1;
                case INT64, TIMESTAMP, LOCAL_TIMESTAMP -> 2;
                case FLOAT64 -> 5;
                case STRING -> 6;
            };
        }

        boolean ordered() {
            return type() == 2 && min <= max;
        }

        void room(int more) {
            if (values.length - length < more) {
                values = Arrays.copyOf(values, Math.max(2 * values.length, length + more));
            }
        }

        void word(long word) {
            if (length + 8 > values.length) {
                room(8);
            }
            LONG.set(values, length, word);
            length += 8;
        }

        void reset() {
            length = 0;
            bits = 0;
            nulls = false;
            min = Long.MAX_VALUE;
            max = Long.MIN_VALUE;
            Arrays.fill(levels, (byte) 0);
        }
    }

    ParquetFile(Path file, Schema schema) throws IOException {
        this.out = new FileOutputStream(file.toFile());
        this.columns = schema.fields().stream().map(Column::new).toArray(Column[]::new);
        write(MAGIC, MAGIC.length);
    }

    /** How many rows were appended. */
    long rows() {
        return rows;
    }

    void append(Row row) throws IOException {
        for (int i = 0; i < columns.length; i++) {
            Column c = columns[i];
            if (row.isNull(i)) {
                c.nulls = true;
                continue;
            }
            c.levels[inGroup >> 3] |= (byte) (1 << (inGroup & 7));
            long word = row.word(i);
            switch (c.field.type()) {
                case FLOAT64 -> {
                    double value = Double.longBitsToDouble(word);
                    c.word(Double.isNaN(value) ? CANONICAL_NAN : word);
                }
                case INT64, TIMESTAMP, LOCAL_TIMESTAMP -> {
                    c.min = Math.min(c.min, word);
                    c.max = Math.max(c.max, word);
                    c.word(word);
                }
                case INT32 -> {
                    c.room(4);
                    INT.set(c.values, c.length, (int) word);
                    c.length += 4;
                }
                case BOOL -> bool(c, word != 0);
                case STRING -> text(c, String.valueOf(row.text(i)));
            }
        }
        rows++;
        if (++inGroup == GROUP_ROWS || textBytes > GROUP_BYTES) {
            flush();
        }
    }

    private static void bool(Column c, boolean value) {
        int at = c.bits >> 3;
        if ((c.bits & 7) == 0) {
            c.room(1);
            c.values[at] = 0;
            c.length = at + 1;
        }
        c.values[at] |= (byte) (value ? 1 << (c.bits & 7) : 0);
        c.bits++;
    }

    private void text(Column c, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        c.room(4 + bytes.length);
        INT.set(c.values, c.length, bytes.length);
        System.arraycopy(bytes, 0, c.values, c.length + 4, bytes.length);
        c.length += 4 + bytes.length;
        textBytes += bytes.length;
    }

    private void flush() throws IOException {
        if (inGroup == 0) {
            return;
        }
        List<Chunk> chunks = new ArrayList<>();
        for (Column c : columns) {
            long at = position;
            byte[] levels = c.field.nullable() ? levels(c) : new byte[0];
            int page = levels.length + c.length;
            byte[] header = new Thrift()
                    .i32(1, 0)
                    .i32(2, page)
                    .i32(3, page)
                    .struct(
                            5,
                            new Thrift().i32(1, inGroup).i32(2, 0).i32(3, RLE).i32(4, RLE))
                    .bytes();
            write(header, header.length);
            write(levels, levels.length);
            write(c.values, c.length);
            chunks.add(new Chunk(at, position - at, c.ordered(), c.min, c.max));
            c.reset();
        }
        groups.add(new Group(inGroup, chunks));
        inGroup = 0;
        textBytes = 0;
    }

    /** The hybrid of runs and bits for levels of one bit: one run if nothing is null, else one stretch of bits. */
    private byte[] levels(Column c) {
        Thrift run = new Thrift();
        if (!c.nulls) {
            run.varint((long) inGroup << 1).raw(1);
        } else {
            int groupsOfEight = inGroup + 7 >> 3;
            run.varint((long) groupsOfEight << 1 | 1).raw(c.levels, groupsOfEight);
        }
        byte[] encoded = run.content();
        byte[] sized = new byte[4 + encoded.length];
        INT.set(sized, 0, encoded.length);
        System.arraycopy(encoded, 0, sized, 4, encoded.length);
        return sized;
    }

    /** Writes what is left and the footer, and forces the file to the disk. */
    void finish() throws IOException {
        flush();
        List<Thrift> schema = new ArrayList<>();
        schema.add(new Thrift().text(4, "rows").i32(5, columns.length));
        List<Thrift> orders = new ArrayList<>();
        for (Column c : columns) {
            schema.add(element(c));
            orders.add(new Thrift().struct(1, new Thrift()));
        }
        List<Thrift> written = new ArrayList<>();
        for (Group g : groups) {
            List<Thrift> chunks = new ArrayList<>();
            long bytes = 0;
            for (int i = 0; i < columns.length; i++) {
                Chunk chunk = g.chunks().get(i);
                bytes += chunk.bytes();
                chunks.add(new Thrift().i64(2, chunk.offset()).struct(3, metadata(columns[i], chunk, g.rows())));
            }
            written.add(new Thrift().structs(1, chunks).i64(2, bytes).i64(3, g.rows()));
        }
        byte[] footer = new Thrift()
                .i32(1, 2)
                .structs(2, schema)
                .i64(3, rows)
                .structs(4, written)
                .text(6, "isobar version 0.1.0")
                .structs(7, orders)
                .bytes();
        write(footer, footer.length);
        byte[] length = new byte[4];
        INT.set(length, 0, footer.length);
        write(length, 4);
        write(MAGIC, MAGIC.length);
        out.getFD().sync();
    }

    private static Thrift element(Column c) {
        Thrift e =
                new Thrift().i32(1, c.type()).i32(3, c.field.nullable() ? 1 : 0).text(4, c.field.name());
        FieldType type = c.field.type();
        return switch (type) {
            case STRING -> e.i32(6, 0).struct(10, new Thrift().struct(1, new Thrift()));
            // A converted type means UTC; for local times there is only the logical one.
            case TIMESTAMP -> e.i32(6, 10).struct(10, micros(true));
            case LOCAL_TIMESTAMP -> e.struct(10, micros(false));
            case INT32, INT64, FLOAT64, BOOL -> e;
        };
    }

    private static Thrift micros(boolean utc) {
        return new Thrift().struct(8, new Thrift().bool(1, utc).struct(2, new Thrift().struct(2, new Thrift())));
    }

    private static Thrift metadata(Column c, Chunk chunk, long values) {
        Thrift m = new Thrift()
                .i32(1, c.type())
                .i32s(2, 0, RLE)
                .texts(3, c.field.name())
                .i32(4, 0)
                .i64(5, values)
                .i64(6, chunk.bytes())
                .i64(7, chunk.bytes())
                .i64(9, chunk.offset());
        if (chunk.ordered()) {
            byte[] min = new byte[8];
            byte[] max = new byte[8];
            LONG.set(min, 0, chunk.min());
            LONG.set(max, 0, chunk.max());
            m.struct(12, new Thrift().binary(5, max).binary(6, min));
        }
        return m;
    }

    private void write(byte[] bytes, int length) throws IOException {
        out.write(bytes, 0, length);
        position += length;
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
