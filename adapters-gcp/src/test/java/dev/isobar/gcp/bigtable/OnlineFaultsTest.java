package dev.isobar.gcp.bigtable;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.conformance.online.OnlineAgainstMap;
import dev.isobar.emulation.process.ForeignProcess;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.bigtable.Faults.Fault;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.OnlineStore.KeyState;
import dev.isobar.port.OnlineStore.StatePut;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The online store on Bigtable, when the network or the service fails,")
class OnlineFaultsTest {
    private static Emulated emulated;

    @BeforeAll
    static void start() throws Exception {
        emulated = new Emulated();
    }

    @AfterAll
    static void stop() {
        emulated.close();
    }

    private static StatePut put(String key, long expected, String content) {
        return new StatePut(key, expected, content.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("recognises its own write, whichever answer of it was lost, whether it may try again itself or not")
    void lostAnswers(boolean retries) {
        AtomicInteger until = new AtomicInteger(Integer.MAX_VALUE);
        try (GcpClients clients = Emulated.clients(emulated.endpoint())) {
            Bigtable bigtable = Emulated.bigtable(
                    clients,
                    retries ? Emulated.PATIENT : Duration.ZERO,
                    new Faults(
                            method -> until.decrementAndGet() == 0 ? Fault.ANSWER_LOST : Fault.NONE,
                            method -> Status.DEADLINE_EXCEEDED));
            // To write in groups of 4, to commit; and none beyond.
            for (int lost = 1; lost <= 6; lost++) {
                for (int keys : List.of(2, 9)) {
                    String namespace = "lost-" + retries + lost + "-" + keys;
                    OnlineStore store = Emulated.store(bigtable, 4);
                    long token = store.acquire(namespace, "o");
                    List<StatePut> puts = new ArrayList<>();
                    for (int k = 0; k < keys; k++) {
                        puts.add(put("k" + k, 0, "x" + k));
                    }
                    until.set(lost);
                    List<Long> versions = OnlineAgainstMap.untilKnown(() -> store.putAll(namespace, token, puts));
                    until.set(Integer.MAX_VALUE);
                    assertThat(versions).hasSize(keys).containsOnly(1L);
                    assertThat(store.putAll(namespace, token, List.of(put("k1", 1, "y"))))
                            .containsExactly(2L);
                    assertThat(store.keys(namespace, null, 100)).hasSize(keys);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"true, 31", "false, 32"})
    @DisplayName("agrees with a map while one request of five fails, and never says conflict for a write of its own")
    void random(boolean retries, long seed) {
        Random faults = new Random(seed + 1);
        AtomicBoolean on = new AtomicBoolean(true);
        Status[] kinds = {Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED, Status.RESOURCE_EXHAUSTED};
        AtomicInteger failed = new AtomicInteger();
        try (GcpClients clients = Emulated.clients(emulated.endpoint())) {
            Bigtable bigtable = Emulated.bigtable(
                    clients,
                    retries ? Emulated.PATIENT : Duration.ZERO,
                    new Faults(
                            method -> {
                                int die = on.get() ? faults.nextInt(10) : 10;
                                failed.addAndGet(die < 2 ? 1 : 0);
                                return die == 0 ? Fault.NOT_SENT : die == 1 ? Fault.ANSWER_LOST : Fault.NONE;
                            },
                            method -> kinds[faults.nextInt(kinds.length)]));
            OnlineAgainstMap.agree(Emulated.store(bigtable, 5), "random-" + retries, seed, 50, () -> on.set(false));
        }
        assertThat(failed.get()).isGreaterThan(20);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName(
            "shows nothing of a writer that dies before one of its requests, or all after the last, and keeps nothing of it once another one has written")
    void dead(boolean lastIsSent) {
        List<String> keys = IntStream.range(0, 12).mapToObj(i -> "key" + i).toList();
        try (GcpClients clients = Emulated.clients(emulated.endpoint())) {
            Bigtable calm = Emulated.bigtable(clients, Emulated.PATIENT);
            OnlineTable table = new OnlineTable(calm, "isobar-online");
            OnlineStore reader = Emulated.store(calm, 5);
            boolean done = false;
            int request = 0;
            int leftovers = 0;
            while (!done) {
                String namespace = "dead-" + lastIsSent + request;
                OnlineStore before = Emulated.store(calm, 5);
                before.putAll(namespace, before.acquire(namespace, "before"), raised(before, namespace, keys));
                AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
                OnlineStore writer = Emulated.store(
                        Emulated.bigtable(
                                clients,
                                Duration.ZERO,
                                new Faults(
                                        method -> {
                                            int which = left.getAndDecrement();
                                            return which > 0
                                                    ? Fault.NONE
                                                    : which == 0 && lastIsSent ? Fault.ANSWER_LOST : Fault.NOT_SENT;
                                        },
                                        method -> Status.UNAVAILABLE)),
                        5);
                long token = writer.acquire(namespace, "dies");
                writer.putAll(namespace, token, raised(writer, namespace, keys).subList(0, 1));
                List<StatePut> puts = raised(writer, namespace, keys);
                left.set(request);
                Throwable death = catchThrowable(() -> writer.putAll(namespace, token, puts));
                left.set(Integer.MIN_VALUE);
                done = death == null;

                // The fifth of them is the commit: read, three groups of rows, the header.
                boolean committed = done || (lastIsSent && request == 4);
                List<Long> expected = keys.stream()
                        .map(key -> (key.equals("key0") ? 2L : 1L) + (committed ? 1 : 0))
                        .toList();
                assertThat(versions(reader, namespace, keys)).isEqualTo(expected);
                assertThat(versions(Emulated.store(calm, 5), namespace, keys)).isEqualTo(expected);
                leftovers += leftovers(table, namespace, keys);
                OnlineStore next = Emulated.store(calm, 5);
                long later = next.acquire(namespace, "after");
                next.putAll(namespace, later, raised(next, namespace, keys));
                assertThat(versions(reader, namespace, keys))
                        .isEqualTo(expected.stream().map(v -> v + 1).toList());
                assertThat(leftovers(table, namespace, keys)).isZero();
                request++;
            }
            assertThat(request - 1).isEqualTo(5);
            assertThat(leftovers).isPositive();
        }
    }

    /** Each key's next version. */
    private static List<StatePut> raised(OnlineStore store, String namespace, List<String> keys) {
        List<Long> versions = versions(store, namespace, keys);
        return IntStream.range(0, keys.size())
                .mapToObj(i -> put(keys.get(i), versions.get(i), "v" + versions.get(i)))
                .toList();
    }

    private static List<Long> versions(OnlineStore store, String namespace, List<String> keys) {
        List<Long> versions = new ArrayList<>();
        for (@Nullable KeyState state : store.getAll(namespace, keys)) {
            versions.add(state == null ? 0 : state.version());
        }
        return versions;
    }

    private static int leftovers(OnlineTable table, String namespace, List<String> keys) {
        Header header = requireNonNull(table.header(namespace));
        return table.marks(new Layout(namespace, header.incarnation()), keys).values().stream()
                .mapToInt(row -> (int) row.marks().stream()
                        .filter(mark -> !header.shows(mark.write()))
                        .count())
                .sum();
    }

    @Test
    @DisplayName("says what the service says, once it has tried again for as long as it may")
    void codes() {
        AtomicInteger requests = new AtomicInteger();
        AtomicBoolean on = new AtomicBoolean();
        Status[] told = {Status.OK};
        try (GcpClients clients = Emulated.clients(emulated.endpoint())) {
            Bigtable bigtable = Emulated.bigtable(
                    clients,
                    Duration.ofMillis(100),
                    new Faults(
                            method -> {
                                requests.incrementAndGet();
                                return on.get() ? Fault.NOT_SENT : Fault.NONE;
                            },
                            method -> told[0]));
            OnlineStore store = Emulated.store(bigtable, 99);
            // Everything that the impatient one asks is refused at once: no clock decides what it is told.
            long token = Emulated.store(Emulated.bigtable(clients, Emulated.PATIENT), 99)
                    .acquire("told", "o");
            for (Status status : List.of(Status.RESOURCE_EXHAUSTED, Status.UNAVAILABLE, Status.PERMISSION_DENIED)) {
                told[0] = status;
                boolean passes = status != Status.PERMISSION_DENIED;
                for (Runnable call : List.<Runnable>of(
                        () -> store.get("told", "k"),
                        () -> store.putAll("told", token, List.of(put("k", 0, "x"))),
                        () -> store.keys("told", null, 5),
                        () -> store.acquire("told", "p"))) {
                    on.set(true);
                    requests.set(0);
                    Throwable thrown = catchThrowable(call::run);
                    on.set(false);
                    assertThat(thrown).isInstanceOfSatisfying(IsobarException.class, e -> {
                        assertThat(e.code())
                                .isEqualTo(
                                        status == Status.RESOURCE_EXHAUSTED
                                                ? ErrorCode.THROTTLED
                                                : passes ? ErrorCode.UNAVAILABLE : ErrorCode.PERMISSION_DENIED);
                        assertThat(e.retryable()).isEqualTo(passes);
                        assertThat(e.adapter()).isEqualTo("test");
                        assertThat(e.hint()).isNotBlank();
                    });
                    if (!passes) {
                        assertThat(requests.get()).isOne();
                    }
                }
            }
        }
    }

    @Test
    @DisplayName("names the instance that is missing, and the application profile that will not do")
    void hints() {
        Status[] told = {Status.NOT_FOUND};
        try (GcpClients clients = Emulated.clients(emulated.endpoint())) {
            Bigtable bigtable =
                    Emulated.bigtable(clients, Duration.ZERO, new Faults(method -> Fault.NOT_SENT, method -> told[0]));
            OnlineStore store = Emulated.store(bigtable, 99);
            IsobarException e = catchThrowableOfType(IsobarException.class, () -> store.acquire("n", "o"));
            assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND);
            assertThat(e.hint()).contains("bigtable.instance");
            told[0] = Status.FAILED_PRECONDITION;
            e = catchThrowableOfType(IsobarException.class, () -> store.acquire("n", "o"));
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
            assertThat(e.hint()).contains("bigtable.app-profile");
        }
    }

    @Test
    @DisplayName("says that a namespace is gone when the table is, and gives a larger token for the new one")
    void restarted() throws Exception {
        Emulated first = new Emulated();
        try (first;
                GcpClients clients = Emulated.clients(first.endpoint())) {
            OnlineStore store = Emulated.store(Emulated.bigtable(clients, Emulated.PATIENT), 99);
            long token = store.acquire("gone", "o");
            store.putAll("gone", token, List.of(put("k", 0, "x")));
            assertThat(store.get("gone", "k")).isPresent();
            first.close();
            try (ForeignProcess empty = first.again()) {
                assertThat(empty.alive()).isTrue();
                assertThat(store.get("gone", "k")).isEmpty();
                assertThat(store.namespaces("")).isEmpty();
                assertThat(catchThrowableOfType(
                                        IsobarException.class,
                                        () -> store.putAll("gone", token, List.of(put("k", 1, "y"))))
                                .code())
                        .isEqualTo(ErrorCode.NOT_FOUND);
                long later = store.acquire("gone", "o");
                assertThat(later).isGreaterThan(token);
                assertThat(store.putAll("gone", later, List.of(put("k", 0, "y"))))
                        .containsExactly(1L);
            }
        }
    }

    @Test
    @DisplayName("finishes an erasure that somebody began, before anything else is written")
    void halfErased() {
        AtomicInteger deletions = new AtomicInteger(Integer.MAX_VALUE);
        try (GcpClients clients = Emulated.clients(emulated.endpoint())) {
            OnlineStore owner = Emulated.store(Emulated.bigtable(clients, Emulated.PATIENT), 99);
            long token = owner.acquire("half", "o");
            owner.putAll("half", token, List.of(put("k", 0, "secret"), put("other", 0, "x")));
            // Dies between the header that says what is being erased and the deletion.
            OnlineStore eraser = Emulated.store(
                    Emulated.bigtable(
                            clients,
                            Duration.ZERO,
                            new Faults(
                                    method -> method.equals("MutateRows") && deletions.getAndDecrement() > 0
                                            ? Fault.NOT_SENT
                                            : Fault.NONE,
                                    method -> Status.UNAVAILABLE)),
                    99);
            assertThat(catchThrowableOfType(IsobarException.class, () -> eraser.erase("half", "k"))
                            .code())
                    .isEqualTo(ErrorCode.UNAVAILABLE);
            OnlineStore reader = Emulated.store(Emulated.bigtable(clients, Emulated.PATIENT), 99);
            assertThat(reader.get("half", "k")).isEmpty();
            assertThat(reader.keys("half", null, 9)).containsExactly("other");
            assertThat(catchThrowableOfType(
                                    IsobarException.class,
                                    () -> owner.putAll("half", token, List.of(put("k", 1, "more"))))
                            .code())
                    .isEqualTo(ErrorCode.CONFLICT);
            assertThat(owner.putAll("half", token, List.of(put("k", 0, "new")))).containsExactly(1L);
            assertThat(reader.get("half", "k").orElseThrow().bytes()).isEqualTo("new".getBytes(StandardCharsets.UTF_8));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    @DisplayName(
            "never shows a reader nothing where there is a state, however often it is written between the header and the row")
    void overtaken(int keys) {
        List<String> asked = List.of("a", "b").subList(0, keys);
        List<Runnable> hooks = new ArrayList<>();
        try (GcpClients clients = Emulated.clients(emulated.endpoint())) {
            OnlineStore writer = Emulated.store(Emulated.bigtable(clients, Emulated.PATIENT), 99);
            OnlineStore reader = Emulated.store(
                    Emulated.bigtable(
                            clients,
                            Emulated.PATIENT,
                            new Torn(
                                    () -> {
                                        if (!hooks.isEmpty()) {
                                            hooks.remove(0).run();
                                        }
                                    },
                                    null)),
                    99);
            String namespace = "overtaken" + keys;
            long token = writer.acquire(namespace, "o");
            int[] version = {0};
            Runnable write = () -> {
                for (int i = 0; i < 3; i++) {
                    writer.putAll(
                            namespace,
                            token,
                            asked.stream()
                                    .map(key -> put(key, version[0], "v" + version[0]))
                                    .toList());
                    version[0]++;
                }
            };
            write.run();
            assertThat(versions(reader, namespace, asked)).containsOnly(3L);
            // Before each of the next parts but the first, which is the header's.
            for (int part = 1; part < 5; part++) {
                int earliest = version[0];
                for (int i = 0; i < part; i++) {
                    hooks.add(() -> {});
                }
                hooks.add(write);
                List<Long> seen = versions(reader, namespace, asked);
                hooks.clear();
                assertThat(seen)
                        .containsOnly(seen.get(0))
                        .allSatisfy(v -> assertThat(v).isBetween((long) earliest, (long) version[0]));
            }
            assertThat(version[0]).isGreaterThanOrEqualTo(6);
        }
    }

    @Test
    @DisplayName("keeps every state while many owners come and go, and the header short")
    void compacted() {
        try (GcpClients clients = Emulated.clients(emulated.endpoint())) {
            Bigtable bigtable = Emulated.bigtable(clients, Emulated.PATIENT);
            OnlineTable table = new OnlineTable(bigtable, "isobar-online");
            OnlineStore reader = Emulated.store(bigtable, 3);
            byte[] large = new byte[3 * Layout.CHUNK_BYTES - 7];
            new Random(5).nextBytes(large);
            for (int i = 0; i < 30; i++) {
                OnlineStore owner = Emulated.store(bigtable, 3);
                long token = owner.acquire("owners", "o" + i);
                List<StatePut> puts = new ArrayList<>();
                puts.add(put("mine" + i, 0, "v" + i));
                puts.add(put("all", i, "v" + i));
                if (i == 0) {
                    puts.add(new StatePut("large", 0, large));
                }
                owner.putAll("owners", token, puts);
                assertThat(reader.get("owners", "mine0")).isPresent();
                Header header = table.header("owners");
                assertThat(header).isNotNull();
                assertThat(header.stretches().size()).isLessThan(15);
            }
            List<String> keys = IntStream.range(0, 30).mapToObj(i -> "mine" + i).toList();
            assertThat(reader.getAll("owners", keys))
                    .allSatisfy(state -> assertThat(state.version()).isOne());
            assertThat(reader.get("owners", "all").orElseThrow().version()).isEqualTo(30);
            assertThat(reader.get("owners", "large").orElseThrow().bytes()).isEqualTo(large);
            assertThat(reader.keys("owners", null, 100)).hasSize(32);
        }
    }
}
