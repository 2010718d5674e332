package dev.isobar.runtime.ingest;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.event.Schema;
import dev.isobar.port.OfflineStore.RowCursor;
import dev.isobar.port.ParquetFiles;
import dev.isobar.port.ParquetFiles.ParquetColumn;
import dev.isobar.port.ParquetFiles.ParquetFile;
import dev.isobar.runtime.ingest.StreamParser.Parsed;
import dev.isobar.spec.ColumnSpec;
import dev.isobar.spec.StreamSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A file of records, CSV or Parquet by its name, that is being read batch by batch. Not thread safe; a batch is its taker's until it is given back. */
abstract class HistoryFile implements AutoCloseable {
    /** Records in a batch. */
    static final int BATCH = 1_024;

    private static final List<String> PARQUET = List.of(".parquet", ".pq");
    private static final List<String> CSV = List.of(".csv", ".csv.gz");

    /** Values looked at to guess a column's type. */
    private static final int SAMPLE = 1_000;

    final Path file;

    /** Some records as they stand in the file. */
    abstract static class Batch {
        /** How many there are. */
        abstract int size();

        /** Parses a record; why it is no event, or null. */
        abstract @Nullable Parsed parse(int record, StreamParser parser, Row into);

        /** The record's line, or its row, from 1. */
        abstract long line(int record);

        /** The record as it stands in the file. */
        abstract byte[] original(int record);
    }

    private HistoryFile(Path file) {
        this.file = file;
    }

    /** Whether its name says what is in it. */
    static boolean isNamed(Path file) {
        return ends(file, PARQUET) || ends(file, CSV);
    }

