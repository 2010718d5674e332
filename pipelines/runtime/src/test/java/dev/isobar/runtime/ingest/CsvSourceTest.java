package dev.isobar.runtime.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.features.StreamAdmission.Candidate;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("A CSV source")
class CsvSourceTest {
    @TempDir
    Path folder;

    /** What came out of a file. */
    private static final class Collected implements dev.isobar.runtime.ingest.CsvSource.Sink {
        final List<Candidate> events = new ArrayList<>();
        final List<DeadLetter> dead = new ArrayList<>();
        long read;
        long total;

        @Override
        public void event(int stream, Candidate event) {
            events.add(event);
        }

        @Override
        public void dead(int stream, DeadLetter letter) {
            dead.add(letter);
        }

        @Override
        public void progress(long records, long bytes, long totalBytes) {
            read = bytes;
            total = totalBytes;
        }

        List<String> ids() {
            return events.stream().map(Candidate::id).toList();
        }
    }

    @Test
    @DisplayName("reads rows into events: both clocks, key, computed columns whatever their order, nulls")
    void readsRows() throws IOException {
        Collected c = read(Flights.HEADER + "\n7,2001-01-01T05:18:00Z,LGA,17\n8,2001-01-01T05:19:00Z,SFO,\n");
        assertThat(c.dead).isEmpty();
        Candidate first = c.events.get(0);
        long at = Instant.parse("2001-01-01T05:18:00Z").getEpochSecond() * 1_000_000;
        assertThat(List.of(first.id(), first.key(), first.eventTime(), first.availableTime()))
                .isEqualTo(List.of("7", "LGA", at, at));
        Row row = decoded(first);
        assertThat(row.word(row.schema().require("half"))).isEqualTo(8);
        assertThat(row.word(row.schema().require("quarter"))).isEqualTo(4);
        Row second = decoded(c.events.get(1));
        assertThat(second.isNull(second.schema().require("delay"))).isTrue();
        assertThat(second.isNull(second.schema().require("quarter"))).isTrue();
    }

    @Test
    @DisplayName(
            "reads CRLF, a byte order mark, empty lines, quotes with commas and line ends, and a last line without its end")
    void readsWhatSpreadsheetsWrite() throws IOException {
        Collected c = read("\uFEFF" + Flights.HEADER + "\r\n"
                + "1,2001-01-01T00:00:00Z,\"L,GA\",1\r\n"
                + "\r\n"
                + "\n"
                + "2,2001-01-01T00:00:00Z,\"two\nlines\",2\r\n"
                + "3,2001-01-01T00:00:00Z,\"a \"\"quoted\"\" word\",3\r\n"
                + "4,2001-01-01T00:00:00Z,SFO,4");
        assertThat(c.dead).isEmpty();
        assertThat(c.events)
                .extracting(Candidate::key)
                .containsExactly("L,GA", "two\nlines", "a \"quoted\" word", "SFO");
    }

    @Test
    @DisplayName(
            "sends a line with an unbalanced quote to the dead letters, with its number and bytes, and reads on behind it")
    void unbalancedQuoteSpoilsItsLineOnly() throws IOException {
        List<String> lines = lines(300);
        lines.set(50, "51,2001-01-01T00:00:00Z,\"LGA,5");
        Collected c = read(text(lines));
        assertThat(c.events).hasSize(299);
        assertThat(c.dead).hasSize(1);
        assertDead(c.dead.get(0), "MALFORMED_RECORD", 52, lines.get(50));
    }

    @Test
    @DisplayName("does not take two unbalanced quotes with whole lines between them for one record")
    void twoUnbalancedQuotesSpoilTwoLines() throws IOException {
        List<String> lines = lines(60);
        lines.set(10, "11,2001-01-01T00:00:00Z,\"LGA,5");
        lines.set(30, "31,2001-01-01T00:00:00Z,S\"FO,5");
        Collected c = read(text(lines));
        assertThat(c.dead).hasSize(2);
        assertDead(c.dead.get(0), "MALFORMED_RECORD", 12, lines.get(10));
        assertDead(c.dead.get(1), "MALFORMED_RECORD", 32, lines.get(30));
        assertThat(c.ids())
                .isEqualTo(IntStream.rangeClosed(1, 60)
                        .filter(i -> i != 11 && i != 31)
                        .mapToObj(Integer::toString)
                        .toList());
    }

