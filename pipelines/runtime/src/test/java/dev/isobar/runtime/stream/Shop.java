package dev.isobar.runtime.stream;

import dev.isobar.event.Event;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.features.FeaturePlan;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.AppendRequest;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.RowCursor;
import dev.isobar.port.OfflineStore.ScanRequest;
import dev.isobar.runtime.table.FeatureTable;
import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ColumnSpec;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spec.StreamSpec;
import dev.isobar.spec.ViewSpec;
import dev.isobar.spi.AdapterSession;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/** Payments that are decided on, and logins beside them: two streams of several partitions, with copies, conflicts, late events and many events of one instant. */
final class Shop {
    static final int CUSTOMERS = 40;
    private static final long SECOND = 1_000_000;
    private static final long LATENESS = 60 * SECOND;
    static final PipelineSpec SPEC = spec(3_600);
    static final FeaturePlan PLAN = FeaturePlan.compile(SPEC);

    private Shop() {}

    /** The pipeline with a window of so many seconds; another window is another plan. */
    static PipelineSpec spec(long window) {
        StreamSpec payments = new StreamSpec(
                "payments",
                "payments",
                List.of(
                        column("payment", FieldType.INT64),
                        column("customer", FieldType.STRING),
                        column("at", FieldType.TIMESTAMP),
                        column("known", FieldType.TIMESTAMP),
                        column("amount", FieldType.FLOAT64)),
                "payment",
                List.of("customer"),
                "at",
                "known",
                LATENESS,
                600 * SECOND);
        // No column for the available time: it is stamped at ingest.
        StreamSpec logins = new StreamSpec(
                "logins",
                "logins",
                List.of(
                        column("login", FieldType.STRING),
                        column("customer", FieldType.STRING),
                        column("at", FieldType.TIMESTAMP),
                        column("ok", FieldType.BOOL)),
                "login",
                List.of("customer"),
                "at",
                null,
                LATENESS,
                600 * SECOND);
        List<ViewSpec.FeatureSpec> features = List.of(
                feature("n", AggregateFn.COUNT, "payments", null, window, false),
                feature("sum", AggregateFn.SUM, "payments", "amount", window, true),
                feature("sd", AggregateFn.STDDEV, "payments", "amount", 7_200, false),
                feature("max", AggregateFn.MAX, "payments", "amount", 600, false),
                feature("logins", AggregateFn.COUNT, "logins", null, 600, false),
                feature("ok", AggregateFn.SHARE, "logins", "ok", window, false));
        return new PipelineSpec(
                "shop",
                Map.of(),
                List.of(),
                List.of(payments, logins),
                List.of(new ViewSpec.EntitySpec(
                        "customer", Map.of("payments", List.of("customer"), "logins", List.of("customer")))),
                List.of(new ViewSpec("customer", "customer", features)),
                "payments",
                List.of(new ViewSpec.UseSpec("customer", "customer", List.of("customer"))),
                null,
                null,
                null);
    }

    private static ViewSpec.FeatureSpec feature(
            String name, AggregateFn fn, String stream, String column, long window, boolean current) {
        return new ViewSpec.FeatureSpec(
                name,
                new ExprSpec.Aggregate(
                        fn,
                        stream,
                        column == null ? null : new ExprSpec.Col(stream, column),
                        window * SECOND,
                        current));
    }

    private static ColumnSpec column(String name, FieldType type) {
        return new ColumnSpec(name, type, false, name, null, null, null);
    }

