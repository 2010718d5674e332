package dev.isobar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.capability.Limit;
import dev.isobar.capability.Port;
import dev.isobar.error.ErrorCode;
import dev.isobar.port.Metrics;
import dev.isobar.port.Metrics.Point;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * The specification of {@link Metrics}: the newest point of each series.
 *
 * @since 0.1
 */
@DisplayName("Metrics")
public abstract class MetricsSuite extends PortSuite {
    private static final long NOW = System.currentTimeMillis() * 1_000;
    private static final int MOST_STEPS = 1_100;

    /** For subclasses. */
    protected MetricsSuite() {
        super(Port.METRICS);
    }

    private Metrics port() {
        return open().metrics();
    }

    /** A time of today, so many steps after another; what an adapter does not tell apart is not asked of it. */
    private long at(int steps) {
        long step = capabilities().limits().getOrDefault(Limit.METRIC_STEP_MICROS, 1L);
        // No step is in the future, which not every service takes.
        long base = NOW - Math.max(3_600_000_123L, (MOST_STEPS + 100) * step);
        return base / step * step + steps * step;
    }

    private static String name() {
        return fresh("m").replace('-', '_');
    }

    /** Publishing. */
    @Nested
    @DisplayName("show the newest point")
    class Latest {
        @Test
        @DisplayName("of each series, told apart by name and labels, sorted, also to another session")
        void series() {
            Metrics port = port();
            String name = name();
            Point plain = new Point(name + "_a_seconds", Map.of(), -1.5e-30, at(1));
            Point one = new Point(name + "_b", Map.of("model", "x", "route", "/v2"), 1, at(5));
            Point two = new Point(name + "_b", Map.of("model", "y\"\\\n{},= \u00e9"), 0.1 + 1e100, at(-3));
            Point three = new Point(name + "_b", Map.of("model", ": %20 ", "none", ""), 1.0 / 3, at(0));
            port.publish(List.of(three, two, one, plain));
            assertThat(port.latest(name)).containsExactlyInAnyOrder(plain, three, one, two);
            assertThat(port.latest(name)).isSortedAccordingTo(Comparator.comparing(Point::name));
            assertThat(port().latest(name + "_b")).containsExactlyInAnyOrder(three, one, two);
            assertThat(port.latest(name + "_nothing")).isEmpty();
        }

        @Test
        @DisplayName("by its own time: what is not newer replaces nothing")
        void newest() {
            Metrics port = port();
            String name = name();
            port.publish(List.of(new Point(name, Map.of(), 1, at(100))));
            port.publish(List.of(new Point(name, Map.of(), 2, at(99)), new Point(name, Map.of(), 3, at(100))));
            assertThat(port.latest(name)).containsExactly(new Point(name, Map.of(), 1, at(100)));
            port.publish(List.of(new Point(name, Map.of(), 4, at(101))));
            assertThat(port.latest(name)).containsExactly(new Point(name, Map.of(), 4, at(101)));
        }

        @Test
        @DisplayName("whichever session published it")
        void sessions() {
            Metrics first = port();
            Metrics second = port();
            String name = name();
            first.publish(List.of(new Point(name, Map.of(), 1, at(10))));
            second.publish(List.of(new Point(name, Map.of(), 2, at(20))));
            first.publish(List.of(new Point(name, Map.of(), 3, at(15))));
            assertThat(first.latest(name)).containsExactly(new Point(name, Map.of(), 2, at(20)));
            assertThat(second.latest(name)).containsExactly(new Point(name, Map.of(), 2, at(20)));
        }

        @Test
        @DisplayName("of a hundred series published together, each its own")
        void many() {
            Metrics port = port();
            String name = name();
            List<Point> points = new ArrayList<>();
            for (int i = 0; i < MOST_STEPS; i++) {
                points.add(new Point(name, Map.of("n", Integer.toString(i % 100)), i, at(i)));
            }
            port.publish(points);
            assertThat(port.latest(name)).containsExactlyInAnyOrderElementsOf(points.subList(1_000, 1_100));
        }

        @Test
        @DisplayName("of history that is replayed too, as of its own time or of the present")
        void longAgo() {
            Metrics port = port();
            String name = name();
            port.publish(List.of(
                    new Point(name, Map.of(), 1, 5),
                    new Point(name, Map.of(), 3, 7_000_000),
                    new Point(name, Map.of(), 2, 6_000_000)));
            assertThat(port.latest(name))
                    .singleElement()
                    .satisfies(p -> assertThat(p.value()).isEqualTo(3));
            port.publish(List.of(new Point(name, Map.of(), 4, 6_500_000)));
            port.publish(List.of(new Point(name, Map.of(), 5, 8_000_000)));
            assertThat(port().latest(name))
                    .singleElement()
                    .satisfies(p -> assertThat(p.value()).isEqualTo(5));
        }
    }

    /** Refusing. */
    @Nested
    @DisplayName("refuse")
    class Refused {
        @Test
        @DisplayName("NaN, infinities and names that do not fit, and then the whole call")
        void invalid() {
            Metrics port = port();
            String name = name();
            Point good = new Point(name, Map.of(), 1, 1);
            for (Point bad : List.of(
                    new Point(name, Map.of(), Double.NaN, 1),
                    new Point(name, Map.of(), Double.POSITIVE_INFINITY, 1),
                    new Point(name, Map.of(), Double.NEGATIVE_INFINITY, 1),
                    new Point("Upper", Map.of(), 1, 1),
                    new Point("9a", Map.of(), 1, 1),
                    new Point("", Map.of(), 1, 1))) {
                fails(ErrorCode.INVALID_ARGUMENT, () -> port.publish(List.of(good, bad)));
            }
            assertThat(port.latest(name)).isEmpty();
        }
    }
}