    @Test
    @DisplayName("sends a record that is too long to the dead letters with all its bytes, and reads on behind it")
    void tooLong() throws IOException {
        byte[] line = new byte[10 << 20];
        Arrays.fill(line, (byte) 'x');
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes((text(lines(2))).getBytes(StandardCharsets.UTF_8));
        file.writeBytes(line);
        file.writeBytes("\n9,2001-01-01T00:00:00Z,LGA,1\n".getBytes(StandardCharsets.UTF_8));
        Collected c = read(file.toByteArray());
        assertThat(c.ids()).containsExactly("1", "2", "9");
        assertThat(c.dead).hasSize(1);
        assertThat(c.dead.get(0).reason()).isEqualTo("RECORD_TOO_LONG");
        assertThat(c.dead.get(0).line()).isEqualTo(4);
        assertThat(c.dead.get(0).original()).isEqualTo(line);
    }

    @Test
    @DisplayName("sends bytes that are no UTF-8 to the dead letters as they are")
    void notUtf8() throws IOException {
        byte[] bad = {'1', ',', (byte) 0xC3, (byte) 0x28, ',', 'x', ',', '1'};
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes((Flights.HEADER + "\n").getBytes(StandardCharsets.UTF_8));
        file.writeBytes(bad);
        file.writeBytes("\n2,2001-01-01T00:00:00Z,LGA,1\n".getBytes(StandardCharsets.UTF_8));
        Collected c = read(file.toByteArray());
        assertThat(c.ids()).containsExactly("2");
        assertThat(c.dead.get(0).reason()).isEqualTo("MALFORMED_RECORD");
        assertThat(c.dead.get(0).original()).isEqualTo(bad);
    }

    @ParameterizedTest(name = "{1}: {0}")
    @DisplayName("says why a record is no event, under a reason that can be counted")
    @CsvSource(
            delimiter = '|',
            value = {
                "1,2001-01-01T00:00:00Z,,5 | MISSING: origin | origin has no value",
                ",2001-01-01T00:00:00Z,LGA,5 | MISSING: id | id has no value",
                "1,2001-01-01T00:00:00Z,LGA,soon | WRONG_TYPE: delay | 'soon'",
                "1,2001-01-01T00:00:00Z,LGA,5.5 | WRONG_TYPE: delay | '5.5'",
                "1,2001-01-01T00:00:00Z,LGA,99999999999 | WRONG_TYPE: delay | '99999999999'",
                "x,2001-01-01T00:00:00Z,LGA,5 | WRONG_TYPE: id | 'x'",
                "1,yesterday,LGA,5 | WRONG_TYPE: at | 'yesterday'",
                "1,2001-02-30T00:00:00Z,LGA,5 | WRONG_TYPE: at | '2001-02-30T00:00:00Z'",
                "1,2001-01-01T00:00:00Z,LGA,-953 | OUT_OF_RANGE: delay | -953, expected between -120 and 2000",
                "1,2001-01-01T00:00:00Z,LGA,2001 | OUT_OF_RANGE: delay | 2001, expected between -120 and 2000",
                "1,2001-01-01T00:00:00Z,LGA | FIELD_COUNT | 3 fields where the header has 4",
                "1,2001-01-01T00:00:00Z,LGA,5,6 | FIELD_COUNT | 5 fields where the header has 4",
                "1,2001-01-01T00:00:00Z,\"LG\"A,5 | MALFORMED_RECORD | not a record of CSV",
                "1,2001-01-01T00:00:00Z,L\"GA,5 | MALFORMED_RECORD | not a record of CSV",
            })
    void reasons(String record, String reason, String detail) throws IOException {
        Collected c = read(Flights.HEADER + "\n" + record + "\n77,2001-01-01T00:00:00Z,LGA,1\n");
        assertThat(c.ids()).containsExactly("77");
        assertThat(c.dead).hasSize(1);
        assertDead(c.dead.get(0), reason, 2, record);
        assertThat(c.dead.get(0).detail()).contains(detail);
    }

