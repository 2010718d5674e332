package dev.isobar.gcp.bigtable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.conformance.online.OnlineAgainstMap;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.gcp.bigtable.Faults.Fault;
import dev.isobar.gcp.client.GcpClients;
import dev.isobar.port.OnlineStore;
import dev.isobar.port.OnlineStore.StatePut;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The online store on Bigtable, when the network or the service fails,")
class OnlineFaultsTest {
    @TempDir
    static Path home;

    private static Emulated emulated;

    @BeforeAll
    static void start() throws Exception {
        emulated = new Emulated(home);
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
        // To read versions, to write in groups of 4, to commit; and none beyond.
        for (int lost = 1; lost <= 7; lost++) {
            AtomicInteger until = new AtomicInteger(Integer.MAX_VALUE);
            try (GcpClients clients = Emulated.clients(emulated.endpoint())) {
                Bigtable bigtable = Emulated.bigtable(
                        clients,
                        retries ? Emulated.PATIENT : Duration.ZERO,
                        new Faults(
                                method -> until.decrementAndGet() == 0 ? Fault.ANSWER_LOST : Fault.NONE,
                                method -> Status.DEADLINE_EXCEEDED));
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
    @DisplayName("agrees with a map while one request of three fails, and never says conflict for a write of its own")
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
                                int die = on.get() ? faults.nextInt(6) : 6;
                                failed.addAndGet(die < 2 ? 1 : 0);
                                return die == 0 ? Fault.NOT_SENT : die == 1 ? Fault.ANSWER_LOST : Fault.NONE;
                            },
                            method -> kinds[faults.nextInt(kinds.length)]));
            OnlineAgainstMap.agree(
                    Emulated.store(bigtable, 5), "random-" + retries, seed, 50, () -> on.set(false));
        }
        assertThat(failed.get()).isGreaterThan(20);
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
                    Duration.ofMillis(60),
                    new Faults(
                            method -> {
                                requests.incrementAndGet();
                                return on.get() ? Fault.NOT_SENT : Fault.NONE;
                            },
                            method -> told[0]));
            OnlineStore store = Emulated.store(bigtable, 99);
            long token = store.acquire("told", "o");
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

    @Test
    @DisplayName("keeps every state while many owners come and go, and the header short")
    void compacted() {
        try (GcpClients clients = Emulated.clients(emulated.endpoint())) {
            Bigtable bigtable = Emulated.bigtable(clients, Emulated.PATIENT);
            OnlineTable table = new OnlineTable(bigtable, "isobar-online");
            OnlineStore reader = Emulated.store(bigtable, 3);
            byte[] large = new byte[3 * Layout.CHUNK_BYTES - 7];
            new Random(5).nextBytes(large);
            for (int i = 0; i < 40; i++) {
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
            List<String> keys =
                    IntStream.range(0, 40).mapToObj(i -> "mine" + i).toList();
            assertThat(reader.getAll("owners", keys))
                    .allSatisfy(state -> assertThat(state.version()).isOne());
            assertThat(reader.get("owners", "all").orElseThrow().version()).isEqualTo(40);
            assertThat(reader.get("owners", "large").orElseThrow().bytes()).isEqualTo(large);
            assertThat(reader.keys("owners", null, 100)).hasSize(42);
        }
    }
}
