package dev.isobar.runtime.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Row;
import dev.isobar.features.FeatureKernel;
import dev.isobar.features.FeaturePlan;
import dev.isobar.features.FeatureVector;
import dev.isobar.features.KeyState;
import dev.isobar.features.PartitionState;
import dev.isobar.features.Retention;
import dev.isobar.features.VectorEvaluator;
import dev.isobar.port.OnlineStore;
import dev.isobar.runtime.Local;
import dev.isobar.runtime.history.LogFeed;
import dev.isobar.runtime.history.Recorded;
import dev.isobar.runtime.table.FeatureTable;
import dev.isobar.spec.PipelineSpec;
import dev.isobar.spi.AdapterSession;
import dev.isobar.workload.ServingDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A stream job")
class StreamJobTest {
    private static final int PAYMENTS = 12_000;
    private static final int MOST_DEATHS = 6;

    @TempDir
    static Path home;

    private static AdapterSession session;
    private static List<Row> undisturbed;
    private static Map<String, byte[]> states;
    private static StreamCounts counts;
    private static final Map<Rejected.Reason, Integer> SIDE = new EnumMap<>(Rejected.Reason.class);

    @BeforeAll
    static void run() {
        long seed = System.nanoTime();
        System.out.println("StreamJobTest seed " + seed);
        session = Local.open(home);
        Shop.write(session.eventStream(), PAYMENTS, seed);
        try (StreamJob job = Shop.job(
                session, Shop.settings(home, "undisturbed", 3_777), r -> SIDE.merge(r.reason(), 1, Integer::sum))) {
            job.run(Duration.ZERO);
            job.checkpoint();
            states = states(job);
            counts = job.counts();
        }
        undisturbed = Shop.vectors(session.offlineStore(), "undisturbed/vectors");
    }

    @AfterAll
    static void close() {
        session.close();
    }

    private static Map<String, byte[]> states(StreamJob job) {
        Map<String, byte[]> found = new HashMap<>();
        for (int c = 0; c < Shop.CUSTOMERS; c++) {
            found.put("c" + c, job.snapshot("c" + c));
        }
        return found;
    }

    private static void assertSame(StreamJob job, String name) {
        assertThat(job.counts()).isEqualTo(counts);
        assertThat(states(job)).containsExactlyInAnyOrderEntriesOf(states);
        assertThat(Shop.vectors(session.offlineStore(), name + "/vectors")).isEqualTo(undisturbed);
    }

    @Test
    @DisplayName(
            "gives each decision that is no copy and not late the vector of everything known by then, and no event is lost")
    void vectors() {
        // All events first, each accepted in the log's order, then every decision: a kernel that keeps everything must
        // say the same.
        FeatureKernel kernel = new FeatureKernel(Shop.PLAN, Retention.unbounded());
        Map<String, Recorded> decisions = new HashMap<>();
        for (String stream : List.of("payments", "logins")) {
            try (LogFeed feed = readable(stream)) {
                for (Recorded r = feed.peek(); r != null; r = feed.peek()) {
                    var admission = kernel.accept(
                            Shop.PLAN.stream(stream), r.id(), r.key(), r.eventTime(), r.availableTime(), r.row());
                    if (stream.equals("payments") && admission != dev.isobar.features.Admission.LATE) {
                        boolean first = !decisions.containsKey(r.id());
                        if (first || admission == dev.isobar.features.Admission.CONFLICT_REPLACED) {
                            decisions.put(r.id(), r);
                        }
                    }
                    feed.take();
                }
            }
        }
        FeatureVector vector = new FeatureVector(Shop.PLAN);
        FeatureTable table = FeatureTable.vectors("t", Shop.PLAN);
        List<Row> expected = new ArrayList<>();
        for (Recorded r : decisions.values()) {
            kernel.evaluate(r.row(), r.id(), r.eventTime(), r.availableTime(), vector);
            Row row = new Row(table.schema());
            table.fill(row, r.key(), r.id(), vector);
            expected.add(row);
        }

        assertThat(undisturbed).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(counts.vectors()).isEqualTo(undisturbed.size());
        assertThat(counts.events())
                .isEqualTo(session.eventStream()
                                .describe("payments")
                                .orElseThrow()
                                .events()
                        + session.eventStream().describe("logins").orElseThrow().events())
                .isEqualTo(counts.admitted()
                        + counts.duplicates()
                        + counts.late()
                        + counts.deadLetters()
                        + counts.behind()
                        + counts.withoutKey());
        assertThat(SIDE.get(Rejected.Reason.LATE))
                .isEqualTo((int) counts.late())
                .isPositive();
        assertThat(SIDE.get(Rejected.Reason.UNREADABLE)).isPositive();
        assertThat(SIDE.get(Rejected.Reason.CONFLICTING_PAYLOAD)).isPositive();
        assertThat(SIDE).doesNotContainKey(Rejected.Reason.BEHIND_FRONTIER);
        assertThat(counts.duplicates()).isPositive();
    }

