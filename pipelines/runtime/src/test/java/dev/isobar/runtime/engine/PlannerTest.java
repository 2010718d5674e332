package dev.isobar.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.capability.Port;
import dev.isobar.example.flightdelays.FlightDelays;
import dev.isobar.pipeline.Pipeline;
import dev.isobar.runtime.Local;
import dev.isobar.runtime.Target;
import dev.isobar.runtime.result.PlanResult;
import dev.isobar.runtime.result.PlanResult.StepPlan;
import dev.isobar.spec.SpecJson;
import dev.isobar.spi.AdapterSession;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("A plan")
class PlannerTest {
    private static final Pipeline FLIGHTS = new FlightDelays().pipeline();

    @TempDir
    Path home;

    @Test
    @DisplayName(
            "on a target that can do everything is runnable, gives every step a verdict with a reason, and the spec")
    void runnable() {
        try (AdapterSession session = Local.open(home)) {
            PlanResult plan = Planner.plan(FLIGHTS, Local.target(session, p -> true), List.of());
            assertThat(plan.runnable()).isTrue();
            assertThat(plan.steps())
                    .extracting(StepPlan::step)
                    .contains("ingest", "feature", "train", "deploy", "monitor");
            assertThat(plan.steps()).allMatch(s -> List.of("NATIVE", "EMULATED").contains(s.verdict()));
            assertThat(plan.steps()).allMatch(s -> !s.reason().isBlank());
            assertThat(plan.specVersion()).isEqualTo(FLIGHTS.version());
            assertThat(SpecJson.read(plan.spec())).isEqualTo(FLIGHTS.spec());
            assertThat(plan.resources()).contains("endpoint flight-delays", "table training-set");
        }
    }

    @Test
    @DisplayName("says which wishes of the pipeline nobody fulfils yet")
    void remarks() {
        try (AdapterSession session = Local.open(home)) {
            PlanResult plan = Planner.plan(FLIGHTS, Local.target(session, p -> true), List.of());
            assertThat(plan.steps())
                    .filteredOn(s -> s.port().equals("scale out"))
                    .singleElement()
                    .satisfies(s -> {
                        assertThat(s.verdict()).isEqualTo("NATIVE");
                        assertThat(s.reason()).isEqualTo("up to 4 replicas while p99 is above 100.0 ms");
                    });
            assertThat(plan.remarks()).anyMatch(r -> r.startsWith("onBreach"));
        }
    }

    @Test
    @DisplayName("refuses replicas that would follow a latency which another cloud gets to see")
    void metricsElsewhere() {
        try (AdapterSession session = Local.open(home)) {
            Target one = Local.target(session, p -> true);
            Map<Port, Target.Binding> mixed = new EnumMap<>(one.bindings());
            Target.Binding own = one.binding(Port.METRICS);
            mixed.put(Port.METRICS, new Target.Binding("elsewhere", own.capabilities(), session));
            PlanResult plan = Planner.plan(FLIGHTS, new Target("mixed", mixed), List.of());
            assertThat(plan.runnable()).isFalse();
            assertThat(plan.steps())
                    .filteredOn(s -> s.verdict().equals("REFUSED"))
                    .singleElement()
                    .satisfies(s -> {
                        assertThat(s.port()).isEqualTo("scale out");
                        assertThat(s.reason()).contains("among its own metrics", "go to elsewhere");
                        assertThat(s.todo()).contains("METRICS", "ENDPOINTS", ".replicas(n, n)");
                    });
        }
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(Port.class)
    @DisplayName("refuses a step whose port nothing implements, and says what to do")
    void refused(Port missing) {
        try (AdapterSession session = Local.open(home)) {
            PlanResult plan = Planner.plan(FLIGHTS, Local.target(session, p -> p != missing), List.of());
            assertThat(plan.runnable()).isFalse();
            assertThat(plan.steps())
                    .filteredOn(s -> s.verdict().equals("REFUSED"))
                    .isNotEmpty()
                    .allMatch(s -> !s.todo().isBlank())
                    .anyMatch(s -> s.port().equals(missing.name()));
        }
    }
}