    private static boolean ends(Path file, List<String> endings) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return endings.stream().anyMatch(name::endsWith);
    }

    /** Whether its name says Parquet; CSV else. */
    static boolean isParquet(Path file) {
        if (isNamed(file)) {
            return ends(file, PARQUET);
        }
        throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "The name of " + file + " does not say what is in it")
                .resource(file.toString())
                .hint("Files end in .csv, .csv.gz, .parquet or .pq.")
                .build();
    }

    /**
     * Opens a file for the streams it feeds.
     *
     * @param parquet null if Parquet cannot be read here
     */
    static HistoryFile open(Path file, List<StreamSpec> streams, @Nullable ParquetFiles parquet) {
        return isParquet(file)
                ? new ParquetHistory(file, streams, reader(file, parquet))
                : new CsvHistory(file, streams);
    }

    private static ParquetFiles reader(Path file, @Nullable ParquetFiles parquet) {
        if (parquet == null) {
            throw IsobarException.of(
                            ErrorCode.UNSUPPORTED, "The target's offline store reads no Parquet file such as " + file)
                    .resource(file.toString())
                    .hint("Use CSV files, or --target local.")
                    .build();
        }
        return parquet;
    }

    /** The columns of a file with their types; those of CSV are guessed from its first records. */
    static Map<String, FieldType> columns(Path file, @Nullable ParquetFiles parquet) {
        Map<String, FieldType> columns = new LinkedHashMap<>();
        if (isParquet(file)) {
            for (ParquetColumn c : reader(file, parquet).look(file).columns()) {
                FieldType type = c.type();
                if (type != null) {
                    columns.put(c.name(), type);
                }
            }
            return columns;
        }
        try (RecordReader reader = new RecordReader(file)) {
            List<String> names = CsvSource.header(reader, file);
            List<List<String>> sample = new ArrayList<>();
            Predicate<RawRecord> whole = CsvSource.whole(names.size());
            for (RawRecord r = reader.next(whole); r != null && sample.size() < SAMPLE; r = reader.next(whole)) {
                List<String> fields = CsvSource.fields(r);
                if (fields != null && fields.size() == names.size()) {
                    sample.add(fields);
                }
            }
            for (int i = 0; i < names.size(); i++) {
                int at = i;
                columns.put(
                        names.get(i),
                        guess(sample.stream()
                                .map(f -> f.get(at))
                                .filter(t -> !t.isEmpty())
                                .toList()));
            }
        }
        return columns;
    }

    private static FieldType guess(List<String> texts) {
        if (!texts.isEmpty()) {
            for (FieldType type : List.of(
                    FieldType.INT64,
                    FieldType.FLOAT64,
                    FieldType.BOOL,
                    FieldType.TIMESTAMP,
                    FieldType.LOCAL_TIMESTAMP)) {
                Row row = new Row(Schema.of(Field.optional("value", type)));
                if (texts.stream().allMatch(t -> RowText.parse(row, 0, t) == null)) {
                    return type;
                }
            }
        }
        return FieldType.STRING;
    }

    /** The file's columns, for {@link StreamParser}. */
    abstract List<String> header();

    /**
     * The next records, or null at the end.
     *
     * @param used a batch that is no longer needed
     */
    abstract @Nullable Batch next(@Nullable Batch used);

    /** How far it is read, in bytes, about. */
    abstract long bytesRead();

    @Override
    public abstract void close();

    private static final class CsvHistory extends HistoryFile {
        private final RecordReader reader;
        private final List<String> header;
        private final Predicate<RawRecord> whole;

        CsvHistory(Path file, List<StreamSpec> streams) {
            super(file);
            this.reader = new RecordReader(file);
            try {
                this.header = CsvSource.header(reader, file);
                // Here, so that columns are missed in a file without records as well.
                streams.forEach(s -> new StreamParser(s, header, file.toString()));
            } catch (RuntimeException e) {
                reader.close();
                throw e;
            }
            this.whole = CsvSource.whole(header.size());
        }

        @Override
        List<String> header() {
            return header;
        }

        @Override
        @Nullable
        Batch next(@Nullable Batch used) {
            List<RawRecord> records = new ArrayList<>(BATCH);
            for (RawRecord r = reader.next(whole); r != null; r = reader.next(whole)) {
                records.add(r);
                if (records.size() == BATCH) {
                    break;
                }
            }
            return records.isEmpty() ? null : new CsvBatch(records, header.size());
        }

        @Override
        long bytesRead() {
            return reader.bytesRead();
        }

        @Override
        public void close() {
            reader.close();
        }
    }

    private static final class CsvBatch extends Batch {
        private final List<RawRecord> records;
        private final int columns;
        private int split = -1;
        private @Nullable List<String> fields;

        CsvBatch(List<RawRecord> records, int columns) {
            this.records = records;
            this.columns = columns;
        }

        @Override
        int size() {
            return records.size();
        }

        @Override
        @Nullable
        Parsed parse(int record, StreamParser parser, Row into) {
            RawRecord r = records.get(record);
            if (split != record) {
                // Several streams may read one record.
                fields = r.bytes().length > CsvSource.MAX_RECORD_BYTES ? null : CsvSource.fields(r);
                split = record;
            }
            List<String> texts = fields;
            return texts == null || texts.size() != columns
                    ? CsvSource.noRecord(r, texts, columns)
                    : parser.parse(texts, into);
        }

        @Override
        long line(int record) {
            return records.get(record).line();
        }

        @Override
        byte[] original(int record) {
            return records.get(record).bytes();
        }
    }

    private static final class ParquetHistory extends HistoryFile {
        private final RowCursor cursor;
        private final List<String> header;
        private final Schema schema;
        private final long rows;
        private final long bytes;
        private long read;

        ParquetHistory(Path file, List<StreamSpec> streams, ParquetFiles parquet) {
            super(file);
            ParquetFile found = parquet.look(file);
            List<String> names =
                    found.columns().stream().map(ParquetColumn::name).toList();
            List<String> wrong = new ArrayList<>();
            TreeSet<Integer> needed = new TreeSet<>();
            for (StreamSpec s : streams) {
                int[] from = new StreamParser(s, names, file.toString()).sourceFields();
                for (int i = 0; i < from.length; i++) {
                    if (from[i] >= 0) {
                        needed.add(from[i]);
                        ColumnSpec column = s.columns().get(i);
                        ParquetColumn given = found.columns().get(from[i]);
                        FieldType type = given.type();
                        if (type == null || !StreamParser.reads(type, column.type())) {
                            wrong.add("column '" + given.name() + "' is " + given.fileType() + ", and '" + column.name()
                                    + "' of stream '" + s.name() + "' is "
                                    + column.type().name().toLowerCase(Locale.ROOT));
                        }
                    }
                }
            }
            if (!wrong.isEmpty()) {
                throw IsobarException.of(
                                ErrorCode.INVALID_ARGUMENT,
                                file + " has columns of a type that the pipeline cannot read:\n  - "
                                        + String.join("\n  - ", wrong))
                        .resource(file.toString())
                        .hint("Write the file with columns of that type (text that holds such values will do as well).")
                        .build();
            }
            this.schema = Schema.of(needed.stream()
                    .map(i -> {
                        ParquetColumn c = found.columns().get(i);
                        return Field.optional(c.name(), java.util.Objects.requireNonNull(c.type()));
                    })
                    .toList());
            this.header = schema.fields().stream().map(Field::name).toList();
            this.rows = found.rows();
            this.bytes = size(file);
            this.cursor = parquet.read(file, schema);
        }

        private static long size(Path file) {
            try {
                return Files.size(file);
            } catch (IOException e) {
                throw IsobarException.io("looking at " + file, e);
            }
        }

        @Override
        List<String> header() {
            return header;
        }

        @Override
        @Nullable
        Batch next(@Nullable Batch used) {
            ParquetBatch batch = used instanceof ParquetBatch b && b.schema == schema ? b : new ParquetBatch(schema);
            batch.first = read + 1;
            batch.size = 0;
            while (batch.size < BATCH && cursor.next(batch.rows[batch.size])) {
                batch.size++;
            }
            read += batch.size;
            return batch.size == 0 ? null : batch;
        }

        @Override
        long bytesRead() {
            return rows == 0 ? bytes : (long) ((double) bytes * read / rows);
        }

        @Override
        public void close() {
            cursor.close();
        }
    }

    private static final class ParquetBatch extends Batch {
        private final Schema schema;
        private final Row[] rows = new Row[BATCH];
        private long first;
        private int size;

        ParquetBatch(Schema schema) {
            this.schema = schema;
            for (int i = 0; i < BATCH; i++) {
                rows[i] = new Row(schema);
            }
        }

        @Override
        int size() {
            return size;
        }

        @Override
        @Nullable
        Parsed parse(int record, StreamParser parser, Row into) {
            return parser.parse(rows[record], into);
        }

        @Override
        long line(int record) {
            return first + record;
        }

        @Override
        byte[] original(int record) {
            return rows[record].toString().getBytes(StandardCharsets.UTF_8);
        }
    }
}