    /** The stream without what is no row. */
    private static LogFeed readable(String stream) {
        String copy = stream + "-readable";
        if (session.eventStream().describe(copy).isEmpty()) {
            session.eventStream().create(copy, 1);
            List<dev.isobar.event.Event> events = new ArrayList<>();
            try (var reader = session.eventStream()
                    .read(new dev.isobar.port.EventStream.ReadRequest(
                            stream, "g", new dev.isobar.port.EventStream.Start.Earliest()))) {
                reader.poll(Integer.MAX_VALUE, Duration.ZERO).stream()
                        .map(d -> d.event())
                        .filter(e -> e.payload().length > 2)
                        .forEach(events::add);
            }
            events.sort(java.util.Comparator.comparingLong(dev.isobar.event.Event::availableTime));
            session.eventStream().append(new dev.isobar.port.EventStream.AppendRequest(copy, "w", 0, events));
        }
        return new LogFeed(
                session.eventStream(), copy, "g", Shop.SPEC.stream(stream).schema(), 1);
    }

    @Test
    @DisplayName("with most of its state on disk ends with the same vectors and the same state, and is taken up again")
    void spilled() {
        StreamSettings little = Shop.settings(home, "spilled", 3_777, 1);
        try (StreamJob job = Shop.job(session, little, r -> {})) {
            job.run(Duration.ZERO);
            job.checkpoint();
            assertThat(job.spilledBytes()).isPositive();
            assertSame(job, "spilled");
        }
        try (StreamJob job = Shop.job(session, little, r -> {})) {
            assertThat(job.run(Duration.ZERO)).isZero();
            assertThat(states(job)).containsExactlyInAnyOrderEntriesOf(states);
        }
    }