    @Test
    @DisplayName("refuses a header without the columns it reads, naming all of them and the nearest there are")
    void missingColumns() throws IOException {
        Path file = file("ids,at,Origin\n".getBytes(StandardCharsets.UTF_8));
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> read(file));
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(e.getMessage())
                .contains(file.toString())
                .contains("'id'", "the nearest is 'ids'")
                .contains("'origin'", "the nearest is 'Origin'")
                .contains("'delay'")
                .doesNotContain("column 'at'");
        assertThat(e.hint()).contains("ids,at,Origin");
    }

    @Test
    @DisplayName("refuses an empty file")
    void emptyFile() throws IOException {
        Path file = file(new byte[0]);
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> read(file));
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(e.getMessage()).contains(file.toString());
    }

    @Test
    @DisplayName("reads gzip by content, several members included, and counts the file's own bytes")
    void gzip() throws IOException {
        ByteArrayOutputStream members = new ByteArrayOutputStream();
        members.writeBytes(gzipped(Flights.HEADER + "\n1,2001-01-01T00:00:00Z,LGA,1\n"));
        members.writeBytes(gzipped("2,2001-01-01T00:00:00Z,LGA,1\n"));
        Collected c = read(members.toByteArray());
        assertThat(c.ids()).containsExactly("1", "2");
        assertThat(List.of(c.read, c.total)).containsOnly((long) members.size());
    }

    @Test
    @DisplayName("refuses a gzip that is cut short anywhere, naming file and line")
    void truncatedGzip() throws IOException {
        byte[] whole = gzipped(text(lines(20_000)));
        for (int length : new int[] {5, 12, whole.length / 2, whole.length - 8, whole.length - 1}) {
            Path file = file(Arrays.copyOf(whole, length));
            IsobarException e = catchThrowableOfType(IsobarException.class, () -> read(file));
            assertThat(e).as("cut to %d of %d bytes", length, whole.length).isNotNull();
            assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT);
            assertThat(e.getMessage()).contains(file.toString()).containsPattern("after line \\d+");
            assertThat(e.hint()).contains("gzip -t");
        }
        Path half = file(Arrays.copyOf(whole, whole.length / 2));
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> read(half));
        assertThat(e.getMessage()).doesNotContain("after line 0:");
    }

    @Test
    @DisplayName("refuses a gzip whose bytes were changed")
    void damagedGzip() throws IOException {
        byte[] whole = gzipped(text(lines(20_000)));
        whole[whole.length - 6] ^= 0x55; // in the checksum
        Path file = file(whole);
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> read(file));
        assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT);
        assertThat(e.getMessage()).contains(file.toString());
    }

    private static void assertDead(DeadLetter letter, String reason, long line, String original) {
        assertThat(letter.stream()).isEqualTo("flights");
        assertThat(letter.reason()).isEqualTo(reason);
        assertThat(letter.line()).isEqualTo(line);
        assertThat(letter.original()).isEqualTo(original.getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> lines(int n) {
        return IntStream.rangeClosed(1, n)
                .mapToObj(i -> i + ",2001-01-01T00:00:00Z,A" + i % 37 + "," + i % 90)
                .collect(Collectors.toCollection(ArrayList::new));
    }

    private static String text(List<String> lines) {
        return Flights.HEADER + "\n" + String.join("\n", lines) + "\n";
    }

    private static byte[] gzipped(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static Row decoded(Candidate c) {
        Row row = new Row(Flights.stream().schema());
        new RowCodec(row.schema()).decode(c.payload(), row);
        return row;
    }

    private Path file(byte[] content) throws IOException {
        return Files.write(Files.createTempFile(folder, "source", ".csv"), content);
    }

    private Collected read(String content) throws IOException {
        return read(content.getBytes(StandardCharsets.UTF_8));
    }

    private Collected read(byte[] content) throws IOException {
        return read(file(content));
    }

    private static Collected read(Path file) {
        Collected c = new Collected();
        new dev.isobar.runtime.ingest.CsvSource(file, List.of(Flights.stream())).read(0, c);
        return c;
    }
}