    /** Writes a history of so many payments and a third as many logins to streams of three partitions and of two. */
    static void write(EventStream log, int payments, long seed) {
        Random random = new Random(seed);
        RowCodec paymentCodec = new RowCodec(SPEC.stream("payments").schema());
        RowCodec loginCodec = new RowCodec(SPEC.stream("logins").schema());
        List<Event> paid = new ArrayList<>();
        List<Event> logged = new ArrayList<>();
        for (int i = 0; i < payments; i++) {
            long at = (long) i / 2 * 3 * SECOND;
            // Mostly a few whole seconds, so that many are of one instant; a few beyond what is allowed.
            long delay = (random.nextInt(100) < 2 ? 59 + random.nextInt(4) : random.nextInt(5)) * SECOND;
            Event e = payment(paymentCodec, i, customer(random), at, at + delay, random.nextInt(1_000) / 8.0);
            paid.add(e);
            if (random.nextInt(50) == 0) {
                paid.add(new Event(
                        e.id(),
                        e.key(),
                        at,
                        at + delay + random.nextInt(3) * SECOND,
                        "s",
                        e.operation(),
                        Map.of(),
                        recoded(paymentCodec, e, at + delay)));
            }
            if (random.nextInt(50) == 0) {
                paid.add(payment(paymentCodec, i, customer(random), at, at + delay, 1e6));
            }
            if (random.nextInt(500) == 0) {
                paid.add(Event.insert("x" + i, "c0", at, at + delay, "s", new byte[] {1, 2}));
            }
            if (i % 3 == 0) {
                Row row = new Row(loginCodec.schema())
                        .setText(0, "login-" + i)
                        .setText(1, customer(random))
                        .setWord(2, at)
                        .setWord(3, random.nextInt(2));
                logged.add(Event.insert(
                        "login-" + i, String.valueOf(row.text(1)), at, at + delay, "s", loginCodec.encode(row)));
            }
        }
        append(log, "payments", 3, paid);
        append(log, "logins", 2, logged);
    }

    private static byte[] recoded(RowCodec codec, Event e, long known) {
        Row row = new Row(codec.schema());
        codec.decode(e.payload(), row);
        return codec.encode(row.setWord(3, known));
    }

    private static void append(EventStream log, String stream, int partitions, List<Event> events) {
        events.sort(Comparator.comparingLong(Event::availableTime));
        log.create(stream, partitions);
        for (int from = 0; from < events.size(); from += 3_000) {
            log.append(new AppendRequest(
                    stream, "writer", from, events.subList(from, Math.min(events.size(), from + 3_000))));
        }
    }

    private static Event payment(RowCodec codec, long id, String customer, long at, long known, double amount) {
        Row row = new Row(codec.schema())
                .setWord(0, id)
                .setText(1, customer)
                .setWord(2, at)
                .setWord(3, known)
                .setFloat64(4, amount);
        return Event.insert(Long.toString(id), customer, at, known, "s", codec.encode(row));
    }

    private static String customer(Random random) {
        return "c" + (int) Math.min(CUSTOMERS - 1, Math.abs(random.nextGaussian() * 12));
    }

    /** Settings under a name of their own. */
    static StreamSettings settings(Path home, String name, int checkpointEvents) {
        return new StreamSettings(
                Map.of("payments", "payments", "logins", "logins"),
                name + "/vectors",
                name,
                name,
                home.resolve("checkpoints").resolve(name),
                checkpointEvents,
                3,
                StreamSettings.ALL_IN_MEMORY);
    }

    /** The same with so little of the state in memory. */
    static StreamSettings settings(Path home, String name, int checkpointEvents, long stateBytes) {
        StreamSettings s = settings(home, name, checkpointEvents);
        return new StreamSettings(
                s.logs(),
                s.table(),
                s.namespace(),
                s.owner(),
                s.checkpoints(),
                s.checkpointEvents(),
                s.onlineEvery(),
                stateBytes);
    }

    static StreamJob.Ports ports(AdapterSession session) {
        return new StreamJob.Ports(session.eventStream(), session.offlineStore(), session.onlineStore());
    }

    /** A job whose bases are small enough to be made. */
    static StreamJob job(AdapterSession session, StreamSettings settings, Consumer<Rejected> side) {
        return job(session, settings, side, Disk.REAL);
    }

    static StreamJob job(AdapterSession session, StreamSettings settings, Consumer<Rejected> side, Disk disk) {
        return StreamJob.open(SPEC, PLAN, ports(session), settings, side, new Disk() {
            @Override
            public Output create(Path file) throws java.io.IOException {
                return disk.create(file);
            }

            @Override
            public void rename(Path from, Path to) throws java.io.IOException {
                disk.rename(from, to);
            }

            @Override
            public long smallestBase() {
                return 10_000;
            }
        });
    }

    /** Every vector, in canonical order. */
    static List<Row> vectors(OfflineStore store, String table) {
        List<Row> rows = new ArrayList<>();
        Row row = new Row(FeatureTable.vectors(table, PLAN).schema());
        try (RowCursor cursor = store.scan(ScanRequest.ordered(table))) {
            while (cursor.next(row)) {
                rows.add(row.copy());
            }
        }
        return rows;
    }
}
