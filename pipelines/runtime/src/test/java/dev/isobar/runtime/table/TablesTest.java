package dev.isobar.runtime.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.event.Schema;
import dev.isobar.example.flightdelays.FlightDelays;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.PartWriter;
import dev.isobar.port.OfflineStore.TableDefinition;
import dev.isobar.runtime.Local;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spi.AdapterSession;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Tables")
class TablesTest {
    private static final Schema SCHEMA = Schema.of(
            Field.required("at", FieldType.TIMESTAMP),
            Field.required("id", FieldType.STRING),
            Field.optional("value", FieldType.FLOAT64));

    @TempDir
    Path home;

    @Test
    @DisplayName(
            "have a digest of their rows: whatever order and parts they were written in, and another for any other row")
    void digest() {
        long seed = System.nanoTime();
        System.out.println("TablesTest seed " + seed);
        Random random = new Random(seed);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            Row row = new Row(SCHEMA).setWord(0, random.nextInt(100)).setText(1, "é" + i);
            if (random.nextInt(5) > 0) {
                row.setFloat64(2, random.nextInt(10) == 0 ? -0.0 : random.nextGaussian());
            }
            rows.add(row);
        }
        try (AdapterSession session = Local.open(home)) {
            OfflineStore store = session.offlineStore();
            String one = digest(store, "one", List.of(rows));
            List<Row> shuffled = new ArrayList<>(rows);
            Collections.shuffle(shuffled, random);
            assertThat(digest(store, "parts", List.of(shuffled.subList(0, 700), shuffled.subList(700, 2_000))))
                    .as("seed %d", seed)
                    .isEqualTo(one)
                    .startsWith("sha256:");

            int changed = random.nextInt(rows.size());
            Row before = rows.get(changed);
            double value = before.isNull(2) ? 1 : Math.nextUp(before.float64(2));
            rows.set(changed, before.copy().setFloat64(2, value));
            assertThat(digest(store, "a bit more".replace(' ', '-'), List.of(rows)))
                    .isNotEqualTo(one);
            rows.set(changed, before);
            assertThat(digest(store, "fewer", List.of(rows.subList(1, rows.size()))))
                    .isNotEqualTo(one);
            int isNull = random.ints(0, rows.size())
                    .filter(i -> !rows.get(i).isNull(2))
                    .findFirst()
                    .orElseThrow();
            rows.set(isNull, rows.get(isNull).copy().setNull(2));
            assertThat(digest(store, "null", List.of(rows))).isNotEqualTo(one);
        }
    }

    @Test
    @DisplayName("of events tell that any of an event's columns was changed")
    void checksum() {
        StreamSpec stream = new FlightDelays().pipeline().spec().stream("departures");
        EventTable.Rows rows = new EventTable("t", stream).rows();
        Row payload = new Row(stream.schema());
        for (int i = 0; i < payload.schema().size(); i++) {
            if (payload.schema().field(i).type() == FieldType.STRING) {
                payload.setText(i, "LGA");
            } else {
                payload.setWord(i, 17);
            }
        }
        byte[] bytes = new RowCodec(stream.schema()).encode(payload);
        Row row = rows.of("17", "LGA", 17, 18, bytes);
        assertThat(rows.intact()).isTrue();
        assertThat(rows.payload()).isEqualTo(payload);
        for (int i = 0; i < row.schema().size(); i++) {
            rows.of("17", "LGA", 17, 18, bytes);
            if (row.schema().field(i).type() == FieldType.STRING) {
                row.setText(i, "LGB");
            } else {
                row.setWord(i, row.word(i) + 1);
            }
            assertThat(rows.intact()).as(row.schema().field(i).name()).isFalse();
        }
        rows.of("17", "LGA", 17, 18, bytes);
        row.setNull(EventTable.ENVELOPE);
        assertThat(rows.intact()).as("a value that is gone").isFalse();
    }

    private static String digest(OfflineStore store, String table, List<List<Row>> parts) {
        store.create(new TableDefinition(table, SCHEMA, List.of("at", "id")));
        for (int i = 0; i < parts.size(); i++) {
            try (PartWriter writer = store.write(table, "part-" + i)) {
                parts.get(i).forEach(writer::append);
                writer.commit();
            }
        }
        return RowDigest.ofTable(store, table, SCHEMA);
    }
}
