package dev.isobar.emulator.gcp.bigquery;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Status;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.duckdb.DuckDBAppender;
import org.jspecify.annotations.Nullable;

/**
 * Decodes rows as a writer's own descriptor says they are made, into the columns of a table. Thread safe.
 *
 * @see <a href="https://cloud.google.com/bigquery/docs/supported-data-types">which protocol buffer type fits which column</a>
 */
final class RowDecoder {
    private final Descriptor descriptor;
    private final List<Column> columns;
    /** By column; null where the writer does not know the column. */
    private final List<@Nullable FieldDescriptor> fields = new ArrayList<>();

    /**
     * Compares both schemas.
     *
     * @throws io.grpc.StatusRuntimeException {@code INVALID_ARGUMENT} if they do not fit
     */
    RowDecoder(DescriptorProto writer, List<Column> columns) {
        this.columns = columns;
        try {
            FileDescriptor file = FileDescriptor.buildFrom(
                    FileDescriptorProto.newBuilder()
                            .setName("rows.proto")
                            .setSyntax("proto2")
                            .addMessageType(writer)
                            .build(),
                    new FileDescriptor[0]);
            this.descriptor = file.getMessageTypes().get(0);
        } catch (DescriptorValidationException e) {
            throw invalid("Invalid proto schema: " + e.getMessage());
        }
        for (FieldDescriptor field : descriptor.getFields()) {
            if (columns.stream().noneMatch(c -> c.name().equalsIgnoreCase(field.getName()))) {
                throw Refused.extraFields("Input schema has more fields than BigQuery schema, extra fields: '"
                        + field.getName().toLowerCase(Locale.ROOT) + "'");
            }
        }
        for (Column column : columns) {
            FieldDescriptor field = descriptor.getFields().stream()
                    .filter(f -> f.getName().equalsIgnoreCase(column.name()))
                    .findFirst()
                    .orElse(null);
            if (field != null && !fits(field, column.type())) {
                throw invalid("Proto field " + field.getFullName() + " of type " + field.getType()
                        + " is not compatible with the column " + column.name() + " of type " + column.type());
            }
            if (field == null && column.required()) {
                throw invalid("The required field " + column.name() + " is missing in the proto message");
            }
            fields.add(field);
        }
    }

    private static boolean fits(FieldDescriptor field, ColumnType type) {
        if (field.isRepeated()) {
            return false;
        }
        return switch (field.getType()) {
            case STRING -> type == ColumnType.STRING || type == ColumnType.DATETIME;
            case BYTES -> type == ColumnType.BYTES;
            case INT64, SFIXED64, SINT64 ->
                type == ColumnType.INT64 || type == ColumnType.TIMESTAMP || type == ColumnType.DATETIME;
            case INT32, SFIXED32, SINT32 -> type == ColumnType.INT64 || type == ColumnType.DATE;
            case DOUBLE, FLOAT -> type == ColumnType.FLOAT64;
            case BOOL -> type == ColumnType.BOOL;
            default -> false;
        };
    }

    private static io.grpc.StatusRuntimeException invalid(String why) {
        return Status.INVALID_ARGUMENT.withDescription(why).asRuntimeException();
    }

    /** What is wrong with a row. */
    static final class BadRow extends Exception {
        private static final long serialVersionUID = 1L;

        BadRow(String message) {
            super(message);
        }
    }

    /** A row's values by column, as the warehouse holds them. */
    @Nullable
    Object[] decode(ByteString row) throws BadRow {
        DynamicMessage message;
        try {
            message = DynamicMessage.parseFrom(descriptor, row);
        } catch (InvalidProtocolBufferException e) {
            throw new BadRow("The row is no message of the writer's schema: " + e.getMessage());
        }
        if (!message.getUnknownFields().asMap().isEmpty()) {
            throw new BadRow("The row has fields that the writer's schema does not know");
        }
        @Nullable Object[] values = new @Nullable Object[columns.size()];
        for (int i = 0; i < values.length; i++) {
            FieldDescriptor field = fields.get(i);
            if (field != null && message.hasField(field)) {
                values[i] = value(columns.get(i), message.getField(field));
            } else if (columns.get(i).required()) {
                throw new BadRow("Field " + columns.get(i).name() + ": required field is missing");
            }
        }
        return values;
    }

    private static Object value(Column column, Object value) throws BadRow {
        return switch (column.type()) {
            case STRING -> value;
            case BYTES -> ((ByteString) value).toByteArray();
            case INT64 -> ((Number) value).longValue();
            case FLOAT64 -> ((Number) value).doubleValue();
            case BOOL -> value;
            case TIMESTAMP -> inRange(column, (Long) value);
            case DATETIME -> inRange(column, ColumnType.micros(wall(column, value)));
            case DATE -> value;
        };
    }

    private static long inRange(Column column, long micros) throws BadRow {
        if (micros < ColumnType.EARLIEST || micros > ColumnType.LATEST) {
            throw new BadRow("Field " + column.name() + ": timestamp field value is out of range: " + micros);
        }
        return micros;
    }

    /**
     * A time on a wall: as text, or its parts in the bits of a number.
     *
     * @see <a href="https://github.com/google/zetasql/blob/master/zetasql/public/civil_time.h">the bits</a>
     */
    private static LocalDateTime wall(Column column, Object value) throws BadRow {
        try {
            if (value instanceof String text) {
                return LocalDateTime.parse(text.replace(' ', 'T'));
            }
            long bits = (Long) value;
            long seconds = bits >>> 20;
            return LocalDateTime.of(
                    (int) (seconds >>> 26),
                    (int) (seconds >>> 22) & 15,
                    (int) (seconds >>> 17) & 31,
                    (int) (seconds >>> 12) & 31,
                    (int) (seconds >>> 6) & 63,
                    (int) seconds & 63,
                    (int) (bits & 0xFFFFF) * 1_000);
        } catch (DateTimeException e) {
            throw new BadRow("Field " + column.name() + ": invalid datetime value " + value);
        }
    }

    /** Adds a decoded row. */
    static void append(@Nullable Object[] values, DuckDBAppender to) throws SQLException {
        to.beginRow();
        for (Object value : values) {
            if (value == null) {
                to.appendNull();
            } else if (value instanceof String text) {
                to.append(text);
            } else if (value instanceof Long number) {
                to.append(number.longValue());
            } else if (value instanceof Integer number) {
                to.append(number.intValue());
            } else if (value instanceof Double number) {
                to.append(number.doubleValue());
            } else if (value instanceof Boolean flag) {
                to.append(flag.booleanValue());
            } else {
                to.append((byte[]) value);
            }
        }
        to.endRow();
    }
}
