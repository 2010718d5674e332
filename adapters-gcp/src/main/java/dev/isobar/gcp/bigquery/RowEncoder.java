package dev.isobar.gcp.bigquery;

import com.google.cloud.bigquery.storage.v1.CivilTimeEncoder;
import com.google.cloud.bigquery.storage.v1.ProtoSchema;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * Rows as protocol buffers whose fields are the table's columns, numbered by slot from 1; null is a field that is not there. Not thread safe.
 *
 * @see <a href="https://cloud.google.com/bigquery/docs/supported-data-types">which protocol buffer type fits which column</a>
 */
final class RowEncoder {
    private static final int MICROS = 1_000_000;

    /** BigQuery's of a row, with room for what is around it. */
    static final int MAX_ROW = 10_000_000 - 1_024;

    private final String table;
    private final Schema schema;
    private final FieldType[] types;
    private final String part;
    private final ProtoSchema writer;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(1_024);
    private final CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    private @Nullable Schema checked;

    RowEncoder(BigQueryTable table, String name, String part) {
        this.table = name;
        this.schema = table.schema();
        this.types = schema.fields().stream().map(Field::type).toArray(FieldType[]::new);
        this.part = part;
        DescriptorProto.Builder message = DescriptorProto.newBuilder().setName("Row");
        for (int i = 0; i < types.length; i++) {
            message.addField(field(table.names().get(i), i + 1, type(types[i])));
        }
        message.addField(field(BigQueryTable.PART, types.length + 1, FieldDescriptorProto.Type.TYPE_STRING));
        this.writer = ProtoSchema.newBuilder().setProtoDescriptor(message).build();
    }

    private static FieldDescriptorProto field(String name, int number, FieldDescriptorProto.Type type) {
        return FieldDescriptorProto.newBuilder()
                .setName(name)
                .setNumber(number)
                .setType(type)
                .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)
                .build();
    }

    private static FieldDescriptorProto.Type type(FieldType type) {
        return switch (type) {
            case STRING -> FieldDescriptorProto.Type.TYPE_STRING;
            case INT32, INT64, TIMESTAMP, LOCAL_TIMESTAMP -> FieldDescriptorProto.Type.TYPE_INT64;
            case FLOAT64 -> FieldDescriptorProto.Type.TYPE_DOUBLE;
            case BOOL -> FieldDescriptorProto.Type.TYPE_BOOL;
        };
    }

    /** What tells BigQuery how rows are made. */
    ProtoSchema writer() {
        return writer;
    }

    /**
     * A row.
     *
     * @throws IsobarException {@code INVALID_ARGUMENT} if the table cannot hold it
     */
    ByteString encode(Row row) {
        check(row);
        bytes.reset();
        try {
            for (int i = 0; i < types.length; i++) {
                if (!row.isNull(i)) {
                    write(row, i);
                }
            }
            out.writeString(types.length + 1, part);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (bytes.size() > MAX_ROW) {
            throw invalid("A row of " + bytes.size() + " bytes is too long for " + table + ": BigQuery takes 10 MB");
        }
        return ByteString.copyFrom(bytes.toByteArray());
    }

    private void write(Row row, int slot) throws IOException {
        int number = slot + 1;
        switch (types[slot]) {
            case STRING -> out.writeString(number, String.valueOf(row.text(slot)));
            case INT32, INT64, TIMESTAMP -> out.writeInt64(number, row.word(slot));
            case LOCAL_TIMESTAMP -> out.writeInt64(number, civil(row.word(slot)));
            case FLOAT64 -> out.writeDouble(number, row.float64(slot));
            case BOOL -> out.writeBool(number, row.word(slot) != 0);
        }
    }

    private static long civil(long micros) {
        return CivilTimeEncoder.encodePacked64DatetimeMicrosLocalDateTime(LocalDateTime.ofEpochSecond(
                Math.floorDiv(micros, MICROS), (int) Math.floorMod(micros, MICROS) * 1_000, ZoneOffset.UTC));
    }

    private void check(Row row) {
        // Rows come from one place; to compare names for each of them would cost as much as to write it.
        if (row.schema() != checked && !row.schema().equals(schema)) {
            throw invalid("A row of " + row.schema() + " does not fit the table " + table);
        }
        checked = row.schema();
        for (int i = 0; i < types.length; i++) {
            if (row.isNull(i)) {
                if (!schema.field(i).nullable()) {
                    throw invalid("The column " + schema.field(i).name() + " of " + table + " must have a value");
                }
                continue;
            }
            long word = row.word(i);
            if (types[i].isTemporal() && (word < BigQueryTable.EARLIEST || word > BigQueryTable.LATEST)) {
                throw invalid("The column " + schema.field(i).name() + " of " + table + " cannot hold " + word
                        + " microseconds: BigQuery's times are of the years 1 to 9999");
            }
            if (types[i] == FieldType.INT32 && word != (int) word) {
                throw invalid("The column " + schema.field(i).name() + " of " + table + " cannot hold " + word);
            }
        }
    }

    private IsobarException invalid(String message) {
        return IsobarException.of(ErrorCode.INVALID_ARGUMENT, message)
                .at("OfflineStore", "append")
                .resource(table)
                .build();
    }
}