    @Test
    @DisplayName(
            "that is killed at any moment, again and again, ends with the same vectors and the same state, bit for bit")
    void killed() throws Exception {
        Random random = new Random(System.nanoTime());
        int deaths = 0;
        while (true) {
            Process child = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            "-XX:TieredStopAtLevel=1",
                            KilledJob.class.getName(),
                            home.toString(),
                            "killed",
                            "500")
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                Path checkpoints = home.resolve("checkpoints/killed");
                if (deaths < MOST_DEATHS) {
                    // From the first checkpoint that it makes on; before, it only starts.
                    long before = newest(checkpoints);
                    while (child.isAlive() && newest(checkpoints) <= before) {
                        child.waitFor(2, TimeUnit.MILLISECONDS);
                    }
                    child.waitFor(random.nextInt(120), TimeUnit.MILLISECONDS);
                    if (child.isAlive()) {
                        child.destroyForcibly();
                        deaths++;
                    }
                }
                if (child.waitFor() == 0) {
                    break;
                }
            } finally {
                child.destroyForcibly();
            }
        }
        System.out.println("killed " + deaths + " times");

        assertThat(deaths).isPositive();
        try (StreamJob job = Shop.job(session, Shop.settings(home, "killed", 500), r -> {})) {
            assertSame(job, "killed");
        }
        assertThat(online("killed")).containsExactlyElementsOf(online("undisturbed"));
    }

    @Test
    @DisplayName("writes all states anew where the online store was emptied, also if it dies in the middle of that")
    void onlineStoreEmptied() {
        StreamSettings settings = Shop.settings(home, "emptied", 500);
        try (StreamJob job = Shop.job(session, settings, r -> {})) {
            job.run(Duration.ZERO);
        }
        List<String> whole = online("emptied");
        OnlineStore store = session.onlineStore();
        store.delete("emptied");

        // As the death of a writer leaves it: states, and nothing yet that holds for all of them.
        long token = store.acquire("emptied", "one that died");
        store.putAll(
                "emptied", token, List.of(new OnlineStore.StatePut(ServingDescriptor.stateKey("c1"), 0, new byte[] {1
                })));
        try (StreamJob job = Shop.job(session, settings, r -> {})) {
            assertThat(online("emptied")).isEqualTo(whole);
            assertSame(job, "emptied");
        }
        assertThat(store.keys("emptied", null, 1_000)).hasSizeGreaterThan(1);
    }

    /** What a server would answer from online state after everything was taken in. */
    private static List<String> online(String namespace) {
        OnlineStore store = session.onlineStore();
        PartitionState partition = PartitionState.decode(
                Shop.PLAN,
                store.get(namespace, ServingDescriptor.PARTITION_KEY)
                        .orElseThrow()
                        .bytes());
        VectorEvaluator evaluator = new VectorEvaluator(Shop.PLAN);
        FeatureVector vector = new FeatureVector(Shop.PLAN);
        long now = partition.frontier(0);
        List<String> answers = new ArrayList<>();
        for (int c = 0; c < Shop.CUSTOMERS; c++) {
            Row decision =
                    new Row(Shop.PLAN.decisionSchema()).setText(1, "c" + c).setFloat64(4, 1);
            KeyState state = store.get(namespace, ServingDescriptor.stateKey("c" + c))
                    .map(s -> KeyState.decode(Shop.PLAN, s.bytes()))
                    .orElse(null);
            evaluator.evaluate(decision, null, now, now, new KeyState[] {state}, partition, vector);
            answers.add(vector.toString());
        }
        return answers;
    }

    private static long newest(Path checkpoints) throws IOException {
        if (!Files.isDirectory(checkpoints)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(checkpoints)) {
            return files.map(f -> String.valueOf(f.getFileName()))
                    .filter(n -> n.startsWith("changes-"))
                    .mapToLong(n -> Long.parseLong(n.substring(8)))
                    .max()
                    .orElse(0);
        }
    }

    @Test
    @DisplayName("that dies after its vectors were committed and before its checkpoint was, writes them once")
    void diesBetween() {
        StreamSettings settings = Shop.settings(home, "between", 2_500);
        for (int number : new int[] {1, 3}) {
            String fatal = "changes-%012d".formatted(number);
            StreamJob job = Shop.job(session, settings, r -> {}, new Disk() {
                @Override
                public Output create(Path file) throws IOException {
                    return Disk.REAL.create(file);
                }

                @Override
                public void rename(Path from, Path to) throws IOException {
                    if (to.endsWith(fatal)) {
                        throw new IOException("died");
                    }
                    Disk.REAL.rename(from, to);
                }
            });
            try (job) {
                assertThatThrownBy(() -> job.run(Duration.ZERO)).hasMessageContaining("died");
            }
            // Other settings alone would end the interval elsewhere.
            settings = Shop.settings(home, "between", 1_700);
        }

        try (StreamJob job = Shop.job(session, Shop.settings(home, "between", 1_111), r -> {})) {
            job.run(Duration.ZERO);
            job.checkpoint();
            assertSame(job, "between");
        }
    }

    @Test
    @DisplayName("drops changes that were cut off and does them again")
    void torn() throws IOException {
        StreamSettings settings = Shop.settings(home, "torn", 2_000);
        try (StreamJob job = Shop.job(session, settings, r -> {})) {
            job.run(Duration.ZERO);
        }
        Path last = last(settings.checkpoints());
        byte[] whole = Files.readAllBytes(last);
        Files.write(last, java.util.Arrays.copyOf(whole, whole.length * 2 / 3));

        try (StreamJob job = Shop.job(session, settings, r -> {})) {
            assertThat(job.counts().events()).isLessThan(counts.events());
            job.run(Duration.ZERO);
            job.checkpoint();
            assertSame(job, "torn");
        }
    }

    @Test
    @DisplayName("says which file is damaged, wherever a bit is turned, and touches nothing")
    void damaged() throws IOException {
        long seed = System.nanoTime();
        System.out.println("damaged seed " + seed);
        Random random = new Random(seed);
        StreamSettings settings = Shop.settings(home, "damaged", 1_500);
        try (StreamJob job = Shop.job(session, settings, r -> {})) {
            job.run(Duration.ZERO);
        }
        List<Path> files;
        try (Stream<Path> list = Files.list(settings.checkpoints())) {
            files = list.filter(f -> !String.valueOf(f.getFileName()).equals("lock"))
                    .toList();
        }
        assertThat(files).anyMatch(f -> f.toString().contains("base-"));
        for (Path file : files) {
            byte[] whole = Files.readAllBytes(file);
            for (int i = 0; i < 5; i++) {
                byte[] bytes = whole.clone();
                // Not in a length: a length that is too large is a file that was cut off.
                int at = i == 0 ? 0 : 13 + random.nextInt(100);
                bytes[at] ^= (byte) (1 << random.nextInt(8));
                Files.write(file, bytes);
                assertThatThrownBy(() -> Shop.job(session, settings, r -> {}).close())
                        .as("%s at %d", file, at)
                        .isInstanceOfSatisfying(IsobarException.class, e -> {
                            assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT);
                            assertThat(e.resource()).startsWith(file.toString());
                            assertThat(e.hint()).isNotNull();
                        });
            }
            Files.write(file, whole);
        }

        try (StreamJob job = Shop.job(session, settings, r -> {})) {
            assertSame(job, "damaged");
        }
    }

    @Test
    @DisplayName("says that a checkpoint in the middle is missing")
    void missing() throws IOException {
        StreamSettings settings = Shop.settings(home, "missing", 2_000);
        try (StreamJob job = Shop.job(session, settings, r -> {})) {
            job.run(Duration.ZERO);
        }
        Path last = last(settings.checkpoints());
        Files.move(last, home.resolve("away"));
        Files.move(last(settings.checkpoints()), home.resolve("away-too"));
        Files.move(home.resolve("away"), last);

        assertThatThrownBy(() -> Shop.job(session, settings, r -> {}).close())
                .isInstanceOfSatisfying(
                        IsobarException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT));
    }

    @Test
    @DisplayName("does not touch checkpoints of another plan, nor those that another job works with")
    void refuses() {
        StreamSettings settings = Shop.settings(home, "plans", 50_000);
        PipelineSpec other = Shop.spec(1_800);
        try (StreamJob job = Shop.job(session, settings, r -> {})) {
            job.run(Duration.ZERO);
            assertThatThrownBy(() -> Shop.job(session, settings, r -> {}))
                    .isInstanceOfSatisfying(
                            IsobarException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IN_USE));
        }

        assertThatThrownBy(
                        () -> StreamJob.open(other, FeaturePlan.compile(other), Shop.ports(session), settings, r -> {}))
                .isInstanceOfSatisfying(IsobarException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.CONFLICT);
                    assertThat(e.hint()).contains("folder");
                });
        try (StreamJob job = Shop.job(session, settings, r -> {})) {
            assertSame(job, "plans");
        }
    }

    @Test
    @DisplayName("ends with one clear error when the disk is full, and goes on when it is not")
    void full() {
        StreamSettings settings = Shop.settings(home, "full", 1_500);
        long seed = System.nanoTime();
        System.out.println("full seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 4; i++) {
            int[] room = {random.nextInt(150_000)};
            StreamJob job = Shop.job(session, settings, r -> {}, file -> {
                Disk.Output out = Disk.REAL.create(file);
                return new Disk.Output() {
                    @Override
                    public void write(byte[] bytes, int length) throws IOException {
                        out.write(bytes, Math.min(length, room[0]));
                        room[0] -= length;
                        if (room[0] < 0) {
                            room[0] = 0;
                            throw new IOException("No space left on device");
                        }
                    }

                    @Override
                    public void sync() throws IOException {
                        out.sync();
                    }

                    @Override
                    public void close() throws IOException {
                        out.close();
                    }
                };
            });
            try (job) {
                job.run(Duration.ZERO);
            } catch (IsobarException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
                assertThatThrownBy(() -> job.run(Duration.ZERO)).isInstanceOf(IsobarException.class);
            }
        }

        try (StreamJob job = Shop.job(session, settings, r -> {})) {
            job.run(Duration.ZERO);
            job.checkpoint();
            assertSame(job, "full");
        }
    }

    private static Path last(Path checkpoints) throws IOException {
        return checkpoints.resolve("changes-%012d".formatted(newest(checkpoints)));
    }
}
