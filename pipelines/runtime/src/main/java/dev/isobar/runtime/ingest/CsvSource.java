package dev.isobar.runtime.ingest;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.features.StreamAdmission.Candidate;
import dev.isobar.runtime.ingest.StreamParser.Parsed;
import dev.isobar.spec.StreamSpec;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads one CSV file once and feeds every stream that has it as its source.
 *
 * @since 0.1
 */
public final class CsvSource {
    /** A longer record is a dead letter. */
    public static final int MAX_RECORD_BYTES = 1 << 20;

    private final Path file;
    private final List<StreamSpec> streams;

    /** Where events and dead letters go; called from one thread. */
    public interface Sink {
        /** An event of the i-th stream. */
        void event(int stream, Candidate event);

        /** A record that became no event of the i-th stream. */
        void dead(int stream, DeadLetter letter);

        /** How far the file is read, in bytes. */
        void progress(long records, long bytes, long totalBytes);
    }

    public CsvSource(Path file, List<StreamSpec> streams) {
        this.file = file;
        this.streams = streams;
    }

    /**
     * Reads the whole file.
     *
     * @param ingestMicros the stamp of events whose stream has no available time
     * @return how many records there were
     * @throws IsobarException {@code INVALID_ARGUMENT} if the header does not fit, {@code CORRUPT} if a gzip is damaged
     */
    public long read(long ingestMicros, Sink sink) {
        long records = 0;
        try (RecordReader reader = new RecordReader(file)) {
            List<String> names = header(reader, file);
            List<StreamParser> parsers = streams.stream()
                    .map(s -> new StreamParser(s, names, file.toString()))
                    .toList();
            Predicate<RawRecord> whole = whole(names.size());
            for (RawRecord r = reader.next(whole); r != null; r = reader.next(whole)) {
                records++;
                one(r, names.size(), parsers, ingestMicros, sink);
                if ((records & 0x3fff) == 0) {
                    sink.progress(records, reader.bytesRead(), reader.bytesTotal());
                }
            }
            sink.progress(records, reader.bytesTotal(), reader.bytesTotal());
        }
        return records;
    }

    /** The names in the first line. */
    static List<String> header(RecordReader reader, Path file) {
        RawRecord header = reader.next(r -> fields(r) != null);
        if (header == null) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT, "The file " + file + " is empty; it needs a header line")
                    .resource(file.toString())
                    .build();
        }
        List<String> names = fields(withoutMark(header));
        if (names == null) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT, "The header of " + file + " is not a line of CSV in UTF-8")
                    .resource(file.toString())
                    .build();
        }
        return names;
    }

    /** What makes lines a record of so many columns. */
    static Predicate<RawRecord> whole(int columns) {
        return r -> isRecord(r, columns);
    }

    private void one(RawRecord r, int columns, List<StreamParser> parsers, long ingestMicros, Sink sink) {
        List<String> fields = r.bytes().length > MAX_RECORD_BYTES ? null : fields(r);
        if (fields == null || fields.size() != columns) {
            Parsed why = noRecord(r, fields, columns);
            for (int i = 0; i < parsers.size(); i++) {
                sink.dead(i, new DeadLetter(streams.get(i).name(), why.reason(), why.detail(), r.line(), r.bytes()));
            }
            return;
        }
        for (int i = 0; i < parsers.size(); i++) {
            Parsed p = parsers.get(i).parse(fields, ingestMicros);
            Candidate event = p.event();
            if (event == null) {
                sink.dead(i, new DeadLetter(streams.get(i).name(), p.reason(), p.detail(), r.line(), r.bytes()));
            } else {
                sink.event(i, event);
            }
        }
    }

    /** Why what stands in the file is no record of so many columns. */
    static Parsed noRecord(RawRecord r, @Nullable List<String> fields, int columns) {
        if (r.bytes().length > MAX_RECORD_BYTES) {
            return new Parsed(
                    null,
                    "RECORD_TOO_LONG",
                    "record of " + r.bytes().length + " bytes; at most " + MAX_RECORD_BYTES + " are read");
        }
        return fields == null
                ? new Parsed(null, "MALFORMED_RECORD", "not a record of CSV in UTF-8")
                : new Parsed(null, "FIELD_COUNT", fields.size() + " fields where the header has " + columns);
    }

    private static boolean isRecord(RawRecord r, int columns) {
        List<String> fields = r.bytes().length > MAX_RECORD_BYTES ? null : fields(r);
        return fields != null && fields.size() == columns;
    }

    private static RawRecord withoutMark(RawRecord r) {
        byte[] b = r.bytes();
        boolean mark = b.length >= 3 && b[0] == (byte) 0xEF && b[1] == (byte) 0xBB && b[2] == (byte) 0xBF;
        return mark ? new RawRecord(r.line(), java.util.Arrays.copyOfRange(b, 3, b.length)) : r;
    }

    /** The fields of a record, or null if it is not one. */
    static @Nullable List<String> fields(RawRecord r) {
        String text;
        CharsetDecoder utf8 = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        try {
            text = utf8.decode(ByteBuffer.wrap(r.bytes())).toString();
        } catch (CharacterCodingException e) {
            return null;
        }
        if (text.indexOf('"') < 0) {
            return split(text);
        }
        if (text.chars().filter(c -> c == '"').count() % 2 != 0) {
            return null;
        }
        List<CsvRecord> parsed = new ArrayList<>();
        try {
            CsvReader.builder().ofCsvRecord(text).forEach(parsed::add);
        } catch (CsvParseException e) {
            // Text behind a closing quote, or records of different lengths: all said by "not a record of CSV".
            return null;
        }
        return parsed.size() == 1 ? parsed.get(0).getFields() : null;
    }

    /** Without quotes a comma is a comma. */
    private static List<String> split(String text) {
        List<String> fields = new ArrayList<>();
        int from = 0;
        for (int comma = text.indexOf(','); comma >= 0; comma = text.indexOf(',', from)) {
            fields.add(text.substring(from, comma));
            from = comma + 1;
        }
        fields.add(text.substring(from));
        return fields;
    }
}
