package dev.isobar.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.capability.Capability;
import dev.isobar.capability.CapabilityReport;
import dev.isobar.capability.Port;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.example.flightdelays.FlightDelays;
import dev.isobar.pipeline.Pipeline;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.ScanRequest;
import dev.isobar.port.Resource;
import dev.isobar.runtime.Local;
import dev.isobar.runtime.Target;
import dev.isobar.runtime.result.PlanResult.ScanPlan;
import dev.isobar.runtime.result.RunResult;
import dev.isobar.spi.AdapterSession;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("What a plan says of scans")
class ScanCostsTest {
    private static final Pipeline FLIGHTS = new FlightDelays().pipeline();
    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir
    Path home;

    private AdapterSession session;
    private RunBook book;
    private final List<ScanRequest> asked = new ArrayList<>();

    @BeforeEach
    void open() {
        session = Local.open(home);
        book = new RunBook(session.objectStore(), home.resolve("journals"));
    }

    @AfterEach
    void close() {
        session.close();
    }

    /** A target whose scans cost what a test says. */
    private Target charging(Function<ScanRequest, OptionalLong> estimates) {
        OfflineStore store = (OfflineStore) Proxy.newProxyInstance(
                OfflineStore.class.getClassLoader(),
                new Class<?>[] {OfflineStore.class},
                (proxy, method, arguments) -> {
                    if (!method.getName().equals("estimate")) {
                        throw new AssertionError(method + " is called for a plan");
                    }
                    ScanRequest request = (ScanRequest) arguments[0];
                    asked.add(request);
                    return estimates.apply(request);
                });
        AdapterSession charging = new AdapterSession() {
            @Override
            public <T> T port(Class<T> port) {
                return port.cast(store);
            }

            @Override
            public List<Resource> resources() {
                return List.of();
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        };
        Target local = Local.target(session, p -> true);
        Map<Port, Target.Binding> bindings = new EnumMap<>(local.bindings());
        CapabilityReport capabilities = local.binding(Port.OFFLINE_STORE).capabilities();
        Set<Capability> more = EnumSet.copyOf(capabilities.capabilities());
        more.add(Capability.SCAN_ESTIMATE);
        bindings.put(
                Port.OFFLINE_STORE,
                new Target.Binding(
                        "charging",
                        new CapabilityReport("charging", capabilities.services(), more, capabilities.limits()),
                        charging));
        return new Target("local", bindings);
    }

    private void ran(String run, String status, String started) {
        book.write(new RunResult(
                status,
                run,
                false,
                "flight-delays",
                "local",
                FLIGHTS.version(),
                "input",
                started,
                null,
                List.of(),
                List.of(),
                null,
                null,
                null,
                null,
                null,
                null,
                0,
                Map.of(),
                null));
    }

    @Test
    @DisplayName("is nothing where they are free, and nothing is asked")
    void free() {
        assertThat(ScanCosts.of(FLIGHTS.spec(), Local.target(session, p -> true), book, LONG))
                .isEmpty();
    }

    @Test
    @DisplayName("is which there are, and that their cost is unknown, before the first run")
    void noRun() {
        List<ScanPlan> scans = ScanCosts.of(
                FLIGHTS.spec(),
                charging(r -> {
                    throw new AssertionError();
                }),
                book,
                LONG);
        assertThat(scans).extracting(ScanPlan::step).contains("feature", "train", "monitor", "audit");
        assertThat(scans).allSatisfy(s -> {
            assertThat(s.bytes()).isNull();
            assertThat(s.basis()).isEqualTo("unknown: no table yet");
        });
        assertThat(asked).isEmpty();
    }

    @Test
    @DisplayName(
            "is what the tables of the last run that ended well would cost, each asked once; a table that is gone costs nobody knows what")
    void afterRun() {
        ran("run-1", "SUCCEEDED", "2026-01-01T00:00:00Z");
        ran("run-2", "FAILED", "2026-02-01T00:00:00Z");
        List<ScanPlan> scans = ScanCosts.of(
                FLIGHTS.spec(),
                charging(r -> {
                    if (r.table().endsWith("/features")) {
                        throw IsobarException.of(ErrorCode.NOT_FOUND, "no table")
                                .build();
                    }
                    return OptionalLong.of(r.table().endsWith("/training-set") ? 77 : 5);
                }),
                book,
                LONG);
        assertThat(asked).doesNotHaveDuplicates().allMatch(r -> r.table().startsWith("run-1/"));
        assertThat(scans)
                .filteredOn(s -> s.reads().equals("training-set"))
                .hasSize(3)
                .allSatisfy(s -> assertThat(s.bytes()).isEqualTo(77))
                .allSatisfy(s -> assertThat(s.basis()).isEqualTo("as for the tables of run run-1"));
        assertThat(scans)
                .filteredOn(s -> s.reads().equals("features"))
                .singleElement()
                .satisfies(s -> {
                    assertThat(s.bytes()).isNull();
                    assertThat(s.basis()).isEqualTo("unknown: run run-1 has no such table");
                });
        assertThat(scans)
                .filteredOn(s -> s.reads().contains("events/"))
                .isNotEmpty()
                .allSatisfy(s -> assertThat(s.bytes()).isEqualTo(5));
    }

    @Test
    @DisplayName("is unknown, with the reason, when the cloud refuses or does not answer")
    void unreachable() {
        ran("run-1", "SUCCEEDED", "2026-01-01T00:00:00Z");
        List<ScanPlan> refused = ScanCosts.of(
                FLIGHTS.spec(),
                charging(r -> {
                    throw IsobarException.of(ErrorCode.UNAVAILABLE, "no way to there")
                            .build();
                }),
                book,
                LONG);
        assertThat(refused).isNotEmpty().allSatisfy(s -> {
            assertThat(s.bytes()).isNull();
            assertThat(s.basis()).startsWith("unknown: ").contains("no way to there");
        });
        CountDownLatch never = new CountDownLatch(1);
        List<ScanPlan> silent = ScanCosts.of(
                FLIGHTS.spec(),
                charging(r -> {
                    try {
                        never.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    throw IsobarException.of(ErrorCode.CANCELLED, "interrupted").build();
                }),
                book,
                Duration.ofMillis(200));
        assertThat(silent)
                .hasSameSizeAs(refused)
                .allSatisfy(s -> assertThat(s.basis()).startsWith("unknown: no answer from local within"));
    }
}
